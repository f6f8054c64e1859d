//! Two builds on one page.

use super::noise::{BOUNDARY_LEVEL, Observed, Readings, TOTALS_LEVEL, alike, changes};
use super::repeats::{Sampling, observed};
use super::sizes::{function_sizes, sections};
use super::{Certainty, Change, CompareFrame, Comparison, Pair, Side, SizeChange};
use crate::analysis::metric::Sureness;
use crate::analysis::summary::run_nanos;
use crate::analysis::weights::self_weights;
use crate::analysis::{CallTreeQuery, MemoryGrowth, Metric, boundary, growth};
use crate::profile::{FrameKind, Profile};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmscope_instrument::recording::Direction;

/// The sum of a metric over the run.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricChange {
    /// Which one.
    pub metric: Metric,
    /// What it was and is.
    pub total: Change,
}

/// An import or export in both builds.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryChange {
    /// Which way.
    pub direction: Direction,
    /// The module that an import is from; `None` for exports.
    pub module: Option<Arc<str>>,
    /// The name that it is imported or exported by.
    pub name: Arc<str>,
    /// How often it was called.
    pub calls: Change,
    /// Time from the calls to their returns, in nanoseconds.
    pub total_nanos: Change,
}

/// A memory in both builds.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryChange {
    /// Its number in both modules.
    pub index: usize,
    /// Bytes at the start.
    pub initial_bytes: Change,
    /// Bytes at the end, which is also the most.
    pub final_bytes: Change,
    /// How often it grew.
    pub grown: Change,
}

/// Two builds on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareSummary {
    /// How many recordings there are of each.
    pub recordings: Pair<usize>,
    /// The names of the modules.
    pub modules: Pair<String>,
    /// How long the programs ran, in nanoseconds.
    pub run_nanos: Change,
    /// What both can be compared by.
    pub metrics: Vec<MetricChange>,
    /// The bytes of the modules' files.
    pub module_bytes: Pair<u64>,
    /// Their sections, by falling size.
    pub sections: Vec<SizeChange>,
    /// The bytes of code that each function has of its own, by frame.
    pub function_bytes: Vec<Pair<u64>>,
    /// How many functions with code were found again, by how sure that is; those of one build alone among them.
    pub functions: Vec<(Certainty, usize)>,
    /// Functions that have another name now.
    pub renamed: Vec<CompareFrame>,
    /// What crossed between guest and host: those that were called, by falling calls.
    pub boundary: Vec<BoundaryChange>,
    /// The memories.
    pub memories: Vec<MemoryChange>,
}

impl CompareSummary {
    /// The sum of a metric; `None` where both can't be compared by it.
    pub fn total(&self, metric: Metric) -> Option<&Change> {
        self.metrics.iter().find(|row| row.metric == metric).map(|row| &row.total)
    }
}

/// Both builds on one page.
pub fn compare_summary(comparison: &Comparison) -> CompareSummary {
    let builds = Pair::of(|side| comparison.build(side));
    let frames = comparison.frames();
    let (run_nanos, metrics) = metrics(comparison);
    CompareSummary {
        recordings: builds.map(|build| build.repeats().len()),
        modules: builds.map(|build| build.first().recording().meta.module_name.clone()),
        run_nanos,
        metrics,
        module_bytes: builds.map(|build| build.first().recording().module.len() as u64),
        sections: sections(comparison),
        function_bytes: function_sizes(comparison),
        functions: certainties(comparison),
        renamed: frames.iter().filter(|(_, row)| row.is_renamed).map(|(frame, _)| frame).collect(),
        boundary: crossings(comparison),
        memories: memories(comparison),
    }
}

/// What `value` says of each recording.
fn readings(comparison: &Comparison, value: impl Fn(&Profile) -> u64) -> Pair<Readings> {
    Pair::of(|side| {
        let repeats = comparison.build(side).repeats().iter();
        Readings { values: repeats.map(|profile| value(profile)).collect(), variances: Vec::new() }
    })
}

/// The time of the run and all metrics: one family of questions.
fn metrics(comparison: &Comparison) -> (Change, Vec<MetricChange>) {
    let run = Observed { readings: readings(comparison, run_nanos), sureness: Sureness::Measured };
    let metrics: Vec<Metric> = comparison.metrics().collect();
    let observed = metrics.iter().map(|metric| total(comparison, *metric));
    let mut changes =
        changes(std::iter::once(run).chain(observed).collect(), TOTALS_LEVEL, alike).into_iter();
    let run_nanos = changes.next().unwrap_or_else(|| Change::exact(0, 0));
    (
        run_nanos,
        metrics.into_iter().zip(changes).map(|(metric, total)| MetricChange { metric, total }).collect(),
    )
}

