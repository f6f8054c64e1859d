//! What each call path did with the heap in a stretch of time: who allocates, who keeps, who allocates only to free.

use super::operations::{Operation, each_operation};
use crate::profile::{PathId, Profile};
use std::ops::Range;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

/// Blocks that live for less are short-lived, in nanoseconds, unless somebody asks otherwise. The clock of heap
/// operations goes on with each sample: much shorter lives can't be told apart.
pub const SHORT_NANOS: u64 = 5_000_000;

/// Blocks, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many blocks.
    pub blocks: u64,
    /// Their bytes together.
    pub bytes: u64,
}

impl Amount {
    pub(super) fn add(&mut self, bytes: u64) {
        self.blocks += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn take(&mut self, bytes: u64) {
        self.blocks = self.blocks.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Which stretch of time, and which blocks count as short-lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapUseQuery {
    /// From and until, in nanoseconds since the recording began; `None` for what was measured.
    pub time: Option<Range<u64>>,
    /// The blocks of one memory; `None` for those of all.
    pub memory: Option<MemoryIndex>,
    /// Blocks that live for less than this are short-lived, in nanoseconds.
    pub short_nanos: u64,
}

/// What one call path did with the heap. Blocks are those that it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathUse {
    /// The allocator's function innermost, its caller above.
    pub path: PathId,
    /// Handed out in the stretch; a realloc hands out a block.
    pub allocated: Amount,
    /// Freed in the stretch, whenever they were handed out.
    pub freed: Amount,
    /// Handed out in the stretch, and not freed until its end.
    pub kept: Amount,
    /// Handed out in the stretch, and freed so soon that they count as short-lived.
    pub short_lived: Amount,
    /// How long the blocks lived that were handed out in the stretch, together, until its end at most, in nanoseconds.
    pub lifetime_nanos: u64,
    /// Live when the path had most bytes, since the recording began.
    pub most: Amount,
    /// Live when the whole heap had most bytes in the stretch, for the first time.
    pub at_peak: Amount,
}

/// What all call paths did with the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapUses {
    /// The paths that had any part in it, in the order in which they had it first.
    pub paths: Vec<PathUse>,
    /// The most bytes that were live at once in the stretch.
    pub peak_bytes: u64,
    /// When that was, in nanoseconds since the recording began.
    pub peak_nanos: u64,
}

/// What each call path did with the heap: one pass over all operations until the end of the stretch.
pub fn heap_uses(profile: &Profile, query: &HeapUseQuery) -> HeapUses {
    let (heap, timeline) = (&profile.recording().heap, profile.heap_timeline());
    let (time, rows) = match &query.time {
        None => (Stretch { from: profile.recording().measured_from_nanos(), until: None }, heap.len()),
        // A stretch that runs backwards holds nothing.
        Some(time) if time.is_empty() => (Stretch { from: time.start, until: Some(time.start) }, 0),
        Some(time) => {
            let rows = timeline.rows_before(heap, time.end);
            (Stretch { from: time.start, until: Some(time.end) }, rows)
        }
    };
    let end_nanos = heap.last_nanos().unwrap_or(0).min(time.until.unwrap_or(u64::MAX));
    let mut pass = Pass::new(profile, time, query.short_nanos);
    each_operation(profile, query.memory, rows, |operation| pass.step(operation));
    pass.finish(end_nanos)
}

/// A stretch of time; all that is to come where it has no end.
#[derive(Clone, Copy)]
struct Stretch {
    from: u64,
    until: Option<u64>,
}

impl Stretch {
    fn contains(self, nanos: u64) -> bool {
        nanos >= self.from && self.until.is_none_or(|until| nanos < until)
    }
}

/// A block that is live and will be freed.
struct Live {
    path: PathId,
    size: u64,
    began_nanos: u64,
}

/// A path on the way.
#[derive(Clone, Copy)]
struct Ongoing {
    uses: PathUse,
    live: Amount,
    /// The number of the last peak of the whole heap that `at_peak` is of.
    peak: u64,
}

impl Ongoing {
    fn new(path: PathId) -> Self {
        let none = Amount::default();
        let (allocated, freed, kept, short_lived, most, at_peak) = (none, none, none, none, none, none);
        let uses = PathUse { path, allocated, freed, kept, short_lived, lifetime_nanos: 0, most, at_peak };
        Ongoing { uses, live: none, peak: 0 }
    }
}

struct Pass<'a> {
    profile: &'a Profile,
    time: Stretch,
    short_nanos: u64,
    /// By path: one more than its place in `paths`, or 0. Few of all paths have to do with the heap.
    places: Vec<u32>,
    paths: Vec<Ongoing>,
    live_bytes: u64,
    peak_bytes: u64,
    peak_nanos: u64,
    /// How often the heap was larger than ever. What a path had at the last time is noted when it changes: the others
    /// still have it.
    peaks: u64,
}

