//! Text in its recurring roles.

use crate::ui::theme::{MONO, Palette};
use egui::{Button, Color32, Response, RichText, Sense, Ui, Vec2};

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
        ui.label(RichText::new(name).weak());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(value).font(MONO));
        });
    });
    let response =
        row.response.interact(Sense::click()).on_hover_text(format!("{about}\n\nClick copies the value."));
    if response.clicked() {
        ui.ctx().copy_text(value.to_owned());
    }
}

/// A small square of a colour that a legend explains.
pub fn swatch(ui: &mut Ui, colour: Color32, text: &str) -> Response {
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(11.0), Sense::hover());
        ui.painter().rect(rect, 2.0, colour, (1.0, Palette::of(ui).border), egui::StrokeKind::Inside);
        ui.label(RichText::new(text).small());
    });
    row.response
}

/// A short state such as `12 warnings`, in a rounded box.
pub fn chip(ui: &mut Ui, text: &str, colour: Color32) -> Response {
    let text = RichText::new(text).small().color(colour);
    ui.add(Button::new(text).small().corner_radius(8.0))
}
