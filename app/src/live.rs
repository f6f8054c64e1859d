//! A recording that is looked at while it is being made.

use crate::pipeline::{self, PipelineError};
use crate::profile::{Growing, Profile};
use std::path::{Path, PathBuf};
use wasmscope_instrument::recording::{Follower, ReadError, Recording};

/// A file that takes longer to copy in memory than people like to wait for the next picture is not followed further.
const MOST_BYTES: u64 = 256 << 20;
/// As columns these are many times what they are in the file, and each profile has them.
const MOST_HEAP_OPERATIONS: usize = 4_000_000;

/// Makes profiles of a recording while it is being made. All of them, and that of the whole, speak of the same functions,
/// lines and call paths by the same ids.
pub struct Live {
    path: PathBuf,
    symbols: Option<PathBuf>,
    follower: Option<Follower>,
    growing: Option<Growing>,
}

impl Live {
    /// Of the file at `path`, which need not be there yet, with the symbols at `symbols`, a file or a folder.
    pub fn new(path: &Path, symbols: Option<&Path>) -> Live {
        let (path, symbols) = (path.to_owned(), symbols.map(Path::to_owned));
        Live { path, symbols, follower: None, growing: None }
    }

    /// The profile of what there is by now; `None` where there is nothing new, nothing to be seen, or too much.
    ///
    /// # Errors
    /// When the file can't be read, or there are no symbols of the module where they should be.
    pub fn profile(&mut self) -> Result<Option<Profile>, PipelineError> {
        let path = self.path.clone();
        let follower = self.advance().map_err(|source| PipelineError::Recording { path, source })?;
        let Some(follower) = follower else { return Ok(None) };
        let recording = pipeline::placed(follower.so_far());
        if !has_begun(&recording) {
            return Ok(None);
        }
        let profile = self.growing(&recording)?.profile_so_far(recording);
        prepare(&profile);
        Ok(Some(profile))
    }

    /// The profile of the whole, when nobody writes any more; `None` where it can't be told from what was seen so far,
    /// and has to be read as any other recording.
    pub fn finish(mut self) -> Option<Profile> {
        let mut follower = self.follower.take()?;
        follower.advance().ok()?;
        let recording = follower.finish();
        if recording.damage.is_some() {
            return None;
        }
        let recording = pipeline::placed(recording);
        let profile = self.growing(&recording).ok()?.profile(recording);
        prepare(&profile);
        Some(profile)
    }

    /// Reads on. `None` where there is nothing new, or too much.
    fn advance(&mut self) -> Result<Option<&Follower>, ReadError> {
        if self.follower.is_none() && self.path.exists() {
            self.follower = Some(Follower::open(&self.path)?);
        }
        let Some(follower) = &mut self.follower else { return Ok(None) };
        let is_news = follower.advance()?;
        let is_small = follower.bytes() <= MOST_BYTES && follower.heap_operations() <= MOST_HEAP_OPERATIONS;
        Ok(Some(&*follower).filter(|_| is_news && is_small))
    }

    fn growing(&mut self, recording: &Recording) -> Result<&mut Growing, PipelineError> {
        Ok(match &mut self.growing {
            Some(growing) => growing,
            none => none.insert(pipeline::growing(recording, &self.path, self.symbols.as_deref())?),
        })
    }
}

/// Works out here what panels would otherwise ask for in the middle of a frame, since they go on with their old views.
fn prepare(profile: &Profile) {
    if !profile.recording().heap.is_empty() {
        profile.heap_timeline();
        profile.address_space(profile.main_memory());
    }
}

/// Is there anything to be seen?
fn has_begun(recording: &Recording) -> bool {
    let Recording { module, samples, crossings, growth, heap, .. } = recording;
    let is_empty =
        samples.is_empty() && crossings.functions.is_empty() && growth.is_empty() && heap.is_empty();
    !module.is_empty() && !is_empty
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{self, CallTreeQuery, Metric};
    use crate::samples;
    use std::fs::File;
    use std::io::Write;
    use std::sync::Arc;
    use wasmscope_instrument::Nobody;

    /// A recording with samples, crossings and heap operations, as it stands in its file.
    fn recorded() -> Vec<u8> {
        let sample = samples::all().iter().find(|sample| sample.name == "words").unwrap();
        let module = &sample.modules[0];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        pipeline::record_to(&path, &module.guest(), &module.options(), Arc::new(Nobody)).unwrap();
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn ids_stay_while_a_recording_goes_on_and_its_end_is_that_of_the_file() {
        let bytes = recorded();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        let mut live = Live::new(&path, None);
        assert!(live.profile().unwrap().is_none(), "there is no file yet");
        let mut file = File::create(&path).unwrap();
        let mut before: Option<Profile> = None;
        let mut seen = 0;
        for piece in bytes.chunks(bytes.len() / 40) {
            file.write_all(piece).unwrap();
            let Some(profile) = live.profile().unwrap() else { continue };
            if let Some(before) = &before {
                assert_goes_on(before, &profile);
            }
            (before, seen) = (Some(profile), seen + 1);
        }
        assert!(seen > 1, "{seen} profiles before the end");
        let last = live.finish().unwrap();
        assert_goes_on(&before.unwrap(), &last);
        let opened = pipeline::open_recording(&path, None).unwrap();
        assert_eq!(last.recording(), opened.recording());
        assert_eq!(last.warnings(), opened.warnings());
        for metric in Metric::ALL.into_iter().filter(|metric| metric.available_in(&opened)) {
            let query = CallTreeQuery { metric, ..CallTreeQuery::default() };
            assert_eq!(costs(&last, &query), costs(&opened, &query), "{metric:?}");
        }
    }

    /// All that `before` speaks of is the same in `after`.
    fn assert_goes_on(before: &Profile, after: &Profile) {
        let frames = |profile: &Profile| profile.frames().iter().map(|(_, frame)| frame.clone()).collect();
        let (old, new): (Vec<_>, Vec<_>) = (frames(before), frames(after));
        assert!(new.starts_with(&old));
        let lines = |profile: &Profile| profile.lines().iter().cloned().collect();
        let (old, new): (Vec<_>, Vec<_>) = (lines(before), lines(after));
        assert!(new.starts_with(&old));
        for path in (0..before.paths().len() as u32).map(crate::profile::PathId) {
            let of = |profile: &Profile| (profile.paths().parent(path), profile.paths().frame(path));
            assert_eq!(of(before), of(after));
        }
    }

    /// The functions by name, with what they weigh.
    fn costs(profile: &Profile, query: &CallTreeQuery) -> Vec<(String, u64, u64)> {
        let table = analysis::functions(profile, query);
        let rows = table.rows.iter();
        let mut rows: Vec<_> =
            rows.map(|row| (row.name.to_string(), row.self_value, row.total_value)).collect();
        rows.sort();
        rows
    }
}
