//! Functions with what they cost in both builds.

use super::noise::{OWN_LEVEL, Observed, Readings, WITH_BELOW_LEVEL, by_size, changes};
use super::repeats::{Sampling, frame_ids, observed, weighed};
use super::sizes::function_sizes;
use super::{Certainty, Change, CompareFrame, CompareQuery, Comparison, Pair};
use crate::analysis::functions::path_costs;
use crate::analysis::{Cost, Metric};
use crate::profile::PathId;
use std::cmp::Reverse;

/// Why a function costs more or less by itself: Δ = Δcalls × old cost of a call + new calls × Δcost of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What comes of its being called more or less often, in the metric's unit.
    pub by_calls: i64,
    /// What comes of a call costing more or less, in the metric's unit.
    pub by_cost: i64,
}

/// A function with what it costs in both builds.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRow {
    /// The function.
    pub frame: CompareFrame,
    /// How it is known to be the same one, or in which build it is alone.
    pub certainty: Certainty,
    /// Its own weight, in the metric's unit.
    pub self_value: Change,
    /// Its weight with all that it called; a path in which it stands several times counts once.
    pub total_value: Change,
    /// How often it was called; `None` where calls were not counted, and where it is never entered, but inlined.
    pub calls: Option<Pair<u64>>,
    /// Why it costs more or less by itself; `None` where it is not called in both builds, and where it is also inlined:
    /// nobody counts how often it is come by there.
    pub cause: Option<Cause>,
    /// The size of its code, in bytes; 0 in a build where it has none of its own.
    pub code_bytes: Pair<u64>,
}

/// The functions that weigh anything: those with a clear difference of their own weight first, the larger the earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareTable {
    /// What the values are.
    pub metric: Metric,
    /// The mean weight of everything. How sure its difference is tells
    /// [`CompareSummary`](super::CompareSummary), which asks that of the totals alone.
    pub total: Pair<u64>,
    /// The functions.
    pub rows: Vec<CompareRow>,
}

/// The functions that `query` asks for.
pub fn compare_functions(comparison: &Comparison, query: &CompareQuery) -> CompareTable {
    let costs = Costs::of(comparison, query);
    let frames: Vec<CompareFrame> = costs.frames().collect();
    let whole = costs.observed(CompareFrame::ROOT, |cost| cost.total_value);
    let changes = |level, part: fn(&Cost) -> u64| {
        let observed = frames.iter().map(|frame| costs.observed(*frame, part)).collect();
        changes(observed, level, by_size(whole.middle()))
    };
    let own = changes(OWN_LEVEL, |cost| cost.self_value);
    let with_below = changes(WITH_BELOW_LEVEL, |cost| cost.total_value);
    let calls = comparison.has(Metric::Calls).then(|| calls(comparison, query));
    let sizes = function_sizes(comparison);
    let rows = frames.iter().zip(own.into_iter().zip(with_below));
    let mut rows: Vec<CompareRow> = rows
        .map(|(frame, (mut self_value, mut total_value))| {
            let certainty = comparison.frames().get(*frame).certainty;
            if !certainty.is_matched() {
                self_value.verdict = self_value.verdict.of_alone();
                total_value.verdict = total_value.verdict.of_alone();
            }
            let calls = calls.as_ref().and_then(|calls| calls.get(frame.index()).copied());
            let calls = calls.filter(|calls| calls.old > 0 || calls.new > 0);
            CompareRow {
                frame: *frame,
                certainty,
                cause: calls
                    .filter(|_| !costs.is_inlined[frame.index()])
                    .and_then(|calls| cause(calls, self_value.mean)),
                calls,
                self_value,
                total_value,
                code_bytes: sizes.get(frame.index()).copied().unwrap_or_default(),
            }
        })
        .collect();
    rows.sort_by_key(|row| {
        let by = |change: &Change| (!change.is_clear(), Reverse(change.difference().unsigned_abs()));
        (by(&row.self_value), by(&row.total_value), row.frame)
    });
    CompareTable { metric: query.metric, total: whole.readings.as_ref().map(Readings::mean), rows }
}

/// What functions weigh, by recording and then by frame.
struct Costs {
    metric: Metric,
    weights: Pair<Vec<Vec<Cost>>>,
    sampling: Pair<Vec<Sampling>>,
    /// By frame: is any of its own weight where it is inlined?
    is_inlined: Vec<bool>,
}

impl Costs {
    fn of(comparison: &Comparison, query: &CompareQuery) -> Costs {
        let count = comparison.frames().len();
        let (mut weights, mut is_inlined) = (Pair::<Vec<Vec<Cost>>>::default(), vec![false; count]);
        for (side, repeat, profile) in comparison.profiles() {
            let frames = frame_ids(comparison, side, repeat);
            let view = weighed(profile, &frames, query);
            view.inlined().for_each(|frame| is_inlined[frame.index()] = true);
            weights.get_mut(side).push(path_costs(&view, count));
        }
        let whole = |costs: &Vec<Cost>| costs.first().map_or(0, |root| root.total_value);
        let wholes = weights.as_ref().map(|recordings| recordings.iter().map(whole).collect());
        let sampling = Sampling::of(comparison, query.metric, &wholes);
        Costs { metric: query.metric, weights, sampling, is_inlined }
    }

    /// The functions that weigh anything.
    fn frames(&self) -> impl Iterator<Item = CompareFrame> {
        let columns = || self.weights.old.iter().chain(&self.weights.new);
        let count = columns().map(Vec::len).max().unwrap_or(0) as u32;
        let weighs = move |frame: &CompareFrame| {
            columns().any(|column| column.get(frame.index()).is_some_and(|cost| cost.total_value > 0))
        };
        (1..count).map(CompareFrame).filter(weighs)
    }

    fn observed(&self, frame: CompareFrame, part: fn(&Cost) -> u64) -> Observed {
        let at = |column: &Vec<Cost>| column.get(frame.index()).map_or(0, part);
        let values = self.weights.as_ref().map(|columns| columns.iter().map(at).collect());
        observed(self.metric, values, &self.sampling)
    }
}

/// How often each function was called: the means of both builds, by frame.
fn calls(comparison: &Comparison, query: &CompareQuery) -> Vec<Pair<u64>> {
    let count = comparison.frames().len();
    let mut sums = vec![Pair { old: 0u128, new: 0u128 }; count];
    let asked = CompareQuery { metric: Metric::Calls, ..query.clone() };
    for (side, repeat, profile) in comparison.profiles() {
        let frames = frame_ids(comparison, side, repeat);
        let view = weighed(profile, &frames, &asked);
        for (at, calls) in view.weights().iter().enumerate().filter(|(_, calls)| **calls > 0) {
            if let Some(sum) = sums.get_mut(view.frame(PathId(at as u32)).index()) {
                *sum.get_mut(side) += u128::from(*calls);
            }
        }
    }
    let repeats = Pair::of(|side| comparison.build(side).repeats().len() as u128);
    let mean = |sum: u128, repeats: u128| u64::try_from((sum + repeats / 2) / repeats).unwrap_or(u64::MAX);
    sums.into_iter()
        .map(|sum| Pair { old: mean(sum.old, repeats.old), new: mean(sum.new, repeats.new) })
        .collect()
}

fn cause(calls: Pair<u64>, own: Pair<u64>) -> Option<Cause> {
    if calls.old == 0 || calls.new == 0 {
        return None;
    }
    let of_old_calls = calls.new as f64 / calls.old as f64 * own.old as f64;
    let by_calls = (of_old_calls - own.old as f64).round() as i64;
    Some(Cause { by_calls, by_cost: super::change::difference(own).saturating_sub(by_calls) })
}