impl<'a> Pass<'a> {
    fn new(profile: &'a Profile, time: Stretch, short_nanos: u64) -> Self {
        Pass {
            profile,
            time,
            short_nanos,
            places: vec![0; profile.paths().len()],
            paths: Vec::new(),
            live_bytes: 0,
            peak_bytes: 0,
            peak_nanos: time.from,
            peaks: 0,
        }
    }

    fn step(&mut self, operation: Operation<Live>) -> Option<Live> {
        let Operation { event, ended, begins } = operation;
        let now = event.time_nanos;
        if self.peaks == 0 && self.time.contains(now) {
            self.note_peak(self.time.from);
        }
        ended.iter().flatten().for_each(|block| self.end(block, now));
        let begun = begins.then(|| self.begin(event));
        if self.live_bytes > self.peak_bytes && self.time.contains(now) {
            self.note_peak(now);
        }
        begun
    }

    fn note_peak(&mut self, nanos: u64) {
        (self.peak_bytes, self.peak_nanos) = (self.live_bytes, nanos);
        self.peaks += 1;
    }

    /// The path, whose live blocks are about to change.
    fn changing(&mut self, path: PathId) -> &mut Ongoing {
        let Pass { places, paths, .. } = self;
        let place = &mut places[path.index()];
        if *place == 0 {
            paths.push(Ongoing::new(path));
            *place = paths.len() as u32;
        }
        let ongoing = &mut paths[*place as usize - 1];
        if ongoing.peak != self.peaks {
            (ongoing.peak, ongoing.uses.at_peak) = (self.peaks, ongoing.live);
        }
        ongoing
    }

    fn begin(&mut self, event: HeapEvent) -> Live {
        let HeapEvent { time_nanos: began_nanos, size, .. } = event;
        let path = self.profile.heap_path(event.context);
        let is_in_time = self.time.contains(began_nanos);
        let Ongoing { uses, live, .. } = self.changing(path);
        live.add(size);
        if live.bytes > uses.most.bytes {
            uses.most = *live;
        }
        if is_in_time {
            uses.allocated.add(size);
            uses.kept.add(size);
            // Of each block the end is added, by and by, and then never less than its beginning.
            uses.lifetime_nanos = uses.lifetime_nanos.wrapping_sub(began_nanos);
        }
        self.live_bytes = self.live_bytes.saturating_add(size);
        Live { path, size, began_nanos }
    }

    fn end(&mut self, block: &Live, now: u64) {
        let Live { path, size, began_nanos } = *block;
        let (is_in_time, began_in_time) = (self.time.contains(now), self.time.contains(began_nanos));
        let is_short = now.saturating_sub(began_nanos) < self.short_nanos;
        let Ongoing { uses, live, .. } = self.changing(path);
        live.take(size);
        if is_in_time {
            uses.freed.add(size);
        }
        if began_in_time {
            uses.kept.take(size);
            uses.lifetime_nanos = uses.lifetime_nanos.wrapping_add(now.max(began_nanos));
            if is_short {
                uses.short_lived.add(size);
            }
        }
        self.live_bytes = self.live_bytes.saturating_sub(size);
    }

