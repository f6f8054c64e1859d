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
use std::ops::Range;

/// A wheel's step zooms by so much.
const WHEEL: f64 = 0.006;
/// A key's step zooms by so much.
const KEY_ZOOM: f64 = 2.0;

/// What the user does to the canvas in a frame.
pub struct Input<'a> {
    /// Where it is drawn.
    pub ui: &'a Ui,
    /// The recording.
    pub ctx: &'a PanelCtx<'a>,
    /// What is shown.
    pub view: &'a HeapMapView,
    /// What is changed.
    pub state: &'a mut HeapMapState,
    /// Where cells lie.
    pub shape: Shape,
    /// Clicks, drags and the focus.
    pub response: Response,
}

impl Input<'_> {
    /// Does what the user does.
    pub fn apply(mut self) {
        if self.response.clicked() || self.response.drag_started() {
            self.response.request_focus();
        }
        self.wheel();
        self.drag();
        if self.response.has_focus() {
            self.keys();
        }
        let Some(at) = self.hovered() else { return };
        let Some(cell) = self.view.map.cells.get(at).copied() else { return };
        outline_hovered(self.ui, self.shape, at);
        if self.response.double_clicked() {
            self.look_closer(at, &cell);
        } else if self.response.clicked() {
            self.state.cursor = Some(self.view.map.cell_range(at).start);
            self.choose(&cell);
        }
        let Input { ctx, view, response, .. } = self;
        if !response.dragged() {
            response.on_hover_ui_at_pointer(|ui| tooltip::tooltip_ui(ui, ctx, view, at, &cell));
        }
    }

    /// The cell under the pointer.
    fn hovered(&self) -> Option<usize> {
        self.response.hover_pos().and_then(|pointer| self.shape.cell_at(pointer))
    }

    /// The addresses of the whole memory.
    fn whole(&self) -> Range<u64> {
        self.state.whole(self.ctx)
    }

    fn cell_bytes(&self) -> f64 {
        let map = &self.view.map;
        map.range.end.saturating_sub(map.range.start) as f64 / map.cells.len().max(1) as f64
    }

    fn wheel(&mut self) {
        let Some(cell) = self.hovered() else { return };
        let (scroll, zoom) = self.ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(zoom) * (f64::from(scroll) * WHEEL).exp();
        if factor != 1.0 {
            let whole = self.whole();
            self.state.range.zoom(&whole, factor, self.view.map.cell_range(cell).start);
        }
    }

    /// Dragging moves the map; with Shift, or with the right button, it chooses a range.
    fn drag(&mut self) {
        let Input { ui, view, shape, ref response, .. } = *self;
        let chooses = response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift);
        let origin = ui.input(|input| input.pointer.press_origin());
        if let Some((from, to)) = origin.zip(response.interact_pointer_pos()).filter(|_| chooses) {
            let (a, b) = (shape.nearest(from), shape.nearest(to));
            let (first, last) = (view.map.cell_range(a.min(b)), view.map.cell_range(a.max(b)));
            self.state.choose(first.start..last.end.max(first.start + 1));
        } else if response.dragged() {
            let delta = response.drag_delta() / shape.grid.cell;
            let cells = f64::from(delta.y) * shape.grid.columns as f64 + f64::from(delta.x);
            let (whole, cell_bytes) = (self.whole(), self.cell_bytes());
            self.state.range.shift(&whole, -cells * cell_bytes);
        }
    }

    /// The block of the cell, and all of its site; again, none.
    fn choose(&mut self, cell: &HeapCell) {
        let Input { ctx, ref mut state, .. } = *self;
        let block = cell.dominant.filter(|block| state.block != Some(block.row));
        state.block = block.map(|block| block.row);
        state.shows_choice = true;
        let site = block.map(|block| block.path);
        let function = site.map(|path| asker_of(ctx.profile, path)).or(ctx.selection.function);
        ctx.commands.send(Command::Select(Selection { site, function, line: None, ..ctx.selection.clone() }));
    }

    /// To the block of the cell, or to the cell.
    fn look_closer(&mut self, at: usize, cell: &HeapCell) {
        let part = match cell.dominant {
            // With some of its neighbours around it.
            Some(block) => {
                let (start, size) = (block.address, block.size.max(1));
                start.saturating_sub(size)..start.saturating_add(size).saturating_add(size)
            }
            None => self.view.map.cell_range(at),
        };
        let whole = self.whole();
        self.state.range.show(&whole, part);
    }

    fn keys(&mut self) {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        self.ui.memory_mut(|memory| memory.set_focus_lock_filter(self.response.id, filter));
        let pressed: Vec<(Key, Modifiers)> = self.ui.input(|input| {
            let key = |event: &Event| match event {
                Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
                _ => None,
            };
            input.events.iter().filter_map(key).collect()
        });
        for (key, modifiers) in pressed {
            self.key(key, modifiers);
        }
    }

    fn key(&mut self, key: Key, modifiers: Modifiers) {
        let whole = self.whole();
        let columns = self.shape.grid.columns as f64;
        let page = columns * (self.shape.grid.rows as f64 / 2.0).floor();
        let cursor = self.cursor();
        match key {
            Key::ArrowLeft => self.step(&whole, -1.0, modifiers),
            Key::ArrowRight => self.step(&whole, 1.0, modifiers),
            Key::ArrowUp => self.step(&whole, -columns, modifiers),
            Key::ArrowDown => self.step(&whole, columns, modifiers),
            Key::PageUp => self.step(&whole, -page, modifiers),
            Key::PageDown => self.step(&whole, page, modifiers),
            Key::Home => self.move_to(&whole, whole.start),
            Key::End => self.move_to(&whole, whole.end.saturating_sub(1)),
            Key::Plus | Key::Equals => self.state.range.zoom(&whole, KEY_ZOOM, cursor),
            Key::Minus => self.state.range.zoom(&whole, 1.0 / KEY_ZOOM, cursor),
            Key::Enter => {
                let at = self.view.map.cell_of(cursor);
                if let Some(cell) = at.and_then(|at| self.view.map.cells.get(at)) {
                    self.choose(cell);
                }
            }
            Key::Escape if self.state.chosen.is_some() => self.state.chosen = None,
            Key::Escape => self.state.range = ViewRange::Whole,
            _ => {}
        }
    }

    /// The address that keys move from.
    fn cursor(&self) -> u64 {
        self.state.cursor.unwrap_or(self.view.map.range.start)
    }

    /// Moves the cursor by so many cells; with Shift it chooses what it passes.
    fn step(&mut self, whole: &Range<u64>, cells: f64, modifiers: Modifiers) {
        let (from, bytes) = (self.cursor(), self.cell_bytes());
        let last = whole.end.saturating_sub(1);
        let to = (from as f64 + cells * bytes).clamp(whole.start as f64, last as f64) as u64;
        if modifiers.shift {
            let cell = (bytes as u64).max(1);
            let is_at_an_end = |range: &Range<u64>| range.start == from || range.end == from + cell;
            let range = self.state.chosen.clone().filter(is_at_an_end).unwrap_or(from..from + cell);
            // The end that the cursor is at moves.
            let fixed = if range.start == from { range.end - cell.min(range.end) } else { range.start };
            self.state.choose(fixed.min(to)..fixed.max(to) + cell);
        }
        self.move_to(whole, to);
    }

    fn move_to(&mut self, whole: &Range<u64>, to: u64) {
        self.state.cursor = Some(to);
        let shown = &self.view.map.range;
        if !shown.contains(&to) {
            let middle = shown.start + (shown.end - shown.start) / 2;
            self.state.range.shift(whole, to as f64 - middle as f64);
        }
    }
}
