//! The figures of the heap over time.

use super::layout::Layout;
use super::operations::{Operation, each_operation};
use super::survey::MAX_PAGES;
use crate::profile::Profile;
use wasmscope_symbolize::MemoryIndex;

/// So many moments are looked at.
const POINTS: u64 = 200;

/// The heap at one of many moments: what [`HeapAt`](super::HeapAt) has at this one, without its blocks. The formulas
/// stand there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeapNumbers {
    /// The moment, in nanoseconds since the recording began.
    pub at_nanos: u64,
    /// How many blocks are live.
    pub live_blocks: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// Size of the whole memory, in bytes.
    pub memory_bytes: u64,
    /// Bytes of all free runs of at least 32 bytes.
    pub free_bytes: u64,
    /// How many free runs there are.
    pub free_runs: u64,
    /// Bytes of the largest one.
    pub largest_free_bytes: u64,
    /// Bytes in shorter runs: the allocator's headers and rounding.
    pub overhead_bytes: u64,
    /// 1 − largest free run / total free bytes.
    pub fragmentation: f64,
    /// 1 − Σ(free run²) / (total free bytes)².
    pub dispersion: f64,
    /// Pages from the heap's start to the memory's end.
    pub pages: u64,
    /// Those without any live byte.
    pub empty_pages: u64,
    /// Those on which less than a sixteenth is live, but something is.
    pub sparse_pages: u64,
}

/// The heap at 200 moments, as far from each other, up to the end of the run: one pass over all operations. Empty where
/// nothing was handed out. Where so many blocks lie across each other, or are so large, that it would take far too long
/// (64 pages or 8 stretches an operation, and 4 Mi pages besides), the moments end before that.
pub fn heap_numbers(profile: &Profile, memory: MemoryIndex) -> Vec<HeapNumbers> {
    let Some(start) = profile.address_space(memory).heap_start() else { return Vec::new() };
    let operations = profile.recording().heap.len();
    let layout = Layout::new(start, profile.address_space(memory).page_bytes(), operations);
    let mut pass = Pass { profile, memory, start, layout, live: Live::default(), points: Vec::new() };
    each_operation(profile, Some(memory), operations, |operation| {
        pass.note_until(operation.event.time_nanos);
        pass.step(operation)
    });
    pass.note_until(u64::MAX);
    pass.points
}

#[derive(Default)]
struct Live {
    blocks: u64,
    bytes: u64,
}

/// A live block.
struct Block {
    start: u64,
    end: u64,
    size: u64,
}

struct Pass<'a> {
    profile: &'a Profile,
    memory: MemoryIndex,
    start: u64,
    layout: Layout,
    live: Live,
    points: Vec<HeapNumbers>,
}

impl Pass<'_> {
    /// Adds the moments before `nanos`, for which all operations are known.
    fn note_until(&mut self, nanos: u64) {
        if self.layout.is_spent() {
            return;
        }
        let end = u128::from(self.profile.duration_nanos());
        while self.points.len() < POINTS as usize {
            let moment = end * (self.points.len() as u128 + 1) / u128::from(POINTS);
            if moment >= u128::from(nanos) {
                return;
            }
            let point = self.point(moment as u64);
            self.points.push(point);
        }
    }

    fn point(&self, at_nanos: u64) -> HeapNumbers {
        let space = self.profile.address_space(self.memory);
        let memory_bytes = space.size_at(at_nanos);
        let heap_end = memory_bytes.max(self.layout.end());
        let free = self.layout.free(heap_end);
        let page_bytes = space.page_bytes().max(1);
        let pages = heap_end.div_ceil(page_bytes).saturating_sub(self.start / page_bytes).min(MAX_PAGES);
        let (used_pages, sparse_pages) = self.layout.pages();
        HeapNumbers {
            at_nanos,
            live_blocks: self.live.blocks,
            live_bytes: self.live.bytes,
            memory_bytes,
            free_bytes: free.total_bytes,
            free_runs: free.runs,
            largest_free_bytes: free.largest_bytes,
            overhead_bytes: free.overhead_bytes,
            fragmentation: free.fragmentation(),
            dispersion: free.dispersion(),
            pages: if heap_end > self.start { pages } else { 0 },
            empty_pages: if heap_end > self.start { pages.saturating_sub(used_pages) } else { 0 },
            sparse_pages,
        }
    }

    fn step(&mut self, operation: Operation<Block>) -> Option<Block> {
        let Operation { event, ended, begins, .. } = operation;
        for block in ended.into_iter().flatten() {
            self.layout.remove(block.start, block.end);
            self.live.blocks -= 1;
            self.live.bytes = self.live.bytes.saturating_sub(block.size);
        }
        begins.then(|| {
            let (start, size) = (event.address, event.size);
            let block = Block { start, end: start.saturating_add(size), size };
            self.layout.insert(block.start, block.end);
            self.live.blocks += 1;
            self.live.bytes = self.live.bytes.saturating_add(size);
            block
        })
    }
}
