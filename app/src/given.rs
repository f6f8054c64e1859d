//! Symbols that the user points to: a file, or a folder in which the module's are looked for.

use crate::nearby::{MOST_SYMBOL_BYTES, read_file, split_files};
use crate::pipeline::PipelineError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_symbolize::{ModuleIndex, SymbolFileNames, SymbolFiles};

/// What stands in the place of `.wasm` in the names of files with symbols, the best ones first.
const ENDINGS: [&str; 6] =
    [".debug.wasm", ".wasm.debug.wasm", ".wasm.map", ".symbols", ".wasm.symbols", ".js.symbols"];
const WASM_MAGIC: &[u8] = b"\0asm";
/// What `.dwo` and `.dwp` files have.
const SPLIT_SECTION: &str = ".debug_info.dwo";
/// What keeps JSON from being run as a script.
const JSON_GUARD: &[u8] = b")]}'";

/// The module that symbols are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) name: &'a str,
}

/// The symbols at `path`.
///
/// # Errors
/// When it can't be read, is a file of another kind, or a folder without symbols of the module.
pub(crate) fn find(
    path: &Path,
    module: Wanted<'_>,
    names: &SymbolFileNames,
) -> Result<SymbolFiles, PipelineError> {
    let mut found = SymbolFiles::default();
    if !path.is_dir() {
        let folder = path.parent().map(Path::to_owned);
        return match add(&mut found, &read(path)?) {
            true => Ok(with_split(found, module, names, folder.as_slice())),
            false => Err(PipelineError::NotSymbols { path: path.to_owned() }),
        };
    }
    std::fs::read_dir(path).map_err(|source| PipelineError::Read { path: path.to_owned(), source })?;
    // In a folder of symbols a file of the module's own name is the module before it was stripped.
    let same_name = path.join(module.name);
    let named = std::iter::once(same_name).filter(|file| file.is_file()).chain(by_name(path, module));
    for file in named.chain(by_build_id(path, names)) {
        let bytes = read(&file)?;
        // The module itself says no more, and what has the right name and is of no kind that we know is not meant for
        // us.
        if *bytes != *module.bytes {
            add(&mut found, &bytes);
        }
    }
    found = with_split(found, module, names, &[path.to_owned()]);
    match found == SymbolFiles::default() {
        true => Err(PipelineError::NoSymbols { path: path.to_owned(), module: module.name.to_owned() }),
        false => Ok(found),
    }
}

/// What lies in `folders`, the module's, under the names that tools give to files with symbols. What is whole needs
/// none: they may be older.
pub(crate) fn beside(
    folders: &[PathBuf],
    module: Wanted<'_>,
    names: &SymbolFileNames,
    debug_file: Option<&Arc<[u8]>>,
) -> SymbolFiles {
    let mut found = SymbolFiles::default();
    let folders = folders.iter().filter(|_| !names.is_whole);
    let files = folders.flat_map(|folder| by_name(folder, module));
    for bytes in files.filter_map(|file| read(&file).ok()) {
        // The file with the debug information may have the names, too; it is held once.
        add(&mut found, debug_file.filter(|file| ***file == *bytes).unwrap_or(&bytes));
    }
    found
}

/// Takes the contents of a file for what they are, unless there is such a one; `false` where they are nothing of the
/// kind.
fn add(found: &mut SymbolFiles, bytes: &Arc<[u8]>) -> bool {
    let SymbolFiles { debug_file, split: _, twin, symbol_map, source_map } = found;
    let place = match Kind::of(bytes) {
        Some(Kind::Split) => {
            found.add_split(Arc::clone(bytes));
            return true;
        }
        Some(Kind::DebugFile) => debug_file,
        Some(Kind::Twin) => twin,
        Some(Kind::SourceMap) => source_map,
        Some(Kind::SymbolMap) => symbol_map,
        None => return false,
    };
    place.get_or_insert_with(|| Arc::clone(bytes));
    true
}

/// The same, with the split debug information in `folders`.
fn with_split(
    found: SymbolFiles,
    module: Wanted<'_>,
    names: &SymbolFileNames,
    folders: &[PathBuf],
) -> SymbolFiles {
    let split = split_files(module.name, names, &found, folders);
    found.or(SymbolFiles { split, ..SymbolFiles::default() })
}

/// What a file with symbols is.
enum Kind {
    DebugFile,
    Split,
    Twin,
    SourceMap,
    SymbolMap,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Kind> {
        if bytes.starts_with(WASM_MAGIC) {
            let Ok(module) = ModuleIndex::parse(bytes) else { return Some(Kind::Twin) };
            // Without code there is nothing to match, and its offsets are those of the module.
            return Some(match module.code_start() {
                _ if module.custom_section(SPLIT_SECTION).is_some() => Kind::Split,
                Some(_) => Kind::Twin,
                None => Kind::DebugFile,
            });
        }
        let text = bytes.trim_ascii_start();
        if text.starts_with(b"{") || text.starts_with(JSON_GUARD) {
            return Some(Kind::SourceMap);
        }
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0 && text.get(digits) == Some(&b':')).then_some(Kind::SymbolMap)
    }
}

