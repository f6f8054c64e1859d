//! Where the window keeps files of its own.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the window keeps files of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The folder of recordings that nobody has saved yet.
    pub unsaved: PathBuf,
    /// The folder of machine code that was compiled before.
    pub machine_code: PathBuf,
    /// The file with the user's settings.
    pub settings: PathBuf,
}

const SETTINGS: &str = "settings.toml";

/// So many unsaved recordings are kept; the oldest go first.
const MOST_UNSAVED: usize = 20;

impl Default for Places {
    /// The user's folders, or the system's folder for temporary files where there are none.
    fn default() -> Self {
        match directories::ProjectDirs::from("", "", "wasmscope") {
            Some(dirs) => {
                Places { settings: dirs.config_dir().join(SETTINGS), ..Places::within(dirs.cache_dir()) }
            }
            None => Places::within(&std::env::temp_dir().join("wasmscope")),
        }
    }
}

impl Places {
    /// All within `folder`. They are made when they are needed.
    pub fn within(folder: &Path) -> Places {
        Places {
            unsaved: folder.join("recordings"),
            machine_code: folder.join("code"),
            settings: folder.join(SETTINGS),
        }
    }

    /// A new file for a recording of the module `name`. Makes room for it, but not by what is `open`.
    pub fn unsaved_recording(&self, name: &str, open: &[PathBuf]) -> PathBuf {
        self.make_room(open);
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let name = name.strip_suffix(".wasm").unwrap_or(name);
        self.unsaved.join(format!("{name}-{millis}.wscope"))
    }

    /// Is `path` that of a recording that nobody has saved?
    pub fn is_unsaved(&self, path: &Path) -> bool {
        path.starts_with(&self.unsaved)
    }

    /// Deletes the oldest unsaved recordings. What can't be deleted only takes up room.
    fn make_room(&self, open: &[PathBuf]) {
        let Ok(entries) = std::fs::read_dir(&self.unsaved) else { return };
        let files = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            let is_recording = path.extension().is_some_and(|end| end == "wscope");
            Some((entry.metadata().ok()?.modified().ok()?, path)).filter(|_| is_recording)
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        let excess = (files.len() + 1).saturating_sub(MOST_UNSAVED);
        for (_, path) in files.into_iter().take(excess).filter(|(_, path)| !open.contains(path)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_recordings_make_room_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { unsaved: folder.path().to_owned(), ..Places::within(folder.path()) };
        (0..30).for_each(|n| std::fs::write(folder.path().join(format!("{n}.wscope")), "").unwrap());
        std::fs::write(folder.path().join("mine.txt"), "").unwrap();
        let open = folder.path().join("3.wscope");
        std::fs::File::open(&open).unwrap().set_modified(UNIX_EPOCH).unwrap();
        let new = places.unsaved_recording("a.wasm", std::slice::from_ref(&open));
        assert!(open.exists(), "it is the oldest, and open");
        assert!(new.file_name().unwrap().to_string_lossy().starts_with("a-"));
        assert!(places.is_unsaved(&new));
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, MOST_UNSAVED - 1 + 1 + 1);
    }
}
