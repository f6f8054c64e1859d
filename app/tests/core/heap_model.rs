//! The heap timeline against a naive model that replays all operations for each moment.

use std::collections::{BTreeMap, BTreeSet};
use wasmscope::analysis::{HeapAt, heap_at};
use wasmscope::profile::Profile;
use wasmscope_instrument::recording::{HeapEvent, HeapEvents, HeapOp, Recording};
use wasmscope_symbolize::MemoryIndex;

/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Operations on few addresses, so that each kind of mistake comes up often.
pub fn operations(seed: u64, count: usize) -> HeapEvents {
    let mut random = Lcg(seed);
    let mut heap = HeapEvents::default();
    let mut time_nanos = 0;
    for _ in 0..count {
        time_nanos += random.below(3);
        let mut address = || (random.below(5_000) * 64).saturating_sub(64);
        let (address, old_address) = (address(), address());
        let size = random.below(96);
        let (op, old_address) = match random.below(10) {
            0..5 => (HeapOp::Alloc, 0),
            5..8 => (HeapOp::Free, 0),
            _ => (HeapOp::Realloc, if random.below(2) == 0 { address } else { old_address }),
        };
        heap.push(HeapEvent { time_nanos, op, address, size, old_address, context: None });
    }
    heap
}

#[derive(Default)]
struct Model {
    /// Address to `(size, time)`.
    live: BTreeMap<u64, (u64, u64)>,
    known: BTreeSet<u64>,
    double_frees: u64,
    unknown_frees: u64,
    reused: u64,
    refused: u64,
    peak: u64,
}

impl Model {
    fn apply(&mut self, event: HeapEvent) {
        match (event.op, event.address) {
            (HeapOp::Alloc, _) => self.alloc(event),
            (HeapOp::Free, address) => self.free(address),
            (HeapOp::Realloc, 0) if event.size == 0 => self.free(event.old_address),
            (HeapOp::Realloc, 0) => self.refused += 1,
            (HeapOp::Realloc, _) => {
                self.free(event.old_address);
                self.alloc(event);
            }
        }
        self.peak = self.peak.max(self.bytes());
    }

    fn alloc(&mut self, event: HeapEvent) {
        if event.address == 0 {
            self.refused += 1;
            return;
        }
        self.known.insert(event.address);
        let before = self.live.insert(event.address, (event.size, event.time_nanos));
        self.reused += u64::from(before.is_some());
    }

    fn free(&mut self, address: u64) {
        if address == 0 || self.live.remove(&address).is_some() {
            return;
        }
        let known = self.known.contains(&address);
        *if known { &mut self.double_frees } else { &mut self.unknown_frees } += 1;
    }

    fn bytes(&self) -> u64 {
        self.live.values().map(|(size, _)| size).sum()
    }

    fn blocks(&self) -> Vec<(u64, u64, u64)> {
        self.live.iter().map(|(address, (size, time))| (*address, *size, *time)).collect()
    }
}

fn blocks(heap: &HeapAt) -> Vec<(u64, u64, u64)> {
    heap.blocks.iter().map(|block| (block.address, block.size, block.allocated_nanos)).collect()
}

fn profile(heap: HeapEvents) -> Profile {
    Profile::new(Recording { heap: heap.into(), ..Recording::default() })
}

#[test]
fn each_moment_is_as_if_replayed() {
    for (seed, count) in [(1, 100), (2, 5_000), (3, 20_000)] {
        let heap = operations(seed, count);
        let profile = profile(heap.clone());
        let events: Vec<HeapEvent> = heap.iter().collect();
        let end = events.last().unwrap().time_nanos;
        let mut model = Model::default();
        let mut rows = 0;
        for at in (0..=end + 5).step_by(end as usize / 40 + 1).chain([end]) {
            while let Some(event) = events.get(rows).filter(|event| event.time_nanos <= at) {
                model.apply(*event);
                rows += 1;
            }
            let found = heap_at(&profile, MEMORY, at);
            assert_eq!(blocks(&found), model.blocks(), "seed {seed} at {at}");
            assert_eq!(found.live_bytes, model.bytes());
        }
        let (totals, findings) =
            (profile.heap_timeline().whole().totals, &profile.heap_timeline().whole().findings);
        assert_eq!((totals.refused, totals.peak_bytes), (model.refused, model.peak));
        assert_eq!((totals.end_bytes, totals.end_blocks), (model.bytes(), model.live.len() as u64));
        assert_eq!(findings.double_frees, model.double_frees);
        assert_eq!(findings.unknown_frees, model.unknown_frees);
        assert_eq!(findings.addresses_reused, model.reused);
        let kinds = findings.double_frees + findings.unknown_frees + findings.addresses_reused;
        assert_eq!(findings.first.len() as u64, kinds.min(1_000));
    }
}

#[test]
fn the_series_ends_at_the_end_and_holds_the_peak() {
    let profile = profile(operations(4, 60_000));
    let timeline = profile.heap_timeline();
    let (series, totals) = (&timeline.whole().series, timeline.whole().totals);
    assert!(series.len() > 1_000 && series.len() < 2_100, "{}", series.len());
    assert!(series.is_sorted_by_key(|point| point.time_nanos));
    let last = series.last().unwrap();
    assert_eq!((last.live_bytes, last.live_blocks), (totals.end_bytes, totals.end_blocks));
    assert_eq!(series.iter().map(|point| point.peak_bytes).max(), Some(totals.peak_bytes));
    for point in series.iter().step_by(97) {
        assert_eq!(heap_at(&profile, MEMORY, point.time_nanos).live_bytes, point.live_bytes);
    }
}

#[test]
fn leaks_are_what_is_never_freed() {
    let heap = operations(5, 20_000);
    let end = heap.time_nanos.last().copied().unwrap();
    let profile = profile(heap);
    let middle = heap_at(&profile, MEMORY, end / 2);
    let at_end: BTreeSet<_> = heap_at(&profile, MEMORY, end).blocks.iter().map(|block| block.row).collect();
    let leaked = middle.blocks.iter().filter(|block| at_end.contains(&block.row));
    assert_eq!(middle.leaked_blocks, leaked.clone().count() as u64);
    assert_eq!(middle.leaked_bytes, leaked.map(|block| block.size).sum::<u64>());
    let timeline = profile.heap_timeline();
    assert!(
        middle
            .blocks
            .iter()
            .all(|block| timeline.freed_by(block.row).is_none() == at_end.contains(&block.row))
    );
}
