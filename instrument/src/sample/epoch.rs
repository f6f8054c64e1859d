//! Samples by epochs, where no signal can reach the guest: a thread of ours advances the engine's epoch, and the
//! guest notices at its next function entry or loop head.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use wasmtime::Engine;

/// Advances an engine's epoch at a steady rate until it is dropped.
pub struct EpochTicker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EpochTicker {
    /// Starts ticking, `rate_hz` times a second.
    pub fn start(engine: Engine, rate_hz: u32) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let period = Duration::from_secs(1) / rate_hz.max(1);
        let tick = move || {
            while !seen.load(Ordering::Relaxed) {
                std::thread::sleep(period);
                engine.increment_epoch();
            }
        };
        let thread = Builder::new().name("epoch ticker".into()).spawn(tick)?;
        Ok(EpochTicker { stop, thread: Some(thread) })
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It panics only if sleeping does; there is nothing to add to that.
            let _ = thread.join();
        }
    }
}
