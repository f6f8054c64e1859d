//! The warm-up and what comes after it.

use super::boundary_log::BoundaryLog;
use super::guest::GuestState;
use super::live_probes::{reset_counters, set_clock};
use crate::recording::CallTimes;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{AsContextMut, Store};

/// When the measured part of a run begins, in nanoseconds since the recording began, as all threads of the run see it.
#[derive(Debug)]
pub struct MeasuredFrom(AtomicU64);

impl MeasuredFrom {
    /// All of the run is measured, or, with a warm-up, nothing so far.
    pub fn new(has_warm_up: bool) -> Self {
        MeasuredFrom(AtomicU64::new(if has_warm_up { u64::MAX } else { 0 }))
    }

    /// Is this moment measured?
    pub fn has(&self, nanos: u64) -> bool {
        nanos >= self.0.load(Ordering::Relaxed)
    }
}

/// Ends the warm-up: all sums begin anew. What is in memory stays, and how it came there: heap and growth are recorded
/// from the start. Gives the moment.
pub fn begin_measuring(store: &mut Store<GuestState>) -> u64 {
    reset_counters(store);
    let watch = &mut store.data_mut().watch;
    watch.log = BoundaryLog::default();
    watch.calls = CallTimes::default();
    watch.unknown_callees = 0;
    watch.pacer.begin(&watch.clock);
    let now = watch.clock.now();
    watch.measured.0.store(now, Ordering::Relaxed);
    set_clock(&mut store.as_context_mut(), now);
    now
}
