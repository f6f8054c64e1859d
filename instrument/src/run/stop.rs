//! Why a run is to be stopped, as a flag that all its threads see.

use std::sync::atomic::{AtomicU8, Ordering};

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
}

/// The flag. The first reason stays.
#[derive(Debug, Default)]
pub struct StopFlag(AtomicU8);

impl StopFlag {
    /// Asks for the stop.
    pub fn set(&self, reason: StopReason) {
        let _ = self.0.compare_exchange(0, reason as u8, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The reason, if a stop was asked for.
    pub fn get(&self) -> Option<StopReason> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(StopReason::Cancelled),
            2 => Some(StopReason::TimeLimit),
            3 => Some(StopReason::WriteFailed),
            _ => None,
        }
    }
}
