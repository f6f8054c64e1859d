//! Single calls between guest and host, in time.

use super::Direction;
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::FuncIndex;

/// One call of an import or an export that came back. What it called back lies within its time, one deeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSpan {
    /// When it began, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// How long it took, in nanoseconds, with what it called back meanwhile.
    pub duration_nanos: u64,
    /// Which way it crossed.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// Calls across around it: 0 for one of the host's that nothing of the guest led to.
    pub depth: u32,
}

/// Calls of an import or an export that came back in a slice of time, where there were too many to keep each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSlice {
    /// When the slice begins, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// How long it is, in nanoseconds.
    pub width_nanos: u64,
    /// Which way they crossed.
    pub direction: Direction,
    /// The import or the exported function.
    pub func: FuncIndex,
    /// How many came back in it.
    pub calls: u64,
    /// How long they took together, in nanoseconds. One that came back may have begun long before.
    pub total_nanos: u64,
}
