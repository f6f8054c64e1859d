//! A line on a terminal that says how far long work is, and goes again.

use crate::units;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use wasmscope_instrument::recording::Phase;

/// The line. Only where the standard error is a terminal: nothing of it stands in a log.
#[derive(Default)]
pub(super) struct ProgressLine {
    is_shown: AtomicBool,
}

impl ProgressLine {
    /// Says how far it is.
    pub(super) fn show(&self, phase: Phase, done: u64, of: u64) {
        if io::stderr().is_terminal() {
            self.is_shown.store(true, Ordering::Relaxed);
            print(&line(phase, done, of));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.is_shown.swap(false, Ordering::Relaxed) {
            print(CLEAR);
        }
    }
}

/// A run that was cancelled has no further phase that would take the line away.
impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

/// To the line's begin, and nothing behind it.
const CLEAR: &str = "\r\x1b[K";

fn line(phase: Phase, done: u64, of: u64) -> String {
    format!("{CLEAR}{}: {}", phase.name(), units::percent(units::share(done, of)))
}

/// Where the terminal went away there is nobody to tell.
fn print(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
