//! Writes results out, to where the command says.

use super::table::clean;
use crate::export::JSON_SCHEMA;
use crate::pipeline::is_same_file;
use crate::profile::Profile;
use crate::save;
use anyhow::{Context, bail};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// What every JSON result is wrapped in.
#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    schema: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// Writes to the standard output. That nobody reads on (`| head`) is no error.
///
/// # Errors
/// When it can't be written for another reason.
pub(super) fn text(text: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("the standard output can't be written")
        }
        _ => Ok(()),
    }
}

/// Writes `content`, an object, as JSON to the standard output.
///
/// # Errors
/// As [`text`].
pub(super) fn json<T: Serialize>(content: &T) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(&Document { schema: JSON_SCHEMA, content })?;
    bytes.push(b'\n');
    text(&bytes)
}

/// Writes to the file at `path`, or to the standard output where there is none or it is `-`. `inputs` are the files that
/// it was made of.
///
/// # Errors
/// When it can't be written, or would be written over one of its own inputs.
pub(super) fn file_or_text(
    path: Option<&Path>,
    inputs: &[impl AsRef<Path>],
    bytes: &[u8],
) -> anyhow::Result<()> {
    match path.filter(|path| *path != Path::new("-")) {
        Some(path) if inputs.iter().any(|input| is_same_file(path, input.as_ref())) => {
            bail!("{}: this is the file that is read; name another one to write", path.display())
        }
        Some(path) => Ok(save::write_file(path, bytes)?),
        None => text(bytes),
    }
}

/// Tells the user something beside the results, on the standard error.
pub(super) fn note(line: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(io::stderr(), "wasmscope: {}", clean(line));
}

/// Tells the user if a part of the recording could not be read.
pub(super) fn damage(file: &Path, profile: &Profile) {
    if let Some(damage) = &profile.recording().damage {
        note(&format!("{}: {damage}", file.display()));
    }
}
