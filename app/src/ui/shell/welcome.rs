//! The first screen: open a file, a recent one, or a sample.

use super::hints::steps_ui;
use crate::samples::{self, Sample, SampleModule};
use crate::ui::command::{Command, Commands};
use crate::ui::history::History;
use crate::ui::module::{file_name, short_path};
use crate::ui::theme::Palette;
use crate::ui::widgets::primary_button;
use egui::{Frame, Key, Margin, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui, UiBuilder, Vec2};
use std::path::{Path, PathBuf};

/// What is typed on the screen.
#[derive(Default)]
pub struct WelcomeState {
    path: String,
}

const WIDTH: f32 = 860.0;

/// Draws the screen.
pub fn welcome_ui(ui: &mut Ui, state: &mut WelcomeState, history: &History, commands: &Commands) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let width = (ui.available_width() - 32.0).min(WIDTH);
        let margin = ((ui.available_width() - width) / 2.0).max(0.0);
        ui.horizontal_top(|ui| {
            ui.add_space(margin);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.add_space((ui.ctx().content_rect().height() * 0.05).max(12.0));
                title_ui(ui);
                open_ui(ui, state, commands);
                ui.add_space(20.0);
                lists_ui(ui, history, commands);
                ui.add_space(20.0);
            });
        });
    });
}

fn title_ui(ui: &mut Ui) {
    ui.label(RichText::new("Wasmscope").size(28.0).strong());
    let about =
        "Open a WebAssembly module, run it, and see where its time, its calls to the host and its memory go.";
    ui.add(egui::Label::new(RichText::new(about).weak().size(14.5)).wrap());
    ui.add_space(16.0);
}

fn open_ui(ui: &mut Ui, state: &mut WelcomeState, commands: &Commands) {
    ui.horizontal(|ui| {
        if primary_button(ui, "Open…").on_hover_text("Ctrl+O").clicked() {
            commands.send(Command::AskOpen);
        }
        let hint = "or type a path, or drop a module, recording or profile anywhere";
        let field = TextEdit::singleline(&mut state.path).hint_text(hint).margin(Margin::symmetric(8, 5));
        let field = ui.add(field.desired_width(ui.available_width() - 8.0)).accessible_name("Path of a file");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered && !state.path.trim().is_empty() {
            commands.send(Command::Open(PathBuf::from(state.path.trim())));
        }
    });
}

fn lists_ui(ui: &mut Ui, history: &History, commands: &Commands) {
    if ui.available_width() < 620.0 {
        samples_ui(ui, commands);
        ui.add_space(16.0);
        recent_ui(ui, history, commands);
        return;
    }
    ui.spacing_mut().item_spacing.x = 24.0;
    ui.columns(2, |columns| {
        columns.iter_mut().for_each(|column| column.spacing_mut().item_spacing.x = 8.0);
        columns[0].vertical(|ui| samples_ui(ui, commands));
        columns[1].vertical(|ui| recent_ui(ui, history, commands));
    });
}

fn samples_ui(ui: &mut Ui, commands: &Commands) {
    ui.label(RichText::new("Samples").strong().size(15.0));
    for sample in samples::all() {
        sample_card(ui, sample, commands);
    }
}

/// A sample of one build is one button; one of two builds has a button for each.
fn sample_card(ui: &mut Ui, sample: &'static Sample, commands: &Commands) {
    let title = format!("{} · {}", sample.title, sample.language);
    let builds: &[SampleModule] = if sample.modules.len() > 1 { &sample.modules } else { &[] };
    let mut pressed = None;
    let card = card(ui, &title, &sample.about, |ui| {
        if builds.is_empty() {
            return;
        }
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            for module in builds {
                let name = format!("{} {}", sample.title, module.label);
                if ui.button(&module.label).accessible_name(name).clicked() {
                    pressed = Some(module);
                }
            }
        });
    });
    let whole = sample.modules.first().filter(|_| card.clicked());
    if let Some(module) = pressed.or(whole) {
        commands.send(Command::OpenSample(module));
    }
}

fn recent_ui(ui: &mut Ui, history: &History, commands: &Commands) {
    let History { recent, knows_hints, .. } = history;
    if recent.is_empty() && !knows_hints {
        return steps_ui(ui);
    }
    ui.horizontal(|ui| {
        ui.label(RichText::new("Recent").strong().size(15.0));
        let about = "The files stay where they are.";
        if !recent.is_empty() && ui.small_button("Clear list").on_hover_text(about).clicked() {
            commands.send(Command::ForgetAll);
        }
    });
    if recent.is_empty() {
        ui.label(RichText::new("What you open and record will be listed here.").weak());
    }
    for path in recent {
        recent_card(ui, path, commands);
    }
}

fn recent_card(ui: &mut Ui, path: &Path, commands: &Commands) {
    let folder = path.parent().map(|folder| short_path(folder, 52)).unwrap_or_default();
    let response = card(ui, &file_name(path), &folder, |_| {});
    let path = path.to_owned();
    response.context_menu(|ui| {
        if ui.button("Take off the list").clicked() {
            commands.send(Command::Forget(path.clone()));
            ui.close();
        }
    });
    if response.clicked() {
        commands.send(Command::Open(path));
    }
}

/// A button of two lines, with further buttons on it.
fn card(ui: &mut Ui, title: &str, about: &str, more: impl FnOnce(&mut Ui)) -> egui::Response {
    let builder = UiBuilder::new().id_salt(title).sense(Sense::click());
    let scope = ui.scope_builder(builder, |ui| {
        ui.style_mut().interaction.selectable_labels = false;
        let palette = Palette::of(ui);
        let response = ui.response();
        let hovered = response.contains_pointer() || response.has_focus();
        let fill = if hovered { palette.hovered } else { palette.raised };
        let stroke = Stroke::new(1.0, if hovered { palette.accent } else { palette.border });
        let frame =
            Frame::new().fill(fill).stroke(stroke).corner_radius(6.0).inner_margin(Margin::symmetric(12, 8));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add(egui::Label::new(title).truncate());
            ui.add(egui::Label::new(RichText::new(about).weak().size(12.0)).wrap());
            more(ui);
        });
    });
    scope.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, title));
    scope.response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// Says what a file held over the window will do.
pub fn drop_ui(ui: &Ui) {
    let files = ui.input(|input| input.raw.hovered_files.len());
    if files == 0 {
        return;
    }
    let palette = Palette::of(ui);
    let rect = ui.ctx().content_rect().shrink(10.0);
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
    let painter = ui.ctx().layer_painter(layer);
    painter.rect(
        rect,
        10.0,
        palette.panel.gamma_multiply(0.85),
        Stroke::new(2.0, palette.accent),
        egui::StrokeKind::Inside,
    );
    let font = egui::FontId::proportional(20.0);
    painter.text(
        rect.center() - Vec2::Y * 4.0,
        egui::Align2::CENTER_CENTER,
        "Drop to open",
        font,
        palette.text,
    );
}
