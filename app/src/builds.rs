//! From files to two builds that are compared: which recordings are of which, and in which order they are made.

use crate::analysis::{CompareError, Comparison, Pair, Side};
use crate::pipeline::{self, PipelineError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the name of a recording ends.
const ENDING: &str = "wscope";

/// Why two builds can't be compared. Each is a sentence that names the file or folder.
#[derive(Debug, thiserror::Error)]
pub enum BuildsError {
    /// A recording can't be opened or made.
    #[error(transparent)]
    Recording(#[from] PipelineError),
    /// The recordings don't belong together.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A folder can't be read or made.
    #[error("{}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is nothing to compare in a folder.
    #[error("{}: there are no recordings (.wscope) in this folder", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file is given alone.
    #[error("{}: one recording; name another one, or a folder of recordings, to compare it with", path.display())]
    Alone {
        /// The file.
        path: PathBuf,
    },
    /// A folder is given alone, and does not have recordings of two builds.
    #[error(
        "{}: no recordings of the {} build in this folder (old-1.wscope, new-1.wscope and so on, as `wasmscope compare` \
         leaves them); name two folders, or two recordings",
        path.display(),
        side.name()
    )]
    NoTurns {
        /// The folder.
        path: PathBuf,
        /// The build that is missing.
        side: Side,
    },
    /// Recordings would be mixed with older ones.
    #[error("{}: there are recordings in this folder already; name another one", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
}

/// The recordings at `old` and `new`: files, or folders of several recordings of one build. Without `new` those that
/// [`turn_file`] names in the folder `old`.
///
/// # Errors
/// When there is nothing to compare.
pub fn recordings(old: &Path, new: Option<&Path>) -> Result<Pair<Vec<PathBuf>>, BuildsError> {
    match new {
        Some(new) => Ok(Pair { old: recordings_at(old)?, new: recordings_at(new)? }),
        None if old.is_dir() => {
            let Pair { old: first, new: second } = Pair::of(|side| turns_in(old, side));
            Ok(Pair { old: first?, new: second? })
        }
        None => Err(BuildsError::Alone { path: old.to_owned() }),
    }
}

/// Opens all of these recordings, with the symbols of each build at `symbols`, and compares them.
///
/// # Errors
/// When one can't be opened, or they are not of one build each.
pub fn open(files: &Pair<Vec<PathBuf>>, symbols: Pair<Option<&Path>>) -> Result<Comparison, BuildsError> {
    let open = |side: Side| {
        let opened = files.get(side).iter().map(|file| pipeline::open_recording(file, *symbols.get(side)));
        opened.map(|profile| profile.map(Arc::new)).collect::<Result<Vec<_>, _>>()
    };
    Ok(Comparison::new(open(Side::Old)?, open(Side::New)?)?)
}

/// Who is run when: so many times each by turns, and every other time in the other order, so that neither build always
/// finds the machine as the other one left it. Which build, and its how manieth run that is, from 1.
pub fn turns(runs: usize) -> impl Iterator<Item = (Side, usize)> {
    (1..=runs).flat_map(|number| {
        let [first, second] = if number % 2 == 1 { Side::BOTH } else { [Side::New, Side::Old] };
        [(first, number), (second, number)]
    })
}

/// Where the recording of a turn goes: `old-1.wscope`, `new-12.wscope`.
pub fn turn_file(folder: &Path, (side, number): (Side, usize)) -> PathBuf {
    folder.join(format!("{}-{number}.{ENDING}", side.name()))
}

/// Makes a folder for the recordings of turns, if there is none.
///
/// # Errors
/// When it can't be made, or there are such recordings in it.
pub fn make_folder(folder: &Path) -> Result<(), BuildsError> {
    let failed = |source| BuildsError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let is_taken = list(folder)?.iter().any(|file| Side::BOTH.iter().any(|side| turn(file, *side).is_some()));
    if is_taken { Err(BuildsError::Taken { path: folder.to_owned() }) } else { Ok(()) }
}

/// The recording at `path`, or all that are in the folder there.
///
/// # Errors
/// When there are none in the folder.
pub fn recordings_at(path: &Path) -> Result<Vec<PathBuf>, BuildsError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = list(path)?;
    if files.is_empty() { Err(BuildsError::Empty { path: path.to_owned() }) } else { Ok(files) }
}

/// The recordings of a side in the order in which they were made.
fn turns_in(folder: &Path, side: Side) -> Result<Vec<PathBuf>, BuildsError> {
    let files = list(folder)?.into_iter();
    let mut numbered: Vec<_> = files.filter_map(|file| Some((turn(&file, side)?, file))).collect();
    numbered.sort();
    if numbered.is_empty() {
        return Err(BuildsError::NoTurns { path: folder.to_owned(), side });
    }
    Ok(numbered.into_iter().map(|(_, file)| file).collect())
}

/// The number in the name of a side's recording.
fn turn(file: &Path, side: Side) -> Option<usize> {
    file.file_stem()?.to_str()?.strip_prefix(side.name())?.strip_prefix('-')?.parse().ok()
}

/// The recordings in a folder, in the order of their names.
fn list(folder: &Path) -> Result<Vec<PathBuf>, BuildsError> {
    let failed = |source| BuildsError::Folder { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let files = files.collect::<Result<Vec<_>, _>>().map_err(failed)?.into_iter();
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|ending| ending == ENDING)).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_alternate_and_their_order_too() {
        let words: Vec<_> = turns(3).map(|(side, number)| format!("{}{number}", side.name())).collect();
        assert_eq!(words, ["old1", "new1", "new2", "old2", "old3", "new3"]);
    }

    #[test]
    fn files_are_found_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in ["old-10.wscope", "old-2.wscope", "new-1.wscope", "new-x.wscope", "old-1.txt", "b.wscope"]
        {
            std::fs::write(path.join(name), "").unwrap();
        }
        let names = |files: Vec<PathBuf>| -> Vec<String> {
            files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        let Pair { old, new } = recordings(path, None).unwrap();
        assert_eq!(
            (names(old), names(new)),
            (vec!["old-2.wscope".into(), "old-10.wscope".into()], vec!["new-1.wscope".into()])
        );
        let Pair { old, new } = recordings(path, Some(&path.join("b.wscope"))).unwrap();
        assert_eq!((old.len(), names(new)), (5, vec!["b.wscope".into()]));
        assert!(matches!(make_folder(path), Err(BuildsError::Taken { .. })));
    }

    #[test]
    fn what_can_not_be_compared_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path(), folder.path().join("new-1.wscope"));
        let error = |new: Option<&Path>| recordings(path, new).unwrap_err().to_string();
        assert!(error(Some(path)).ends_with("there are no recordings (.wscope) in this folder"));
        assert!(error(None).contains("no recordings of the old build"), "{}", error(None));
        std::fs::write(&file, "").unwrap();
        assert!(error(None).contains("no recordings of the old build"), "{}", error(None));
        std::fs::rename(&file, path.join("old-1.wscope")).unwrap();
        assert!(error(None).contains("no recordings of the new build"), "{}", error(None));
        std::fs::write(&file, "").unwrap();
        assert!(recordings(&file, None).unwrap_err().to_string().contains("one recording; name another one"));
    }
}
