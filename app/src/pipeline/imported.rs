//! Profiles of other tools on their way to a recording, and the modules that the user points to for them.

use super::{PipelineError, file_name, guest, read as read_bytes};
use crate::import::{ImportError, Mismatch, import, resolve};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::Guest;
use wasmscope_instrument::recording::{Foreign, Recording};
use wasmscope_symbolize::ModuleIndex;

/// The recording that is made of another tool's profile; `None` where the file is none.
///
/// # Errors
/// When it is one and can't be read.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<Option<Recording>, PipelineError> {
    import(bytes, &file_name(path)).map_err(|source| PipelineError::Import { path: path.to_owned(), source })
}

/// Is it imported, and without the module that ran?
pub(super) fn needs_module(recording: &Recording) -> bool {
    recording.module.is_empty() && Foreign::of(recording).is_some()
}

/// The imported `recording` with the module at `path`.
pub(super) fn with_module(recording: Recording, path: &Path) -> Result<Recording, PipelineError> {
    if path.is_dir() {
        return Err(PipelineError::NeedsModule { path: path.to_owned() });
    }
    let bytes: Arc<[u8]> = read_bytes(path)?.into();
    let outline = ModuleIndex::parse(&bytes).ok().filter(|outline| outline.code_start().is_some());
    let outline = outline.ok_or_else(|| PipelineError::NeedsModule { path: path.to_owned() })?;
    let Guest { bytes, name, path: module_path } = guest(bytes, path);
    let found = resolve(recording, bytes, outline);
    let mut recording = found.map_err(|mismatch| other_module(path.to_owned(), mismatch))?;
    recording.meta.module_name = name;
    recording.meta.module_path = module_path;
    Ok(recording)
}

fn other_module(path: PathBuf, mismatch: Mismatch) -> PipelineError {
    match mismatch {
        Mismatch { found: 0, .. } => PipelineError::OtherModule { path },
        Mismatch { found, all } => {
            PipelineError::Import { path, source: ImportError::OtherModule { found, all } }
        }
    }
}
