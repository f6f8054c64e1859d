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
/// So many folders of recordings by turns are kept.
const MOST_TURNS: usize = 5;

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
        let is_recording = |path: &Path| path.extension().is_some_and(|end| end == "wscope");
        // What can't be deleted only takes up room.
        for path in oldest(&self.unsaved, is_recording, MOST_UNSAVED - 1, open) {
            let _ = std::fs::remove_file(path);
        }
        self.unsaved.join(format!("{}.wscope", stamped(name)))
    }

    /// A new folder for recordings of the module `name` and another one, which are run by turns.
    pub fn turns(&self, name: &str) -> PathBuf {
        self.all_turns().join(stamped(name))
    }

    /// Deletes the oldest folders of recordings by turns, but none that has something that is `open`.
    pub fn forget_turns(&self, open: &[PathBuf]) {
        for path in oldest(&self.all_turns(), Path::is_dir, MOST_TURNS, open) {
            let _ = std::fs::remove_dir_all(path);
        }
    }

    fn all_turns(&self) -> PathBuf {
        self.unsaved.join("turns")
    }

    /// Is `path` that of a recording that nobody has saved?
    pub fn is_unsaved(&self, path: &Path) -> bool {
        path.starts_with(&self.unsaved)
    }
}

/// The name of a module with the moment, by which names differ.
fn stamped(name: &str) -> String {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    format!("{}-{millis}", name.strip_suffix(".wasm").unwrap_or(name))
}

/// What `is_ours` in `folder` but for the newest `kept`, and for what is `open` or has something in it that is.
fn oldest(folder: &Path, is_ours: impl Fn(&Path) -> bool, kept: usize, open: &[PathBuf]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let ours = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let path = entry.path();
        Some((entry.metadata().ok()?.modified().ok()?, path)).filter(|(_, path)| is_ours(path))
    });
    let mut ours: Vec<_> = ours.collect();
    ours.sort();
    let excess = ours.len().saturating_sub(kept);
    let oldest = ours.into_iter().take(excess).map(|(_, path)| path);
    oldest.filter(|path| !open.iter().any(|open| open.starts_with(path))).collect()
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
    #[test]
    fn old_turns_make_room_for_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::within(folder.path());
        let made = |n: u64| {
            let folder = places.turns("a.wasm").with_file_name(format!("a-{n}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("old-1.wscope"), "").unwrap();
            let made = UNIX_EPOCH + std::time::Duration::from_secs(n);
            std::fs::File::open(&folder).unwrap().set_modified(made).unwrap();
            folder
        };
        let all: Vec<_> = (0..8).map(made).collect();
        places.forget_turns(&[all[1].join("old-1.wscope")]);
        let left: Vec<_> = (0..8).filter(|n| all[*n].exists()).collect();
        assert_eq!(left, [1, 3, 4, 5, 6, 7], "the last five, and that of which a recording is open");
        assert!(places.is_unsaved(&places.turns("a.wasm")));
    }
}
