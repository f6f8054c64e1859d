//! Modules that are looked at without being run.

use super::{Opened, PipelineError, Target, keep_others, open_bytes, read};
use crate::profile::Profile;
use std::io::BufWriter;
use std::path::Path;
use wasmscope_instrument::{Guest, record_unrun};

/// Opens a recording or, to be looked at as one, a module that is not run.
///
/// # Errors
/// As [`open_bytes`].
pub fn open_unrun(path: &Path, symbols: Option<&Path>) -> Result<Profile, PipelineError> {
    let guest = match open_bytes(read(path)?, path, symbols)? {
        Opened::Recording(profile) => return Ok(*profile),
        Opened::Module(guest) => guest,
    };
    let mut bytes = Vec::new();
    let write = record_unrun(&guest, &mut bytes);
    write.map_err(|source| PipelineError::Create { path: path.to_owned(), source })?;
    match open_bytes(bytes, path, symbols)? {
        Opened::Recording(profile) => Ok(*profile),
        Opened::Module(_) => Err(PipelineError::NotYetRecorded { path: path.to_owned() }),
    }
}

/// Makes the file at `path` a recording of `guest` without a run.
///
/// # Errors
/// When the file can't be written.
pub fn record_unrun_to(path: &Path, guest: &Guest) -> Result<(), PipelineError> {
    keep_others(path, guest)?;
    let (target, file) = Target::create(path)?;
    match record_unrun(guest, BufWriter::new(file)) {
        Ok(()) => target.keep(),
        Err(source) => Err(PipelineError::Create { path: path.to_owned(), source }),
    }
}
