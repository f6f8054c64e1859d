//! The recording's clock: nanoseconds since it began, cheap enough to be read at every crossing.

use quanta::Clock;
use std::time::Instant;

/// Counts nanoseconds since the recording began. All threads of a run share its beginning.
#[derive(Clone, Debug)]
pub struct RecordingClock {
    cycles: Clock,
    origin: u64,
    began: Instant,
}

impl RecordingClock {
    /// Begins now.
    pub fn begin() -> Self {
        let cycles = Clock::new();
        RecordingClock { origin: cycles.raw(), began: Instant::now(), cycles }
    }

    /// Nanoseconds since the beginning, by the processor's cycle counter.
    pub fn now(&self) -> u64 {
        self.cycles.delta_as_nanos(self.origin, self.cycles.raw())
    }

    /// When it began.
    pub fn began(&self) -> Instant {
        self.began
    }
}
