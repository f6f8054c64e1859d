//! What is drawn, in cells, rows and words.

use super::{MAX_COLUMNS, MapExtent};
use crate::analysis::{CellKind, HeapAt, HeapMap, HeapMapQuery, heap_map};
use crate::profile::Profile;
use crate::units;

/// So wide are the cells of a row together, at most, and so wide is one of them, in dots.
const WIDTH_PX: usize = 1_024;
const MAX_CELL_PX: usize = 16;
/// However few columns there are, there may be so many rows.
const MIN_ROWS: usize = 16;

/// The cells of a map in rows.
pub(super) struct Picture<'a> {
    pub(super) profile: &'a Profile,
    pub(super) heap: &'a HeapAt,
    pub(super) map: HeapMap,
    /// At least 1, as are all numbers here.
    pub(super) columns: usize,
    pub(super) cell_bytes: u64,
    /// Width and height of a cell, in dots.
    pub(super) cell_px: usize,
}

impl<'a> Picture<'a> {
    pub(super) fn of(profile: &'a Profile, heap: &'a HeapAt, extent: &MapExtent) -> Self {
        let columns = extent.columns.clamp(1, MAX_COLUMNS);
        let range = extent.range.clone().unwrap_or(0..heap.memory_bytes);
        // A memory without a byte is a picture, too: of one byte outside.
        let start = range.start.min(u64::MAX - 1);
        let length = range.end.saturating_sub(start).max(1);
        let most_cells = columns * (columns / 2).max(MIN_ROWS);
        let cell_bytes = length.div_ceil(most_cells as u64).next_power_of_two();
        let cells = length.div_ceil(cell_bytes);
        let range = start..start.saturating_add(cells.saturating_mul(cell_bytes));
        let query = HeapMapQuery { range, cells: cells as usize, overlay: None };
        let cell_px = (WIDTH_PX / columns).clamp(1, MAX_CELL_PX);
        Picture { profile, heap, map: heap_map(profile, heap, &query), columns, cell_bytes, cell_px }
    }

    pub(super) fn rows(&self) -> usize {
        self.map.cells.len().div_ceil(self.columns)
    }

    pub(super) fn row_bytes(&self) -> u64 {
        self.cell_bytes * self.columns as u64
    }

    /// The kinds that there are, with their bytes in the whole picture.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (CellKind, u64)> {
        let bytes_of = |kind| self.map.cells.iter().map(|cell| cell.bytes_of(kind)).sum();
        CellKind::ALL.into_iter().map(move |kind| (kind, bytes_of(kind))).filter(|(_, bytes)| *bytes > 0)
    }

    /// `app.wasm: memory map`.
    pub(super) fn title(&self) -> String {
        format!("{}: memory map", self.profile.recording().meta.module_name)
    }

    /// Which memory, which moment, which addresses and what a cell is.
    pub(super) fn scale(&self) -> String {
        let moment = match self.heap.at_nanos {
            u64::MAX => "at the end".to_owned(),
            nanos => format!("at {}", units::nanos(nanos)),
        };
        format!(
            "memory {} {moment}; {:#x} to {:#x}, {} a cell, {} a row",
            self.heap.memory.0,
            self.map.range.start,
            self.map.range.end,
            units::bytes(self.cell_bytes),
            units::bytes(self.row_bytes()),
        )
    }
}
