//! What somebody who is here for the first time needs to know.

use crate::ui::command::{Command, Commands};
use crate::ui::theme::Palette;
use egui::{Align, Label, Layout, RichText, Ui};

const STRIP: &str =
    "Click a box to zoom in, Esc goes back. ? shows the keys, Ctrl+Shift+P all commands, F1 the help.";

/// Draws the strip above the panels of the first recording.
pub fn hints_ui(ui: &mut Ui, commands: &Commands) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Got it").on_hover_text("Say this no more").clicked() {
                commands.send(Command::HideHints);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new("New here?").color(Palette::of(ui).accent));
                ui.add(Label::new(STRIP).truncate());
            });
        });
    });
}

const STEPS: [(&str, &str); 3] = [
    ("Open", "a .wasm module, or press one of the samples below."),
    ("Run", "it. Everything is filled in; what is measured can be chosen."),
    ("Look", "where its time and memory go. Advice says what is worth a change."),
];

/// Draws the first steps, numbered.
pub fn steps_ui(ui: &mut Ui) {
    let palette = Palette::of(ui);
    for (number, (word, text)) in STEPS.iter().enumerate() {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{}", number + 1)).color(palette.accent).strong());
            ui.label(RichText::new(*word).strong());
            ui.add(Label::new(RichText::new(*text).weak()).truncate());
        });
    }
    ui.add_space(14.0);
}
