//! What is told of a cell under the pointer.

use super::super::{PanelCtx, asker_of, call_path_ui, short_file};
use crate::analysis::{CellKind, GrowthRow, HeapCell, Overlay};
use crate::ui::theme::MONO;
use crate::ui::views::HeapMapView;
use crate::units;
use egui::{Grid, RichText, Ui};
use std::ops::Range;

/// What the cell is used for, and by whom.
pub fn tooltip_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, at: usize, cell: &HeapCell) {
    let range = view.map.cell_range(at);
    let space = ctx.profile.address_space(view.heap.memory);
    let page = range.start / space.page_bytes().max(1);
    let length = range.end.saturating_sub(range.start);
    let addresses = if length == 1 {
        format!("{:#x}", range.start)
    } else {
        format!("{:#x} to {:#x}", range.start, range.end)
    };
    ui.label(RichText::new(addresses).font(MONO).strong());
    ui.label(RichText::new(format!("{} in page {page}", units::bytes(length))).weak());
    Grid::new("cell").num_columns(2).spacing([12.0, 1.0]).show(ui, |ui| {
        for kind in CellKind::ALL.into_iter().filter(|kind| cell.bytes_of(*kind) > 0) {
            ui.label(kind.name());
            ui.label(RichText::new(units::percent(units::share(cell.bytes_of(kind), length))).font(MONO));
            ui.end_row();
        }
    });
    accesses_ui(ui, view, at);
    data_ui(ui, ctx, view, &range);
    grown_ui(ui, ctx, view, &range);
    touched_ui(ui, ctx, view, &range);
    if let Some(block) = cell.dominant {
        ui.separator();
        let since = block.allocated_nanos;
        let owner = &ctx.profile.frames().get(asker_of(ctx.profile, block.path)).short;
        let text = format!("{} at {:#x} for {owner}", units::bytes(block.size), block.address);
        ui.label(RichText::new(text).strong());
        let age = view.heap.at_nanos.min(ctx.profile.duration_nanos()).saturating_sub(since);
        let text = format!("handed out at {}, {} ago", units::nanos(since), units::nanos(age));
        ui.label(RichText::new(text).weak());
        call_path_ui(ui, ctx.profile, block.path);
    }
}

fn accesses_ui(ui: &mut Ui, view: &HeapMapView, at: usize) {
    if let Some((Overlay::Accesses, values)) = &view.map.overlay
        && let Some(accesses) = values.get(at)
    {
        ui.label(RichText::new(format!("{} accesses", units::count(*accesses))).weak());
    }
}

/// The segments that fill it, by their names.
fn data_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, range: &Range<u64>) {
    const MOST: usize = 4;
    let data = ctx.profile.address_space(view.heap.memory).static_data();
    let first = data.partition_point(|data| data.range.end <= range.start);
    let mut inside = data.iter().skip(first).take_while(|data| data.range.start < range.end);
    for data in inside.by_ref().take(MOST) {
        let name = ctx.profile.symbols().data_name(data.segment);
        let name = name.map_or_else(|| format!("data segment {}", data.segment), str::to_owned);
        let bytes = units::bytes(data.range.end - data.range.start);
        ui.label(RichText::new(format!("{name}, {bytes} at {:#x}", data.range.start)).weak());
    }
    let more = inside.count();
    if more > 0 {
        ui.label(RichText::new(format!("and {more} more segments")).weak());
    }
}

/// When its first page was touched.
fn touched_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, range: &Range<u64>) {
    // Where it is not known how much was touched until the moment, it is not known what.
    let space = view.heap.touched_bytes.map(|_| ctx.profile.address_space(view.heap.memory));
    let Some(touched) = space.and_then(|space| space.touched()) else { return };
    let first = touched.partition_point(|touched| touched.range.end <= range.start);
    let touched = touched.get(first).filter(|touched| touched.range.start < range.end);
    let text = match touched.filter(|touched| touched.time_nanos <= view.heap.at_nanos) {
        Some(touched) => format!("first touched by {}", units::nanos(touched.time_nanos)),
        None if range.start >= view.heap.memory_bytes => return,
        None => "never touched until now".to_owned(),
    };
    ui.label(RichText::new(text).weak());
}

/// When the memory came to have the first byte, and who asked for it.
fn grown_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, range: &Range<u64>) {
    let space = ctx.profile.address_space(view.heap.memory);
    let Some(at) = space.grown_at(range.start).filter(|at| *at > 0) else { return };
    let events = &view.growth.events;
    let first = events.partition_point(|row| row.event.time_nanos < at);
    let mut events = events.iter().skip(first).take_while(|row| row.event.time_nanos == at);
    let is_it = |row: &&GrowthRow| row.event.granted && row.event.memory == view.heap.memory;
    let by = events.find(is_it).map(|row| {
        let frame = ctx.profile.frames().get(ctx.profile.paths().frame(row.path));
        let line = ctx.profile.lines().get(ctx.profile.paths().line(row.path)).filter(|line| line.line > 0);
        let place = line.map(|line| format!(" ({}:{})", short_file(&line.file), line.line));
        format!(" by {}{}", frame.short, place.unwrap_or_default())
    });
    let text = format!("grown at {}{}", units::nanos(at), by.unwrap_or_default());
    ui.label(RichText::new(text).weak());
}
