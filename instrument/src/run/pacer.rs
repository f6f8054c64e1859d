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
    /// The guest's time begins.
    pub fn begin(&mut self, clock: &RecordingClock) {
        if let Pacer::Epoch { last_nanos, .. } = self {
            *last_nanos = clock.now();
        }
    }

    /// The host is about to call the guest, from the calling function's stack.
    pub fn call_guest(&self) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.enter_stack();
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

    /// What passed outside of guest code so far was our own doing: it is credited to nobody.
    pub fn forget_outside_nanos(&self) {
        if let Pacer::Signal { sampler, .. } = self {
            sampler.take_pending_nanos();
        }
    }

    /// The guest's time goes on: what passed since the sample that was just taken was our own doing.
    pub fn go_on(&mut self, clock: &RecordingClock) {
        self.forget_outside_nanos();
        self.begin(clock);
    }

    /// An epoch passed while the guest ran: the time since the last sample, where samples are recorded.
    pub fn take_epoch_nanos(&mut self, clock: &RecordingClock) -> Option<u64> {
        let Pacer::Epoch { period_nanos: Some(_), last_nanos } = self else { return None };
        let now = clock.now();
        let last = std::mem::replace(last_nanos, now);
        Some(now.saturating_sub(last))
    }
}
