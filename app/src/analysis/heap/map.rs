//! A map of a memory: what the bytes of each stretch of addresses are used for.

use super::layers::Layers;
use super::overlay::overlay;
use super::{BlockRow, HeapAt, HeapBlock, Overlay};
use crate::profile::{PathId, Profile};
use std::ops::Range;

/// More cells than this are not made, however many are asked for.
const MAX_CELLS: usize = 1 << 20;

/// What a byte of memory is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// In a live heap block.
    Live,
    /// The allocator's own: what is known of its headers, and all between two live blocks with less than 32 bytes
    /// between them, which is headers and rounding.
    Overhead,
    /// In a data segment of the module.
    StaticData,
    /// The shadow stack as deep as it is.
    StackInUse,
    /// The room of the shadow stack, without what is known to be in use.
    Stack,
    /// Below the heap and in nothing else: zeroed data, and the shadow stack where it is not known; without a measured
    /// heap, all that is nothing else. Without the pages that were never touched, where the recording tells these.
    Other,
    /// In the heap, below the highest byte that was ever handed out, in no live block.
    Free,
    /// In the heap, never handed out until now; below it, or without one, on pages that nobody touched until now.
    Untouched,
    /// Behind the end of the memory.
    Outside,
}

impl CellKind {
    /// Every kind, in the order of [`HeapCell::bytes`].
    pub const ALL: [CellKind; 9] = [
        CellKind::Live,
        CellKind::Overhead,
        CellKind::StaticData,
        CellKind::StackInUse,
        CellKind::Stack,
        CellKind::Other,
        CellKind::Free,
        CellKind::Untouched,
        CellKind::Outside,
    ];

    /// A word or two for a legend.
    pub const fn name(self) -> &'static str {
        match self {
            CellKind::Live => "live block",
            CellKind::Overhead => "header, rounding",
            CellKind::StaticData => "static data",
            CellKind::StackInUse => "stack in use",
            CellKind::Stack => "stack",
            CellKind::Other => "zeroed data, other",
            CellKind::Free => "free",
            CellKind::Untouched => "untouched",
            CellKind::Outside => "outside",
        }
    }
}

/// The block that has the most bytes in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dominant {
    /// The block's address.
    pub address: u64,
    /// Its whole size, in bytes.
    pub size: u64,
    /// Who asked for it: the allocator function innermost, its caller above.
    pub path: PathId,
    /// When it was handed out or last resized, in nanoseconds since the recording began.
    pub allocated_nanos: u64,
    /// The heap operation that handed it out.
    pub row: BlockRow,
    /// How many of its bytes lie in the cell.
    pub bytes_here: u64,
}

/// A stretch of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapCell {
    /// Bytes by kind, in the order of [`CellKind::ALL`]. Their sum is the cell's length.
    pub bytes: [u64; CellKind::ALL.len()],
    /// The block with the most bytes here; `None` where no live block is.
    pub dominant: Option<Dominant>,
}

impl HeapCell {
    /// How many bytes of the cell are of this kind.
    pub fn bytes_of(&self, kind: CellKind) -> u64 {
        self.bytes[kind as usize]
    }

    fn add(&mut self, kind: CellKind, bytes: u64, block: Option<&HeapBlock>) {
        self.bytes[kind as usize] += bytes;
        let most = self.dominant.map_or(0, |dominant| dominant.bytes_here);
        if let Some(block) = block.filter(|_| bytes > most) {
            let HeapBlock { address, size, path, allocated_nanos, row } = *block;
            self.dominant = Some(Dominant { address, size, path, allocated_nanos, row, bytes_here: bytes });
        }
    }

    /// The kind of most of its bytes; [`CellKind::Outside`] for an empty cell.
    pub fn main_kind(&self) -> CellKind {
        let most = CellKind::ALL.into_iter().rev().max_by_key(|kind| self.bytes_of(*kind));
        most.filter(|kind| self.bytes_of(*kind) > 0).unwrap_or(CellKind::Outside)
    }
}

