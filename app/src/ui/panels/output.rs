//! What the program wrote.

use super::PanelCtx;
use crate::ui::theme::MONO;
use crate::ui::watch::Watch;
use crate::ui::widgets::empty_state;
use egui::{Label, RichText, ScrollArea, Ui};
use std::borrow::Cow;

/// Draws the panel. While the program runs, what it writes is shown at once.
pub fn output_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, run: Option<&Watch>) {
    let output = match run {
        Some(run) => Cow::Owned(run.output()),
        None => String::from_utf8_lossy(&ctx.profile.recording().output),
    };
    if output.is_empty() {
        let so_far = if run.is_some() { " so far" } else { "" };
        let hint = format!("The program wrote nothing{so_far} to standard output or standard error.");
        return empty_state(ui, "No output", &hint);
    }
    ui.horizontal(|ui| {
        if ui.button("Copy").clicked() {
            ui.ctx().copy_text(output.to_string());
        }
        ui.label(RichText::new(crate::units::bytes(output.len() as u64)).weak());
    });
    ScrollArea::both().auto_shrink(false).stick_to_bottom(run.is_some()).show(ui, |ui| {
        ui.add(Label::new(RichText::new(&*output).font(MONO)).extend().selectable(true));
    });
}
