//! A run on one page.

use super::{CallTreeQuery, FunctionRow, HeapFindings, HeapTotals, HeapVerdict, Metric, OwnCost, TimeSplit};
use super::{functions, growth, heap_verdict, own_cost, time_split};
use crate::profile::Profile;
use crate::units;
use std::fmt;
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::{CallTimes, Direction, Meta, Outcome, Phase, PhaseSpan, Recording};
use wasmscope_symbolize::MemoryIndex;

/// So many functions are named.
const TOP_FUNCTIONS: usize = 10;
/// So many memories have their verdict: each takes a look at all operations.
const MOST_VERDICTS: usize = 16;

/// A memory in a [`Summary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySummary {
    /// Bytes at the start.
    pub initial_bytes: u64,
    /// Bytes at the end. A memory never shrinks, so this is also the most.
    pub final_bytes: u64,
    /// How often it grew.
    pub grown: u64,
    /// How often growth was refused.
    pub refused: u64,
}

/// The heap in a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct HeapSummary {
    /// Sums over the run.
    pub totals: HeapTotals,
    /// What was wrong in its use.
    pub findings: HeapFindings,
    /// Whether it leaks, is fragmented or had a short peak, for each memory with a heap, of the first 16.
    pub verdicts: Vec<(MemoryIndex, HeapVerdict)>,
}

/// The exact counts in a [`Summary`]; `None` where it was not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountSummary {
    /// Calls of functions.
    pub calls: Option<u64>,
    /// Executed instructions.
    pub instructions: Option<u64>,
    /// Bytes that instructions moved in bulk.
    pub moved_bytes: Option<u64>,
}

/// `12 calls, 345 instructions, 6.00 KiB moved in bulk`, as far as it was counted.
impl fmt::Display for CountSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CountSummary { calls, instructions, moved_bytes } = *self;
        let parts = [
            calls.map(|calls| units::things(calls, "call")),
            instructions.map(|count| units::things(count, "instruction")),
            moved_bytes.map(|bytes| format!("{} moved in bulk", units::bytes(bytes))),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// A run on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What was run, how, and what was measured.
    pub meta: Meta,
    /// The tool's profile that it was imported from, if it was: `a Chrome CPU profile`.
    pub imported_from: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The calls of the export that the run was about; `None` for a command.
    pub calls: Option<CallTimes>,
    /// When each phase was.
    pub phases: Vec<PhaseSpan>,
    /// How long the program itself ran, in nanoseconds; the whole recording where no phases were recorded.
    pub run_nanos: u64,
    /// How many samples were taken.
    pub samples: u64,
    /// The time that they stand for, in nanoseconds.
    pub sampled_nanos: u64,
    /// The functions with the most time of their own.
    pub top_functions: Vec<FunctionRow>,
    /// Calls of imports.
    pub guest_to_host_calls: u64,
    /// Time in imports without what they called back, in nanoseconds.
    pub host_nanos: u64,
    /// Calls of exports.
    pub host_to_guest_calls: u64,
    /// Where the time of the run went; `None` where the recording does not tell.
    pub time: Option<TimeSplit>,
    /// What measuring took itself; `None` where the recording does not tell.
    pub own_cost: Option<OwnCost>,
    /// Exact counts.
    pub counts: CountSummary,
    /// The memories of the module, in their order.
    pub memories: Vec<MemorySummary>,
    /// The heap; `None` where no heap operation was recorded.
    pub heap: Option<HeapSummary>,
    /// Whether source lines are known.
    pub has_lines: bool,
    /// What is broken, missing or was not measured, one sentence each.
    pub warnings: Vec<String>,
}

/// The run on one page.
pub fn summary(profile: &Profile) -> Summary {
    let recording = profile.recording();
    let time = functions(profile, &CallTreeQuery { metric: Metric::Time, ..CallTreeQuery::default() });
    let crossings = |direction: Direction| {
        let rows = recording.crossings.functions.iter().filter(move |row| row.direction == direction);
        rows.fold((0u64, 0u64), |(calls, nanos), row| {
            (calls.saturating_add(row.calls), nanos.saturating_add(row.self_nanos))
        })
    };
    let (guest_to_host_calls, host_nanos) = crossings(Direction::GuestToHost);
    Summary {
        meta: recording.meta.clone(),
        imported_from: profile.foreign().map(|foreign| foreign.origin.clone()),
        outcome: recording.outcome.clone(),
        calls: recording.calls,
        phases: recording.phases.clone(),
        run_nanos: run_nanos(profile),
        samples: recording.samples.len() as u64,
        sampled_nanos: time.total,
        top_functions: time.rows.into_iter().take(TOP_FUNCTIONS).collect(),
        guest_to_host_calls,
        host_nanos,
        host_to_guest_calls: crossings(Direction::HostToGuest).0,
        time: time_split(profile),
        own_cost: own_cost(profile),
        counts: counts(profile),
        memories: memories(profile),
        heap: heap(profile),
        has_lines: !profile.lines().is_empty(),
        warnings: profile.warnings().to_vec(),
    }
}

pub(super) fn run_nanos(profile: &Profile) -> u64 {
    let Recording { phases, outcome, .. } = profile.recording();
    let runs = || phases.iter().filter(|span| span.phase == Phase::Run);
    let length = |span: &PhaseSpan| span.end_nanos.saturating_sub(span.start_nanos);
    match runs().next() {
        Some(_) => runs().map(length).fold(0, u64::saturating_add),
        // It was cancelled before it began.
        None if !phases.is_empty() && *outcome != Outcome::Unknown => 0,
        None => profile.duration_nanos(),
    }
}

fn memories(profile: &Profile) -> Vec<MemorySummary> {
    let memories = growth(profile).memories.into_iter();
    let summed = memories.map(|memory| MemorySummary {
        initial_bytes: memory.initial_pages.saturating_mul(memory.page_bytes),
        final_bytes: memory.final_pages.saturating_mul(memory.page_bytes),
        grown: memory.granted,
        refused: memory.refused,
    });
    summed.collect()
}

fn counts(profile: &Profile) -> CountSummary {
    let measures = profile.recording().meta.measures;
    let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.fold(0, u64::saturating_add);
    let counts = &profile.recording().counts;
    // They are written when a run is over; a recording without them does not know.
    let instructions = measures.has(Measure::Instructions) && !profile.executed().is_empty();
    CountSummary {
        calls: (measures.has(Measure::Calls) && !counts.is_empty())
            .then(|| sum(&mut counts.calls.iter().copied())),
        instructions: instructions.then(|| sum(&mut profile.executed().iter().map(|(_, count)| *count))),
        moved_bytes: instructions.then(|| sum(&mut counts.bulk_bytes.iter().copied())),
    }
}

fn heap(profile: &Profile) -> Option<HeapSummary> {
    let timeline = profile.heap_timeline();
    let memories = timeline.memories().iter().copied().take(MOST_VERDICTS);
    let summary = || HeapSummary {
        totals: timeline.whole().totals,
        findings: timeline.whole().findings.clone(),
        verdicts: memories.map(|memory| (memory, heap_verdict(profile, memory))).collect(),
    };
    (!profile.recording().heap.is_empty()).then(summary)
}
