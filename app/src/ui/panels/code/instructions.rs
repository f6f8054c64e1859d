//! The panel of instructions: those of the selected function.

use super::super::{PanelCtx, PanelKind, short_file};
use super::find::{Finder, Found};
use super::wat::{WatAct, WatPane, WatText, code_of, title, wat_ui};
use crate::analysis::WatListing;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::views::InstructionsView;
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{Align, Label, Layout, RichText, Ui};

/// What the panel remembers.
#[derive(Default)]
pub struct InstructionsState {
    /// What is searched for.
    pub find: Finder,
    pane: WatPane,
}

/// Draws the panel while no function is selected.
pub fn nothing_ui(ui: &mut Ui) {
    let hint = "Click a function in the flame graph, the table of functions or the source to see its code.";
    empty_state(ui, "No function selected", hint);
}

/// Draws the panel; `hits` are the instructions that the search found.
pub fn instructions_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &InstructionsView,
    hits: Option<&[usize]>,
    state: &mut InstructionsState,
) {
    let Some(listing) = code_of(ui, ctx, view) else { return };
    let InstructionsState { find, pane } = state;
    find.keys(ui, "instructions", false);
    toolbar_ui(ui, ctx, (view, listing), pane, find);
    let found = find.ui(ui, hits, pane.cursor());
    let search = find.needle().map(|needle| (needle, hits.unwrap_or_default()));
    let text = WatText { name: "Instructions of the function", view, lit: None, search };
    if let Some(Found::Hit(way)) = found {
        pane.next_hit(&text, way);
    }
    let act = wat_ui(ui, ctx, (&text, listing), pane);
    let select = |line| ctx.commands.send(Command::Select(Selection { line, ..ctx.selection.clone() }));
    match act {
        Some(WatAct::Select(line)) => select(line),
        Some(WatAct::GoTo(line)) => {
            select(line);
            ctx.commands.send(Command::ShowPanel(PanelKind::Source));
        }
        Some(WatAct::Escape) => {
            find.close();
        }
        None => {}
    }
}

fn toolbar_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    (view, listing): (&InstructionsView, &WatListing),
    pane: &WatPane,
    find: &mut Finder,
) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Copy").on_hover_text("Copy the function as WebAssembly text.").clicked() {
                ui.ctx().copy_text(listing.text());
            }
            if ui.button("Find…").on_hover_text("Search in the text (Ctrl+F)").clicked() {
                find.open();
            }
            if let Some(line) = &ctx.selection.line {
                let text = format!("{} of line {}", units::exact(pane.marked() as u64), line.line);
                let about = format!("Instructions that come from {}:{}.", short_file(&line.file), line.line);
                ui.label(RichText::new(text).weak()).on_hover_text(about);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(RichText::new(title(ctx, view, listing)).weak()).truncate());
            });
        });
    });
}
