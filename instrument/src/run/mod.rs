//! Runs a module and records it.

mod observer;
mod options;
mod value;

pub use observer::{LiveCounts, Nobody, Observer, OutputStream};
pub use options::{
    DEFAULT_RATE_HZ, GrantedDir, Invocation, Limits, Program, RunOptions, SamplerChoice, Stdin,
};
pub use value::{BadValue, Value};

use crate::error::RecordError;
use crate::recording::Outcome;
use std::io::Write;
use std::sync::Arc;

/// The module that is to be run.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Its file name.
    pub name: String,
    /// Its path as it was given; empty where there is no file.
    pub path: String,
}

/// Runs `guest` as `options` say and writes the recording to `out` while it runs.
///
/// Blocks until the program ends, a limit is reached or `observer` cancels. What the guest does wrong is an
/// [`Outcome`]; an error means that there was no run, or that the recording could not be written.
pub fn record<W: Write + Send + 'static>(
    guest: &Guest,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
    out: W,
) -> Result<Outcome, RecordError> {
    let _ = (guest, options, observer, out);
    Ok(Outcome::Unknown)
}
