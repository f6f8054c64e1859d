//! What somebody who is here for the first time needs to know.

use crate::ui::command::{Command, Commands};
use crate::ui::theme::Palette;
use egui::text::LayoutJob;
use egui::{Align, Label, Layout, RichText, TextFormat, TextStyle, Ui};

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
    ("Open", "a .wasm module, or press one of the samples."),
    ("Run", "it. Everything is filled in, and what is measured can be chosen."),
    ("Look", "where its time and its memory go. Advice says what is worth a change."),
];

/// Draws the first steps, numbered.
pub fn steps_ui(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("First steps").strong().size(15.0));
    for (number, (word, text)) in STEPS.iter().enumerate() {
        let font = TextStyle::Body.resolve(ui.style());
        let plain = |color| TextFormat { color, font_id: font.clone(), ..TextFormat::default() };
        let mut job = LayoutJob::default();
        job.append(&format!("{}  ", number + 1), 0.0, plain(palette.accent));
        job.append(word, 0.0, plain(palette.text));
        job.append(&format!(" {text}"), 0.0, plain(palette.weak));
        ui.add(Label::new(job).wrap());
    }
    ui.add_space(4.0);
    ui.add(Label::new(RichText::new("What you open and record will be listed here.").weak()).wrap());
}