/// Which map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeapMapQuery {
    /// The addresses, in bytes.
    pub range: Range<u64>,
    /// Into how many cells of equal length (to a byte) the range is cut; never more than bytes, nor than a million.
    pub cells: usize,
    /// What else is wanted of each cell.
    pub overlay: Option<Overlay>,
}

/// What each cell of a range of addresses is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapMap {
    /// The moment.
    pub at_nanos: u64,
    /// The addresses.
    pub range: Range<u64>,
    /// The cells, from the lowest address.
    pub cells: Vec<HeapCell>,
    /// What else was asked for, with its number for each cell.
    pub overlay: Option<(Overlay, Vec<u64>)>,
}

impl HeapMap {
    /// The addresses of a cell.
    pub fn cell_range(&self, cell: usize) -> Range<u64> {
        let grid = Grid { range: &self.range, cells: self.cells.len() };
        grid.start_of(cell)..grid.start_of(cell + 1)
    }

    /// The cell that holds an address; `None` outside of the range.
    pub fn cell_of(&self, address: u64) -> Option<usize> {
        let inside = self.range.contains(&address) && !self.cells.is_empty();
        inside.then(|| Grid { range: &self.range, cells: self.cells.len() }.cell_of(address))
    }
}

/// The map of a heap, and of what lies below and above it.
pub fn heap_map(profile: &Profile, heap: &HeapAt, query: &HeapMapQuery) -> HeapMap {
    let HeapMapQuery { ref range, cells, overlay: wanted } = *query;
    let space = profile.address_space(heap.memory);
    let cells = paint(&Layers::of(heap, space), range, cells);
    let grid = Grid { range, cells: cells.len() };
    let overlay = wanted.and_then(|wanted| Some((wanted, overlay(profile, heap, wanted, &grid)?)));
    HeapMap { at_nanos: heap.at_nanos, range: range.clone(), cells, overlay }
}

/// How many bytes of the range are of each kind, in the order of [`CellKind::ALL`].
pub(super) fn kinds(profile: &Profile, heap: &HeapAt, range: &Range<u64>) -> [u64; CellKind::ALL.len()] {
    let layers = Layers::of(heap, profile.address_space(heap.memory));
    paint(&layers, range, 1).first().map_or([0; CellKind::ALL.len()], |cell| cell.bytes)
}

/// Sums the kinds of bytes in each of `cells` cells of `range`.
pub(super) fn paint(layers: &Layers<'_>, range: &Range<u64>, cells: usize) -> Vec<HeapCell> {
    let length = range.end.saturating_sub(range.start);
    let cells = cells.min(MAX_CELLS).min(usize::try_from(length).unwrap_or(usize::MAX));
    let mut painted = vec![HeapCell::default(); cells];
    if cells == 0 {
        return painted;
    }
    let grid = Grid { range, cells };
    // Runs ascend: the next one mostly begins in the cell that the last one ended in, and no division is needed.
    let (mut cell, mut cell_end) = (0, grid.start_of(1));
    layers.runs(range, |run, kind, block| {
        let mut start = run.start;
        while start < run.end {
            if start >= cell_end {
                cell = grid.cell_of(start);
                cell_end = grid.start_of(cell + 1);
            }
            let end = run.end.min(cell_end);
            painted[cell].add(kind, end - start, block);
            start = end;
        }
    });
    painted
}

/// A range cut into cells whose lengths differ by one byte at most.
pub(super) struct Grid<'a> {
    pub(super) range: &'a Range<u64>,
    pub(super) cells: usize,
}

impl Grid<'_> {
    fn length(&self) -> u128 {
        u128::from(self.range.end.saturating_sub(self.range.start)).max(1)
    }

    pub(super) fn start_of(&self, cell: usize) -> u64 {
        let cell = cell.min(self.cells) as u128;
        self.range.start + (self.length() * cell / (self.cells as u128).max(1)) as u64
    }

    /// The last cell that begins at or before `address`.
    pub(super) fn cell_of(&self, address: u64) -> usize {
        let offset = u128::from(address - self.range.start);
        let behind = ((offset + 1) * self.cells as u128).div_ceil(self.length());
        (behind as usize).saturating_sub(1)
    }
}
