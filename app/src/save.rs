//! Saves a recording as another file, so that neither is lost on the way.

use crate::pipeline::{self, PipelineError};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use wasmscope_instrument::recording::{Recording, write_imported};

/// Copies the recording at `from` to `to`, where another recording may be. Of a profile that another tool wrote there is
/// no file of ours to copy: what was made of it, `imported`, is written. `fill` is given the file that will be at `to`
/// when it is done, to check it and to put more into it; where both paths lead to one file, it is given that.
///
/// # Errors
/// When there is something else at `to`, the copy can't be written, or `fill` fails. What was at `to` is still there
/// then, unless `from` is the same file.
pub(crate) fn save<T, E: From<PipelineError>>(
    from: &Path,
    imported: Option<&Recording>,
    to: &Path,
    fill: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    if pipeline::is_same_file(from, to) && imported.is_none() {
        return fill(from);
    }
    // A device or a pipe would be gone when the copy takes its place.
    if pipeline::is_another(to) || (to.exists() && !to.is_file()) {
        return Err(PipelineError::OverAnother { path: to.to_owned() }.into());
    }
    let part = match imported {
        None => Part::copied(from, to)?,
        Some(recording) => Part::made(to, |file| write_imported(recording, file))?,
    };
    match fill(&part.written) {
        Ok(filled) => part.keep().map(|()| filled).map_err(E::from),
        Err(error) => {
            part.remove();
            Err(error)
        }
    }
}

/// Writes what was made of a recording to `to`, all of it or nothing; a device or a pipe takes it as it comes.
///
/// # Errors
/// When there is a recording at `to`, or it can't be written. What was at `to` is still there then.
pub(crate) fn write_file(to: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    let path = || to.to_owned();
    if to.exists() && !to.is_file() {
        return fs::write(to, bytes).map_err(|source| PipelineError::Create { path: path(), source });
    }
    if pipeline::is_recording(to) {
        return Err(PipelineError::OverRecording { path: path() });
    }
    Part::made(to, |mut file| file.write_all(bytes).and_then(|()| file.flush()))?.keep()
}

/// A copy that is not yet where it is wanted.
struct Part {
    written: PathBuf,
    wanted: PathBuf,
}

impl Part {
    fn copied(from: &Path, to: &Path) -> Result<Part, PipelineError> {
        let mut source =
            File::open(from).map_err(|source| PipelineError::Read { path: from.to_owned(), source })?;
        Part::made(to, |mut file| io::copy(&mut source, &mut file).and_then(|_| file.flush()))
    }

    /// With what `write` puts into it.
    fn made(to: &Path, write: impl FnOnce(BufWriter<File>) -> io::Result<()>) -> Result<Part, PipelineError> {
        let wanted = to.canonicalize().unwrap_or_else(|_| to.to_owned());
        let mut written = wanted.clone();
        written.as_mut_os_string().push(format!(".{}.part", std::process::id()));
        // Another saving of ours to the same place is told by its file, and keeps it.
        let created = File::create_new(&written);
        let path = |error: &io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => written.clone(),
            _ => to.to_owned(),
        };
        let file = created.map_err(|source| PipelineError::Create { path: path(&source), source })?;
        let part = Part { written, wanted };
        match write(BufWriter::new(file)) {
            Ok(()) => Ok(part),
            Err(error) => Err(part.given_up(error)),
        }
    }

    fn keep(self) -> Result<(), PipelineError> {
        fs::rename(&self.written, &self.wanted).map_err(|error| self.given_up(error))
    }

    fn given_up(self, source: io::Error) -> PipelineError {
        let path = self.wanted.clone();
        self.remove();
        PipelineError::Create { path, source }
    }

    /// Where this fails a file of no use stays; why there is no better one says more.
    fn remove(self) {
        let _ = fs::remove_file(self.written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;
    use wasmscope_instrument::recording::MAGIC;

    /// A folder with two files that begin as recordings do, and one that does not.
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, rest) in [("a.wscope", "first"), ("b.wscope", "second, longer")] {
            fs::write(folder.path().join(name), [MAGIC.as_slice(), rest.as_bytes()].concat()).unwrap();
        }
        fs::write(folder.path().join("c.txt"), "a letter that is no recording").unwrap();
        folder
    }

    fn saved(folder: &TempDir, from: &str, to: &str) -> Result<(), PipelineError> {
        save(&folder.path().join(from), None, &folder.path().join(to), |_| Ok(()))
    }

    fn read(folder: &TempDir, name: &str) -> Vec<u8> {
        fs::read(folder.path().join(name)).unwrap()
    }

    #[test]
    fn what_is_exported_takes_the_place_of_no_recording() {
        let folder = folder();
        let to = |name: &str| folder.path().join(name);
        let error = write_file(&to("a.wscope"), b"<svg/>").unwrap_err().to_string();
        assert!(error.contains("this is a recording"), "{error}");
        assert!(read(&folder, "a.wscope").ends_with(b"first"));
        write_file(&to("c.txt"), b"<svg/>").unwrap();
        assert_eq!(read(&folder, "c.txt"), b"<svg/>");
        let error = write_file(&to("nowhere/d.svg"), b"<svg/>").unwrap_err().to_string();
        assert!(error.contains("d.svg") && !error.contains("part"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
    }

    #[test]
    fn a_copy_takes_the_place_of_a_recording_and_of_nothing_else() {
        let folder = folder();
        let first = read(&folder, "a.wscope");
        for to in ["b.wscope", "new.wscope"] {
            saved(&folder, "a.wscope", to).unwrap();
            assert_eq!(read(&folder, to), first);
        }
        fs::create_dir(folder.path().join("folder")).unwrap();
        for to in ["c.txt", "folder"] {
            let error = saved(&folder, "a.wscope", to).unwrap_err();
            assert!(matches!(error, PipelineError::OverAnother { .. }), "{error}");
        }
        assert_eq!(read(&folder, "c.txt"), b"a letter that is no recording");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else was left there");
    }

    #[test]
    fn a_second_name_of_a_recording_does_not_empty_it() {
        let folder = folder();
        let first = read(&folder, "a.wscope");
        fs::hard_link(folder.path().join("a.wscope"), folder.path().join("link.wscope")).unwrap();
        for to in ["link.wscope", "./a.wscope"] {
            saved(&folder, "a.wscope", to).unwrap();
            assert_eq!((read(&folder, "a.wscope"), read(&folder, to)), (first.clone(), first.clone()));
        }
    }

    #[test]
    fn what_fails_leaves_everything_as_it_was() {
        let folder = folder();
        let second = read(&folder, "b.wscope");
        let (from, to) = (folder.path().join("a.wscope"), folder.path().join("b.wscope"));
        let refused = save(&from, None, &to, |file| {
            fs::write(file, "half").unwrap();
            Err::<(), _>(PipelineError::NotOurs { path: file.to_owned() })
        });
        assert!(refused.is_err());
        assert!(saved(&folder, "no.wscope", "b.wscope").is_err());
        assert!(saved(&folder, "a.wscope", "no/such.wscope").is_err());
        assert_eq!(read(&folder, "b.wscope"), second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
