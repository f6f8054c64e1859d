//! Files that a module names, as they were where it was built, looked for where it is now. Nothing is fetched.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use wasmscope_symbolize::{ModuleIndex, SymbolFileNames, SymbolFiles};

/// Code offsets have 32 bits; a larger file is no description of them.
pub(crate) const MOST_SYMBOL_BYTES: u64 = 4 << 30;
/// No system takes a longer path.
const MOST_PATH_BYTES: usize = 4096;
/// Shorter ends of a path are tried than this many folders.
const MOST_PARTS: usize = 24;
/// Larger programs than any have so many units.
const MOST_SPLIT_FILES: usize = 20_000;

/// The files that `names` of the module tells, as far as they lie in `folders`.
pub(crate) fn symbol_files(module_name: &str, names: &SymbolFileNames, folders: &[PathBuf]) -> SymbolFiles {
    let SymbolFileNames { debug_file, source_map, .. } = names;
    let find = |url: &Option<String>| -> Option<Arc<[u8]>> {
        let paths = url.as_deref().map(paths_of)?;
        paths.iter().find_map(|path| read(path, folders, MOST_SYMBOL_BYTES)).map(Arc::from)
    };
    let (debug_file, source_map) = (find(debug_file), find(source_map));
    let found = SymbolFiles { debug_file, source_map, ..SymbolFiles::default() };
    SymbolFiles { split: split_files(module_name, names, &found, folders), ..found }
}

/// The files with split debug information that `names` of the module tells, or the modules in `found`; and the package
/// of the module's name.
pub(crate) fn split_files(
    module_name: &str,
    names: &SymbolFileNames,
    found: &SymbolFiles,
    folders: &[PathBuf],
) -> Vec<Arc<[u8]>> {
    let mut paths = names.split.clone();
    for module in found.debug_file.iter().chain(&found.twin) {
        let outline = ModuleIndex::parse(module).ok();
        paths.extend(outline.into_iter().flat_map(|outline| SymbolFileNames::of(module, &outline).split));
    }
    if !paths.is_empty() {
        let base = module_name.strip_suffix(".wasm").unwrap_or(module_name);
        paths.extend([".wasm.dwp", ".dwp"].map(|ending| format!("{base}{ending}")));
    }
    let found = paths.iter().take(MOST_SPLIT_FILES).filter_map(|path| read(path, folders, MOST_SYMBOL_BYTES));
    found.map(Arc::from).collect()
}

/// The folders that these files lie in.
pub(crate) fn folders_of<'a>(files: impl IntoIterator<Item = &'a Path>) -> Vec<PathBuf> {
    files.into_iter().filter_map(Path::parent).map(Path::to_owned).collect()
}

/// The contents of the first file that `path` may mean, if it has no more than `most_bytes`.
pub(crate) fn read(path: &str, folders: &[PathBuf], most_bytes: u64) -> Option<Vec<u8>> {
    candidates(path, folders).find_map(|candidate| read_file(&candidate, most_bytes))
}

/// The contents of a file, if it [is readable](is_readable).
pub(crate) fn read_file(path: &Path, most_bytes: u64) -> Option<Vec<u8>> {
    let bytes = readable_bytes(path, most_bytes)?;
    let mut contents = Vec::new();
    File::open(path).ok()?.take(bytes).read_to_end(&mut contents).ok()?;
    Some(contents)
}

/// Is there a file with something in it, and no more than `most_bytes`?
pub(crate) fn is_readable(path: &Path, most_bytes: u64) -> bool {
    readable_bytes(path, most_bytes).is_some()
}

/// Files of the system that are endless say that they have nothing; so nothing is read of them. A pipe would have us
/// wait already when it is opened.
fn readable_bytes(path: &Path, most_bytes: u64) -> Option<u64> {
    let meta = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(meta.len()).filter(|bytes| (1..=most_bytes).contains(bytes))
}

/// The path itself, then each folder with ever shorter ends of it.
pub(crate) fn candidates<'a>(path: &'a str, folders: &'a [PathBuf]) -> impl Iterator<Item = PathBuf> {
    let path = if path.len() > MOST_PATH_BYTES { "" } else { path };
    let normal: Vec<_> = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    let ends = (0..normal.len()).filter(|from| *from == 0 || normal.len() - from <= MOST_PARTS);
    let ends: Vec<PathBuf> = ends.map(|from| normal[from..].iter().collect::<PathBuf>()).collect();
    let ends = Arc::new(ends.into_iter().filter(|end| !leaves_folder(end)).collect::<Vec<_>>());
    let inside = move |folder: &'a PathBuf| {
        let ends = Arc::clone(&ends);
        (0..ends.len()).map(move |at| folder.join(&ends[at]))
    };
    let itself = std::iter::once(PathBuf::from(path)).filter(|path| path.is_absolute());
    itself.chain(folders.iter().flat_map(inside))
}

