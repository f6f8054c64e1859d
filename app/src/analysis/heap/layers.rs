//! What lies over what in a memory: blocks over what they lie in, which is static data or bare ground.

use super::free::SMALLEST_FREE_RUN_BYTES;
use super::{AddressSpace, CellKind, HeapAt, HeapBlock};
use std::ops::Range;

/// The layers of a memory at a moment.
pub(super) struct Layers<'a> {
    blocks: &'a [HeapBlock],
    /// Do some of them lie in others?
    overlap: bool,
    space: &'a AddressSpace,
    /// The moment.
    at_nanos: u64,
    /// Where each kind of ground ends, ascending.
    ground: Vec<(u64, CellKind)>,
    header_bytes: u64,
    footer_bytes: u64,
}

/// Takes each run of one kind with the block that it is of.
pub(super) trait Emit: FnMut(Range<u64>, CellKind, Option<&HeapBlock>) {}
impl<F: FnMut(Range<u64>, CellKind, Option<&HeapBlock>)> Emit for F {}

impl<'a> Layers<'a> {
    pub(super) fn of(heap: &'a HeapAt, space: &'a AddressSpace) -> Self {
        let memory_end = heap.memory_bytes;
        let heap_start = space.heap_start().unwrap_or(memory_end).min(memory_end);
        let mut ground = Vec::new();
        if let Some(stack) = space.stack() {
            let pointer = stack.range.end.saturating_sub(heap.stack.map_or(0, |depth| depth.bytes));
            ground.extend([
                (stack.range.start, CellKind::Other),
                (pointer, CellKind::Stack),
                (stack.range.end, CellKind::StackInUse),
            ]);
        }
        ground.extend([
            (heap_start, CellKind::Other),
            (heap.high_water, CellKind::Free),
            (memory_end, CellKind::Untouched),
        ]);
        // What ends behind what comes next is cut off there, and nothing lies behind the end.
        let mut reached = 0;
        for (until, _) in &mut ground {
            *until = (*until).clamp(reached, memory_end.max(reached));
            reached = *until;
        }
        let layout = space.block_layout();
        let (header_bytes, footer_bytes) =
            layout.map_or((0, 0), |layout| (layout.header_bytes, layout.footer_bytes));
        let (header_bytes, footer_bytes) = (u64::from(header_bytes), u64::from(footer_bytes));
        let overlap = heap.overlapping_blocks > 0;
        Layers {
            blocks: &heap.blocks,
            overlap,
            space,
            at_nanos: heap.at_nanos,
            ground,
            header_bytes,
            footer_bytes,
        }
    }

    /// Cuts `range` into runs of one kind, ascending and without gaps.
    pub(super) fn runs(&self, range: &Range<u64>, mut emit: impl Emit) {
        // The block before the range's begin may reach into it, and where blocks overlap any before that.
        let before = self.blocks.partition_point(|block| block.address < range.start);
        let first = if self.overlap { 0 } else { before.saturating_sub(1) };
        let mut at = range.start;
        // Where the block before ends: `at` may lie behind that, where the range begins.
        let mut behind = None;
        for block in self.blocks.iter().skip(first) {
            self.gap(at..range.end, behind, Some(block.address), &mut emit);
            if block.address >= range.end {
                return;
            }
            let (start, end) = (block.address.max(at), block.end().min(range.end));
            if start < end {
                emit(start..end, CellKind::Live, Some(block));
            }
            at = at.max(start).max(end);
            behind = behind.max(Some(block.end()));
        }
        self.gap(at..range.end, behind, None, &mut emit);
    }

    /// What lies between two blocks, as far as it is in `part`: all of it is the allocator's own where it is short;
    /// where it is not, what is known to be.
    fn gap(&self, part: Range<u64>, from: Option<u64>, to: Option<u64>, emit: &mut impl Emit) {
        let part = part.start..part.end.min(to.unwrap_or(u64::MAX));
        if part.is_empty() {
            return;
        }
        if from.zip(to).is_some_and(|(from, to)| to.saturating_sub(from) < SMALLEST_FREE_RUN_BYTES) {
            return emit(part, CellKind::Overhead, None);
        }
        let footer = from.map_or(part.start, |from| from.saturating_add(self.footer_bytes));
        let header = to.map_or(part.end, |to| to.saturating_sub(self.header_bytes));
        let footer = footer.clamp(part.start, part.end);
        let header = header.clamp(footer, part.end);
        if part.start < footer {
            emit(part.start..footer, CellKind::Overhead, None);
        }
        if footer < header {
            self.below_blocks(footer..header, emit);
        }
        if header < part.end {
            emit(header..part.end, CellKind::Overhead, None);
        }
    }

    fn below_blocks(&self, gap: Range<u64>, emit: &mut impl Emit) {
        let mut at = gap.start;
        let data = self.space.static_data();
        let first = data.partition_point(|data| data.range.end <= gap.start);
        for data in data.iter().skip(first).take_while(|data| data.range.start < gap.end) {
            let (start, end) = (data.range.start.max(at), data.range.end.min(gap.end));
            self.bare_ground(at..start, emit);
            emit(start..end, CellKind::StaticData, None);
            at = end;
        }
        self.bare_ground(at..gap.end, emit);
    }

    fn bare_ground(&self, gap: Range<u64>, emit: &mut impl Emit) {
        let mut at = gap.start;
        for (until, kind) in self.ground.iter().copied().chain([(u64::MAX, CellKind::Outside)]) {
            let end = until.min(gap.end);
            if at < end {
                match kind {
                    CellKind::Other => self.other_ground(at..end, emit),
                    _ => emit(at..end, kind, None),
                }
                at = end;
            }
        }
    }

    /// What nothing is known to use, without the pages that nobody touched until the moment, where that is told.
    fn other_ground(&self, part: Range<u64>, emit: &mut impl Emit) {
        let Some(touched) = self.space.touched_until(self.at_nanos, &part) else {
            return emit(part, CellKind::Other, None);
        };
        let mut at = part.start;
        for touched in touched {
            if at < touched.start {
                emit(at..touched.start, CellKind::Untouched, None);
            }
            at = touched.end;
            emit(touched, CellKind::Other, None);
        }
        if at < part.end {
            emit(at..part.end, CellKind::Untouched, None);
        }
    }
}
