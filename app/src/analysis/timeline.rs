//! What happened when: phases, and the calls between guest and host.

use super::boundary::FunctionNames;
use crate::profile::Profile;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction, DurationHistogram, PhaseSpan};
use wasmscope_symbolize::FuncIndex;

/// The calls of an import or an export.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// Which way they crossed.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// The module that an import is from; `None` for exports.
    pub module: Option<Arc<str>>,
    /// The name that it is imported or exported by.
    pub name: Arc<str>,
    /// Calls of which each is known.
    pub spans: u64,
    /// Further calls, known by slices of time.
    pub summed_calls: u64,
    /// Both together, in nanoseconds, with what they called back.
    pub total_nanos: u64,
    /// Half of the calls of which each is known took less, to 9 %, in nanoseconds.
    pub p50_nanos: Option<u64>,
    /// 90 % of them took less.
    pub p90_nanos: Option<u64>,
    /// 99 % of them took less.
    pub p99_nanos: Option<u64>,
    /// 99.9 % of them took less.
    pub p999_nanos: Option<u64>,
    /// How many of them took longer than the budget.
    pub over_budget: u64,
    /// The longest of them, in nanoseconds.
    pub longest_nanos: u64,
    /// When that one began, in nanoseconds since the recording began.
    pub longest_start_nanos: u64,
}

/// The run in time, from the end of the warm-up on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// When each phase was.
    pub phases: Vec<PhaseSpan>,
    /// The functions by falling total time.
    pub rows: Vec<TimelineRow>,
    /// Single calls, in the order in which they began, the outer before the inner.
    pub spans: Vec<CallSpan>,
    /// Calls beyond the budget of single ones, by slices of time, in the order of time.
    pub slices: Vec<CallSlice>,
}

#[derive(Default)]
struct Sums {
    durations: DurationHistogram,
    summed_calls: u64,
    total_nanos: u64,
    over_budget: u64,
    longest: (u64, Reverse<u64>),
}

/// The run in time. Calls that took longer than `budget_nanos` are counted.
pub fn timeline(profile: &Profile, budget_nanos: u64) -> Timeline {
    let recording = profile.recording();
    let from_nanos = recording.measured_from_nanos();
    let mut spans: Vec<_> =
        recording.spans.iter().filter(|span| span.start_nanos >= from_nanos).copied().collect();
    spans.sort_by_key(|span| (span.start_nanos, span.depth));
    let ends_later = |slice: &&CallSlice| slice.start_nanos.saturating_add(slice.width_nanos) > from_nanos;
    let slices: Vec<_> = recording.slices.iter().filter(ends_later).copied().collect();
    let names = FunctionNames::of(profile);
    let rows =
        sums(&spans, &slices, budget_nanos).into_iter().map(|(callee, sums)| row(&names, callee, &sums));
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| (Reverse(row.total_nanos), row.direction, row.func));
    Timeline { phases: recording.phases.clone(), rows, spans, slices }
}

fn sums(
    spans: &[CallSpan],
    slices: &[CallSlice],
    budget_nanos: u64,
) -> BTreeMap<(Direction, FuncIndex), Sums> {
    let mut sums: BTreeMap<_, Sums> = BTreeMap::new();
    for span in spans {
        let of = sums.entry((span.direction, span.func)).or_default();
        of.durations.add(span.duration_nanos);
        of.total_nanos = of.total_nanos.saturating_add(span.duration_nanos);
        of.over_budget += u64::from(span.duration_nanos > budget_nanos);
        of.longest = of.longest.max((span.duration_nanos, Reverse(span.start_nanos)));
    }
    for slice in slices {
        let of = sums.entry((slice.direction, slice.func)).or_default();
        of.summed_calls = of.summed_calls.saturating_add(slice.calls);
        of.total_nanos = of.total_nanos.saturating_add(slice.total_nanos);
    }
    sums
}

fn row(names: &FunctionNames<'_>, (direction, func): (Direction, FuncIndex), sums: &Sums) -> TimelineRow {
    let (module, name) = names.name(direction, func);
    let Sums { durations, summed_calls, total_nanos, over_budget, longest } = sums;
    let (longest_nanos, Reverse(start_nanos)) = longest;
    // Classes of durations are 9 % wide: what is known exactly must not be contradicted.
    let quantile = |share| match durations.count() {
        1 => Some(*longest_nanos),
        _ => durations.quantile(share).map(|nanos| nanos.min(*longest_nanos)),
    };
    TimelineRow {
        direction,
        func,
        module,
        name,
        spans: durations.count(),
        summed_calls: *summed_calls,
        total_nanos: *total_nanos,
        p50_nanos: quantile(0.5),
        p90_nanos: quantile(0.9),
        p99_nanos: quantile(0.99),
        p999_nanos: quantile(0.999),
        over_budget: *over_budget,
        longest_nanos: *longest_nanos,
        longest_start_nanos: *start_nanos,
    }
}
