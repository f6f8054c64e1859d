//! Leaks: blocks that are never freed, of places in the program that make more and more of them until the run's end.

use crate::analysis::BlockRow;
use crate::profile::{FrameId, LineId, PathId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

/// A leak has at least so many blocks.
const LEAST_BLOCKS: usize = 16;
/// And at least so many bytes.
const LEAST_BYTES: u64 = 1_024;
/// Each quarter of the time that a place allocates in has at least this part of its blocks that stay: half of what it
/// has if they come evenly.
const LEAST_PART_OF_QUARTER: usize = 8;
/// That time is at least this part of the run.
const LEAST_PART_OF_RUN: u64 = 8;
/// Call paths that agree in so many innermost frames are one place: else recursion would scatter its blocks.
const FRAMES: usize = 8;

/// The blocks of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakSite {
    /// Who asked for the first of them: the allocator function innermost, its caller above.
    pub path: PathId,
    /// How many blocks are never freed.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many blocks the place asked for.
    pub allocated_blocks: u64,
    /// How many of those that are never freed were there after each quarter of the allocations between the first one of
    /// the place and the end of the run.
    pub at_quarters: [u64; 4],
}

/// Blocks that are never freed, and become more throughout the run.
///
/// A place in the program leaks where it keeps at least 16 blocks of 1 KiB together, and they come evenly: of the
/// allocations from its first one to the end of the run, which are at least an eighth of all, each quarter brings at
/// least an eighth of the blocks. A table that is set up once is no leak, nor is what comes at the end alone. What
/// grows to the last on purpose is one by this definition: a recording can't tell whether somebody still needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The places that leak, by falling bytes.
    pub sites: Vec<LeakSite>,
    /// Blocks of all of them.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
}

pub(super) fn leak(profile: &Profile, memory: MemoryIndex) -> Option<Leak> {
    let timeline = profile.heap_timeline();
    let totals = timeline.of_memory(memory).totals;
    let sees_frees = timeline.sees_frees(memory);
    if !sees_frees || totals.end_blocks < LEAST_BLOCKS as u64 || totals.end_bytes < LEAST_BYTES {
        return None;
    }
    let mut pass = Pass::new(profile);
    for (first_row, events) in profile.recording().heap.chunks(0..profile.recording().heap.len()) {
        let own = |event: &HeapEvent| timeline.memory_of(event.context) == memory;
        for (row, event) in (first_row..).zip(events.iter()).filter(|(_, event)| own(event)) {
            pass.step(BlockRow(row as u32), event.time_nanos, profile.heap_path(event.context), event.size);
        }
    }
    let mut sites: Vec<_> = pass.places.iter().filter_map(|place| place.leak(pass.clock)).collect();
    sites.sort_by_key(|site| (Reverse(site.bytes), site.path));
    let sum = |part: fn(&LeakSite) -> u64| sites.iter().map(part).fold(0, u64::saturating_add);
    let (blocks, bytes) = (sum(|site| site.blocks), sum(|site| site.bytes));
    (!sites.is_empty()).then_some(Leak { sites, blocks, bytes })
}

/// A place in the program on the way.
struct Place {
    path: PathId,
    allocated_blocks: u64,
    bytes: u64,
    /// How many allocations there were before its first one.
    first: u64,
    /// The same for each block that is never freed.
    kept: Vec<u64>,
}

impl Place {
    fn leak(&self, end: u64) -> Option<LeakSite> {
        let span = end.saturating_sub(self.first);
        if self.kept.len() < LEAST_BLOCKS || self.bytes < LEAST_BYTES || span < end / LEAST_PART_OF_RUN {
            return None;
        }
        let until = |quarter: u64| self.first + span * quarter / 4;
        let at_quarters =
            [1, 2, 3, 4].map(|quarter| self.kept.partition_point(|at| *at < until(quarter)) as u64);
        let mut before = 0;
        let is_even = at_quarters.iter().all(|blocks| {
            let more = blocks - before;
            before = *blocks;
            more as usize * LEAST_PART_OF_QUARTER >= self.kept.len()
        });
        let Place { path, allocated_blocks, bytes, .. } = *self;
        let blocks = self.kept.len() as u64;
        is_even.then_some(LeakSite { path, blocks, bytes, allocated_blocks, at_quarters })
    }
}

struct Pass<'a> {
    profile: &'a Profile,
    from_nanos: u64,
    /// Allocations so far, but for those of a warm-up.
    clock: u64,
    places: Vec<Place>,
    /// By path: one more than its place, or 0.
    of_path: Vec<u32>,
    of_frames: FxHashMap<Vec<PathFrame>, u32>,
}

type PathFrame = (FrameId, LineId);

impl<'a> Pass<'a> {
    fn new(profile: &'a Profile) -> Self {
        Pass {
            profile,
            from_nanos: profile.recording().measured_from_nanos(),
            clock: 0,
            places: Vec::new(),
            of_path: vec![0; profile.paths().len()],
            of_frames: FxHashMap::default(),
        }
    }

    fn step(&mut self, block: BlockRow, time_nanos: u64, path: PathId, size: u64) {
        let timeline = self.profile.heap_timeline();
        if time_nanos < self.from_nanos || !timeline.begins(block) {
            return;
        }
        let clock = self.clock;
        self.clock += 1;
        let place = self.place(path);
        place.allocated_blocks += 1;
        if timeline.is_never_freed(block) {
            place.bytes = place.bytes.saturating_add(size);
            place.kept.push(clock);
        }
    }

    fn place(&mut self, path: PathId) -> &mut Place {
        let Pass { profile, clock, places, of_path, of_frames, .. } = self;
        let place = &mut of_path[path.index()];
        if *place == 0 {
            let frames: Vec<_> = profile.paths().frames(path).take(FRAMES).collect();
            *place = *of_frames.entry(frames).or_insert_with(|| {
                places.push(Place { path, allocated_blocks: 0, bytes: 0, first: *clock, kept: Vec::new() });
                places.len() as u32
            });
        }
        &mut places[*place as usize - 1]
    }
}
