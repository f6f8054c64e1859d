//! The heap at a moment.

use super::map::{CellKind, Layers, paint};
use super::{AddressSpace, BlockRow, HeapTotals};
use crate::profile::{PathId, Profile};
use std::cmp::Reverse;
use std::ops::Range;
use wasmscope_instrument::recording::HeapEvent;

/// Shorter free runs are counted as the allocator's own: the header and the rounding up of one block.
pub(super) const SMALLEST_FREE_RUN_BYTES: u64 = 32;
/// A page with fewer live bytes than this part of it is sparse.
pub(super) const SPARSE_PART: u64 = 16;
/// Pages are counted one by one up to here (64 GiB of usual ones); the rest of a larger memory is left out.
pub(super) const MAX_PAGES: u64 = 1 << 20;

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapBlock {
    /// Its address in memory 0.
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

/// The live blocks of one call path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapSite {
    /// Who asked for them: the allocator function innermost, its caller above.
    pub path: PathId,
    /// How many blocks are live.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of the blocks are never freed until the recording's end.
    pub leaked_blocks: u64,
    /// The bytes of those.
    pub leaked_bytes: u64,
}

/// The free space inside the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FreeSpace {
    /// Bytes of all free runs: what lies between blocks from the heap's begin to the memory's end, without runs
    /// shorter than 32 bytes.
    pub total_bytes: u64,
    /// How many free runs there are.
    pub runs: u64,
    /// Bytes of the largest one: the largest block that fits without the memory growing.
    pub largest_bytes: u64,
    /// Where the largest one begins.
    pub largest_address: u64,
    /// Bytes between blocks in runs shorter than 32 bytes: the allocator's headers and rounding.
    pub overhead_bytes: u64,
    /// 1 − largest free run / total free bytes. 0: all that is free is in one piece; near 1: in many small ones.
    pub fragmentation: f64,
    /// 1 − Σ(free run²) / (total free bytes)²: how likely two free bytes picked at random lie in different runs.
    /// Unlike `fragmentation` it also tells two halves from one half and crumbs.
    pub dispersion: f64,
}

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

/// The heap at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HeapAt {
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
    /// What is free.
    pub free: FreeSpace,
    /// How blocks lie on pages.
    pub page_use: PageUse,
    /// The blocks by call path, by falling bytes.
    pub sites: Vec<HeapSite>,
    /// Blocks that are never freed until the recording's end.
    pub leaked_blocks: u64,
    /// The bytes of those.
    pub leaked_bytes: u64,
    /// Blocks that begin inside another live block: a sign of frees that were not seen, or of an allocator inside
    /// another one's block.
    pub overlapping_blocks: u64,
}

/// The heap after all that happened until and at `at_nanos`; `u64::MAX` is the end of the run.
pub fn heap_at(profile: &Profile, at_nanos: u64) -> HeapAt {
    heap_after(profile, rows_until(profile, at_nanos), at_nanos)
}

/// The heap when it had most bytes, for the first time.
pub fn heap_at_peak(profile: &Profile) -> HeapAt {
    let HeapTotals { peak_rows, peak_nanos, .. } = profile.heap_timeline().totals();
    heap_after(profile, peak_rows, peak_nanos)
}

/// The heap after so many operations, the last of which was at `at_nanos`.
fn heap_after(profile: &Profile, rows: usize, at_nanos: u64) -> HeapAt {
    let Live { mut blocks, high_water } = live_by_age(profile, rows);
    let sites = sites(profile, &blocks);
    blocks.sort_unstable_by_key(|block| (block.address, block.row));
    let space = profile.address_space();
    let memory_bytes = space.size_at(at_nanos);
    let highest = blocks.iter().map(HeapBlock::end).max().unwrap_or(0);
    let heap_start = space.heap_start().unwrap_or(memory_bytes);
    // Blocks behind the end only stand in a damaged recording or one without growth.
    let heap = heap_start..memory_bytes.max(highest).max(heap_start);
    let sum = |part: fn(&HeapSite) -> u64| sites.iter().map(part).fold(0u64, u64::saturating_add);
    HeapAt {
        at_nanos,
        live_bytes: sum(|site| site.bytes),
        high_water,
        memory_bytes,
        free: free_space(&blocks, &heap),
        page_use: page_use(&blocks, &heap, space),
        leaked_blocks: sum(|site| site.leaked_blocks),
        leaked_bytes: sum(|site| site.leaked_bytes),
        overlapping_blocks: overlapping(&blocks),
        heap,
        sites,
        blocks,
    }
}

