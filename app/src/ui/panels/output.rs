//! What the program wrote.

use super::PanelCtx;
use crate::ui::theme::MONO;
use crate::ui::widgets::empty_state;
use egui::{Label, RichText, ScrollArea, Ui};

/// Draws the panel.
pub fn output_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let output = &ctx.profile.recording().output;
    if output.is_empty() {
        return empty_state(
            ui,
            "No output",
            "The program wrote nothing to standard output or standard error.",
        );
    }
    let text = String::from_utf8_lossy(output);
    ui.horizontal(|ui| {
        if ui.button("Copy").clicked() {
            ui.ctx().copy_text(text.to_string());
        }
        ui.label(RichText::new(crate::units::bytes(output.len() as u64)).weak());
    });
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        ui.add(Label::new(RichText::new(&*text).font(MONO)).extend().selectable(true));
    });
}
