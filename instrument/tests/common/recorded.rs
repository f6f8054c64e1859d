//! Whole runs, into memory.

use std::sync::Arc;
use wasmscope_instrument::recording::{Recording, read};
use wasmscope_instrument::{Guest, Nobody, RunOptions, record};

/// Runs `guest` and reads the recording, which is whole and says how the run ended.
pub fn run(guest: &Guest, options: &RunOptions) -> Recording {
    let mut file = Vec::new();
    let outcome = record(guest, options, Arc::new(Nobody), &mut file).unwrap();
    let recording = read(&file).unwrap();
    assert_eq!((&recording.outcome, &recording.damage), (&outcome, &None));
    recording
}
