//! Where the time of a run went.

use serde::{Deserialize, Serialize};

/// Where the time of the phase [`Run`](super::Phase::Run) went, as the clock was read at each crossing. Each moment
/// inside of a call of the guest is in one of the first four; what is in none passed between two calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTime {
    /// In the guest's own code, in nanoseconds.
    pub guest_nanos: u64,
    /// In imports, in nanoseconds; 0 where the boundary was not measured.
    pub import_nanos: u64,
    /// In the engine, as when a memory grows, in nanoseconds; where the boundary was not measured in imports, too.
    pub engine_nanos: u64,
    /// In the recorder, on the guest's thread: what the guest would have taken less without it, in nanoseconds.
    pub recorder_nanos: u64,
    /// In the handler of signals, in nanoseconds. This time is a part of the others.
    pub handler_nanos: u64,
    /// Signals that were handled.
    pub ticks: u64,
    /// Calls that left the guest: of imports, the engine and the recorder.
    pub crossings: u64,
}
