//! What the run dialog says of a module.

use std::path::{Path, PathBuf};
use wasmscope_instrument::{Guest, MissingImport, missing_imports};
use wasmscope_symbolize::{ExportKind, FuncIndex, ImportKind, ModuleError, ModuleIndex, ValType};

/// Sections with lines, and those with the names of files that have them.
const LINE_SECTIONS: [&str; 3] = [".debug_line", "external_debug_info", "sourceMappingURL"];

/// A module that is ready to be run.
#[derive(Debug)]
pub struct ModuleFacts {
    /// Its bytes, name and path.
    pub guest: Guest,
    /// The functions that can be called, in the module's order.
    pub exports: Vec<ExportedFunction>,
    /// Is it a WASI command: does it export `_start`?
    pub is_command: bool,
    /// What it says of where its code comes from.
    pub symbols: KnownSymbols,
    /// How many functions it imports.
    pub imported_functions: usize,
    /// What it imports that nobody provides.
    pub missing: Vec<MissingImport>,
    /// How many functions it has itself.
    pub defined_functions: usize,
}

/// What a module says of where its code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownSymbols {
    /// It is stripped.
    None,
    /// Its functions have names.
    Names,
    /// Its code has source lines, or they lie in a file that it names.
    Lines,
}

impl KnownSymbols {
    fn of(module: &ModuleIndex) -> KnownSymbols {
        let has = |section: &str| module.custom_section(section).is_some();
        match (LINE_SECTIONS.iter().any(|section| has(section)), has("name")) {
            (true, _) => KnownSymbols::Lines,
            (false, true) => KnownSymbols::Names,
            (false, false) => KnownSymbols::None,
        }
    }
}

/// A function that the host can call.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedFunction {
    /// Its name.
    pub name: String,
    /// The types of its parameters.
    pub params: Vec<ValType>,
    /// Its type as text: `(i32) -> i64`.
    pub signature: String,
}

impl ModuleFacts {
    /// Reads the outline of the module.
    pub fn read(guest: Guest) -> Result<ModuleFacts, ModuleError> {
        let module = ModuleIndex::parse(&guest.bytes)?;
        let exports = exported_functions(&module);
        let is_import = |i: &&wasmscope_symbolize::Import| matches!(i.kind, ImportKind::Function { .. });
        Ok(ModuleFacts {
            is_command: exports.iter().any(|export| export.name == "_start"),
            exports: exports.into_iter().filter(|export| export.name != "_start").collect(),
            symbols: KnownSymbols::of(&module),
            // Where the engine can't be made, the run says so.
            missing: missing_imports(&module).unwrap_or_default(),
            imported_functions: module.imports().iter().filter(is_import).count(),
            defined_functions: module.functions().len().saturating_sub(module.imported_function_count()),
            guest,
        })
    }

    /// What settings of a run are remembered under.
    pub fn key(&self) -> String {
        if self.guest.path.is_empty() { self.guest.name.clone() } else { self.guest.path.clone() }
    }
}

fn exported_functions(module: &ModuleIndex) -> Vec<ExportedFunction> {
    let functions = module.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.filter_map(|export| exported(module, &export.name, FuncIndex(export.index))).collect()
}

fn exported(module: &ModuleIndex, name: &str, index: FuncIndex) -> Option<ExportedFunction> {
    let ty = &module.function(index)?.ty;
    Some(ExportedFunction { name: name.to_owned(), params: ty.params.clone(), signature: ty.to_string() })
}

/// The file name of `path`, for people.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// `path` with the home folder written `~` and the middle left out, in at most `most` characters.
pub fn short_path(path: &Path, most: usize) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let in_home = home.and_then(|home| path.strip_prefix(home).ok().map(|rest| Path::new("~").join(rest)));
    let shown: PathBuf = in_home.unwrap_or_else(|| path.to_owned());
    middle_cut(&shown.display().to_string(), most)
}

/// `text` with its middle replaced by `…` where it has more than `most` characters.
pub fn middle_cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most || most < 3 {
        return text.to_owned();
    }
    let front = (most - 1) / 2;
    let back = most - 1 - front;
    let head: String = text.chars().take(front).collect();
    let tail: String = text.chars().skip(count - back).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(middle_cut("abcdefghij", 5), "ab…ij");
        assert_eq!(middle_cut("short", 5), "short");
        assert_eq!(middle_cut("äöüßéñ", 4), "ä…éñ");
    }
}
