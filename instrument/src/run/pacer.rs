//! How time outside of guest code becomes samples, whichever way samples are taken.

use crate::clock::RecordingClock;
use crate::sample::{Leaf, SignalSampler, StackBounds};
use std::sync::Arc;
use wasmtime::{AsContext, Memory};

/// Keeps the guest's thread and the sampler in step at the boundary.
pub enum Pacer {
    /// Ticks are signals: those that found no guest code wait to be credited.
    Signal {
        /// The handler's state.
        sampler: Arc<SignalSampler>,
        /// Are samples recorded, or does the timer only keep the clock?
        records_time: bool,
    },
    /// Ticks are epochs, which pass unseen while the host runs.
    Epoch {
        /// Time between ticks; `None` where no samples are recorded.
        period_nanos: Option<u64>,
        /// When the last sample was taken.
        last_nanos: u64,
    },
}

impl Pacer {
    /// What counts begins now.
    pub fn begin(&mut self, clock: &RecordingClock) {
        match self {
            Pacer::Signal { sampler, .. } => sampler.forget_pending(),
            Pacer::Epoch { last_nanos, .. } => *last_nanos = clock.now(),
        }
    }

    /// Are samples taken by signals? Those see no further than to the end of a stack, where the host called the guest
    /// again.
    pub fn samples_by_signal(&self) -> bool {
        matches!(self, Pacer::Signal { records_time: true, .. })
    }

    /// The host is about to call the guest, from the calling function's stack; `outer` is the number of the stack on
    /// which the guest waits meanwhile, 0 where it doesn't.
    pub fn call_guest(&self, outer: u32) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.enter_stack(outer);
        }
        self.enter_guest();
    }

    /// The stack that the guest is on.
    pub fn stack(&self) -> StackBounds {
        match self {
            Pacer::Signal { sampler, .. } => sampler.stack(),
            Pacer::Epoch { .. } => StackBounds::default(),
        }
    }

    /// The host returns from a call of the guest to the guest that called it, which is on this stack.
    pub fn return_to(&self, stack: &StackBounds) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.set_stack(stack);
        }
    }

    /// The host may have let the guest's memory grow.
    pub fn see_memory(&self, memory: Memory, store: impl AsContext) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.see_memory(memory, store);
        }
    }

    /// The guest calls the host.
    pub fn leave_guest(&self) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.set_in_host(true);
        }
    }

    /// The host returns to the guest.
    pub fn enter_guest(&self) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.set_in_host(false);
        }
    }

    /// How long the handler of ticks took so far, in nanoseconds, and how often it ran.
    pub fn handled(&self) -> (u64, u64) {
        match self {
            Pacer::Signal { sampler, .. } => sampler.handled(),
            Pacer::Epoch { .. } => (0, 0),
        }
    }

    /// The time, in nanoseconds, that is to be credited to `leaf`; `None` where no tick fell into it.
    pub fn take_outside_nanos(&mut self, leaf: Leaf, clock: &RecordingClock) -> Option<u64> {
        match self {
            Pacer::Signal { sampler, records_time } => {
                Some(sampler.take_pending_nanos()).filter(|nanos| *nanos > 0 && *records_time)
            }
            // The guest's own time is seen at its own checks: only a host call that took longer than a tick counts.
            Pacer::Epoch { .. } if leaf == Leaf::Engine => None,
            Pacer::Epoch { period_nanos, last_nanos } => {
                let now = clock.now();
                let elapsed = now.saturating_sub(*last_nanos);
                let due = period_nanos.is_some_and(|period| elapsed >= period);
                due.then(|| std::mem::replace(last_nanos, now)).map(|last| now.saturating_sub(last))
            }
        }
    }

    /// So long before now was our own doing: it is credited to nobody. Nothing is due before the next tick, which a
    /// walk down a deep stack may have taken longer than: otherwise there would be a sample at each crossing.
    pub fn skip(&mut self, nanos: u64) {
        match self {
            Pacer::Signal { sampler, .. } => sampler.skip(nanos),
            Pacer::Epoch { last_nanos, .. } => *last_nanos += nanos,
        }
    }

    /// An epoch passed while the guest ran: the time since the last sample, where samples are recorded.
    pub fn take_epoch_nanos(&mut self, clock: &RecordingClock) -> Option<u64> {
        let Pacer::Epoch { period_nanos: Some(_), last_nanos } = self else { return None };
        let now = clock.now();
        let last = std::mem::replace(last_nanos, now);
        Some(now.saturating_sub(last))
    }
}
