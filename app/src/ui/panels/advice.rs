//! What an expert would say of the run: a card a line, with its numbers and a link to the view that shows them.

use super::PanelCtx;
use crate::analysis::{Advice, AdviceReport, AdviceView, Place};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::panels::PanelKind;
use crate::ui::theme::{MONO, Palette};
use egui::{Button, Frame, Label, Margin, RichText, ScrollArea, Ui};

/// The width of a card at most, in points: longer lines are hard to read.
const WIDTH: f32 = 760.0;

/// Draws the panel.
pub fn advice_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &AdviceReport) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(WIDTH));
        if view.lines.is_empty() {
            ui.add_space(6.0);
            ui.label(RichText::new("Nothing to advise").size(15.0));
        }
        for (number, advice) in view.lines.iter().enumerate() {
            ui.push_id(number, |ui| card_ui(ui, ctx, advice));
        }
        ui.add_space(4.0);
        for sentence in view.remark() {
            ui.add(Label::new(RichText::new(sentence).weak()).wrap().selectable(true));
        }
    });
}

fn card_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, advice: &Advice) {
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(palette.raised).stroke((1.0, palette.border)).corner_radius(6.0);
    frame.inner_margin(Margin::same(10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(&advice.what).strong().size(14.5)).wrap().selectable(true));
        ui.label(RichText::new(advice.gain.to_string()).font(MONO).color(palette.warning))
            .on_hover_text("What following the advice gains at most, by what was measured.");
        ui.add(Label::new(RichText::new(&advice.why).weak()).wrap().selectable(true));
        ui.add(Label::new(&advice.remedy).wrap().selectable(true));
        ui.horizontal_wrapped(|ui| {
            let kind = panel_of(advice.place.view);
            let about = format!("Show it in the panel {}.", kind.title());
            if ui.add(Button::new(format!("Show in {}", kind.title()))).on_hover_text(about).clicked() {
                show(ctx, &advice.place);
            }
            if ui.button("Copy").on_hover_text("Copy the advice with its numbers as text.").clicked() {
                ui.ctx().copy_text(text(advice));
            }
        });
    });
}

/// The advice as text, for a message or a ticket.
fn text(advice: &Advice) -> String {
    let Advice { what, why, remedy, gain, .. } = advice;
    format!("{what} ({gain})\n{why}\n{remedy}\n")
}

/// Brings the panel to the front that shows the evidence, with what it is about selected.
fn show(ctx: &PanelCtx<'_>, place: &Place) {
    let now = ctx.selection.clone();
    let Place { view, function, line, metric, site, memory, moment_nanos } = place.clone();
    ctx.commands.send(Command::Select(Selection {
        metric: metric.unwrap_or(now.metric),
        // The evidence is about the whole run.
        time_nanos: None,
        line: if function.is_some() { line } else { now.line.clone() },
        function: function.or(now.function),
        site: site.or(now.site),
        memory: memory.unwrap_or(now.memory),
        moment_nanos: moment_nanos.or(now.moment_nanos),
        ..now
    }));
    ctx.commands.send(Command::ShowPanel(panel_of(view)));
}

const fn panel_of(view: AdviceView) -> PanelKind {
    match view {
        AdviceView::Flame => PanelKind::Flame,
        AdviceView::Boundary => PanelKind::Boundary,
        AdviceView::Growth => PanelKind::Growth,
        AdviceView::HeapMap => PanelKind::HeapMap,
        AdviceView::Sites => PanelKind::Sites,
        AdviceView::Instructions => PanelKind::Instructions,
        AdviceView::Module => PanelKind::Module,
    }
}
