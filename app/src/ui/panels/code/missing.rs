//! What is said of a source file whose text is not there, and how it can be had.

use super::super::PanelCtx;
use crate::sources::how_to_get;
use crate::ui::command::Command;
use crate::ui::theme::MONO;
use egui::{Label, RichText, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// So many of the places are named; the rest are in the tooltip.
const SHOWN: usize = 2;
/// More would fill the screen.
const MOST: usize = 30;

/// Draws the sentences and buttons above the lines; `tried` is where the file was looked for.
pub fn missing_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, file: &Arc<str>, tried: &[PathBuf]) {
    let weak = |ui: &mut Ui, text: &str| ui.add(Label::new(RichText::new(text).weak()).wrap());
    weak(ui, "The text of this file is not on this machine.");
    ui.add(Label::new(RichText::new(&**file).font(MONO)).truncate())
        .on_hover_text("As the compiler recorded it.");
    let text = tried_text(tried);
    let places: Vec<_> = tried.iter().take(MOST).map(|path| path.display().to_string()).collect();
    let label = weak(ui, &text);
    if !places.is_empty() {
        label.on_hover_text(places.join("\n"));
    }
    if let Some(hint) = how_to_get(file) {
        weak(ui, hint);
    }
    ui.horizontal_wrapped(|ui| {
        if ui
            .button("Point to it…")
            .on_hover_text("Choose the file. Its neighbours are found with it.")
            .clicked()
        {
            ctx.commands.send(Command::AskSourceFile(Arc::clone(file)));
        }
        if ui.button("Add folder…").on_hover_text("Each end of its path is tried in the folder.").clicked()
        {
            ctx.commands.send(Command::AskSources);
        }
        if ui.button("Look again").on_hover_text("It may be there by now.").clicked() {
            ctx.commands.send(Command::LookAgain);
        }
    });
}

/// `Looked for as /a/b.c, /c/b.c and in 3 more places.`
fn tried_text(tried: &[PathBuf]) -> String {
    if tried.is_empty() {
        return "Its path leads nowhere from here: point to it, or add the folder that it is in.".to_owned();
    }
    let shown: Vec<_> = tried.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    let more = match tried.len() - shown.len() {
        0 => String::new(),
        1 => " and in 1 more place".to_owned(),
        more => format!(" and in {more} more places"),
    };
    format!("Looked for as {}{more}.", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_are_named_and_the_others_counted() {
        let tried: Vec<PathBuf> = ["/a", "/b", "/c", "/d"].map(PathBuf::from).into();
        assert_eq!(tried_text(&tried[..1]), "Looked for as /a.");
        assert_eq!(tried_text(&tried[..3]), "Looked for as /a, /b and in 1 more place.");
        assert_eq!(tried_text(&tried), "Looked for as /a, /b and in 2 more places.");
        assert!(tried_text(&[]).contains("leads nowhere"));
    }
}