/// The files in `folder` whose names tell that they are the module's.
fn by_name(folder: &Path, module: Wanted<'_>) -> Vec<PathBuf> {
    let base = module.name.strip_suffix(".wasm").unwrap_or(module.name);
    let files = ENDINGS.iter().map(|ending| folder.join(format!("{base}{ending}")));
    files.filter(|file| file.is_file()).collect()
}

/// The modules in `folder` of the same build, by name.
fn by_build_id(folder: &Path, names: &SymbolFileNames) -> Vec<PathBuf> {
    if names.build_id.is_none() {
        return Vec::new();
    }
    let is_of_build = |file: &PathBuf| {
        let Ok(bytes) = read(file) else { return false };
        let outline = ModuleIndex::parse(&bytes);
        outline.is_ok_and(|outline| SymbolFileNames::of(&bytes, &outline).build_id == names.build_id)
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let modules = entries.filter(|file| file.extension().is_some_and(|ending| ending == "wasm"));
    let mut found: Vec<PathBuf> = modules.filter(is_of_build).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Result<Arc<[u8]>, PipelineError> {
    // What there is nothing of says so itself.
    std::fs::metadata(path).map_err(|source| PipelineError::Read { path: path.to_owned(), source })?;
    let contents = read_file(path, MOST_SYMBOL_BYTES).map(Arc::from);
    contents.ok_or_else(|| PipelineError::NotSymbols { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";

    /// A module without code but with this build id.
    fn built(id: &[u8; 2]) -> Vec<u8> {
        [b"\0asm\x01\0\0\0\0\x0c\x08build_id\x02".as_slice(), id].concat()
    }

    /// What is found at `path`, by one letter each.
    fn found(path: &Path, module: Wanted<'_>, names: &SymbolFileNames) -> Result<String, String> {
        let found = find(path, module, names).map_err(|error| error.to_string())?;
        let SymbolFiles { debug_file, split, twin, symbol_map, source_map } = found;
        let split = split.first().cloned();
        let kinds = [("d", debug_file), ("t", twin), ("m", source_map), ("s", symbol_map), ("x", split)];
        Ok(kinds.iter().filter(|(_, file)| file.is_some()).map(|(letter, _)| *letter).collect())
    }

    #[test]
    fn files_are_told_apart_by_their_contents() {
        let folder = tempfile::tempdir().unwrap();
        let module = Wanted { bytes: b"", name: "a.wasm" };
        for (contents, kind) in [
            (MODULE, Some("t")),
            (&built(b"xy"), Some("d")),
            (b"\0asm\x0d\0\x01\0", Some("t")),
            (b"\0asm\x01\0\0\0\0\x11\x0f.debug_info.dwo\0", Some("x")),
            (b"{\"version\":3}", Some("m")),
            (b")]}'\n{}", Some("m")),
            (b"0:main\n", Some("s")),
            (b"main", None),
            (b"", None),
        ] {
            let path = folder.path().join("any");
            std::fs::write(&path, contents).unwrap();
            let kind_found = found(&path, module, &SymbolFileNames::default());
            assert_eq!(kind_found.as_deref().ok(), kind, "{contents:?}");
        }
        let missing = found(&folder.path().join("nope"), module, &SymbolFileNames::default()).unwrap_err();
        assert!(missing.contains("nope: "), "{missing}");
    }

    #[test]
    fn in_a_folder_the_files_of_the_module_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, contents: &[u8]| std::fs::write(folder.path().join(name), contents).unwrap();
        let module = Wanted { bytes: MODULE, name: "a.wasm" };
        let names = SymbolFileNames { build_id: Some(b"xy"[..].into()), ..SymbolFileNames::default() };
        write("a.wasm", MODULE);
        write("b.wasm.map", b"{}");
        write("other.wasm", &built(b"xz"));
        let nothing = found(folder.path(), module, &names).unwrap_err();
        assert!(nothing.ends_with(
            "nothing in this folder has the name or build id of a.wasm; name the file with its symbols"
        ));
        write("a.js.symbols", b"0:f");
        assert_eq!(found(folder.path(), module, &names).as_deref(), Ok("s"));
        write("a.wasm.map", b"{}");
        write("a.debug.wasm", &[MODULE, b"\0\x02\x01y"].concat());
        assert_eq!(found(folder.path(), module, &names).as_deref(), Ok("tms"));
        write("other.wasm", &built(b"xy"));
        assert_eq!(found(folder.path(), module, &names).as_deref(), Ok("dtms"));
        std::fs::remove_file(folder.path().join("a.debug.wasm")).unwrap();
        assert_eq!(found(folder.path(), module, &SymbolFileNames::default()).as_deref(), Ok("ms"));
        write("a.wasm", &[MODULE, b"\0\x02\x01x"].concat());
        assert_eq!(found(folder.path(), module, &SymbolFileNames::default()).as_deref(), Ok("tms"));
    }
}
