//! The calls of an export that was called for its own sake.

use serde::{Deserialize, Serialize};

/// How often the export was called and came back, and how long that took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTimes {
    /// Calls that came back.
    pub calls: u64,
    /// The shortest, in nanoseconds.
    pub min_nanos: u64,
    /// The longest, in nanoseconds.
    pub max_nanos: u64,
    /// All together, in nanoseconds.
    pub total_nanos: u64,
}

impl CallTimes {
    /// Adds a call.
    pub fn add(&mut self, nanos: u64) {
        self.min_nanos = if self.calls == 0 { nanos } else { self.min_nanos.min(nanos) };
        self.max_nanos = self.max_nanos.max(nanos);
        self.total_nanos = self.total_nanos.saturating_add(nanos);
        self.calls += 1;
    }

    /// The mean, in nanoseconds; 0 where no call came back.
    pub fn mean_nanos(&self) -> u64 {
        self.total_nanos.checked_div(self.calls).unwrap_or(0)
    }
}
