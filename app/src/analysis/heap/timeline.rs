//! The lives of all heap blocks, so that the blocks of any moment are found in the same short time.

use super::memories::HeapMemories;
use super::order::Ranks;
use super::{HeapHistory, lives};
use std::ops::Range;
use std::sync::LazyLock;
use wasmscope_instrument::recording::{ContextId, HeapLog, Recording};
use wasmscope_symbolize::MemoryIndex;

/// A row of the recording's heap operations: the one that handed a block out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockRow(pub u32);

impl BlockRow {
    /// The row as a position in the columns of the heap operations.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// In [`HeapTimeline::end`]: the block was never freed.
pub(super) const NEVER: u32 = u32::MAX;
/// In [`HeapTimeline::end`]: the row hands no block out. Such a "block" ends before it begins, so that it is live
/// at no moment.
pub(super) const NO_BLOCK: u32 = 0;

/// The lives of all blocks.
///
/// A block is named by the row that handed it out, and `end` holds for each row when its block ended. The blocks
/// that are live after row `r` are those of a checkpoint before `r` and of the rows since, as far as they end
/// later: two passes over plain columns, from the front to the back. Checkpoints stand so far apart that together they
/// are no longer than four times the operations, and no larger than 64 MiB. `ranks` puts them in the order of
/// addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapTimeline {
    pub(super) memories: HeapMemories,
    /// By row: the row that freed its block, [`NEVER`] or [`NO_BLOCK`].
    pub(super) end: Vec<u32>,
    pub(super) ranks: Ranks,
    pub(super) checkpoints: Vec<Checkpoint>,
    pub(super) whole: HeapHistory,
    /// By the place of the memory; none where there is only one memory, whose history is that of the whole.
    pub(super) parts: Vec<HeapHistory>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The state after this many rows.
    pub(super) rows: usize,
    /// The live blocks in the order in which they were handed out.
    pub(super) live: Box<[BlockRow]>,
    /// One behind the highest byte that was ever handed out before, by the place of the memory.
    pub(super) high_water: Box<[u64]>,
}

/// That of a memory without a heap.
static NO_HISTORY: LazyLock<HeapHistory> = LazyLock::new(HeapHistory::default);

impl HeapTimeline {
    /// Sums begin where what is measured does; blocks are known from the start.
    pub(crate) fn of(recording: &Recording) -> HeapTimeline {
        let memories = HeapMemories::of(recording);
        lives::timeline(&recording.heap, memories, recording.measured_from_nanos())
    }

    /// The memories that have a heap, ascending.
    pub fn memories(&self) -> &[MemoryIndex] {
        self.memories.all()
    }

    /// The memory of an operation in this context.
    pub fn memory_of(&self, context: Option<ContextId>) -> MemoryIndex {
        self.memories.memory(context)
    }

    /// Is it seen when a block of the memory is freed? Where a collector does it, blocks end when their room is handed
    /// out again, and those that are never freed tell nothing. In a memory without a heap there is none to miss.
    pub fn sees_frees(&self, memory: MemoryIndex) -> bool {
        let place = self.memories.all().binary_search(&memory);
        !place.is_ok_and(|place| self.memories.is_collected(place))
    }

    /// What became of the heaps of all memories together.
    pub fn whole(&self) -> &HeapHistory {
        &self.whole
    }

    /// What became of the heap of one memory; nothing where it has none.
    pub fn of_memory(&self, memory: MemoryIndex) -> &HeapHistory {
        let place = self.memories.all().binary_search(&memory);
        match place {
            Ok(_) if self.parts.is_empty() => &self.whole,
            Ok(place) => self.parts.get(place).unwrap_or(&NO_HISTORY),
            Err(_) => &NO_HISTORY,
        }
    }

    /// The row that freed the block; `None` where it was never freed.
    pub fn freed_by(&self, block: BlockRow) -> Option<BlockRow> {
        let end = self.end.get(block.index()).copied();
        end.filter(|end| *end != NEVER && *end != NO_BLOCK).map(BlockRow)
    }

