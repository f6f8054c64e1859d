//! Allocators of modules in which nothing has a name: found by what they do in a trial run, and proposed, never
//! assumed.
//!
//! module ─ shortlist ─▶ candidates ─ trial run ─▶ trace ─ judge ─▶ proposals
//!
//! Blocks that are not there are worse than blocks that are missing: where the evidence has a hole there is no
//! proposal.

mod judge;
mod packing;
mod replay;
mod shortlist;
mod trace;

use crate::allocators::TRACED;
use crate::recording::{self, Outcome, Phase};
use crate::{
    Guest, LiveCounts, Measure, MeasureSet, Observer, OutputStream, OwnAllocator, RecordError, RunOptions,
    record,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use trace::Trace;
use wasmscope_symbolize::{ModuleIndex, Symbols};

/// How long the trial runs, unless a limit was given.
pub const TRIAL_TIME: Duration = Duration::from_secs(5);
/// Calls of candidates after which the trial ends.
const MOST_CALLS: u64 = 2_000_000;

/// A function that may be an allocator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What makes it one.
    pub allocator: OwnAllocator,
    /// Why, as a sentence with numbers.
    pub evidence: String,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Those that go together; empty where nothing does what an allocator does.
    pub proposals: Vec<Proposal>,
    /// How many functions were looked at.
    pub candidates: usize,
    /// How often they were called.
    pub calls: u64,
    /// How the run ended.
    pub outcome: Outcome,
}

/// Runs `guest` as `options` say, for some seconds at most, and proposes its allocators.
///
/// # Errors
/// When there is no run: see [`record`]. In a component nothing is looked for.
pub fn find_allocators(
    guest: &Guest,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
) -> Result<Trial, RecordError> {
    let index = Arc::new(ModuleIndex::parse(&guest.bytes)?);
    let symbols = Symbols::with_files(Arc::clone(&guest.bytes), Arc::clone(&index), options.symbols.clone());
    let candidates = shortlist::candidates(&guest.bytes, &index);
    if candidates.is_empty() {
        return Ok(Trial { proposals: Vec::new(), candidates: 0, calls: 0, outcome: Outcome::Unknown });
    }
    let own = |func| OwnAllocator { name: symbols.name(func).raw.to_string(), kind: TRACED };
    let mut limits = options.limits;
    limits.time = limits.time.or(Some(TRIAL_TIME));
    let options = RunOptions {
        measures: MeasureSet::NONE.with(Measure::Heap).with(Measure::Growth),
        allocators: candidates.iter().copied().map(own).collect(),
        limits,
        memory_image: false,
        ..options.clone()
    };
    let mut bytes = Vec::new();
    let bounded = Arc::new(Bounded { observer, is_enough: AtomicBool::new(false) });
    let outcome = record(guest, &options, bounded, &mut bytes)?;
    // What was written just now can be read.
    let recording = recording::read(&bytes).unwrap_or_default();
    let trace = Trace::of(&recording, &index, &candidates);
    let is_judged = recording.heap.len() == trace.calls.len();
    let is_whole = is_judged && matches!(outcome, Outcome::Exited { .. } | Outcome::Returned { .. });
    let proposals = judge::proposals(&trace, is_whole, &index, |func| own(func).name);
    Ok(Trial { proposals, candidates: candidates.len(), calls: recording.heap.len() as u64, outcome })
}

/// Stops a trial that has told enough.
struct Bounded {
    observer: Arc<dyn Observer>,
    is_enough: AtomicBool,
}

impl Observer for Bounded {
    fn phase(&self, phase: Phase) {
        self.observer.phase(phase);
    }

    fn progress(&self, phase: Phase, done: u64, of: u64) {
        self.observer.progress(phase, done, of);
    }

    fn output(&self, stream: OutputStream, bytes: &[u8]) {
        self.observer.output(stream, bytes);
    }

    fn live(&self, counts: LiveCounts) {
        if counts.heap_events > MOST_CALLS {
            self.is_enough.store(true, Ordering::Relaxed);
        }
        self.observer.live(counts);
    }

    fn is_cancelled(&self) -> bool {
        self.is_enough.load(Ordering::Relaxed) || self.observer.is_cancelled()
    }
}
