//! The boundary in a part of the run: by the calls that are known in time, since all others are sums over the run.

use super::boundary::{FunctionNames, callers, row};
use super::{BoundaryRow, BoundaryTable};
use crate::profile::Profile;
use std::collections::BTreeMap;
use std::ops::Range;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Crossing, Direction, DurationHistogram};
use wasmscope_symbolize::FuncIndex;

/// What a function's calls sum up to.
#[derive(Default)]
struct Sums {
    calls: u64,
    total_nanos: u64,
    /// What the calls took that crossed back meanwhile.
    inner_nanos: u64,
    first_nanos: Option<u64>,
    last_nanos: u64,
    durations: DurationHistogram,
}

/// What crossed the boundary in a part of the run: calls that began in it, and slices of time that did. Bytes are not
/// known in time; callers are those of the whole run.
pub fn boundary_in(profile: &Profile, time: &Range<u64>) -> BoundaryTable {
    let recording = profile.recording();
    let from = time.start.max(recording.measured_from_nanos());
    let is_in = |start_nanos: u64| start_nanos >= from && start_nanos < time.end;
    let mut sums = of_spans(&recording.spans, is_in);
    // A slice in which what is measured begins counts, as in the timeline.
    let has_begun = |slice: &CallSlice| slice.start_nanos.saturating_add(slice.width_nanos) > from;
    let of_part = |slice: &&CallSlice| time.contains(&slice.start_nanos) && has_begun(slice);
    for slice in recording.slices.iter().filter(of_part) {
        sums.entry((slice.direction, slice.func)).or_default().add_slice(slice);
    }
    let (names, mut callers) = (FunctionNames::of(profile), callers(profile));
    let costs = recording.calibration.unwrap_or_default();
    let rows = sums.into_iter().map(|((direction, func), sums)| {
        let is_import = direction == Direction::GuestToHost;
        let callers = if is_import { callers.remove(&func).unwrap_or_default() } else { Vec::new() };
        BoundaryRow { callers, ..row(&names, &sums.crossing(direction, func), &costs) }
    });
    BoundaryTable::of(rows.collect(), recording.crossings.reentry_depth, None)
}

fn of_spans(spans: &[CallSpan], is_in: impl Fn(u64) -> bool) -> BTreeMap<(Direction, FuncIndex), Sums> {
    let mut ordered: Vec<&CallSpan> = spans.iter().collect();
    ordered.sort_by_key(|span| (span.start_nanos, span.depth));
    let mut sums: BTreeMap<_, Sums> = BTreeMap::new();
    // The calls that go on, the outermost first.
    let mut around: Vec<&CallSpan> = Vec::new();
    for span in ordered {
        while around.last().is_some_and(|outer| outer.depth >= span.depth || end(outer) <= span.start_nanos) {
            around.pop();
        }
        let caller = around
            .last()
            .filter(|outer| outer.depth.checked_add(1) == Some(span.depth) && is_in(outer.start_nanos));
        if let Some(outer) = caller {
            let of = sums.entry((outer.direction, outer.func)).or_default();
            of.inner_nanos = of.inner_nanos.saturating_add(span.duration_nanos);
        }
        if is_in(span.start_nanos) {
            sums.entry((span.direction, span.func)).or_default().add_span(span);
        }
        around.push(span);
    }
    sums
}

fn end(span: &CallSpan) -> u64 {
    span.start_nanos.saturating_add(span.duration_nanos)
}

impl Sums {
    fn add_span(&mut self, span: &CallSpan) {
        self.add(1, span.duration_nanos, span.start_nanos, end(span));
        self.durations.add(span.duration_nanos);
    }

    fn add_slice(&mut self, slice: &CallSlice) {
        let CallSlice { start_nanos, width_nanos, calls, total_nanos, .. } = *slice;
        self.add(calls, total_nanos, start_nanos, start_nanos.saturating_add(width_nanos));
    }

    fn add(&mut self, calls: u64, nanos: u64, first_nanos: u64, last_nanos: u64) {
        self.calls = self.calls.saturating_add(calls);
        self.total_nanos = self.total_nanos.saturating_add(nanos);
        self.first_nanos = Some(self.first_nanos.map_or(first_nanos, |first| first.min(first_nanos)));
        self.last_nanos = self.last_nanos.max(last_nanos);
    }

    fn crossing(self, direction: Direction, func: FuncIndex) -> Crossing {
        let Sums { calls, total_nanos, inner_nanos, first_nanos, last_nanos, durations } = self;
        let self_nanos = total_nanos.saturating_sub(inner_nanos);
        let none = Crossing::none(direction, func, first_nanos.unwrap_or(0));
        Crossing { calls, total_nanos, self_nanos, last_nanos, durations, ..none }
    }
}
