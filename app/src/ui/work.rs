//! What jobs do on their threads: the pipeline, and nothing of the window.

use super::jobs::{Failure, Made};
use super::module::ModuleFacts;
use super::watch::Watch;
use crate::pipeline::{self, Opened};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::{Guest, RunOptions};

/// Opens the module or recording at `path`.
pub fn open(path: &Path) -> Result<Made, Failure> {
    match pipeline::open(path).map_err(failure)? {
        Opened::Module(guest) => module(guest),
        Opened::Recording(profile) => {
            Ok(Made::Recording { profile: Arc::from(profile), path: absolute(path) })
        }
    }
}

/// Makes a module ready to be run.
pub fn module(guest: Guest) -> Result<Made, Failure> {
    let name = guest.name.clone();
    let facts = ModuleFacts::read(guest).map_err(|error| Failure::of(format!("{name}: {error}")))?;
    Ok(Made::Module(Arc::new(facts)))
}

/// Runs `module`, records it into `to` and reads the recording back.
pub fn record(
    module: &ModuleFacts,
    options: &RunOptions,
    watch: Arc<Watch>,
    to: PathBuf,
) -> Result<Made, Failure> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::of(format!("{}: the folder can't be made: {error}", folder.display()))
        })?;
    }
    let observer = Arc::clone(&watch);
    pipeline::record_to(&to, &module.guest, options, observer).map_err(failure)?;
    watch.begin_reading();
    let profile = pipeline::open_recording(&to, None).map_err(failure)?;
    Ok(Made::Recording { profile: Arc::new(profile), path: to })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn failure(error: pipeline::PipelineError) -> Failure {
    Failure::from_error(&anyhow::Error::new(error))
}