fn leaves_folder(path: &Path) -> bool {
    path.components().any(|part| !matches!(part, Component::Normal(_)))
}

/// The paths that a URL may mean: as it is, since tools write plain file names too, then without what only servers
/// understand.
fn paths_of(url: &str) -> [String; 2] {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    let plain = path.split(['?', '#']).next().unwrap_or(path);
    let decoded = percent_encoding::percent_decode_str(plain).decode_utf8_lossy();
    [path.to_owned(), decoded.into_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_of_the_path_is_tried_first() {
        let expected = ["/build/src/a.c", "/mine/build/src/a.c", "/mine/src/a.c", "/mine/a.c"];
        let folders = ["/mine".into()];
        assert!(candidates("/build/src/a.c", &folders).eq(expected.map(PathBuf::from)));
    }

    #[test]
    fn no_path_leads_out_of_a_folder() {
        let expected = ["/mine/etc/x", "/mine/x"].map(PathBuf::from);
        let folders = ["/mine".into()];
        assert!(candidates("../../etc/x", &folders).eq(expected));
    }

    #[test]
    fn files_are_found_by_their_url() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(folder.path().join("out/a b.map"), "deep").unwrap();
        std::fs::write(folder.path().join("50%.map"), "plain").unwrap();
        std::fs::write(folder.path().join("x.debug.wasm"), "debug").unwrap();
        let folders = folders_of([folder.path().join("x.wasm").as_path()]);
        for (url, expected) in [
            ("http://localhost:8000/dist/out/a%20b.map?v=1#x", Some("deep")),
            ("./out/a b.map", Some("deep")),
            ("50%.map", Some("plain")),
            ("a%20b.map", None),
            ("..%2f..%2fetc%2fhostname", None),
            ("", None),
        ] {
            let names = SymbolFileNames { source_map: Some(url.to_owned()), ..SymbolFileNames::default() };
            let found = symbol_files("x.wasm", &names, &folders).source_map;
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{url}");
        }
        let names = SymbolFileNames { debug_file: Some("x.debug.wasm".into()), ..SymbolFileNames::default() };
        assert_eq!(symbol_files("x.wasm", &names, &folders).debug_file.as_deref(), Some(&b"debug"[..]));
    }

    #[test]
    fn split_files_are_found_by_their_paths_and_their_package_by_the_name_of_the_module() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("obj")).unwrap();
        for name in ["obj/a.dwo", "c.dwo", "x.dwp"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let folders = [folder.path().to_owned()];
        let found = |split: &[&str]| {
            let split = split.iter().map(|path| path.to_string()).collect();
            let names = SymbolFileNames { split, ..SymbolFileNames::default() };
            let files = symbol_files("x.wasm", &names, &folders).split;
            files.iter().map(|file| String::from_utf8_lossy(file).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found(&["/build/obj/a.dwo", "./b.dwo", "/build/c.dwo"]), ["obj/a.dwo", "c.dwo", "x.dwp"]);
        // A module that is not split has no package.
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn long_paths_take_no_time() {
        let folders = ["/mine".into()];
        assert_eq!(candidates(&"a/".repeat(100_000), &folders).count(), 0);
        assert_eq!(candidates(&"a/".repeat(2_000), &folders).count(), 1 + MOST_PARTS);
    }

    #[test]
    fn endless_files_are_not_read() {
        for path in ["/proc/self/pagemap", "/proc/self/mem", "/dev/zero"] {
            assert_eq!(read_file(Path::new(path), u64::MAX), None, "{path}");
        }
    }

    #[test]
    fn large_files_and_folders_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("dir")).unwrap();
        std::fs::write(folder.path().join("four"), "1234").unwrap();
        let folders = [folder.path().to_owned()];
        assert_eq!(read("four", &folders, 4).as_deref(), Some(&b"1234"[..]));
        assert_eq!(read("four", &folders, 3), None);
        assert_eq!(read("dir", &folders, u64::MAX), None);
    }
}