/// The live blocks of a moment.
pub(super) struct Live {
    pub(super) blocks: Vec<HeapBlock>,
    pub(super) high_water: u64,
}

pub(super) fn live_by_address(profile: &Profile, at_nanos: u64) -> Live {
    let mut live = live_by_age(profile, rows_until(profile, at_nanos));
    live.blocks.sort_unstable_by_key(|block| (block.address, block.row));
    live
}

fn rows_until(profile: &Profile, at_nanos: u64) -> usize {
    profile.heap_timeline().rows_until(&profile.recording().heap, at_nanos)
}

/// After so many operations, in the order of the recording's columns, so that memory is read from the front to the back.
fn live_by_age(profile: &Profile, rows: usize) -> Live {
    let heap = &profile.recording().heap;
    let timeline = profile.heap_timeline();
    let (rows, high_water) = timeline.live_after(heap, rows);
    let block = |(row, event): (usize, HeapEvent)| {
        let HeapEvent { time_nanos: allocated_nanos, address, size, .. } = event;
        let path = profile.heap_path(event.context);
        HeapBlock { address, size, allocated_nanos, path, row: BlockRow(row as u32) }
    };
    let events = heap.pick(rows.into_iter().map(BlockRow::index));
    Live { blocks: events.map(block).collect(), high_water }
}

fn sites(profile: &Profile, blocks: &[HeapBlock]) -> Vec<HeapSite> {
    let timeline = profile.heap_timeline();
    // By path: one more than the place of its site, or 0.
    let mut places = vec![0u32; profile.paths().len()];
    let mut sites: Vec<HeapSite> = Vec::new();
    for block in blocks {
        let place = &mut places[block.path.index()];
        if *place == 0 {
            let path = block.path;
            sites.push(HeapSite { path, blocks: 0, bytes: 0, leaked_blocks: 0, leaked_bytes: 0 });
            *place = sites.len() as u32;
        }
        let site = &mut sites[*place as usize - 1];
        site.blocks += 1;
        site.bytes = site.bytes.saturating_add(block.size);
        if timeline.is_never_freed(block.row) {
            site.leaked_blocks += 1;
            site.leaked_bytes = site.leaked_bytes.saturating_add(block.size);
        }
    }
    sites.sort_by_key(|site| (Reverse(site.bytes), Reverse(site.blocks), site.path));
    sites
}

fn overlapping(blocks: &[HeapBlock]) -> u64 {
    let mut behind = 0;
    let begins_inside = |block: &&HeapBlock| {
        let inside = block.address < behind;
        behind = behind.max(block.end());
        inside
    };
    blocks.iter().filter(begins_inside).count() as u64
}

fn free_space(blocks: &[HeapBlock], heap: &Range<u64>) -> FreeSpace {
    let mut free = FreeSpace::default();
    let mut squares = 0.0;
    let mut from = heap.start;
    let ends = blocks.iter().map(|block| (block.address, block.end()));
    for (start, end) in ends.chain([(heap.end, heap.end)]) {
        let run = start.saturating_sub(from);
        if run >= SMALLEST_FREE_RUN_BYTES {
            free.runs += 1;
            free.total_bytes += run;
            squares += run as f64 * run as f64;
            if run > free.largest_bytes {
                (free.largest_bytes, free.largest_address) = (run, from);
            }
        } else {
            free.overhead_bytes += run;
        }
        from = from.max(end);
    }
    if free.total_bytes > 0 {
        let total = free.total_bytes as f64;
        free.fragmentation = 1.0 - free.largest_bytes as f64 / total;
        free.dispersion = (1.0 - squares / (total * total)).max(0.0);
    }
    free
}

fn page_use(blocks: &[HeapBlock], heap: &Range<u64>, space: &AddressSpace) -> PageUse {
    let page = space.page_bytes().max(1);
    let (first, last) = (heap.start / page, heap.end.div_ceil(page));
    let pages = if heap.is_empty() { 0 } else { last.saturating_sub(first).min(MAX_PAGES) };
    let range = first.saturating_mul(page)..(first + pages).saturating_mul(page);
    let cells = paint(&Layers::only(blocks), &range, pages as usize);
    let live = cells.iter().map(|cell| cell.bytes_of(CellKind::Live));
    let mut used = PageUse { pages, ..PageUse::default() };
    for bytes in live {
        used.empty_pages += u64::from(bytes == 0);
        if bytes > 0 && bytes < page / SPARSE_PART {
            used.sparse_pages += 1;
            used.pinning_bytes += bytes;
        }
    }
    used
}
