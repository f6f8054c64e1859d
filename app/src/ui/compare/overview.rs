//! Both builds on one page: what keeps the comparison from telling all, sums, functions that were found again, crossings.

use super::{Choose, Ctx, build_title};
use crate::analysis::{BoundaryChange, Change, CompareFrame, CompareSummary, MemoryChange, Side, Unit};
use crate::export::compare_words as words;
use crate::ui::theme::{MONO, Palette};
use crate::units;
use egui::{Align, Grid, Label, Layout, RichText, ScrollArea, Ui};
use wasmscope_instrument::recording::Direction;

/// More renamed functions, or crossings, than these are told by their number.
const MOST_ROWS: usize = 60;

/// Draws it. Gives what was clicked.
pub fn overview_ui(ui: &mut Ui, ctx: &Ctx<'_>, summary: &CompareSummary) -> Option<Choose> {
    let area = ScrollArea::both().auto_shrink(false);
    area.show(ui, |ui| {
        for side in Side::BOTH {
            ui.label(format!(
                "{} · {}",
                build_title(ctx, side),
                units::counted(*summary.recordings.get(side), "recording")
            ));
        }
        remarks_ui(ui, ctx);
        totals_ui(ui, summary);
        memories_ui(ui, &summary.memories);
        heading(ui, "Functions");
        ui.add(Label::new(words::found_again(summary)).wrap());
        let choice = renamed_ui(ui, ctx, &summary.renamed);
        boundary_ui(ui, &summary.boundary);
        choice
    })
    .inner
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(text).strong());
}

fn remarks_ui(ui: &mut Ui, ctx: &Ctx<'_>) {
    if ctx.comparison.remarks().is_empty() {
        return;
    }
    heading(ui, "To be known");
    for remark in ctx.comparison.remarks() {
        let text = remark.to_string();
        let mut letters = text.chars();
        let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
        let text = format!("• {first}{}.", letters.as_str());
        ui.add(Label::new(RichText::new(text).color(Palette::of(ui).warning)).wrap());
    }
}

fn totals_ui(ui: &mut Ui, summary: &CompareSummary) {
    heading(ui, "The whole run");
    Grid::new("compared totals").num_columns(5).spacing([16.0, 3.0]).show(ui, |ui| {
        head(ui, ["", "old", "new", "change", ""]);
        row(ui, "Run by the clock", Unit::Nanos, &summary.run_nanos);
        for metric in &summary.metrics {
            row(ui, metric.metric.title(), metric.metric.unit(), &metric.total);
        }
        row(
            ui,
            "Size of the module",
            Unit::Bytes,
            &Change::exact(summary.module_bytes.old, summary.module_bytes.new),
        );
    });
}

fn memories_ui(ui: &mut Ui, memories: &[MemoryChange]) {
    if memories.is_empty() {
        return;
    }
    heading(ui, "Memory");
    Grid::new("compared memories").num_columns(5).spacing([16.0, 3.0]).show(ui, |ui| {
        head(ui, ["", "old", "new", "change", ""]);
        for memory in memories {
            let name = |what: &str| format!("Memory {}, {what}", memory.index);
            row(ui, &name("at the start"), Unit::Bytes, &memory.initial_bytes);
            row(ui, &name("at the end"), Unit::Bytes, &memory.final_bytes);
            row(ui, &name("growths"), Unit::Calls, &memory.grown);
        }
    });
}

fn boundary_ui(ui: &mut Ui, rows: &[BoundaryChange]) {
    if rows.is_empty() {
        return;
    }
    heading(ui, "Calls between program and host");
    Grid::new("compared boundary").num_columns(5).spacing([16.0, 3.0]).show(ui, |ui| {
        head(ui, ["", "old", "new", "change", ""]);
        for boundary in rows.iter().take(MOST_ROWS) {
            let way = if boundary.direction == Direction::GuestToHost { "to" } else { "into" };
            let module = boundary.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
            let name = format!("{way} {module}{}", boundary.name);
            row(ui, &name, Unit::Calls, &boundary.calls);
            row(ui, "    time", Unit::Nanos, &boundary.total_nanos);
        }
    });
    more_ui(ui, rows.len());
}

fn renamed_ui(ui: &mut Ui, ctx: &Ctx<'_>, renamed: &[CompareFrame]) -> Option<Choose> {
    let mut choice = None;
    if !renamed.is_empty() {
        heading(ui, "Renamed");
    }
    for frame in renamed.iter().take(MOST_ROWS) {
        let certainty = ctx.comparison.frames().get(*frame).certainty;
        let name = words::name(ctx.comparison, *frame);
        if ui.link(name).on_hover_text(certainty.title()).clicked() {
            choice = Some(Choose(Some(*frame)));
        }
    }
    more_ui(ui, renamed.len());
    choice
}

fn more_ui(ui: &mut Ui, rows: usize) {
    let more = rows.saturating_sub(MOST_ROWS);
    if more > 0 {
        ui.label(RichText::new(format!("and {} more", units::exact(more as u64))).weak());
    }
}

fn head(ui: &mut Ui, titles: [&str; 5]) {
    for title in titles {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(RichText::new(title).weak()));
    }
    ui.end_row();
}

/// A value of both builds with how sure its change is; what may be chance is weak.
fn row(ui: &mut Ui, name: &str, unit: Unit, change: &Change) {
    let palette = Palette::of(ui);
    let is_same = change.mean.are_equal();
    let colour = if is_same || !change.is_clear() { palette.weak } else { palette.text };
    let mono = |text: String| RichText::new(text).font(MONO).color(colour);
    ui.label(name);
    let text = if is_same { "the same".to_owned() } else { words::relative(change.mean) };
    for text in [units::number(unit, change.mean.old), units::number(unit, change.mean.new), text] {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(mono(text)));
    }
    ui.label(RichText::new(words::sure_and_span(unit, change)).color(palette.weak));
    ui.end_row();
}
