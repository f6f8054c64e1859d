//! A map of memory 0: what the bytes of each stretch of addresses are used for.

use super::at::live_by_address;
use super::{AddressSpace, HeapAt, HeapBlock};
use crate::profile::{PathId, Profile};
use std::ops::Range;

/// More cells than this are not made, however many are asked for.
const MAX_CELLS: usize = 1 << 20;

/// What a byte of memory is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// In a live heap block.
    Live,
    /// In a data segment of the module.
    StaticData,
    /// Below the heap and in no data segment: the shadow stack and zeroed data; without a measured heap, all that is
    /// not static data.
    Other,
    /// In the heap, below the highest byte that was ever handed out, in no live block.
    Free,
    /// In the heap, never handed out until now.
    Untouched,
    /// Behind the end of the memory.
    Outside,
}

impl CellKind {
    /// Every kind, in the order of [`HeapCell::bytes`].
    pub const ALL: [CellKind; 6] = [
        CellKind::Live,
        CellKind::StaticData,
        CellKind::Other,
        CellKind::Free,
        CellKind::Untouched,
        CellKind::Outside,
    ];

    /// A word or two for a legend.
    pub const fn name(self) -> &'static str {
        match self {
            CellKind::Live => "live block",
            CellKind::StaticData => "static data",
            CellKind::Other => "stack and zeroed data",
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

    /// The kind of most of its bytes; [`CellKind::Outside`] for an empty cell.
    pub fn main_kind(&self) -> CellKind {
        let most = CellKind::ALL.into_iter().rev().max_by_key(|kind| self.bytes_of(*kind));
        most.filter(|kind| self.bytes_of(*kind) > 0).unwrap_or(CellKind::Outside)
    }
}

/// Which map.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeapMapQuery {
    /// The moment, in nanoseconds since the recording began.
    pub at_nanos: u64,
    /// The addresses, in bytes.
    pub range: Range<u64>,
    /// Into how many cells of equal length (to a byte) the range is cut; never more than bytes, nor than a million.
    pub cells: usize,
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

/// The map of a moment.
pub fn heap_map(profile: &Profile, query: &HeapMapQuery) -> HeapMap {
    let live = live_by_address(profile, query.at_nanos);
    let space = profile.address_space();
    let layers = Layers::new(&live.blocks, space, live.high_water, space.size_at(query.at_nanos));
    map(&layers, query)
}

/// The same map where the heap at that moment is at hand already; `query.at_nanos` is not looked at.
pub fn heap_map_of(profile: &Profile, heap: &HeapAt, query: &HeapMapQuery) -> HeapMap {
    let layers = Layers::new(&heap.blocks, profile.address_space(), heap.high_water, heap.memory_bytes);
    map(&layers, &HeapMapQuery { at_nanos: heap.at_nanos, ..query.clone() })
}

fn map(layers: &Layers<'_>, query: &HeapMapQuery) -> HeapMap {
    let HeapMapQuery { at_nanos, ref range, cells } = *query;
    HeapMap { at_nanos, range: range.clone(), cells: paint(layers, range, cells) }
}

/// What lies over what: blocks over static data over the ground, which changes at three addresses.
pub(super) struct Layers<'a> {
    blocks: &'a [HeapBlock],
    static_data: &'a [Range<u64>],
    /// Where each kind of ground ends, ascending.
    ground: [(u64, CellKind); 3],
}

impl<'a> Layers<'a> {
    fn new(blocks: &'a [HeapBlock], space: &'a AddressSpace, high_water: u64, memory_end: u64) -> Self {
        let heap_start = space.heap_start().unwrap_or(memory_end).min(memory_end);
        let high_water = high_water.clamp(heap_start, memory_end);
        let ground =
            [(heap_start, CellKind::Other), (high_water, CellKind::Free), (memory_end, CellKind::Untouched)];
        Layers { blocks, static_data: space.static_data(), ground }
    }

    /// Nothing but blocks.
    pub(super) fn only(blocks: &'a [HeapBlock]) -> Self {
        Layers { blocks, static_data: &[], ground: [(0, CellKind::Other); 3] }
    }

    /// Cuts `range` into runs of one kind, ascending and without gaps.
    fn runs(&self, range: &Range<u64>, mut emit: impl FnMut(Range<u64>, CellKind, Option<&HeapBlock>)) {
        // The block before the range's begin may reach into it.
        let first = self.blocks.partition_point(|block| block.address < range.start).saturating_sub(1);
        let mut at = range.start;
        for block in self.blocks.iter().skip(first).take_while(|block| block.address < range.end) {
            let (start, end) = (block.address.max(at), block.end().min(range.end));
            if start < end {
                self.below_blocks(at..start, &mut emit);
                emit(start..end, CellKind::Live, Some(block));
                at = end;
            }
        }
        self.below_blocks(at..range.end, &mut emit);
    }

    fn below_blocks(&self, gap: Range<u64>, emit: &mut impl FnMut(Range<u64>, CellKind, Option<&HeapBlock>)) {
        let mut at = gap.start;
        let first = self.static_data.partition_point(|data| data.end <= gap.start);
        for data in self.static_data.iter().skip(first).take_while(|data| data.start < gap.end) {
            let (start, end) = (data.start.max(at), data.end.min(gap.end));
            self.bare_ground(at..start, emit);
            emit(start..end, CellKind::StaticData, None);
            at = end;
        }
        self.bare_ground(at..gap.end, emit);
    }

    fn bare_ground(&self, gap: Range<u64>, emit: &mut impl FnMut(Range<u64>, CellKind, Option<&HeapBlock>)) {
        let mut at = gap.start;
        for (until, kind) in self.ground.into_iter().chain([(u64::MAX, CellKind::Outside)]) {
            let end = until.min(gap.end);
            if at < end {
                emit(at..end, kind, None);
                at = end;
            }
        }
    }
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
    layers.runs(range, |run, kind, block| {
        for cell in grid.cell_of(run.start)..=grid.cell_of(run.end - 1) {
            let start = run.start.max(grid.start_of(cell));
            let bytes = run.end.min(grid.start_of(cell + 1)) - start;
            let painted = &mut painted[cell];
            painted.bytes[kind as usize] += bytes;
            let most = painted.dominant.map_or(0, |dominant| dominant.bytes_here);
            if let Some(block) = block.filter(|_| bytes > most) {
                painted.dominant = Some(dominant(block, bytes));
            }
        }
    });
    painted
}

fn dominant(block: &HeapBlock, bytes_here: u64) -> Dominant {
    let HeapBlock { address, size, path, allocated_nanos, row: _ } = *block;
    Dominant { address, size, path, allocated_nanos, bytes_here }
}

/// A range cut into cells whose lengths differ by one byte at most.
struct Grid<'a> {
    range: &'a Range<u64>,
    cells: usize,
}

impl Grid<'_> {
    fn length(&self) -> u128 {
        u128::from(self.range.end.saturating_sub(self.range.start)).max(1)
    }

    fn start_of(&self, cell: usize) -> u64 {
        let cell = cell.min(self.cells) as u128;
        self.range.start + (self.length() * cell / (self.cells as u128).max(1)) as u64
    }

    /// The last cell that begins at or before `address`.
    fn cell_of(&self, address: u64) -> usize {
        let offset = u128::from(address - self.range.start);
        let behind = ((offset + 1) * self.cells as u128).div_ceil(self.length());
        (behind as usize).saturating_sub(1)
    }
}