    fn finish(mut self, end_nanos: u64) -> HeapUses {
        if self.peaks == 0 {
            self.note_peak(self.time.from);
        }
        for path in self.paths.iter().map(|ongoing| ongoing.uses.path).collect::<Vec<_>>() {
            let uses = &mut self.changing(path).uses;
            let kept_until = uses.kept.blocks.wrapping_mul(end_nanos);
            uses.lifetime_nanos = uses.lifetime_nanos.wrapping_add(kept_until);
        }
        let paths = self.paths.iter().map(|ongoing| ongoing.uses).collect();
        HeapUses { paths, peak_bytes: self.peak_bytes, peak_nanos: self.peak_nanos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{heap_at, heap_at_peak};
    use crate::profile::ProfileBuilder;

    const MEMORY: MemoryIndex = MemoryIndex(0);

    const EVER: HeapUseQuery = HeapUseQuery { time: None, memory: None, short_nanos: 5 };

    /// `keeps` leaks 100 bytes; `churns` has two blocks of 10 that live for 2 and for 30; `grows` resizes one.
    fn profile() -> Profile {
        ProfileBuilder::new()
            .alloc(10, "keeps;malloc", 1_000, 100)
            .alloc(20, "churns;malloc", 2_000, 10)
            .free(22, "churns;free", 2_000)
            .alloc(30, "churns;malloc", 2_000, 10)
            .alloc(40, "grows;malloc", 3_000, 50)
            .realloc(50, "grows;realloc", 3_000, 4_000, 70)
            .free(60, "churns;free", 2_000)
            .free(70, "grows;free", 4_000)
            .build()
    }

    fn use_of(profile: &Profile, uses: &HeapUses, caller: &str) -> Vec<PathUse> {
        let frame = profile.frames().find(caller).unwrap();
        let is_of = |uses: &&PathUse| profile.paths().frames(uses.path).any(|(found, _)| found == frame);
        uses.paths.iter().filter(is_of).copied().collect()
    }

    fn amount(blocks: u64, bytes: u64) -> Amount {
        Amount { blocks, bytes }
    }

    #[test]
    fn each_path_has_what_it_did() {
        let profile = profile();
        let uses = heap_uses(&profile, &EVER);
        assert_eq!((uses.peak_bytes, uses.peak_nanos), (180, 50));
        let [keeps] = use_of(&profile, &uses, "keeps")[..] else { panic!("{uses:?}") };
        assert_eq!(
            (keeps.allocated, keeps.kept, keeps.freed),
            (amount(1, 100), amount(1, 100), amount(0, 0))
        );
        assert_eq!((keeps.lifetime_nanos, keeps.at_peak), (60, amount(1, 100)));
        let [churns] = use_of(&profile, &uses, "churns")[..] else { panic!("{uses:?}") };
        assert_eq!((churns.allocated, churns.freed), (amount(2, 20), amount(2, 20)));
        assert_eq!(
            (churns.short_lived, churns.most, churns.at_peak),
            (amount(1, 10), amount(1, 10), amount(1, 10))
        );
        assert_eq!((churns.lifetime_nanos, churns.kept), (32, amount(0, 0)));
        let grows = use_of(&profile, &uses, "grows");
        assert_eq!(grows.iter().map(|uses| uses.at_peak.bytes).sum::<u64>(), 70);
        assert_eq!(uses.paths.iter().map(|uses| uses.at_peak.bytes).sum::<u64>(), uses.peak_bytes);
    }

    #[test]
    fn a_stretch_of_time_has_its_own_sums() {
        let profile = profile();
        let uses = heap_uses(&profile, &HeapUseQuery { time: Some(25..55), memory: None, short_nanos: 5 });
        assert_eq!((uses.peak_bytes, uses.peak_nanos), (180, 50));
        let [keeps] = use_of(&profile, &uses, "keeps")[..] else { panic!("{uses:?}") };
        assert_eq!(
            (keeps.allocated, keeps.kept, keeps.at_peak),
            (amount(0, 0), amount(0, 0), amount(1, 100))
        );
        let [churns] = use_of(&profile, &uses, "churns")[..] else { panic!("{uses:?}") };
        assert_eq!(
            (churns.allocated, churns.freed, churns.kept),
            (amount(1, 10), amount(0, 0), amount(1, 10))
        );
        assert_eq!(churns.lifetime_nanos, 25);
        let later = heap_uses(&profile, &HeapUseQuery { time: Some(65..99), memory: None, short_nanos: 5 });
        assert_eq!((later.peak_bytes, later.peak_nanos), (170, 65), "what it begins with");
    }

    #[test]
    fn the_heap_at_its_peak_is_that_of_the_operation_not_of_its_moment() {
        let profile = ProfileBuilder::new()
            .alloc(10, "a;malloc", 100, 8)
            .alloc(10, "b;malloc", 200, 4)
            .free(10, "b;free", 200)
            .build();
        let (peak, uses) = (heap_at_peak(&profile, MEMORY), heap_uses(&profile, &EVER));
        assert_eq!((peak.live_bytes, peak.at_nanos, heap_at(&profile, MEMORY, 10).live_bytes), (12, 10, 8));
        assert_eq!(uses.paths.iter().map(|uses| uses.at_peak.bytes).sum::<u64>(), 12);
    }

    #[test]
    fn a_block_whose_free_was_not_seen_ends_where_its_address_is_handed_out_again() {
        let profile = ProfileBuilder::new()
            .alloc(1, "a;malloc", 100, 8)
            .alloc(2, "b;malloc", 200, 4)
            .realloc(3, "b;realloc", 200, 100, 16)
            .build();
        let uses = heap_uses(&profile, &EVER);
        assert_eq!(uses.paths.iter().map(|uses| uses.kept.bytes).sum::<u64>(), 16);
    }
}
