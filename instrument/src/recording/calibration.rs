//! What measuring costs.

use serde::{Deserialize, Serialize};

/// What one of each thing that is measured costs on the machine of the run, in nanoseconds, as a tiny module showed
/// before it; 0 for what was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// A call of an import that does nothing, while crossings are watched.
    pub crossing_nanos: f64,
    /// The part of it that counts as time in the import.
    pub crossing_in_import_nanos: f64,
    /// The same call where nobody watches.
    pub bare_crossing_nanos: f64,
    /// What is added to a heap operation.
    pub heap_nanos: f64,
    /// What is added to a call of a function that is counted.
    pub call_nanos: f64,
    /// What is added to a run of instructions that are counted together.
    pub instruction_nanos: f64,
    /// What is added to an access that is counted.
    pub access_nanos: f64,
    /// What is added to a growth of a memory.
    pub growth_nanos: f64,
    /// What a signal takes besides its handler.
    pub tick_nanos: f64,
}

impl Calibration {
    /// What watching adds to a call that crosses, in nanoseconds.
    pub fn added_crossing_nanos(&self) -> f64 {
        (self.crossing_nanos - self.bare_crossing_nanos).max(0.0)
    }
}
