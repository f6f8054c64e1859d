//! What is remembered of what was done, from one start to the next.

use super::run_dialog::RunForm;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What is remembered. Unknown and missing fields are no error, so that versions can read each other's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Files that were opened, newest first.
    pub recent: Vec<PathBuf>,
    /// How modules were last run, by their paths, and how each recording was made, by its own; newest first.
    pub runs: Vec<(String, RunForm)>,
    /// Recordings and the symbols that were used for them, newest first.
    pub symbols: Vec<(PathBuf, PathBuf)>,
    /// Were the first hints read and put away?
    pub knows_hints: bool,
}

const MOST_RUNS: usize = 100;
const MOST_SYMBOLS: usize = 100;

impl History {
    const KEY: &'static str = "history";

    /// What was remembered, or nothing.
    pub fn load(storage: Option<&dyn eframe::Storage>) -> History {
        storage.and_then(|storage| eframe::get_value(storage, Self::KEY)).unwrap_or_default()
    }

    /// Remembers.
    pub fn save(&self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, Self::KEY, self);
    }

    /// Puts `path` in front of the recent files, of which there are `most`.
    pub fn opened(&mut self, path: &Path, most: usize) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(most);
    }

    /// Remembers how the module under `key` was run.
    pub fn ran(&mut self, key: String, form: RunForm) {
        self.runs.retain(|(known, _)| *known != key);
        self.runs.insert(0, (key, form));
        self.runs.truncate(MOST_RUNS);
    }

    /// Remembers that the recording at `path` was shown with these symbols.
    pub fn used_symbols(&mut self, path: &Path, symbols: PathBuf) {
        self.forget_symbols(path);
        self.symbols.insert(0, (path.to_owned(), symbols));
        self.symbols.truncate(MOST_SYMBOLS);
    }

    /// Remembers that the recording at `path` is shown with no other symbols than its own.
    pub fn forget_symbols(&mut self, path: &Path) {
        self.symbols.retain(|(known, _)| known != path);
    }

    /// Remembers what the recording at `path` is shown with.
    pub fn show_with(&mut self, path: &Path, symbols: Option<PathBuf>) {
        match symbols {
            Some(symbols) => self.used_symbols(path, symbols),
            None => self.forget_symbols(path),
        }
    }

    /// The symbols with which the recording at `path` was shown.
    pub fn symbols_of(&self, path: &Path) -> Option<PathBuf> {
        self.symbols.iter().find(|(known, _)| known == path).map(|(_, symbols)| symbols.clone())
    }

    /// How the module under `key` was last run.
    pub fn last_run(&self, key: &str) -> Option<RunForm> {
        self.runs.iter().find(|(known, _)| known == key).map(|(_, form)| form.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_file_comes_first_and_once() {
        let mut history = History::default();
        for name in ["/c", "/a", "/b", "/a"] {
            history.opened(Path::new(name), 2);
        }
        assert_eq!(history.recent, [PathBuf::from("/a"), PathBuf::from("/b")]);
    }

    #[test]
    fn the_run_that_was_longest_ago_is_forgotten_first() {
        let mut history = History::default();
        for run in (0..MOST_RUNS).chain([0]).chain([MOST_RUNS]) {
            history.ran(run.to_string(), RunForm::default());
        }
        assert_eq!(history.runs.len(), MOST_RUNS);
        assert!(history.last_run("0").is_some(), "it was run again");
        assert!(history.last_run("1").is_none());
    }
}
