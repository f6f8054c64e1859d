//! What the run dialog says of a module.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::{ComponentExport, Guest, MissingImport, component_exports, missing_imports};
use wasmscope_symbolize::{ExportKind, FuncIndex, ImportKind, ModuleError, ModuleIndex, Symbols, ValType};

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
    fn of(bytes: &Arc<[u8]>, module: &Arc<ModuleIndex>) -> KnownSymbols {
        let parts = || module.core_modules().iter().map(|part| &*part.index).chain([&**module]);
        let has = |section: &str| parts().any(|part| part.custom_section(section).is_some());
        // Go's runtime has names and lines in its data, where stripping leaves them.
        let is_go = || Symbols::new(Arc::clone(bytes), Arc::clone(module)).is_go();
        match has("name") {
            _ if LINE_SECTIONS.iter().any(|section| has(section)) || is_go() => KnownSymbols::Lines,
            true => KnownSymbols::Names,
            false => KnownSymbols::None,
        }
    }
}

/// A function that the host can call.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedFunction {
    /// Its name.
    pub name: String,
    /// What it is given.
    pub params: Parameters,
    /// Its type as text: `(i32) -> i64`.
    pub signature: String,
}

/// What a function is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameters {
    /// Values of these types.
    Values(Vec<ValType>),
    /// Values of a component's types: they are written as one text.
    Text {
        /// Is there nothing to write?
        none: bool,
    },
}

impl Parameters {
    /// What their fields begin with.
    pub fn fields(&self) -> Vec<String> {
        match self {
            Parameters::Values(types) => vec!["0".to_owned(); types.len()],
            Parameters::Text { none } => vec![String::new(); usize::from(!none)],
        }
    }
}

impl ModuleFacts {
    /// Reads the outline of the module.
    pub fn read(guest: Guest) -> Result<ModuleFacts, ModuleError> {
        let module = Arc::new(ModuleIndex::parse(&guest.bytes)?);
        let exports = exported_functions(&guest.bytes, &module);
        let is_import = |i: &&wasmscope_symbolize::Import| matches!(i.kind, ImportKind::Function { .. });
        Ok(ModuleFacts {
            is_command: exports.iter().any(is_command),
            exports: exports.into_iter().filter(|export| !is_command(export)).collect(),
            symbols: KnownSymbols::of(&guest.bytes, &module),
            // Where the engine can't be made, the run says so.
            missing: missing_imports(&module, &[]).unwrap_or_default(),
            imported_functions: module.imports().iter().filter(is_import).count(),
            defined_functions: module.functions().len().saturating_sub(module.imported_function_count()),
            guest,
        })
    }

    /// What settings of a run are remembered under.
    pub fn key(&self) -> String {
        module_key(&self.guest.name, &self.guest.path).to_owned()
    }
}

/// What settings of a run are remembered under, of a module with this name and path.
pub fn module_key<'a>(name: &'a str, path: &'a str) -> &'a str {
    if path.is_empty() { name } else { path }
}

/// WASI's preview 1 has a name for what is to be run, preview 2 an interface.
fn is_command(export: &ExportedFunction) -> bool {
    export.name == "_start" || export.name.starts_with("wasi:cli/run@0.2")
}

/// None of a component that is not valid: the run says why.
fn exported_functions(bytes: &[u8], module: &ModuleIndex) -> Vec<ExportedFunction> {
    if module.is_component() {
        let exports = component_exports(bytes).unwrap_or_default();
        let exported = |export: ComponentExport| ExportedFunction {
            name: export.path(),
            params: Parameters::Text { none: export.params.is_empty() },
            signature: export.signature(),
        };
        return exports.into_iter().map(exported).collect();
    }
    let functions = module.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.filter_map(|export| exported(module, &export.name, FuncIndex(export.index))).collect()
}

fn exported(module: &ModuleIndex, name: &str, index: FuncIndex) -> Option<ExportedFunction> {
    let ty = &module.function(index)?.ty;
    let params = Parameters::Values(ty.params.clone());
    Some(ExportedFunction { name: name.to_owned(), params, signature: ty.to_string() })
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
    fn a_stripped_go_module_has_lines() {
        const GO: &[u8] = include_bytes!("../../../instrument/tests/go/goroutines.wasm");
        let module = ModuleIndex::parse(GO).unwrap();
        let kept = module.sections().iter().filter(|section| section.id != 0);
        let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
        let bare = places.fold(GO[..8].to_vec(), |whole, place| [&whole, &GO[place]].concat());
        for (bytes, expected) in [
            (bare.as_slice(), KnownSymbols::Lines),
            (&GO[..8], KnownSymbols::None),
            (b"\0asm\x01\0\0\0\0\x05\x04name", KnownSymbols::Names),
        ] {
            let guest = Guest { bytes: bytes.into(), name: "a".to_owned(), path: String::new() };
            assert_eq!(ModuleFacts::read(guest).unwrap().symbols, expected);
        }
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(middle_cut("abcdefghij", 5), "ab…ij");
        assert_eq!(middle_cut("short", 5), "short");
        assert_eq!(middle_cut("äöüßéñ", 4), "ä…éñ");
    }
}
