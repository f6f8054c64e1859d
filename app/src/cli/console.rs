//! What a run tells while it goes on, on the console.

use super::progress::ProgressLine;
use super::{interrupt, print};
use std::io::{self, Write};
use wasmscope_instrument::recording::Phase;
use wasmscope_instrument::{Observer, OutputStream};

/// Hands Ctrl+C to the run, says how far compiling is, and prints what the program prints if it is to.
#[derive(Default)]
pub(super) struct Console {
    passes_output: bool,
    progress: ProgressLine,
}

impl Console {
    /// One that prints what the program prints.
    pub(super) fn passing_output() -> Console {
        Console { passes_output: true, ..Console::default() }
    }
}

impl Observer for Console {
    fn phase(&self, _phase: Phase) {
        self.progress.clear();
    }

    fn progress(&self, phase: Phase, done: u64, of: u64) {
        self.progress.show(phase, done, of);
    }

    fn unmet(&self, sentence: &str) {
        self.progress.clear();
        print::note(&format!("warning: {sentence}"));
    }

    fn output(&self, stream: OutputStream, bytes: &[u8]) {
        if !self.passes_output {
            return;
        }
        // A reader that went away is no reason to stop the run; the recording keeps the output's end.
        let _ = match stream {
            OutputStream::Stdout => pass(io::stdout().lock(), bytes),
            OutputStream::Stderr => pass(io::stderr().lock(), bytes),
        };
    }

    fn is_cancelled(&self) -> bool {
        interrupt::is_interrupted()
    }
}

fn pass(mut out: impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}