/// The sum of a metric in each recording, with what sampling makes of it.
fn total(comparison: &Comparison, metric: Metric) -> Observed {
    let values = readings(comparison, |profile| whole(profile, metric)).map(|readings| readings.values);
    let sampling = Sampling::of(comparison, metric, &values);
    observed(metric, values, &sampling)
}

fn whole(profile: &Profile, metric: Metric) -> u64 {
    let query = CallTreeQuery { metric, ..CallTreeQuery::default() };
    self_weights(profile, &query).into_iter().fold(0, u64::saturating_add)
}

fn certainties(comparison: &Comparison) -> Vec<(Certainty, usize)> {
    let mut counts: BTreeMap<Certainty, usize> = BTreeMap::new();
    for (_, row) in comparison.frames().iter() {
        if row.shown().is_some_and(|info| matches!(info.kind, FrameKind::Wasm(_))) {
            *counts.entry(row.certainty).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

/// What is imported or exported, by direction, module and name: the calls and the time of each recording.
type Crossings = BTreeMap<(Direction, Option<Arc<str>>, Arc<str>), Pair<Vec<(u64, u64)>>>;

fn crossings(comparison: &Comparison) -> Vec<BoundaryChange> {
    let repeats = Pair::of(|side: Side| comparison.build(side).repeats().len());
    let mut found: Crossings = BTreeMap::new();
    for (side, repeat, profile) in comparison.profiles() {
        for row in boundary(profile).rows {
            let nothing = || repeats.map(|count| vec![(0, 0); count]);
            let of_name = found.entry((row.direction, row.module, row.name)).or_insert_with(nothing);
            // Of several imports of one name, as a component's core modules have them, this is the sum.
            let (calls, nanos) = &mut of_name.get_mut(side)[repeat];
            (*calls, *nanos) = (calls.saturating_add(row.calls), nanos.saturating_add(row.total_nanos));
        }
    }
    let of_rows = |rows: &Pair<Vec<(u64, u64)>>, sureness, of: fn(&(u64, u64)) -> u64| {
        let one = |rows: &Vec<(u64, u64)>| rows.iter().map(of).collect();
        let readings = rows.as_ref().map(|rows| Readings { values: one(rows), variances: Vec::new() });
        Observed { readings, sureness }
    };
    let calls = found.values().map(|rows| of_rows(rows, Sureness::Counted, |row| row.0));
    let nanos = found.values().map(|rows| of_rows(rows, Sureness::Measured, |row| row.1));
    let mut calls = changes(calls.chain(nanos).collect(), BOUNDARY_LEVEL, alike);
    let nanos = calls.split_off(found.len());
    let rows = found.into_keys().zip(calls.into_iter().zip(nanos));
    let mut rows: Vec<_> = rows
        .map(|((direction, module, name), (calls, total_nanos))| BoundaryChange {
            direction,
            module,
            name,
            calls,
            total_nanos,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.calls.mean.old.max(row.calls.mean.new)));
    rows
}

fn memories(comparison: &Comparison) -> Vec<MemoryChange> {
    let grown = Pair::of(|side: Side| {
        let repeats = comparison.build(side).repeats().iter();
        repeats.map(|profile| growth(profile).memories).collect::<Vec<_>>()
    });
    let count = grown.old.iter().chain(&grown.new).map(Vec::len).max().unwrap_or(0);
    let change = |index: usize, part: fn(&MemoryGrowth) -> u64| {
        let value = |memories: &Vec<MemoryGrowth>| memories.get(index).map_or(0, part);
        let values = |all: &Vec<Vec<MemoryGrowth>>| all.iter().map(value).collect();
        let readings = grown.as_ref().map(|all| Readings { values: values(all), variances: Vec::new() });
        let observed = Observed { readings, sureness: Sureness::Counted };
        changes(vec![observed], TOTALS_LEVEL, alike).pop().unwrap_or_else(|| Change::exact(0, 0))
    };
    let memory = |index| MemoryChange {
        index,
        initial_bytes: change(index, |memory| memory.initial_pages.saturating_mul(memory.page_bytes)),
        final_bytes: change(index, |memory| memory.final_pages.saturating_mul(memory.page_bytes)),
        grown: change(index, |memory| memory.granted),
    };
    (0..count).map(memory).collect()
}
