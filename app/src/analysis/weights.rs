//! What each call path weighs by itself.

use super::{BlockRow, CallTreeQuery, HeapUseQuery, HeapUses, Metric, PathUse, SHORT_NANOS, heap_uses};
use crate::profile::{PathId, Profile};
use std::cell::OnceCell;
use std::ops::Range;
use wasmscope_instrument::recording::HeapOp;

/// The weight of each path by itself, without what it called: one entry a path.
pub(super) fn self_weights(profile: &Profile, query: &CallTreeQuery) -> Vec<u64> {
    Weigher::new(profile, query.time.clone()).weigh(query.metric)
}

/// Weighs each path by itself, in one metric after the other: a pass over the heap's operations that two of them need is
/// made once.
pub(super) struct Weigher<'a> {
    profile: &'a Profile,
    time: Option<Range<u64>>,
    allocated: OnceCell<Allocated>,
    uses: OnceCell<HeapUses>,
}

/// What was handed out.
struct Allocated {
    blocks: Weights,
    bytes: Weights,
}

impl<'a> Weigher<'a> {
    pub(super) fn new(profile: &'a Profile, time: Option<Range<u64>>) -> Weigher<'a> {
        Weigher { profile, time, allocated: OnceCell::new(), uses: OnceCell::new() }
    }

    /// One entry a path.
    pub(super) fn weigh(&self, metric: Metric) -> Vec<u64> {
        let (profile, time) = (self.profile, self.time.as_ref());
        let mut weights = Weights::new(profile);
        match metric {
            Metric::Time => weights.samples(profile, time),
            Metric::Crossings | Metric::HostTime => weights.crossings(profile, metric),
            Metric::PagesGrown => weights.growth(profile, time),
            Metric::Allocations => weights = self.allocated().blocks.clone(),
            Metric::AllocatedBytes => weights = self.allocated().bytes.clone(),
            Metric::LiveBytes => weights.live_bytes(profile, time),
            Metric::PeakBytes => weights.uses(self.uses(), |uses| uses.at_peak.bytes),
            Metric::ShortLivedBytes => weights.uses(self.uses(), |uses| uses.short_lived.bytes),
            Metric::Calls | Metric::MovedBytes => weights.counts(profile, metric),
            Metric::Instructions => profile.executed().iter().for_each(|(path, n)| weights.add(*path, *n)),
        }
        let told = metric.quantity().into_iter().flat_map(|quantity| profile.told_sums(quantity));
        told.for_each(|(path, value)| weights.add(path, value));
        weights.of_path
    }

    fn allocated(&self) -> &Allocated {
        self.allocated.get_or_init(|| Allocated::of(self.profile, self.time.as_ref()))
    }

    fn uses(&self) -> &HeapUses {
        let query = || HeapUseQuery { time: self.time.clone(), memory: None, short_nanos: SHORT_NANOS };
        self.uses.get_or_init(|| heap_uses(self.profile, &query()))
    }
}

impl Allocated {
    fn of(profile: &Profile, time: Option<&Range<u64>>) -> Allocated {
        let (mut blocks, mut bytes) = (Weights::new(profile), Weights::new(profile));
        for event in profile.recording().heap.iter() {
            // Address 0 is a refusal or, from a realloc to size 0, a free.
            let is_block = event.op != HeapOp::Free && event.address != 0;
            if is_block && blocks.counts_at(time, event.time_nanos) {
                let path = profile.heap_path(event.context);
                blocks.add(path, 1);
                bytes.add(path, event.size);
            }
        }
        Allocated { blocks, bytes }
    }
}

/// Σ w² / Σ w of all samples, w being their weights in nanoseconds: how much time one sample stands for, in the sense
/// that a time t that was sampled so has the variance t times that.
pub(super) fn sample_nanos(profile: &Profile) -> f64 {
    let weights = profile.recording().samples.weight_nanos.iter().map(|weight| *weight as f64);
    let (sum, squares) =
        weights.fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
    if sum > 0.0 { squares / sum } else { 0.0 }
}

/// Is a moment in a range, if there is one?
pub(super) fn is_in(time: Option<&Range<u64>>, nanos: u64) -> bool {
    time.is_none_or(|time| time.contains(&nanos))
}

#[derive(Clone)]
struct Weights {
    of_path: Vec<u64>,
    /// Events before this moment are the warm-up's.
    measured_from_nanos: u64,
}

impl Weights {
    fn new(profile: &Profile) -> Weights {
        let measured_from_nanos = profile.recording().measured_from_nanos();
        Weights { of_path: vec![0; profile.paths().len()], measured_from_nanos }
    }

    fn add(&mut self, path: PathId, value: u64) {
        if let Some(weight) = self.of_path.get_mut(path.index()) {
            *weight = weight.saturating_add(value);
        }
    }

    fn counts_at(&self, time: Option<&Range<u64>>, nanos: u64) -> bool {
        nanos >= self.measured_from_nanos && is_in(time, nanos)
    }

    fn samples(&mut self, profile: &Profile, time: Option<&Range<u64>>) {
        let samples = profile.recording().samples.iter();
        for (_, stack, weight) in samples.filter(|(nanos, ..)| is_in(time, *nanos)) {
            self.add(profile.stack_path(stack), weight);
        }
    }

    fn crossings(&mut self, profile: &Profile, metric: Metric) {
        for (row, site) in profile.recording().crossings.sites.iter().enumerate() {
            let value = if metric == Metric::Crossings { site.calls } else { site.total_nanos };
            self.add(profile.crossing_path(row), value);
        }
    }

    fn growth(&mut self, profile: &Profile, time: Option<&Range<u64>>) {
        let events = profile.recording().growth.iter().enumerate();
        for (row, event) in events {
            if !self.counts_at(time, event.time_nanos) {
                continue;
            }
            let pages = event.after_pages().saturating_sub(event.before_pages);
            self.add(profile.growth_path(row), pages);
        }
    }

    fn counts(&mut self, profile: &Profile, metric: Metric) {
        for (row, (_, calls, moved_bytes)) in profile.recording().counts.iter().enumerate() {
            let value = if metric == Metric::Calls { calls } else { moved_bytes };
            self.add(profile.count_path(row), value);
        }
    }

    fn uses(&mut self, uses: &HeapUses, part: fn(&PathUse) -> u64) {
        uses.paths.iter().for_each(|uses| self.add(uses.path, part(uses)));
    }

    fn live_bytes(&mut self, profile: &Profile, time: Option<&Range<u64>>) {
        let heap = &profile.recording().heap;
        let timeline = profile.heap_timeline();
        let rows = match time {
            None => 0..heap.len(),
            Some(time) => timeline.rows_before(heap, time.start)..timeline.rows_before(heap, time.end),
        };
        for (_, event) in heap.pick(timeline.live_begun_in(rows).map(BlockRow::index)) {
            self.add(profile.heap_path(event.context), event.size);
        }
    }
}
