//! What the recording tells of the parts: which functions ran and how hot they are, which data was read.

use super::ModuleSizeQuery;
use crate::analysis::{CallTreeQuery, Metric, functions};
use crate::profile::{FrameKind, Profile};
use rustc_hash::{FxHashMap, FxHashSet};
use wasmscope_instrument::Measure;
use wasmscope_instrument::probes::LINE_BYTES;
use wasmscope_instrument::recording::{Phase, Recording, StackFrame};
use wasmscope_symbolize::{DataKind, DataSegment, FuncIndex, MemoryIndex};

/// How well it is known which functions ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunEvidence {
    /// Nothing is known.
    Nothing,
    /// Those that were seen ran. Others may have, between two samples or before the measuring began.
    Seen,
    /// Each call was counted: the others did not run.
    Counted,
}

impl RunEvidence {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            RunEvidence::Nothing => "unknown",
            RunEvidence::Seen => "seen",
            RunEvidence::Counted => "counted",
        }
    }

    /// What is said of a function that is not among those which ran.
    pub const fn idle_words(self) -> &'static str {
        match self {
            RunEvidence::Nothing => "not known whether run",
            RunEvidence::Seen => "not seen running",
            RunEvidence::Counted => "never run",
        }
    }
}

/// What can be heat, in the order in which it is chosen.
const HEAT: [Metric; 3] = [Metric::Time, Metric::Instructions, Metric::Calls];

/// What the recording tells.
pub(super) struct Evidence {
    pub(super) metric: Option<Metric>,
    pub(super) run: RunEvidence,
    heat: FxHashMap<FuncIndex, u64>,
    ran: FxHashSet<FuncIndex>,
    /// The lines of the first memory that were read, ascending; `None` where that was not measured.
    lines_read: Option<Vec<u32>>,
}

impl Evidence {
    pub(super) fn of(profile: &Profile, query: &ModuleSizeQuery) -> Evidence {
        let recording = profile.recording();
        let wanted = [query.metric].into_iter().filter(|metric| HEAT.contains(metric));
        let metric = wanted.chain(HEAT).find(|metric| metric.available_in(profile));
        let ran = ran(recording);
        let run = match () {
            () if is_counted(recording) => RunEvidence::Counted,
            () if ran.is_empty() => RunEvidence::Nothing,
            () => RunEvidence::Seen,
        };
        let heat = metric.map(|metric| heat(profile, metric, query)).unwrap_or_default();
        Evidence { metric, run, heat, ran, lines_read: lines_read(recording) }
    }

    /// The weight of a function by itself.
    pub(super) fn heat(&self, function: FuncIndex) -> u64 {
        self.heat.get(&function).copied().unwrap_or(0)
    }

    /// Did a function run, as far as that is known?
    pub(super) fn ran(&self, function: FuncIndex) -> Option<bool> {
        (self.run != RunEvidence::Nothing).then(|| self.ran.contains(&function))
    }

    pub(super) fn reads_known(&self) -> bool {
        self.lines_read.is_some()
    }

    /// How many bytes of a segment lie in lines that were never read; `None` where that is not known.
    pub(super) fn unread_bytes(&self, segment: &DataSegment) -> Option<u64> {
        let lines = self.lines_read.as_ref()?;
        let DataKind::Active { memory: MemoryIndex(0), offset: Some(start) } = segment.kind else {
            return None;
        };
        let bytes = segment.bytes.end.0.saturating_sub(segment.bytes.start.0);
        let end = start.checked_add(bytes)?;
        let line_bytes = u64::from(LINE_BYTES);
        let first = lines.partition_point(|line| (u64::from(*line) + 1) * line_bytes <= start);
        let read = lines.get(first..)?.iter().map(|line| u64::from(*line) * line_bytes);
        let read = read.take_while(|at| *at < end).map(|at| end.min(at + line_bytes) - start.max(at));
        Some(bytes.saturating_sub(read.sum()))
    }
}

/// Is each call of each function in the counts? What was before the end of a warm-up is not.
fn is_counted(recording: &Recording) -> bool {
    let measures = recording.meta.measures;
    let calls = measures.has(Measure::Calls) && !recording.counts.is_empty();
    let instructions = measures.has(Measure::Instructions) && !recording.instructions.is_empty();
    let warmed_up = recording.phases.iter().any(|span| span.phase == Phase::WarmUp);
    (calls || instructions) && !warmed_up && recording.meta.counts_all_calls() && recording.damage.is_none()
}

/// The functions that anything tells to have run: samples, or the call paths of what happened.
fn ran(recording: &Recording) -> FxHashSet<FuncIndex> {
    let sampled = recording.stacks.frame.iter().filter_map(|frame| match frame {
        StackFrame::Wasm { func, .. } => Some(*func),
        StackFrame::Host { .. } | StackFrame::Engine => None,
    });
    sampled.chain(recording.contexts.func.iter().copied()).collect()
}

fn heat(profile: &Profile, metric: Metric, query: &ModuleSizeQuery) -> FxHashMap<FuncIndex, u64> {
    let tree =
        CallTreeQuery { metric, time: query.time.clone(), inline_frames: false, ..CallTreeQuery::default() };
    let rows = functions(profile, &tree).rows.into_iter();
    let of_function = rows.filter_map(|row| match row.kind {
        FrameKind::Wasm(func) => Some((func, row.self_value)),
        _ => None,
    });
    of_function.collect()
}

/// Counts of accesses are written when a run is over; a recording without them does not know.
fn lines_read(recording: &Recording) -> Option<Vec<u32>> {
    let is_known = recording.meta.measures.has(Measure::Access) && !recording.accesses.is_empty();
    let read = || recording.accesses.iter().filter(|(_, reads, _)| *reads > 0).map(|(line, ..)| line);
    is_known.then(|| {
        let mut lines: Vec<u32> = read().collect();
        // The recorder writes lines in their order; a damaged file may not have them so.
        lines.sort_unstable();
        lines.dedup();
        lines
    })
}
