//! What jobs do on their threads: the pipeline, and nothing of the window.

mod compare;

pub use compare::compare;

use super::follow;
use super::jobs::{Export, ExportedView, Failure, Made, ReadSymbols, Run, Save, Shown};
use super::module::ModuleFacts;
use super::watch::Watch;
use crate::export;
use crate::live::Live;
use crate::pack::pack;
use crate::pipeline::{self, Opened, PipelineError};
use crate::profile::Profile;
use crate::save;
use crate::trial;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::recording::{Foreign, Recording};
use wasmscope_instrument::{Guest, Observer};

/// Opens the module or recording at `path`.
pub fn open(path: &Path) -> Result<Made, Failure> {
    match pipeline::open(path)? {
        Opened::Module(guest) => module(guest),
        Opened::Recording(profile) => {
            let (profile, path) = (Arc::from(profile), absolute(path));
            Ok(Made::Recording { profile, path, symbols: None, goes_on: false })
        }
    }
}

/// Makes the module of a recording ready to be run again: its file, which may have been built anew since, or else what
/// is in the recording.
pub fn module_of(recording: &Recording) -> Result<Made, Failure> {
    let (name, path) = (recording.meta.module_name.clone(), recording.meta.module_path.clone());
    let fresh = (!path.is_empty()).then(|| std::fs::read(&path).ok()).flatten();
    let bytes = fresh.map_or_else(|| Arc::clone(&recording.module), Arc::from);
    module(Guest { bytes, name, path })
}

fn module(guest: Guest) -> Result<Made, Failure> {
    Ok(Made::Module(Arc::new(facts(guest)?)))
}

fn facts(guest: Guest) -> Result<ModuleFacts, Failure> {
    let name = guest.name.clone();
    ModuleFacts::read(guest).map_err(|error| Failure::of(format!("{name}: {error}")))
}

/// Makes a recording in `to` of a module that is not run.
pub fn look_inside(module: &ModuleFacts, symbols: Option<PathBuf>, to: PathBuf) -> Result<Made, Failure> {
    make_folder_of(&to)?;
    pipeline::record_unrun_to(&to, &module.guest)?;
    let profile = Arc::new(pipeline::open_recording(&to, symbols.as_deref())?);
    Ok(Made::Recording { profile, path: to, symbols, goes_on: false })
}