    /// Was the block never freed?
    pub fn is_never_freed(&self, block: BlockRow) -> bool {
        self.end.get(block.index()) == Some(&NEVER)
    }

    /// Does the row hand a block out?
    pub(crate) fn begins(&self, row: BlockRow) -> bool {
        self.end.get(row.index()).is_some_and(|end| *end != NO_BLOCK)
    }

    /// How many operations happened until and at `nanos`.
    pub(crate) fn rows_until(&self, heap: &HeapLog, nanos: u64) -> usize {
        heap.rows_before(|time| time <= nanos).min(self.end.len())
    }

    /// How many operations happened before `nanos`.
    pub(crate) fn rows_before(&self, heap: &HeapLog, nanos: u64) -> usize {
        heap.rows_before(|time| time < nanos).min(self.end.len())
    }

    /// The blocks that were handed out in `rows` and are live after them.
    pub(crate) fn live_begun_in(&self, rows: Range<usize>) -> impl Iterator<Item = BlockRow> {
        let end = rows.end;
        let begun = self.end.get(rows.clone()).unwrap_or(&[]).iter().zip(rows);
        begun.filter(move |(until, _)| **until as usize >= end).map(|(_, row)| BlockRow(row as u32))
    }

    /// One behind the highest byte of the memory that was handed out in the first `rows` operations.
    pub(crate) fn high_water(&self, heap: &HeapLog, memory: MemoryIndex, rows: usize) -> u64 {
        let Ok(place) = self.memories.all().binary_search(&memory) else { return 0 };
        let rows = rows.min(self.end.len());
        let checkpoint = self.checkpoint(rows);
        let before = checkpoint.and_then(|at| at.high_water.get(place)).copied().unwrap_or(0);
        let since = checkpoint.map_or(0, |at| at.rows)..rows;
        let blocks = heap.pick(since.filter(|row| self.end.get(*row) != Some(&NO_BLOCK)));
        let own = blocks.filter(|(_, event)| self.memories.place(event.context) == place);
        own.map(|(_, event)| event.address.saturating_add(event.size)).fold(before, u64::max)
    }

    /// The blocks of the memory that are live after `rows` operations, in the order in which they were handed out.
    pub(super) fn live_in(&self, memory: MemoryIndex, rows: usize) -> Vec<BlockRow> {
        let Ok(place) = self.memories.all().binary_search(&memory) else { return Vec::new() };
        let mut live = self.live_after(rows);
        self.ranks.retain(&mut live, place);
        live
    }

    /// By block how many of `blocks`, which are live in one memory at one moment, have a lower address.
    pub(super) fn places(&self, blocks: &[BlockRow]) -> Vec<u32> {
        self.ranks.places(blocks)
    }

    fn checkpoint(&self, rows: usize) -> Option<&Checkpoint> {
        let behind = self.checkpoints.partition_point(|checkpoint| checkpoint.rows <= rows);
        self.checkpoints.get(behind.checked_sub(1)?)
    }

    /// The blocks of all memories that are live after `rows` operations, in the order in which they were handed out.
    pub(super) fn live_after(&self, rows: usize) -> Vec<BlockRow> {
        let rows = rows.min(self.end.len());
        let (from, live) = self.checkpoint(rows).map_or((0, &[][..]), |at| (at.rows, &at.live[..]));
        let ends = live.iter().map(|block| self.end.get(block.index()).copied().unwrap_or(NO_BLOCK));
        // Nobody can guess which ones ended: each is written, and the next one over it if it did.
        let mut kept = vec![BlockRow(0); live.len()];
        let mut count = 0;
        for (block, end) in live.iter().zip(ends) {
            if let Some(place) = kept.get_mut(count) {
                *place = *block;
            }
            count += usize::from(end as usize >= rows);
        }
        kept.truncate(count);
        kept.extend(self.live_begun_in(from..rows));
        kept
    }
}
