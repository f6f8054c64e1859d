//! Why a run is to be stopped, as a flag that all its threads see.

use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::Notify;

/// Why a run is stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// The observer asked for it.
    Cancelled = 1,
    /// The time limit was reached.
    TimeLimit = 2,
    /// The recording can't be written any more.
    WriteFailed = 3,
    /// The guest wrote more than it may.
    OutputLimit = 4,
}

/// The flag. The first reason stays.
#[derive(Debug, Default)]
pub struct StopFlag {
    reason: AtomicU8,
    raised: Notify,
}

impl StopFlag {
    /// Asks for the stop.
    pub fn set(&self, reason: StopReason) {
        let _ = self.reason.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
        self.raised.notify_waiters();
    }

    /// Waits until somebody asks for the stop.
    pub async fn raised(&self) {
        // Before the look at the reason: what is raised in between must not be missed.
        let raised = self.raised.notified();
        if self.get().is_none() {
            raised.await;
        }
    }

    /// The reason, if a stop was asked for.
    pub fn get(&self) -> Option<StopReason> {
        match self.reason.load(Ordering::Relaxed) {
            1 => Some(StopReason::Cancelled),
            2 => Some(StopReason::TimeLimit),
            3 => Some(StopReason::WriteFailed),
            4 => Some(StopReason::OutputLimit),
            _ => None,
        }
    }
}
