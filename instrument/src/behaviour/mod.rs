//! Allocators of modules in which nothing has a name: found by what they do in a trial run, and proposed, never
//! assumed.
//!
//! module ─ shortlist ─▶ candidates ─ trial run ─▶ trace ─ judge ─▶ proposals
//!                           ▲                        │
//!                           └────── plausible ◀──────┘
//!
//! Blocks that are not there are worse than blocks that are missing: where the evidence has a hole there is no
//! proposal.

mod judge;
mod packing;
mod plausible;
mod replay;
mod shortlist;
mod trace;

use crate::allocators::TRACED;
use crate::recording::{self, Outcome, Phase, Recording};
use crate::{
    Guest, LiveCounts, Measure, MeasureSet, Observer, OutputStream, OwnAllocator, RecordError, RunOptions,
    record,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use trace::Trace;
use wasmscope_symbolize::{ModuleIndex, Symbols};

/// How long each trial runs, unless a limit was given.
pub const TRIAL_TIME: Duration = Duration::from_secs(5);
/// Calls of candidates after which a trial ends.
const MOST_CALLS: u64 = 2_000_000;
/// Trials at most; each but the first without the candidates that were seen to be none.
pub const MOST_TRIALS: usize = 3;

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
    /// How the last run ended.
    pub outcome: Outcome,
}

/// Runs `guest` as `options` say, for some seconds at most, and proposes its allocators. A run that ended early is done
/// again if there are functions that need not be looked at any more.
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
    let name_of = |func| symbols.name(func).raw.to_string();
    let mut candidates = shortlist::candidates(&guest.bytes, &index);
    let mut trial =
        Trial { proposals: Vec::new(), candidates: candidates.len(), calls: 0, outcome: Outcome::Unknown };
    for _ in 0..MOST_TRIALS {
        if candidates.is_empty() {
            break;
        }
        let own = candidates.iter().map(|func| OwnAllocator { name: name_of(*func), kind: TRACED }).collect();
        let recording = run(guest, options, own, &observer)?;
        let trace = Trace::of(&recording, &index, &candidates);
        let is_judged = recording.heap.len() == trace.calls.len();
        trial.calls += recording.heap.len() as u64;
        trial.outcome = recording.outcome;
        let has_ended = matches!(trial.outcome, Outcome::Exited { .. } | Outcome::Returned { .. });
        let is_whole = is_judged && has_ended;
        trial.proposals = judge::proposals(&trace, is_whole, &index, name_of);
        let left = plausible::plausible(&trace, &index);
        let is_told = is_whole || !trial.proposals.is_empty() || left.len() == candidates.len();
        if is_told || matches!(trial.outcome, Outcome::Trapped { .. }) || observer.is_cancelled() {
            break;
        }
        candidates = left;
    }
    Ok(trial)
}

/// A run in which these are recorded.
fn run(
    guest: &Guest,
    options: &RunOptions,
    allocators: Vec<OwnAllocator>,
    observer: &Arc<dyn Observer>,
) -> Result<Recording, RecordError> {
    let mut limits = options.limits;
    limits.time = limits.time.or(Some(TRIAL_TIME));
    let options = RunOptions {
        measures: MeasureSet::NONE.with(Measure::Heap).with(Measure::Growth),
        allocators,
        limits,
        memory_image: false,
        ..options.clone()
    };
    let mut bytes = Vec::new();
    let bounded = Arc::new(Bounded { observer: Arc::clone(observer), is_enough: AtomicBool::new(false) });
    let outcome = record(guest, &options, bounded, &mut bytes)?;
    // What was written just now can be read.
    Ok(Recording { outcome, ..recording::read(&bytes).unwrap_or_default() })
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
