//! What jobs do on their threads: the pipeline, and nothing of the window.

use super::documents::DocumentId;
use super::jobs::{Failure, Made, Run, Save};
use super::module::ModuleFacts;
use super::watch::Watch;
use crate::pack::pack;
use crate::pipeline::{self, Opened};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::Guest;

/// Opens the module or recording at `path`.
pub fn open(path: &Path) -> Result<Made, Failure> {
    match pipeline::open(path).map_err(failure)? {
        Opened::Module(guest) => module(guest),
        Opened::Recording(profile) => {
            Ok(Made::Recording { profile: Arc::from(profile), path: absolute(path), symbols: None })
        }
    }
}

/// Makes a module ready to be run.
pub fn module(guest: Guest) -> Result<Made, Failure> {
    let name = guest.name.clone();
    let facts = ModuleFacts::read(guest).map_err(|error| Failure::of(format!("{name}: {error}")))?;
    Ok(Made::Module(Arc::new(facts)))
}

/// Runs a module, records it into `to` and reads the recording back.
pub fn record(run: Run, watch: Arc<Watch>, to: PathBuf) -> Result<Made, Failure> {
    let Run { module, mut options, symbols } = run;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::of(format!("{}: the folder can't be made: {error}", folder.display()))
        })?;
    }
    options.symbols = pipeline::symbol_files(&module.guest, symbols.as_deref()).map_err(failure)?;
    let observer = Arc::clone(&watch);
    pipeline::record_to(&to, &module.guest, &options, observer).map_err(failure)?;
    watch.begin_reading();
    let profile = pipeline::open_recording(&to, symbols.as_deref()).map_err(failure)?;
    Ok(Made::Recording { profile: Arc::new(profile), path: to, symbols })
}

/// Reads the recording at `path` with these symbols.
pub fn read_symbols(document: DocumentId, path: &Path, symbols: PathBuf) -> Result<Made, Failure> {
    let profile = pipeline::open_recording(path, Some(&symbols)).map_err(failure)?;
    Ok(Made::Symbols { document, profile: Arc::new(profile), symbols })
}

/// Saves a recording.
pub fn save(save: Save) -> Result<Made, Failure> {
    let Save { document, profile, from, to: path, packed_with } = save;
    // Copying a file over itself would empty it.
    if !pipeline::is_same_file(&from, &path) {
        let cant = |error| Failure::of(format!("{}: can't be saved: {error}", path.display()));
        std::fs::copy(&from, &path).map_err(cant)?;
    }
    let packed = packed_with.map(|sources| pack(&path, &profile, &sources.of(&profile)));
    Ok(Made::Saved { document, packed: packed.transpose().map_err(failure)?, path })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn failure(error: pipeline::PipelineError) -> Failure {
    Failure::from_error(&anyhow::Error::new(error))
}
