//! The fragmentation map: the whole linear memory at any moment of the run, down to its bytes, with the figures that
//! say how it is.

mod blocks;
mod canvas;
mod colour;
mod figures;
mod grid;
mod hex;
mod over_time;
mod overview;
mod pointer;
mod side;
mod time;
mod toolbar;
mod tooltip;
mod verdict;
mod view_range;
mod what_if;

pub use colour::{ColourBy, Colours};

use super::PanelCtx;
use crate::analysis::{BlockRow, HeapMapQuery};
use crate::ui::theme::Palette;
use crate::ui::views::HeapMapView;
use crate::ui::widgets::empty_state;
use canvas::Canvas;
use egui::{RichText, Ui};
use grid::Grid;
use std::ops::Range;
use time::TimeState;
use view_range::ViewRange;
use wasmscope_symbolize::MemoryIndex;

/// What the panel remembers.
#[derive(Default)]
pub struct HeapMapState {
    /// The memory that all the rest is of.
    memory: Option<MemoryIndex>,
    range: ViewRange,
    grid: Grid,
    canvas: Canvas,
    time: TimeState,
    colour: ColourBy,
    /// The address that keys move from.
    cursor: Option<u64>,
    /// The addresses that are chosen.
    chosen: Option<Range<u64>>,
    /// The block that is chosen.
    block: Option<BlockRow>,
    /// Was something chosen since the last frame? Then it is scrolled to.
    shows_choice: bool,
    /// Which parts beside the map are unfolded.
    pub shown: Shown,
    /// Which figure is plotted over time.
    plotted: over_time::Plotted,
}

/// The parts beside the map that are worked out when they are unfolded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// Figures over time.
    pub over_time: bool,
    /// Sizes of blocks, and who holds pages.
    pub blocks: bool,
    /// What other allocators would have needed.
    pub what_if: bool,
}

const SIDE_WIDTH: f32 = 248.0;
const NARROW: f32 = 560.0;

impl HeapMapState {
    /// The addresses of the memory that is shown.
    fn whole(&self, ctx: &PanelCtx<'_>) -> Range<u64> {
        self.memory.map_or(0..0, |memory| 0..ctx.profile.address_space(memory).largest_size())
    }

    /// Shows another memory, from its whole.
    pub fn follow(&mut self, memory: MemoryIndex) {
        if self.memory != Some(memory) {
            self.memory = Some(memory);
            self.range = ViewRange::Whole;
            (self.cursor, self.chosen, self.block) = (None, None, None);
        }
    }

    /// The map that is to be drawn, as large as the canvas was in the last frame.
    pub fn query(&self, ctx: &PanelCtx<'_>) -> HeapMapQuery {
        let range = self.in_cells(&self.whole(ctx));
        HeapMapQuery { range, cells: self.grid.cells(), overlay: self.colour.overlay() }
    }

    /// What is wanted of `whole`, from a round address on and in cells of a round size.
    fn in_cells(&self, whole: &Range<u64>) -> Range<u64> {
        let wanted = self.range.of(whole);
        let cells = self.grid.cells() as u64;
        let cell_bytes = round_size(wanted.end.saturating_sub(wanted.start).div_ceil(cells));
        let row = cell_bytes * self.grid.columns as u64;
        // Rows close up begin where a hex editor's would.
        let start = if cell_bytes == 1 {
            wanted.start / row.min(16) * row.min(16)
        } else {
            wanted.start / cell_bytes * cell_bytes
        };
        start..start.saturating_add(cell_bytes.saturating_mul(cells))
    }

    /// The whole memory in a few pieces.
    pub fn overview(&self, ctx: &PanelCtx<'_>) -> HeapMapQuery {
        HeapMapQuery { range: self.whole(ctx), cells: overview::PIECES, overlay: None }
    }

    /// Do colours tell who asked for the blocks?
    pub fn wants_sites(&self) -> bool {
        self.colour == ColourBy::Owner
    }

    fn choose(&mut self, range: Range<u64>) {
        self.chosen = Some(range);
        self.shows_choice = true;
    }

    /// The addresses that sums are wanted of.
    pub fn chosen_range(&self) -> Option<Range<u64>> {
        self.chosen.clone()
    }

    /// The block whose life is wanted.
    pub fn chosen_block(&self) -> Option<BlockRow> {
        self.block
    }
}

/// 1, 1½ times, or twice a power of two, so that rows of cells begin at round addresses.
fn round_size(bytes: u64) -> u64 {
    let power = bytes.max(1).next_power_of_two();
    let between = power / 4 * 3;
    if between >= bytes && between > 0 { between } else { power }
}

/// Draws the panel.
pub fn heap_map_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    if ctx.profile.address_space(view.heap.memory).largest_size() == 0 {
        return empty_state(ui, "No memory", "This module has no linear memory.");
    }
    time::time_ui(ui, ctx, view, state);
    toolbar::toolbar_ui(ui, ctx, view, state);
    if ctx.profile.recording().heap.is_empty() {
        let text = "The heap was not measured: no allocator is known in this module, or “Heap” was off. Only data and \
            pages are shown.";
        ui.add(egui::Label::new(RichText::new(text).color(Palette::of(ui).warning)).wrap());
    }
    if ui.available_width() < NARROW {
        let height = (ui.available_height() * 0.6).max(80.0);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| map_ui(ui, ctx, view, state));
        side::side_ui(ui, ctx, view, state);
        return;
    }
    let side = egui::Panel::right("heap figures").resizable(false).exact_size(SIDE_WIDTH);
    let margin = egui::Margin { left: 12, ..egui::Margin::ZERO };
    side.frame(egui::Frame::new().inner_margin(margin)).show(ui, |ui| side::side_ui(ui, ctx, view, state));
    egui::CentralPanel::no_frame().show(ui, |ui| map_ui(ui, ctx, view, state));
}

fn map_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    overview::overview_ui(ui, ctx, &view.overview, state);
    ui.scope(|ui| toolbar::legend_ui(ui, ctx, view, state));
    canvas::canvas_ui(ui, ctx, view, state);
}

#[cfg(test)]
mod tests {
    use super::round_size;

    #[test]
    fn cells_are_of_round_sizes() {
        for (bytes, rounded) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 6), (7, 8), (200, 256), (150, 192)] {
            assert_eq!(round_size(bytes), rounded, "{bytes}");
        }
    }
}
