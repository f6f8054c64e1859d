//! What stands above the panels of a recording that has neither names nor lines.

use crate::ui::command::{Command, Commands, PathKind};
use crate::ui::documents::Document;
use crate::ui::theme::Palette;
use egui::{Align, Label, Layout, RichText, Ui};

/// Does the recording lack names and lines, and is the user to be told?
pub fn is_stripped(document: &Document) -> bool {
    !document.hides_stripped && document.profile.is_stripped()
}

/// Says so, and asks for the symbols.
pub fn stripped_ui(ui: &mut Ui, document: &Document, commands: &Commands) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .button("×")
                .on_hover_text("Go on without")
                .accessible_name("Go on without symbols")
                .clicked()
            {
                commands.send(Command::HideStripped(document.id));
            }
            let ways: &[(PathKind, &str, &str)] = match document.profile.needs_module() {
                true => &[(
                    PathKind::File,
                    "Module…",
                    "The .wasm file that ran, or one with the same code and names",
                )],
                false => &[
                    (PathKind::Folder, "Folder…", about(PathKind::Folder)),
                    (PathKind::File, "Symbols…", about(PathKind::File)),
                ],
            };
            for (kind, title, about) in ways.iter().copied() {
                if ui.button(title).on_hover_text(about).clicked() {
                    commands.send(Command::AskSymbols(document.id, kind));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (title, text) = match document.profile.needs_module() {
                    true => (
                        "This profile was imported:",
                        "functions have no names. Point to the module that ran.",
                    ),
                    false => {
                        ("This module is stripped:", "its functions have no names. Point to its symbols.")
                    }
                };
                ui.label(RichText::new(title).color(Palette::of(ui).warning));
                ui.add(Label::new(text).truncate());
            });
        });
    });
}

/// What can be pointed to.
pub fn about(kind: PathKind) -> &'static str {
    match kind {
        PathKind::File => {
            "The module before it was stripped, its .debug.wasm, its source map, or its symbol map (.symbols)"
        }
        PathKind::Folder => "A folder in which a file has the module's name or build id",
    }
}
