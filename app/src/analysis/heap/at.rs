//! The heap at a moment.

use super::survey::survey;
use super::{BlockRow, FreeSpace, HeapTotals, StackDepth};
use crate::profile::{PathId, Profile};
use std::ops::Range;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapBlock {
    /// Its address in its memory.
    pub address: u64,
    /// The size that was asked for, in bytes.
    pub size: u64,
    /// When it was handed out or last resized, in nanoseconds since the recording began.
    pub allocated_nanos: u64,
    /// Who asked for it: the allocator function innermost, its caller above.
    pub path: PathId,
    /// The heap operation that handed it out.
    pub row: BlockRow,
}

impl HeapBlock {
    /// One behind its last byte.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }
}

/// Stands where the block has not been read yet.
const NOTHING: HeapBlock =
    HeapBlock { address: 0, size: 0, allocated_nanos: 0, path: PathId::ROOT, row: BlockRow(0) };

/// How blocks lie on the pages from the heap's begin to the memory's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageUse {
    /// Pages of the heap.
    pub pages: u64,
    /// Pages without any live byte.
    pub empty_pages: u64,
    /// Pages on which less than a sixteenth is live, but something is.
    pub sparse_pages: u64,
    /// The live bytes on the sparse pages: so little keeps those pages from being empty.
    pub pinning_bytes: u64,
}

/// The heap of a memory at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapAt {
    /// The memory that it lies in.
    pub memory: MemoryIndex,
    /// The moment, in nanoseconds since the recording began.
    pub at_nanos: u64,
    /// The live blocks by address.
    pub blocks: Vec<HeapBlock>,
    /// The sum of their sizes, in bytes.
    pub live_bytes: u64,
    /// The address range that the heap may use: from the lowest address ever handed out to the end of the memory
    /// as large as it is at this moment.
    pub heap: Range<u64>,
    /// One behind the highest byte that was handed out until now.
    pub high_water: u64,
    /// Size of the whole memory, in bytes.
    pub memory_bytes: u64,
    /// Bytes of it on pages of the operating system that were touched until then: what it takes of the machine's
    /// memory. `None` where the recording doesn't tell.
    pub touched_bytes: Option<u64>,
    /// How deep the shadow stack is, where that was measured.
    pub stack: Option<StackDepth>,
    /// What is free.
    pub free: FreeSpace,
    /// How blocks lie on pages.
    pub page_use: PageUse,
    /// Blocks that are never freed until the recording's end.
    pub leaked_blocks: u64,
    /// The bytes of those.
    pub leaked_bytes: u64,
    /// Blocks that begin inside another live block: a sign of frees that were not seen, or of an allocator inside
    /// another one's block.
    pub overlapping_blocks: u64,
}

/// The heap after all that happened until and at `at_nanos`; `u64::MAX` is the end of the run.
pub fn heap_at(profile: &Profile, memory: MemoryIndex, at_nanos: u64) -> HeapAt {
    heap_after(profile, memory, rows_until(profile, at_nanos), at_nanos)
}

/// The heap when it had most bytes, for the first time.
pub fn heap_at_peak(profile: &Profile, memory: MemoryIndex) -> HeapAt {
    let HeapTotals { peak_rows, peak_nanos, .. } = profile.heap_timeline().of_memory(memory).totals;
    heap_after(profile, memory, peak_rows, peak_nanos)
}

/// The heap after so many operations, the last of which was at `at_nanos`.
fn heap_after(profile: &Profile, memory: MemoryIndex, rows: usize, at_nanos: u64) -> HeapAt {
    let Live { blocks, leaked_blocks, leaked_bytes } = live_by_address(profile, memory, rows);
    let timeline = profile.heap_timeline();
    let space = profile.address_space(memory);
    let memory_bytes = space.size_at(at_nanos);
    let highest = blocks.iter().map(HeapBlock::end).max().unwrap_or(0);
    let heap_start = space.heap_start().unwrap_or(memory_bytes);
    // Blocks behind the end only stand in a damaged recording or one without growth.
    let heap = heap_start..memory_bytes.max(highest).max(heap_start);
    let survey = survey(&blocks, &heap, space.page_bytes());
    HeapAt {
        memory,
        at_nanos,
        live_bytes: blocks.iter().map(|block| block.size).fold(0, u64::saturating_add),
        high_water: timeline.high_water(&profile.recording().heap, memory, rows),
        memory_bytes,
        touched_bytes: space.touched_bytes(at_nanos),
        stack: space.stack().and_then(|stack| stack.depth_at(profile, at_nanos)),
        free: survey.free,
        page_use: survey.page_use,
        leaked_blocks,
        leaked_bytes,
        overlapping_blocks: survey.overlapping_blocks,
        heap,
        blocks,
    }
}

/// The live blocks of a moment, by address.
struct Live {
    blocks: Vec<HeapBlock>,
    leaked_blocks: u64,
    leaked_bytes: u64,
}

fn rows_until(profile: &Profile, at_nanos: u64) -> usize {
    profile.heap_timeline().rows_until(&profile.recording().heap, at_nanos)
}

/// After so many operations. They are read in the order of the recording's columns, so that memory is read from the
/// front to the back, and each is put where it belongs.
fn live_by_address(profile: &Profile, memory: MemoryIndex, rows: usize) -> Live {
    let timeline = profile.heap_timeline();
    let rows = timeline.live_in(memory, rows);
    let places = timeline.places(&rows);
    let mut live = Live { blocks: vec![NOTHING; rows.len()], leaked_blocks: 0, leaked_bytes: 0 };
    let events = profile.recording().heap.pick(rows.iter().map(|row| row.index()));
    for ((row, event), place) in events.zip(places) {
        let HeapEvent { time_nanos: allocated_nanos, address, size, .. } = event;
        let (path, row) = (profile.heap_path(event.context), BlockRow(row as u32));
        if let Some(block) = live.blocks.get_mut(place as usize) {
            *block = HeapBlock { address, size, allocated_nanos, path, row };
        }
        let leaked = u64::from(timeline.is_never_freed(row));
        live.leaked_blocks += leaked;
        live.leaked_bytes = live.leaked_bytes.saturating_add(leaked * size);
    }
    live
}
