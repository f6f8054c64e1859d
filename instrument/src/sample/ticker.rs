//! A thread that does one thing at a steady rate.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Ticks until it is dropped.
pub struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Does `tick` `rate_hz` times a second. Ticks whose time passed while the machine was busy are left out.
    pub fn start(rate_hz: u32, mut tick: impl FnMut() + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let period = Duration::from_secs(1) / rate_hz.max(1);
        let run = move || {
            let mut due = Instant::now() + period;
            while !seen.load(Ordering::Relaxed) {
                let left = due.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    tick();
                    due = (due + period).max(Instant::now());
                } else {
                    // Who drops it does not wait for the next tick.
                    thread::park_timeout(left);
                }
            }
        };
        let thread = Builder::new().name("ticker".into()).spawn(run)?;
        Ok(Ticker { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It panics only if waiting does; there is nothing to add to that.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn who_drops_it_does_not_wait_for_the_next_tick() {
        let began = Instant::now();
        drop(Ticker::start(1, || ()).unwrap());
        assert!(began.elapsed() < Duration::from_millis(900));
    }

    #[test]
    fn it_ticks_until_it_is_dropped() {
        let ticks = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&ticks);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let ticker = Ticker::start(1_000, count).unwrap();
        while ticks.load(Ordering::Relaxed) < 5 {
            thread::yield_now();
        }
        drop(ticker);
        let seen = ticks.load(Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
        assert_eq!(ticks.load(Ordering::Relaxed), seen);
    }
}
