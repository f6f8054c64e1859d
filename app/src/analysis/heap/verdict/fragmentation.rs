//! Fragmentation: the heap went on at its end though half of it was free.

use super::super::free::is_sparse;
use super::super::layout::Layout;
use super::super::operations::{Operation, each_operation};
use super::LEAST_PAGES;
use crate::analysis::{HeapAt, heap_at};
use crate::profile::{PathId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

/// What a block may need besides its bytes.
const ROOM_FOR_HEADER_BYTES: u64 = 32;
/// The least part of the heap that is free where it goes on without need.
const FREE_PART: u64 = 2;
/// The least part of the heap that came so.
const GROWN_PART: u64 = 4;
/// Growth in spite of a free piece counts from so many pages on: allocators that keep sizes apart begin a page or a few
/// for each size.
const LEAST_PAGES_IN_SPITE: u64 = 32;

/// The pages that the blocks of one call path keep from being empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who asked for the blocks: the allocator function innermost, its caller above.
    pub path: PathId,
    /// Pages on which less than a sixteenth is live, most of it theirs.
    pub pages: u64,
    /// Those of them that a single block lies on.
    pub single_pages: u64,
    /// The bytes of the path's blocks on them.
    pub bytes: u64,
}

/// The heap grew at its end though much of it was free.
///
/// The heap reaches from the lowest address that was ever handed out to the end of the highest. Where a block makes it
/// longer, though at least half of it was free and the free bytes together were enough for the block and 32 more, it
/// did so without need: because no free piece was large enough, or in spite of one that was. It is fragmented where at
/// least a quarter of its length, and four pages, came so; growth in spite of a piece counts from 32 pages on, since
/// allocators that keep sizes apart begin new pages for each. It is not told where following the blocks would take far
/// too long: where very many lie across each other or are very large (more than 64 pages or 8 stretches an
/// operation, and 4 Mi pages besides).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragmentation {
    /// The heap's length in the end, in bytes.
    pub heap_bytes: u64,
    /// The most bytes that were ever live.
    pub peak_bytes: u64,
    /// By how much it became longer because no free piece was large enough, in bytes.
    pub for_want_of_piece_bytes: u64,
    /// By how much in spite of a piece that was, in bytes: an allocator that does not use again what was freed, or not
    /// for every size.
    pub in_spite_of_piece_bytes: u64,
    /// How often.
    pub steps: u64,
    /// The last time, in nanoseconds since the recording began.
    pub last_nanos: u64,
    /// How large the block was, in bytes.
    pub last_asked_bytes: u64,
    /// What was free then, in bytes.
    pub last_free_bytes: u64,
    /// The largest piece of that.
    pub last_largest_bytes: u64,
    /// Whose blocks keep pages from being empty then, by falling pages.
    pub pins: Vec<Pin>,
    /// The size of a page, in bytes.
    pub page_bytes: u64,
}

impl Fragmentation {
    /// By how much the heap became longer without need, in bytes.
    pub fn grown_bytes(&self) -> u64 {
        self.for_want_of_piece_bytes.saturating_add(self.in_spite_of_piece_bytes)
    }
}

pub(super) fn fragmentation(profile: &Profile, memory: MemoryIndex) -> Option<Fragmentation> {
    let space = profile.address_space(memory);
    let (start, page_bytes) = (space.heap_start()?, space.page_bytes().max(1));
    let peak_bytes = profile.heap_timeline().of_memory(memory).totals.peak_bytes;
    // Without growth worth a word, or with a heap that was once full, there is nothing to look for.
    let longest = space.largest_size().saturating_sub(start);
    if longest < LEAST_PAGES * page_bytes || longest / GROWN_PART * (GROWN_PART - 1) < peak_bytes {
        return None;
    }
    let operations = profile.recording().heap.len();
    let mut pass = Pass::new(start, Layout::new(start, page_bytes, operations));
    each_operation(profile, Some(memory), operations, |operation| pass.step(operation));
    if pass.layout.is_spent() {
        return None;
    }
    let heap_bytes = pass.high_water - start;
    let mut found = Fragmentation { heap_bytes, peak_bytes, page_bytes, ..pass.found };
    if found.in_spite_of_piece_bytes < LEAST_PAGES_IN_SPITE * page_bytes {
        found.in_spite_of_piece_bytes = 0;
    }
    let grown = found.grown_bytes();
    if grown < LEAST_PAGES * page_bytes || grown < heap_bytes / GROWN_PART {
        return None;
    }
    found.pins = pins(&heap_at(profile, memory, found.last_nanos), page_bytes);
    Some(found)
}

