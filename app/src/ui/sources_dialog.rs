//! Where source files are looked for.

use super::command::{Command, Commands};
use super::run_dialog::Dialog;
use super::theme::MONO;
use super::widgets::primary_button;
use crate::sources::SourcePlace;
use egui::{
    Align, Frame, Id, Key, Label, Layout, Margin, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui,
};
use std::path::PathBuf;

/// The dialog while it is open.
#[derive(Default)]
pub struct SourcesDialog {
    /// The fields of a new rule.
    from: String,
    to: String,
}

const WIDTH: f32 = 560.0;
const ABOUT: &str = "A file is looked for by the path that the compiler recorded: in these places, among the sources \
                     of Rust's library and packages, and beside the module.";

/// Draws the dialog. Each change takes effect at once.
pub fn sources_dialog_ui(
    ui: &mut Ui,
    dialog: &mut SourcesDialog,
    places: &[SourcePlace],
    commands: &Commands,
) -> Dialog {
    let screen = ui.ctx().content_rect();
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
    let shown = Modal::new(Id::unique("sources dialog")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH.min(screen.width() - 64.0));
        ui.heading("Where source files are");
        ui.label(RichText::new(ABOUT).weak());
        ui.add_space(6.0);
        let list = ScrollArea::vertical().max_height(screen.height() - 300.0).auto_shrink([false, true]);
        list.show(ui, |ui| places_ui(ui, places, commands));
        rule_ui(ui, dialog, places, commands);
        ui.add_space(8.0);
        footer(ui, commands)
    });
    // A field or button that has the focus takes the key for itself.
    let is_free = ui.memory(|memory| memory.focused().is_none());
    let entered = is_free && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    if shown.should_close() || entered { Dialog::Closed } else { shown.inner }
}

fn places_ui(ui: &mut Ui, places: &[SourcePlace], commands: &Commands) {
    if places.is_empty() {
        ui.label("No places so far.");
    }
    for (number, place) in places.iter().enumerate() {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let remove = ui.button("Remove").on_hover_text(format!("Remove {place}"));
                if remove.clicked() {
                    let rest = places.iter().enumerate().filter(|(other, _)| *other != number);
                    commands.send(Command::SetSources(rest.map(|(_, place)| place.clone()).collect()));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let text = RichText::new(text(place)).font(MONO);
                    ui.add(Label::new(text).truncate()).on_hover_text(text_about(place));
                });
            });
        });
    }
}

fn text(place: &SourcePlace) -> String {
    match place {
        SourcePlace::Folder(folder) => folder.display().to_string(),
        SourcePlace::Moved { from, to } => format!("{from} → {}", to.display()),
    }
}

fn text_about(place: &SourcePlace) -> String {
    match place {
        SourcePlace::Folder(folder) => format!("Each end of a path is tried in {}.", folder.display()),
        SourcePlace::Moved { from, to } => format!("What was compiled in {from} is in {}.", to.display()),
    }
}

/// A new rule: what was compiled in one folder is in another one here.
fn rule_ui(ui: &mut Ui, dialog: &mut SourcesDialog, places: &[SourcePlace], commands: &Commands) {
    let SourcesDialog { from, to } = dialog;
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        let width = ((ui.available_width() - 150.0) / 2.0).max(80.0);
        let field = |text, hint| {
            TextEdit::singleline(text).hint_text(hint).desired_width(width).margin(Margin::symmetric(6, 4))
        };
        ui.add(field(from, "/build/project")).accessible_name("Folder as it was compiled");
        ui.label(RichText::new("is now").weak());
        ui.add(field(to, "folder here")).accessible_name("Folder here");
        let is_whole = !from.trim().is_empty() && !to.trim().is_empty();
        let add = ui.add_enabled(is_whole, egui::Button::new("Add"));
        if add.on_hover_text("Paths that begin with the one are looked for in the other.").clicked() {
            let rule = SourcePlace::Moved { from: from.trim().to_owned(), to: PathBuf::from(to.trim()) };
            commands.send(Command::SetSources([rule].into_iter().chain(places.iter().cloned()).collect()));
            from.clear();
            to.clear();
        }
    });
}

fn footer(ui: &mut Ui, commands: &Commands) -> Dialog {
    let mut outcome = Dialog::Open;
    ui.horizontal(|ui| {
        if ui.button("Add folder…").on_hover_text("Each end of a path is tried in it.").clicked() {
            commands.send(Command::AskSources);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if primary_button(ui, "Done").clicked() {
                outcome = Dialog::Closed;
            }
        });
    });
    outcome
}
