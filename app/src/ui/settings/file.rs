//! The file: read when it changed, written when something was changed in the window, and never while it is broken.

use super::Settings;
use super::text::{self, Problem, TEMPLATE};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The user's settings file.
pub struct SettingsFile {
    path: PathBuf,
    /// What tells one state of the file from another; `None` where there is none.
    seen: Option<(SystemTime, u64)>,
}

/// Why settings were not read or not written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file says something that can't be.
    #[error(
        "{path} is not used, {problem}. Mend the line, or remove the file; until then nothing is written to it."
    )]
    Broken {
        /// The file.
        path: String,
        /// What is wrong.
        problem: Problem,
    },
    /// The file can't be read.
    #[error("The settings at {path} can't be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file can't be written.
    #[error("The settings can't be written to {path}: {source}. They hold until the window is closed.")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl SettingsFile {
    /// The file at `path`, which need not be there.
    pub fn at(path: PathBuf) -> SettingsFile {
        SettingsFile { path, seen: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says. Where there is no file that is what holds at first.
    ///
    /// # Errors
    /// When it can't be read, or says something that can't be.
    pub fn read(&mut self) -> Result<Settings, SettingsError> {
        self.seen = self.state();
        text::read(&self.text()?).map_err(|problem| self.broken(problem))
    }

    /// What it says, if somebody changed it since it was read or written here.
    pub fn read_if_changed(&mut self) -> Option<Result<Settings, SettingsError>> {
        (self.state() != self.seen).then(|| self.read())
    }

    /// Writes what differs between `before` and `after`, and gives what the file says then: somebody may have changed
    /// other settings meanwhile.
    ///
    /// # Errors
    /// When the file is broken, or can't be written; it is as it was then.
    pub fn change(&mut self, before: &Settings, after: &Settings) -> Result<Settings, SettingsError> {
        let old = self.text()?;
        text::read(&old).map_err(|problem| self.broken(problem))?;
        let new = text::changed(&old, before, after).map_err(|problem| self.broken(problem))?;
        if new != old {
            self.write(&new)?;
        }
        self.read()
    }

    /// Makes the file if there is none, so that it can be edited.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn make(&mut self) -> Result<(), SettingsError> {
        if self.path.exists() { Ok(()) } else { self.write(TEMPLATE) }
    }

    fn text(&self) -> Result<String, SettingsError> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TEMPLATE.to_owned()),
            Err(source) => Err(SettingsError::Read { path: self.shown(), source }),
            Ok(text) => Ok(text),
        }
    }

    /// Beside the file first, so that it is never half of what it should be.
    fn write(&mut self, text: &str) -> Result<(), SettingsError> {
        // A link goes on to lead to the file.
        let to = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let mut part = to.clone();
        part.as_mut_os_string().push(format!(".{}.part", std::process::id()));
        let write = || {
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut file = fs::File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &to)
        };
        let written = write().map_err(|source| SettingsError::Write { path: self.shown(), source });
        if written.is_err() {
            // Where this fails a file of no use stays; why there is no better one says more.
            let _ = fs::remove_file(&part);
        }
        self.seen = self.state();
        written
    }

    fn state(&self) -> Option<(SystemTime, u64)> {
        let metadata = fs::metadata(&self.path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    fn broken(&self, problem: Problem) -> SettingsError {
        SettingsError::Broken { path: self.shown(), problem }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::ThemePreference;
    use tempfile::TempDir;

    fn file() -> (TempDir, SettingsFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not yet").join("settings.toml");
        (folder, SettingsFile::at(path))
    }

    #[test]
    fn a_file_is_made_when_something_is_changed() {
        let (_folder, mut file) = file();
        let usual = file.read().unwrap();
        assert_eq!(usual, Settings::default());
        assert_eq!(file.change(&usual, &usual).unwrap(), usual);
        assert!(!file.path().exists(), "nothing was changed");
        let dark = Settings { theme: ThemePreference::Dark, ..usual.clone() };
        assert_eq!(file.change(&usual, &dark).unwrap(), dark);
        assert!(fs::read_to_string(file.path()).unwrap().contains("theme = \"dark\"\n"));
        assert!(file.read_if_changed().is_none(), "that was our own change");
        let left = fs::read_dir(file.path().parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing else was left there");
    }

    #[test]
    fn what_others_change_meanwhile_is_kept() {
        let (_folder, mut file) = file();
        let usual = file.read().unwrap();
        file.make().unwrap();
        let text = TEMPLATE.replace("recent_files = 12", "recent_files = 5");
        fs::write(file.path(), text).unwrap();
        let dark = Settings { theme: ThemePreference::Dark, ..usual.clone() };
        let both = file.change(&usual, &dark).unwrap();
        assert_eq!((both.theme, both.recent_files), (ThemePreference::Dark, 5));
    }

    #[test]
    fn a_broken_file_is_left_as_it_is() {
        let (_folder, mut file) = file();
        file.make().unwrap();
        fs::write(file.path(), "theme = \"pink\"\n").unwrap();
        let error = file.read_if_changed().unwrap().unwrap_err().to_string();
        assert!(error.contains("settings.toml is not used, line 1: `theme` has to be"), "{error}");
        let usual = Settings::default();
        let dark = Settings { theme: ThemePreference::Dark, ..usual.clone() };
        assert!(file.change(&usual, &dark).is_err());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "theme = \"pink\"\n");
    }
}
