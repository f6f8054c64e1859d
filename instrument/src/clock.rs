//! The recording's clock: nanoseconds since it began, cheap enough to be read at every crossing, and from a signal
//! handler. Everything that has a time has it from here, so that times can be compared.

use quanta::Clock;

/// Counts nanoseconds since the recording began. All threads of a run share its beginning.
#[derive(Clone, Debug)]
pub struct RecordingClock {
    cycles: Clock,
    origin: u64,
}

impl RecordingClock {
    /// Begins now.
    pub fn begin() -> Self {
        let cycles = Clock::new();
        RecordingClock { origin: cycles.raw(), cycles }
    }

    /// Nanoseconds since the beginning, by the processor's cycle counter. Takes no lock and allocates nothing.
    pub fn now(&self) -> u64 {
        self.cycles.delta_as_nanos(self.origin, self.cycles.raw())
    }
}