struct Pass {
    start: u64,
    layout: Layout,
    high_water: u64,
    found: Fragmentation,
}

impl Pass {
    fn new(start: u64, layout: Layout) -> Self {
        Pass { start, layout, high_water: start, found: Fragmentation::default() }
    }

    fn step(&mut self, operation: Operation<(u64, u64)>) -> Option<(u64, u64)> {
        let Operation { event, ended, begins } = operation;
        ended.into_iter().flatten().for_each(|(start, end)| self.layout.remove(start, end));
        begins.then(|| {
            let (start, end) = (event.address, event.address.saturating_add(event.size));
            if end > self.high_water {
                self.note_longer(event, end);
            }
            self.layout.insert(start, end);
            (start, end)
        })
    }

    fn note_longer(&mut self, event: HeapEvent, end: u64) {
        let free = self.layout.free(self.high_water);
        let wanted = event.size.saturating_add(ROOM_FOR_HEADER_BYTES);
        let is_half_free = free.total_bytes >= (self.high_water - self.start) / FREE_PART;
        let grown = end - self.high_water;
        self.high_water = end;
        if !is_half_free || free.total_bytes < wanted {
            return;
        }
        let found = &mut self.found;
        if free.largest_bytes < wanted {
            found.for_want_of_piece_bytes += grown;
        } else {
            found.in_spite_of_piece_bytes += grown;
        }
        found.steps += 1;
        found.last_nanos = event.time_nanos;
        found.last_asked_bytes = event.size;
        found.last_free_bytes = free.total_bytes;
        found.last_largest_bytes = free.largest_bytes;
    }
}

/// What lies on a page: bytes by path, and how many blocks.
#[derive(Default)]
struct PageLoad {
    by_path: FxHashMap<PathId, u64>,
    blocks: u64,
}

impl PageLoad {
    fn add(&mut self, path: PathId, bytes: u64) {
        self.blocks += 1;
        let sum = self.by_path.entry(path).or_default();
        *sum = sum.saturating_add(bytes);
    }
}

/// Whose blocks keep pages from being empty: each page of which less than a sixteenth is live counts for the call path
/// that most of that is of. By falling pages.
pub fn pins(heap: &HeapAt, page_bytes: u64) -> Vec<Pin> {
    let page_bytes = page_bytes.max(1);
    let mut by_path: BTreeMap<PathId, Pin> = BTreeMap::new();
    let (mut page, mut load) = (0, PageLoad::default());
    for block in heap.blocks.iter().filter(|block| block.size > 0) {
        let (first, last) = (block.address / page_bytes, (block.end() - 1) / page_bytes);
        // Pages between the first and the last one are full.
        let parts = [(first, block.address), (last, last.saturating_mul(page_bytes))];
        for (at, from) in parts.into_iter().take(if last > first { 2 } else { 1 }) {
            if at > page {
                pin(&mut by_path, &std::mem::take(&mut load), page_bytes);
                page = at;
            }
            let end = at.saturating_add(1).saturating_mul(page_bytes).min(block.end());
            load.add(block.path, end.saturating_sub(from));
        }
    }
    pin(&mut by_path, &load, page_bytes);
    let mut pins: Vec<_> = by_path.into_values().collect();
    pins.sort_by_key(|pin| (Reverse(pin.pages), Reverse(pin.bytes), pin.path));
    pins
}

fn pin(by_path: &mut BTreeMap<PathId, Pin>, load: &PageLoad, page_bytes: u64) {
    let live = load.by_path.values().copied().fold(0, u64::saturating_add);
    let each = load.by_path.iter().map(|(path, bytes)| (*path, *bytes));
    let most = each.max_by_key(|(path, bytes)| (*bytes, Reverse(*path)));
    let Some((path, bytes)) = most.filter(|_| is_sparse(live, page_bytes)) else { return };
    let none = Pin { path, pages: 0, single_pages: 0, bytes: 0 };
    let pin = by_path.entry(path).or_insert(none);
    pin.pages += 1;
    pin.single_pages += u64::from(load.blocks == 1);
    pin.bytes = pin.bytes.saturating_add(bytes);
}