fn make_folder_of(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let cant = |error| Failure::of(format!("{}: the folder can't be made: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(cant)
}

/// Runs a module, records it into `to` and reads the recording back; meanwhile `show` gets what there is of it.
pub fn record(
    run: Run,
    watch: Arc<Watch>,
    to: PathBuf,
    show: impl FnMut(Arc<Profile>) + Send,
) -> Result<Made, Failure> {
    let Run { module, mut options, symbols, shown, form: _ } = run;
    make_folder_of(&to)?;
    options.symbols = pipeline::symbol_files(&module.guest, symbols.as_deref())?;
    let observer = Arc::clone(&watch);
    let record = || pipeline::record_to(&to, &module.guest, &options, observer);
    let (outcome, seen) = match shown {
        Shown::InTheEnd => (record(), None),
        Shown::WhileItRuns => follow::followed(Live::new(&to, symbols.as_deref()), show, record),
    };
    outcome?;
    watch.begin_reading();
    let (profile, goes_on) = match seen.and_then(Live::finish) {
        Some(profile) => (profile, true),
        None => (pipeline::open_recording(&to, symbols.as_deref())?, false),
    };
    Ok(Made::Recording { profile: Arc::new(profile), path: to, symbols, goes_on })
}

/// Looks for the allocators of a module.
pub fn find_allocators(run: Run, watch: Arc<Watch>) -> Result<Made, Failure> {
    let Run { module, mut options, symbols, .. } = run;
    options.symbols = pipeline::symbol_files(&module.guest, symbols.as_deref())?;
    Ok(Made::Trial(trial::find(&module.guest, &options, watch)?))
}

/// Reads a recording that is open once more, with other symbols.
pub fn read_symbols(read: &ReadSymbols) -> Result<Made, Failure> {
    let ReadSymbols { shown, path, wish } = read;
    let profile = pipeline::open_recording(path, wish.choice.path())?;
    same_recording(path, shown, profile.recording())?;
    Ok(Made::Symbols(Arc::new(profile)))
}

/// Saves a recording.
pub fn save(save: Save, watch: &Watch) -> Result<Made, Failure> {
    let Save { document, profile, from, to: path, others, packed_with } = save;
    if others.iter().any(|other| pipeline::is_same_file(other, &path)) {
        let text = "this recording is open, too; close it first, or name another file";
        return Err(Failure::of(format!("{}: {text}", path.display())));
    }
    let packed = save::save(&from, profile.imported(), &path, |file| {
        let there = wasmscope_instrument::recording::read_file(file);
        let there = there.map_err(|source| PipelineError::Recording { path: from.clone(), source })?;
        same_recording(&from, &profile, &there)?;
        still_wanted(watch)?;
        let packed = packed_with.map(|sources| pack(file, &profile, &sources.of(&profile)));
        let packed = packed.transpose()?;
        still_wanted(watch)?;
        Ok::<_, Failure>(packed)
    })?;
    Ok(Made::Saved { document, packed, path })
}

/// Exports what is shown.
pub fn export(export: &Export, watch: &Watch) -> Result<Made, Failure> {
    let Export { view, to } = export;
    let bytes = match view {
        ExportedView::Profile(profile, query, format) => export::export(profile, query, *format),
        ExportedView::Comparison(comparison, query, format) => {
            export::CompareReport::of(comparison, query.clone()).write(*format)
        }
        ExportedView::Picture(picture) => picture.bytes(),
    };
    still_wanted(watch)?;
    save::write_file(to, &bytes)?;
    Ok(Made::Exported(to.clone()))
}

/// Another program may have put another recording where the one is that is shown.
fn same_recording(path: &Path, shown: &Profile, there: &Recording) -> Result<(), Failure> {
    let shown = shown.recording();
    let mark = |recording: &Recording| recording.meta.created_unix_millis;
    // An imported one has its module, if any, from elsewhere.
    let is_same_run = match Foreign::of(there) {
        Some(_) => shown.samples == there.samples,
        None => shown.module == there.module,
    };
    if mark(shown) == mark(there) && is_same_run {
        return Ok(());
    }
    let text = "another recording has taken the place of the one shown; close that and open it again";
    Err(Failure::of(format!("{}: {text}", path.display())))
}

/// Nobody reads this failure: what a stopped job made is thrown away.
fn still_wanted(watch: &Watch) -> Result<(), Failure> {
    if watch.is_cancelled() { Err(Failure::of("Stopped".to_owned())) } else { Ok(()) }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::documents::{Documents, Origin};
    use super::*;
    use crate::pipeline::tests::MAPPED;
    use wasmscope_instrument::{Invocation, Nobody, RunOptions};

    #[test]
    fn a_stopped_saving_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.wscope"), folder.path().join("b.wscope"));
        let guest = Guest { bytes: MAPPED.into(), name: "m.wasm".to_owned(), path: String::new() };
        let invoke = Some(Invocation::once("run", &[]));
        let options = RunOptions { invoke, ..RunOptions::default() };
        pipeline::record_to(&from, &guest, &options, Arc::new(Nobody)).unwrap();
        let profile = Arc::new(pipeline::open_recording(&from, None).unwrap());
        let mut documents = Documents::default();
        let document = documents.add("a".to_owned(), Arc::clone(&profile), Origin::Saved(from.clone()));
        let watch = Watch::new(&egui::Context::default());
        for files in [2, 1] {
            let (from, to, profile) = (from.clone(), to.clone(), Arc::clone(&profile));
            let wanted = Save { document, profile, from, to, others: Vec::new(), packed_with: None };
            assert_eq!(save(wanted, &watch).is_ok(), files == 2);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), files);
            let _ = std::fs::remove_file(folder.path().join("b.wscope"));
            watch.cancel();
        }
    }
}
