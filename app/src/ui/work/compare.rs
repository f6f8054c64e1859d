//! Two builds: their recordings are opened, or made by turns, and compared.

use super::super::jobs::{Compare, Failure, Made, OtherBuild, Turns};
use super::super::module::ModuleFacts;
use super::super::run_dialog::RunForm;
use super::super::watch::Watch;
use super::{facts, still_wanted};
use crate::analysis::{Comparison, Pair, Side};
use crate::builds;
use crate::pipeline;
use crate::profile::Profile;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::{Guest, Observer, RunOptions};

/// Compares two builds, after running both by turns where that is wanted.
pub fn compare(compare: Compare, watch: &Arc<Watch>) -> Result<Made, Failure> {
    let Compare { mine, side, symbols, other } = compare;
    let files = Files { of: Arc::clone(&mine), symbols, watch };
    let mut folder = None;
    let Pair { old, new } = match other {
        OtherBuild::Profile(other) => sided(side, vec![mine], vec![other]),
        OtherBuild::File(path) => sided(side, vec![mine], files.open(&builds::recordings_at(&path)?)?),
        OtherBuild::Both(path) => files.open_both(&builds::recordings(&path, None)?)?,
        OtherBuild::Run(turns) => {
            let builds = to_run(&turns, &files)?;
            let made = NewFolder::make(turns.folder)?;
            let recorded =
                take_turns(&sided(side, builds.mine, builds.other), turns.runs, &made.path, watch)?;
            folder = Some(made);
            files.open_both(&recorded)?
        }
    };
    let comparison = Comparison::new(old, new).map_err(|error| Failure::of(error.to_string()))?;
    still_wanted(watch)?;
    Ok(Made::Comparison { comparison: Arc::new(comparison), folder: folder.map(NewFolder::keep) })
}

fn sided<T>(side: Side, mine: T, other: T) -> Pair<T> {
    match side {
        Side::Old => Pair { old: mine, new: other },
        Side::New => Pair { old: other, new: mine },
    }
}

/// Opens recordings: those of the same module as one that is open have the symbols that this is shown with.
struct Files<'a> {
    of: Arc<Profile>,
    symbols: Option<PathBuf>,
    watch: &'a Watch,
}

impl Files<'_> {
    fn open_both(&self, files: &Pair<Vec<PathBuf>>) -> Result<Pair<Vec<Arc<Profile>>>, Failure> {
        Ok(Pair { old: self.open(&files.old)?, new: self.open(&files.new)? })
    }

    fn open(&self, files: &[PathBuf]) -> Result<Vec<Arc<Profile>>, Failure> {
        files.iter().map(|file| self.open_one(file).map(Arc::new)).collect()
    }

    fn open_one(&self, file: &Path) -> Result<Profile, Failure> {
        still_wanted(self.watch)?;
        let profile = pipeline::open_recording(file, None)?;
        let is_same_module = profile.recording().module == self.of.recording().module;
        Ok(match self.symbols.as_deref().filter(|_| is_same_module) {
            Some(symbols) => pipeline::open_recording(file, Some(symbols))?,
            None => profile,
        })
    }
}

/// A folder for what is made, which goes with all that is in it where nothing comes of it.
struct NewFolder {
    path: PathBuf,
    is_kept: bool,
}

impl NewFolder {
    fn make(path: PathBuf) -> Result<NewFolder, Failure> {
        builds::make_folder(&path)?;
        Ok(NewFolder { path, is_kept: false })
    }

    fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.is_kept {
            // What can't be deleted only takes up room.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// A module and how it is run.
struct Build {
    guest: Guest,
    options: RunOptions,
}

/// The build of the recording that is open, and the other one.
struct ToRun {
    mine: Build,
    other: Build,
}

/// Both builds, each to be run as the recording that is open was made.
fn to_run(turns: &Turns, files: &Files<'_>) -> Result<ToRun, Failure> {
    let recording = files.of.recording();
    let (name, path) = (recording.meta.module_name.clone(), recording.meta.module_path.clone());
    let mine = facts(Guest { bytes: Arc::clone(&recording.module), name, path })?;
    let other = facts(pipeline::open_module(&turns.other)?)?;
    let form = turns.known.clone().form(recording, &mine);
    let build = |module: ModuleFacts, symbols| build(module, &form, symbols, &turns.machine_code);
    Ok(ToRun { mine: build(mine, files.symbols.as_deref())?, other: build(other, None)? })
}

fn build(
    module: ModuleFacts,
    form: &RunForm,
    symbols: Option<&Path>,
    machine_code: &Path,
) -> Result<Build, Failure> {
    let named = |error| Failure::of(format!("{}: {error}", module.guest.name));
    let mut options = form.options(&module).map_err(named)?;
    options.cache_dir = Some(machine_code.to_owned());
    options.symbols = pipeline::symbol_files(&module.guest, symbols)?;
    Ok(Build { guest: module.guest, options })
}

/// Runs both builds by turns, so many times each. Gives the recordings in `folder`.
fn take_turns(
    builds: &Pair<Build>,
    runs: usize,
    folder: &Path,
    watch: &Arc<Watch>,
) -> Result<Pair<Vec<PathBuf>>, Failure> {
    let mut made = Pair { old: Vec::new(), new: Vec::new() };
    for turn in builds::turns(runs) {
        let Build { guest, options } = builds.get(turn.0);
        let file = builds::turn_file(folder, turn);
        pipeline::record_to(&file, guest, options, Arc::clone(watch) as Arc<dyn Observer>)?;
        still_wanted(watch)?;
        made.get_mut(turn.0).push(file);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::tests::MAPPED;
    use crate::ui::run_dialog::Known;
    use wasmscope_instrument::{Invocation, Nobody};

    #[test]
    fn stopped_turns_leave_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("a.wscope"), folder.path().join("b.wasm"));
        std::fs::write(&other, MAPPED).unwrap();
        let guest = Guest { bytes: MAPPED.into(), name: "m.wasm".to_owned(), path: String::new() };
        let options = RunOptions { invoke: Some(Invocation::once("run", &[])), ..RunOptions::default() };
        pipeline::record_to(&file, &guest, &options, Arc::new(Nobody)).unwrap();
        let mine = Arc::new(pipeline::open_recording(&file, None).unwrap());
        let made = folder.path().join("turns");
        let watch = Arc::new(Watch::new(&egui::Context::default()));
        for is_stopped in [false, true] {
            let (other, folder, machine_code) = (other.clone(), made.clone(), folder.path().join("code"));
            let turns = Turns { other, known: Known::Told, runs: 1, folder, machine_code };
            let (mine, other) = (Arc::clone(&mine), OtherBuild::Run(Box::new(turns)));
            let done = compare(Compare { mine, side: Side::Old, symbols: None, other }, &watch);
            assert_eq!((done.is_ok(), made.exists()), (!is_stopped, !is_stopped));
            let _ = std::fs::remove_dir_all(&made);
            watch.cancel();
        }
    }
}
