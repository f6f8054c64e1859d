//! Text in its recurring roles.

use crate::ui::theme::{MONO, Palette};
use egui::{Button, Color32, Response, RichText, Role, Sense, Ui, Vec2, WidgetInfo};

/// The one button of a dialog or screen that is to be pressed next.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    let text = RichText::new(text).color(palette.on_accent).strong();
    ui.add(Button::new(text).fill(palette.accent).min_size(Vec2::new(84.0, 26.0)))
}

/// What a panel says when it has nothing to show: what is missing, and how to get it.
pub fn empty_state(ui: &mut Ui, title: &str, hint: &str) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height * 0.38 - 20.0).max(8.0));
        ui.set_max_width(ui.available_width().min(420.0));
        ui.label(RichText::new(title).size(15.0));
        ui.label(RichText::new(hint).weak());
    });
}

/// A figure with its name, such as `Largest free block  1.2 MiB`; the tooltip says what it means.
pub fn figure(ui: &mut Ui, name: &str, value: &str, about: &str) {
    let row = ui.horizontal(|ui| {
        ui.style_mut().interaction.selectable_labels = false;
        ui.label(RichText::new(name).weak());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(value).font(MONO));
        });
    });
    // Not the row's own name: a row can't keep the focus.
    let response = ui.interact(row.response.rect, row.response.id.with("copy"), Sense::click());
    let response = response.on_hover_text(format!("{about}\n\nClick copies the value."));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Copy {name}: {value}")));
    if response.clicked() {
        ui.ctx().copy_text(value.to_owned());
    }
}

/// A small square of a colour that a legend explains. One piece, so that it wraps as a whole.
pub fn swatch(ui: &mut Ui, colour: Color32, text: &str) -> Response {
    const SQUARE: f32 = 11.0;
    const GAP: f32 = 5.0;
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.text);
    let size = Vec2::new(SQUARE + GAP + galley.size().x, galley.size().y.max(SQUARE + 3.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let square =
        egui::Rect::from_min_size(rect.left_center() - Vec2::Y * (SQUARE / 2.0), Vec2::splat(SQUARE));
    ui.painter().rect(square, 2.0, colour, (1.0, palette.border), egui::StrokeKind::Inside);
    let at = egui::pos2(square.right() + GAP, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, palette.text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A short state such as `12 warnings`, in a rounded box.
pub fn chip(ui: &mut Ui, text: &str, colour: Color32) -> Response {
    let text = RichText::new(text).small().color(colour);
    ui.add(Button::new(text).small().corner_radius(8.0))
}
