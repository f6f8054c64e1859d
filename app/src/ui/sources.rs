//! Finds source files: where the compiler saw them, or in folders that the user points to.

use crate::analysis::SourceProvider;
use crate::nearby;
use std::path::{Path, PathBuf};

/// Folders that hold source files, tried in order after the path itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The folders.
    pub folders: Vec<PathBuf>,
}

/// A larger file is no source that anybody wrote.
const MOST_BYTES: u64 = 16 << 20;

impl SourceProvider for Sources {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        nearby::read(path, &self.folders, MOST_BYTES)
    }
}

impl Sources {
    /// The same, and last the folder of the module at `module_path`: a program often lies beside its source.
    #[must_use]
    pub fn with_folder_of(&self, module_path: &str) -> Sources {
        let beside = Path::new(module_path).parent().filter(|folder| folder.is_absolute());
        let folders = self.folders.iter().cloned().chain(beside.map(Path::to_owned)).collect();
        Sources { folders }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_beside_the_module_are_tried_last() {
        let sources = Sources { folders: vec![PathBuf::from("/mine")] };
        assert_eq!(sources.with_folder_of("/out/a.wasm").folders, ["/mine", "/out"].map(PathBuf::from));
        assert_eq!(sources.with_folder_of("").folders, ["/mine"].map(PathBuf::from));
    }

    #[test]
    fn files_are_found_by_their_end() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/a.c"), "int x;").unwrap();
        let sources = Sources { folders: vec![folder.path().to_owned()] };
        assert_eq!(sources.source("/not/here/src/a.c").as_deref(), Some(&b"int x;"[..]));
        assert_eq!(sources.source("/not/here/src/b.c"), None);
    }
}
