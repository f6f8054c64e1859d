//! Who watches a run, and may stop it.

use crate::recording::Phase;

/// Which of its two outputs a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Counts that grow while a program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Wall-clock time of the run so far, in nanoseconds.
    pub run_nanos: u64,
    /// Samples taken.
    pub samples: u64,
    /// Calls between guest and host.
    pub crossings: u64,
    /// Heap operations.
    pub heap_events: u64,
    /// Pages that the guest's memories grew by.
    pub pages_grown: u64,
}

/// Watches a run. Its methods are called from the run's own threads and must return soon.
pub trait Observer: Send + Sync + 'static {
    /// A phase begins.
    fn phase(&self, _phase: Phase) {}

    /// So much of a phase is done, in no particular unit. Only compiling is told of, and only while it goes on.
    fn progress(&self, _phase: Phase, _done: u64, _of: u64) {}

    /// Something that was asked for can't be had, as a sentence; the run goes on without it.
    fn unmet(&self, _sentence: &str) {}

    /// The guest wrote `bytes`.
    fn output(&self, _stream: OutputStream, _bytes: &[u8]) {}

    /// Several times a second, while the program runs.
    fn live(&self, _counts: LiveCounts) {}

    /// Is the run to be stopped? Asked some hundred times a second.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing and stops nothing.
pub struct Nobody;

impl Observer for Nobody {}
