//! What mouse and keys do to the canvas.

use super::super::{PanelCtx, asker_of};
use super::canvas::outline_hovered;
use super::grid::Shape;
use super::view_range::ViewRange;
use super::{HeapMapState, tooltip};
use crate::analysis::HeapCell;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::views::HeapMapView;
use egui::{Event, EventFilter, Key, Modifiers, PointerButton, Response, Ui};

/// A wheel's step zooms by so much.
const WHEEL: f64 = 0.006;
/// A key's step zooms by so much.
const KEY_ZOOM: f64 = 2.0;

/// Does what the user does.
pub fn pointer_ui(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    state: &mut HeapMapState,
    shape: Shape,
    response: Response,
) {
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    wheel(ui, ctx, view, state, shape, &response);
    drag(ui, ctx, view, state, shape, &response);
    if response.has_focus() {
        keys(ui, ctx, view, state, shape, &response);
    }
    let Some(at) = response.hover_pos().and_then(|pointer| shape.cell_at(pointer)) else { return };
    let Some(cell) = view.map.cells.get(at).copied() else { return };
    outline_hovered(ui, shape, at);
    if response.double_clicked() {
        look_closer(ctx, view, state, at, &cell);
    } else if response.clicked() {
        state.cursor = Some(view.map.cell_range(at).start);
        choose(ctx, state, &cell);
    }
    if !response.dragged() {
        response.on_hover_ui_at_pointer(|ui| tooltip::tooltip_ui(ui, ctx, view, at, &cell));
    }
}

fn wheel(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    state: &mut HeapMapState,
    shape: Shape,
    response: &Response,
) {
    let Some(cell) = response.hover_pos().and_then(|pointer| shape.cell_at(pointer)) else { return };
    let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let factor = f64::from(zoom) * (f64::from(scroll) * WHEEL).exp();
    if factor != 1.0 {
        state.range.zoom(&state.whole(ctx), factor, view.map.cell_range(cell).start);
    }
}

/// Dragging moves the map; with Shift, or with the right button, it chooses a range.
fn drag(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    state: &mut HeapMapState,
    shape: Shape,
    response: &Response,
) {
    let chooses = response.dragged_by(PointerButton::Secondary)
        || response.dragged_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift);
    let origin = ui.input(|input| input.pointer.press_origin());
    if let Some((from, to)) = origin.zip(response.interact_pointer_pos()).filter(|_| chooses) {
        let (a, b) = (shape.nearest(from), shape.nearest(to));
        let (first, last) = (view.map.cell_range(a.min(b)), view.map.cell_range(a.max(b)));
        state.choose(first.start..last.end.max(first.start + 1));
    } else if response.dragged() {
        let delta = response.drag_delta() / shape.grid.cell;
        let cells = f64::from(delta.y) * shape.grid.columns as f64 + f64::from(delta.x);
        state.range.shift(&state.whole(ctx), -cells * cell_bytes(view));
    }
}

fn cell_bytes(view: &HeapMapView) -> f64 {
    view.map.range.end.saturating_sub(view.map.range.start) as f64 / view.map.cells.len().max(1) as f64
}

/// The block of the cell, and all of its site; again, none.
fn choose(ctx: &PanelCtx<'_>, state: &mut HeapMapState, cell: &HeapCell) {
    let block = cell.dominant.filter(|block| state.block != Some(block.row));
    state.block = block.map(|block| block.row);
    state.shows_choice = true;
    let site = block.map(|block| block.path);
    let function = site.map(|path| asker_of(ctx.profile, path)).or(ctx.selection.function);
    ctx.commands.send(Command::Select(Selection { site, function, line: None, ..ctx.selection.clone() }));
}

/// To the block of the cell, or to the cell.
fn look_closer(ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState, at: usize, cell: &HeapCell) {
    let part = match cell.dominant {
        // With some of its neighbours around it.
        Some(block) => {
            let (start, size) = (block.address, block.size.max(1));
            start.saturating_sub(size)..start.saturating_add(size).saturating_add(size)
        }
        None => view.map.cell_range(at),
    };
    state.range.show(&state.whole(ctx), part);
}

fn keys(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    state: &mut HeapMapState,
    shape: Shape,
    response: &Response,
) {
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed: Vec<(Key, Modifiers)> = ui.input(|input| {
        let key = |event: &Event| match event {
            Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
            _ => None,
        };
        input.events.iter().filter_map(key).collect()
    });
    for (key, modifiers) in pressed {
        self::key(ctx, view, state, shape, key, modifiers);
    }
}

fn key(
    ctx: &PanelCtx<'_>,
    view: &HeapMapView,
    state: &mut HeapMapState,
    shape: Shape,
    key: Key,
    modifiers: Modifiers,
) {
    let whole = state.whole(ctx);
    let columns = shape.grid.columns as f64;
    let page = columns * (shape.grid.rows as f64 / 2.0).floor();
    let cursor = state.cursor.unwrap_or(view.map.range.start);
    match key {
        Key::ArrowLeft => step(state, view, &whole, -1.0, modifiers),
        Key::ArrowRight => step(state, view, &whole, 1.0, modifiers),
        Key::ArrowUp => step(state, view, &whole, -columns, modifiers),
        Key::ArrowDown => step(state, view, &whole, columns, modifiers),
        Key::PageUp => step(state, view, &whole, -page, modifiers),
        Key::PageDown => step(state, view, &whole, page, modifiers),
        Key::Home => move_to(state, view, &whole, whole.start),
        Key::End => move_to(state, view, &whole, whole.end.saturating_sub(1)),
        Key::Plus | Key::Equals => state.range.zoom(&whole, KEY_ZOOM, cursor),
        Key::Minus => state.range.zoom(&whole, 1.0 / KEY_ZOOM, cursor),
        Key::Enter => {
            if let Some(cell) = view.map.cell_of(cursor).and_then(|at| view.map.cells.get(at)) {
                choose(ctx, state, cell);
            }
        }
        Key::Escape if state.chosen.is_some() => state.chosen = None,
        Key::Escape => state.range = ViewRange::Whole,
        _ => {}
    }
}

/// Moves the cursor by so many cells; with Shift it chooses what it passes.
fn step(
    state: &mut HeapMapState,
    view: &HeapMapView,
    whole: &std::ops::Range<u64>,
    cells: f64,
    modifiers: Modifiers,
) {
    let from = state.cursor.unwrap_or(view.map.range.start);
    let bytes = cell_bytes(view);
    let to =
        (from as f64 + cells * bytes).clamp(whole.start as f64, whole.end.saturating_sub(1) as f64) as u64;
    if modifiers.shift {
        let cell = (bytes as u64).max(1);
        let is_at_an_end = |range: &std::ops::Range<u64>| range.start == from || range.end == from + cell;
        let range = state.chosen.clone().filter(is_at_an_end).unwrap_or(from..from + cell);
        // The end that the cursor is at moves.
        let fixed = if range.start == from { range.end - cell.min(range.end) } else { range.start };
        state.choose(fixed.min(to)..fixed.max(to) + cell);
    }
    move_to(state, view, whole, to);
}

fn move_to(state: &mut HeapMapState, view: &HeapMapView, whole: &std::ops::Range<u64>, to: u64) {
    state.cursor = Some(to);
    if !view.map.range.contains(&to) {
        let middle = view.map.range.start + (view.map.range.end - view.map.range.start) / 2;
        state.range.shift(whole, to as f64 - middle as f64);
    }
}
