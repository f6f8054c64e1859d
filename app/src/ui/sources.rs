//! Finds source files: where the compiler saw them, or in folders that the user points to.

use crate::analysis::SourceProvider;
use std::path::{Component, Path, PathBuf};

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
        let found = self.candidates(path).into_iter().find(|candidate| is_readable(candidate))?;
        std::fs::read(found).ok()
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

    /// The path itself, then each folder with ever shorter ends of it.
    fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let normal: Vec<_> =
            path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
        let ends = (0..normal.len()).map(|from| normal[from..].iter().collect::<PathBuf>());
        let ends: Vec<_> = ends.filter(|end| !leaves_folder(end)).collect();
        let inside = self.folders.iter().flat_map(|folder| ends.iter().map(|end| folder.join(end)));
        std::iter::once(PathBuf::from(path)).filter(|path| path.is_absolute()).chain(inside).collect()
    }
}

fn leaves_folder(path: &Path) -> bool {
    path.components().any(|part| !matches!(part, Component::Normal(_)))
}

fn is_readable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_of_the_path_is_tried_first() {
        let sources = Sources { folders: vec![PathBuf::from("/mine")] };
        let expected = ["/build/src/a.c", "/mine/build/src/a.c", "/mine/src/a.c", "/mine/a.c"];
        assert_eq!(sources.candidates("/build/src/a.c"), expected.map(PathBuf::from));
    }

    #[test]
    fn sources_beside_the_module_are_tried_last() {
        let sources = Sources { folders: vec![PathBuf::from("/mine")] };
        assert_eq!(sources.with_folder_of("/out/a.wasm").folders, ["/mine", "/out"].map(PathBuf::from));
        assert_eq!(sources.with_folder_of("").folders, ["/mine"].map(PathBuf::from));
    }

    #[test]
    fn no_path_leads_out_of_a_folder() {
        let sources = Sources { folders: vec![PathBuf::from("/mine")] };
        assert_eq!(sources.candidates("../../etc/x"), ["/mine/etc/x", "/mine/x"].map(PathBuf::from));
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
