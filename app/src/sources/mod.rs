//! Finds source files: where the compiler saw them, where the user says they are, and where Rust keeps its own.

mod place;
mod rust;

pub use place::SourcePlace;
pub use rust::{RustSources, how_to_get};

use crate::analysis::SourceProvider;
use crate::nearby;
use crate::profile::Profile;
use crate::samples::SampleSources;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where source files are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Where the user says they are, tried in order.
    pub places: Vec<SourcePlace>,
    /// Where Rust keeps the source of its library and of packages.
    pub rust: Arc<RustSources>,
}

/// A larger file is no source that anybody wrote.
const MOST_BYTES: u64 = 16 << 20;
/// No system takes a longer path.
const MOST_PATH_BYTES: usize = 4096;

impl SourceProvider for Sources {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        nearby::read_file(&self.find(path)?, MOST_BYTES)
    }
}

/// The text of the source files of one profile.
pub struct ProfileSources<'a> {
    profile: &'a Profile,
    files: Sources,
}

impl ProfileSources<'_> {
    /// The file that the compiler recorded as `path`, where there is one here.
    pub(crate) fn file(&self, path: &str) -> Option<PathBuf> {
        self.files.find(path)
    }

    /// The text of the file that the compiler recorded as `path`, where it came with the recording or the sample and thus
    /// surely is what was compiled.
    pub(crate) fn own(&self, path: &str) -> Option<Vec<u8>> {
        let sample = SampleSources { module: &self.profile.recording().module };
        self.profile.source(path).or_else(|| sample.source(path))
    }

    /// The files that the one which the compiler recorded as `path` may be, in the order in which they are looked for.
    pub fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let mut known = HashSet::new();
        let candidates = self.files.candidates(path).into_iter();
        candidates.filter(|file| known.insert(file.clone())).collect()
    }
}

impl SourceProvider for ProfileSources<'_> {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        // Another `main.rs` may well lie in one of the folders.
        self.own(path).or_else(|| self.files.source(path))
    }
}

impl Sources {
    /// The file that the compiler recorded as `path`.
    fn find(&self, path: &str) -> Option<PathBuf> {
        self.candidates(path).into_iter().find(|file| nearby::is_readable(file, MOST_BYTES))
    }

    /// What it may be, what is surely meant first.
    fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let Self { places, rust } = self;
        let folders: Vec<PathBuf> =
            places.iter().filter_map(SourcePlace::folder).map(Path::to_owned).collect();
        // An end of the path may be that of many a file.
        let moved = places.iter().filter_map(|place| place.moved(path)).chain(rust.candidates(path));
        // A map says where its sources are as seen from itself.
        let goes_up = path.len() <= MOST_PATH_BYTES && path.starts_with("../");
        let above = folders.iter().filter(|_| goes_up).map(|folder| folder.join(path));
        moved.chain(above).chain(nearby::candidates(path, &folders)).collect()
    }

    /// The text of the source files of `profile`: what is in the recording or in the module's source map, and what lies
    /// here.
    pub fn of<'a>(&self, profile: &'a Profile) -> ProfileSources<'a> {
        ProfileSources { profile, files: self.with_folder_of(&profile.recording().meta.module_path) }
    }

    /// The same, and last the folder of the module at `module_path`: a program often lies beside its source.
    fn with_folder_of(&self, module_path: &str) -> Sources {
        let beside = Path::new(module_path).parent().filter(|folder| folder.is_absolute());
        let beside = beside.map(|folder| SourcePlace::Folder(folder.to_owned()));
        Sources { places: self.places.iter().cloned().chain(beside).collect(), rust: Arc::clone(&self.rust) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(places: &[&str]) -> Sources {
        Sources { places: places.iter().map(|place| place.parse().unwrap()).collect(), ..Sources::default() }
    }

    #[test]
    fn sources_beside_the_module_are_tried_last() {
        assert_eq!(sources(&["/mine"]).with_folder_of("/out/a.wasm"), sources(&["/mine", "/out"]));
        assert_eq!(sources(&["/mine"]).with_folder_of(""), sources(&["/mine"]));
    }

    #[test]
    fn files_are_found_by_their_end_and_sooner_by_a_rule() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        for (root, text) in [(&first, "first"), (&second, "second")] {
            std::fs::create_dir_all(root.join("src")).unwrap();
            std::fs::write(root.join("src/a.c"), text).unwrap();
        }
        let rule = format!("/build/x={}", second.display());
        let first = first.display().to_string();
        let text =
            |places: &[&str], path| sources(places).source(path).map(|text| String::from_utf8(text).unwrap());
        assert_eq!(text(&[&first], "/build/x/src/a.c").as_deref(), Some("first"));
        assert_eq!(text(&[&first, &rule], "/build/x/src/a.c").as_deref(), Some("second"));
        assert_eq!(text(&[&first, &rule], "/build/y/src/a.c").as_deref(), Some("first"));
        assert_eq!(text(&[&first, &rule], "/build/x/src/b.c"), None);
    }

    #[test]
    fn a_path_may_go_up_from_the_folder_of_the_map() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("build")).unwrap();
        std::fs::create_dir_all(folder.path().join("assembly")).unwrap();
        std::fs::write(folder.path().join("assembly/index.ts"), "text").unwrap();
        let build = folder.path().join("build").display().to_string();
        assert_eq!(sources(&[&build]).source("../assembly/index.ts").as_deref(), Some(&b"text"[..]));
    }
}
