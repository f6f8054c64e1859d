//! What lies over what in a memory: blocks over what they lie in, which is static data or bare ground.

use super::survey::SMALLEST_FREE_RUN_BYTES;
use super::{AddressSpace, CellKind, HeapAt, HeapBlock};
use std::ops::Range;

/// The layers of a memory at a moment.
pub(super) struct Layers<'a> {
    blocks: &'a [HeapBlock],
    space: &'a AddressSpace,
    /// Where each kind of ground ends, ascending.
    ground: [(u64, CellKind); 3],
}

/// Takes each run of one kind with the block that it is of.
pub(super) trait Emit: FnMut(Range<u64>, CellKind, Option<&HeapBlock>) {}
impl<F: FnMut(Range<u64>, CellKind, Option<&HeapBlock>)> Emit for F {}

impl<'a> Layers<'a> {
    pub(super) fn of(heap: &'a HeapAt, space: &'a AddressSpace) -> Self {
        let memory_end = heap.memory_bytes;
        let heap_start = space.heap_start().unwrap_or(memory_end).min(memory_end);
        let high_water = heap.high_water.clamp(heap_start, memory_end);
        let ground =
            [(heap_start, CellKind::Other), (high_water, CellKind::Free), (memory_end, CellKind::Untouched)];
        Layers { blocks: &heap.blocks, space, ground }
    }

    /// Cuts `range` into runs of one kind, ascending and without gaps.
    pub(super) fn runs(&self, range: &Range<u64>, mut emit: impl Emit) {
        // The block before the range's begin may reach into it.
        let first = self.blocks.partition_point(|block| block.address < range.start).saturating_sub(1);
        let mut at = range.start;
        // Where the block before ends: `at` may lie behind that, where the range begins.
        let mut behind = None;
        for block in self.blocks.iter().skip(first) {
            let gap = behind.map_or(u64::MAX, |behind| block.address.saturating_sub(behind));
            self.gap(at..block.address.min(range.end), gap, &mut emit);
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
        self.gap(at..range.end, u64::MAX, &mut emit);
    }

    /// What lies between two blocks; so many bytes do, of which `gap` are asked for.
    fn gap(&self, gap: Range<u64>, bytes: u64, emit: &mut impl Emit) {
        if gap.is_empty() {
        } else if bytes < SMALLEST_FREE_RUN_BYTES {
            emit(gap, CellKind::Overhead, None);
        } else {
            self.below_blocks(gap, emit);
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
        for (until, kind) in self.ground.into_iter().chain([(u64::MAX, CellKind::Outside)]) {
            let end = until.min(gap.end);
            if at < end {
                emit(at..end, kind, None);
                at = end;
            }
        }
    }
}
