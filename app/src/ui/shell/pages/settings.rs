//! The settings that are asked for most, and where the others are.

use crate::ui::command::Command;
use crate::ui::module::short_path;
use crate::ui::settings::Settings;
use crate::ui::shell::Situation;
use crate::ui::shell::actions::themes;
use crate::ui::theme::{ColourSet, MONO};
use egui::{Button, DragValue, Grid, Label, RichText, Ui};

const ABOUT: &str = "Changes take effect at once. The file can be edited, too: it is read again when you return to \
                     this window.";

/// Draws the page.
pub fn settings_ui(ui: &mut Ui, now: &Situation<'_>) {
    ui.heading("Settings");
    let mut wanted = now.settings.clone();
    Grid::new("settings").num_columns(2).min_col_width(120.0).spacing([16.0, 8.0]).show(ui, |ui| {
        looks_ui(ui, &mut wanted);
        numbers_ui(ui, &mut wanted);
        row(ui, "Source files", |ui| {
            let places = crate::units::things(wanted.source_places.len() as u64, "place");
            ui.label(places);
            if ui.button("Where sources are…").clicked() {
                now.commands.send(Command::TogglePage(super::Page::Settings));
                now.commands.send(Command::ShowSources);
            }
        });
        row(ui, "File", |ui| file_ui(ui, now));
    });
    ui.add_space(6.0);
    ui.add(Label::new(RichText::new(ABOUT).weak()).wrap());
    if wanted != *now.settings {
        now.commands.send(Command::ChangeSettings(Box::new(wanted)));
    }
}

fn row(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    ui.label(RichText::new(name).weak());
    ui.horizontal(add);
    ui.end_row();
}

fn looks_ui(ui: &mut Ui, wanted: &mut Settings) {
    row(ui, "Theme", |ui| {
        for (theme, title) in themes() {
            ui.radio_value(&mut wanted.theme, theme, title);
        }
    });
    row(ui, "Colours", |ui| {
        for (set, title) in ColourSet::ALL {
            ui.radio_value(&mut wanted.colours, set, title);
        }
    });
    row(ui, "Size of text", |ui| {
        let buttons = [("−", "Smaller text", -1), ("+", "Larger text", 1)];
        for (sign, name, steps) in buttons {
            let button = ui.add(Button::new(sign).min_size(egui::vec2(24.0, 0.0)));
            if button.on_hover_text(name).accessible_name(name).clicked() {
                *wanted = wanted.with_text(steps);
            }
        }
        ui.label(RichText::new(format!("{} %", wanted.text_percent)).font(MONO));
    });
}

fn numbers_ui(ui: &mut Ui, wanted: &mut Settings) {
    row(ui, "Budget of a call", |ui| {
        let range = Settings::BUDGET_MILLIS;
        let budget = DragValue::new(&mut wanted.budget_millis).range(range).speed(0.1).suffix(" ms");
        let about = "Longer calls count as too long in the timeline. 16.6 ms are a frame of 60 a second.";
        ui.add(budget.update_while_editing(false)).on_hover_text(about).accessible_name("Budget of a call");
    });
    row(ui, "Recent files", |ui| {
        let files = DragValue::new(&mut wanted.recent_files).range(Settings::RECENT_FILES).speed(0.1);
        let about = "So many are remembered.";
        ui.add(files.update_while_editing(false)).on_hover_text(about).accessible_name("Recent files");
    });
}

fn file_ui(ui: &mut Ui, now: &Situation<'_>) {
    let path = now.settings_path.display().to_string();
    if ui.button("Copy path").clicked() {
        ui.ctx().copy_text(path.clone());
    }
    let shown = RichText::new(short_path(now.settings_path, 44)).font(MONO);
    ui.add(Label::new(shown).truncate()).on_hover_text(&path);
}
