//! What is wrong with the heap, in sentences.

use super::super::PanelCtx;
use crate::analysis::{verdict_remark, verdict_sentences};
use crate::ui::theme::Palette;
use crate::ui::views::HeapMapView;
use egui::{Label, RichText, Ui};

/// Draws them.
pub fn verdict_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView) {
    if ctx.profile.heap_timeline().of_memory(view.heap.memory).totals.allocations == 0 {
        return;
    }
    ui.add_space(4.0);
    ui.label(RichText::new("Verdict").strong()).on_hover_text(
        "On the whole run. Leak: blocks of a place that nobody frees, and that become more and more. Fragmentation: \
         memory grew though more was free than was asked for, mostly since no piece was large enough. Peak: for a \
         short time far more was live than otherwise.",
    );
    let palette = Palette::of(ui);
    let Some(verdict) = &view.verdict else {
        ui.label(RichText::new("Computing…").weak());
        return;
    };
    for sentence in verdict_sentences(ctx.profile, verdict) {
        let label = Label::new(RichText::new(&sentence).color(palette.warning)).wrap();
        let label = ui.add(label.sense(egui::Sense::click())).on_hover_text("Click copies the sentence.");
        if label.clicked() {
            ui.ctx().copy_text(sentence);
        }
    }
    if let Some(remark) = verdict_remark(verdict) {
        let is_good = verdict.is_empty() && verdict.sees_frees;
        let text = RichText::new(remark);
        let text = if is_good { text.color(palette.good) } else { text.weak() };
        ui.add(Label::new(text).wrap());
    }
}
