//! Follows a job from the window: phase, live counts, what the program writes, and the wish to stop it.

use crate::units;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmscope_instrument::recording::Phase;
use wasmscope_instrument::{LiveCounts, Observer, OutputStream};

/// The state of one job, written by its threads and read by the window.
pub struct Watch {
    cancelled: AtomicBool,
    progress: Mutex<Progress>,
    output: Mutex<VecDeque<u8>>,
    ctx: egui::Context,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// The phase that it is in; `None` before the first.
    pub phase: Option<Phase>,
    /// How much of the phase is done, from 0 to 1, where it tells.
    pub done: Option<f64>,
    /// What was counted so far.
    pub counts: LiveCounts,
    /// Is the recording being read back?
    pub reading_back: bool,
}

/// The last of a program's output that the window keeps, in bytes.
const OUTPUT_BYTES: usize = 256 << 10;

impl Watch {
    /// Nothing has happened yet.
    pub fn new(ctx: &egui::Context) -> Watch {
        let (progress, output) = Default::default();
        Watch { cancelled: AtomicBool::new(false), progress, output, ctx: ctx.clone() }
    }

    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        *held(&self.progress)
    }

    /// The run is over and its recording is being read.
    pub fn begin_reading(&self) {
        held(&self.progress).reading_back = true;
        self.ctx.request_repaint();
    }

    /// The last of what the program wrote.
    pub fn output(&self) -> String {
        let output = held(&self.output);
        let (front, back) = output.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer for Watch {
    fn phase(&self, phase: Phase) {
        let mut progress = held(&self.progress);
        (progress.phase, progress.done) = (Some(phase), None);
        self.ctx.request_repaint();
    }

    fn progress(&self, _phase: Phase, done: u64, of: u64) {
        held(&self.progress).done = Some(units::share(done, of));
        self.ctx.request_repaint();
    }

    fn output(&self, _stream: OutputStream, bytes: &[u8]) {
        let mut output = held(&self.output);
        output.extend(bytes);
        let excess = output.len().saturating_sub(OUTPUT_BYTES);
        output.drain(..excess);
        // A program that prints all the time must not make the window draw all the time.
        self.ctx.request_repaint_after_secs(0.05);
    }

    fn live(&self, counts: LiveCounts) {
        held(&self.progress).counts = counts;
        self.ctx.request_repaint();
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_keeps_its_end() {
        let watch = Watch::new(&egui::Context::default());
        Observer::output(&watch, OutputStream::Stdout, &vec![b'a'; OUTPUT_BYTES]);
        Observer::output(&watch, OutputStream::Stderr, b"end");
        assert_eq!(watch.output().len(), OUTPUT_BYTES);
        assert!(watch.output().ends_with("aend"));
    }
}
