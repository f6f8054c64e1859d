//! Which of the names that a function may have is shown.

use std::sync::Arc;

use super::Symbols;
use crate::demangle::Names;
use crate::go::shorten;
use crate::ids::FuncIndex;
use crate::module::{ExportKind, ModuleIndex};

/// The name of a function in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName {
    /// As the module has it.
    pub raw: Arc<str>,
    /// Demangled; the same as `raw` when that isn't mangled.
    pub full: Arc<str>,
    /// Without template and generic arguments and parameter lists: `json::parse_value`.
    pub short: Arc<str>,
    /// Where it was found.
    pub source: NameSource,
}

/// Where a function's name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameSource {
    /// In the table that Go's linker leaves for the runtime.
    GoTable,
    /// In the name section.
    NameSection,
    /// In another build of the module.
    Twin,
    /// In a symbol map.
    SymbolMap,
    /// It is the name of the function's first export.
    Export,
    /// It is what the function is imported as, `module.field`.
    Import,
    /// In the debug information.
    Dwarf,
    /// Nowhere: it is made from the index.
    Index,
}

impl FunctionName {
    pub(super) fn unknown() -> Self {
        named(Arc::from("?"), NameSource::Index)
    }
}

/// The first export of each function, sorted by function.
pub(super) fn first_exports(module: &ModuleIndex) -> Vec<(FuncIndex, usize)> {
    let exports = module.exports().iter().enumerate();
    let mut exports: Vec<_> = exports
        .filter(|(_, export)| export.kind == ExportKind::Function)
        .map(|(at, export)| (FuncIndex(export.index), at))
        .collect();
    exports.sort();
    exports.dedup_by_key(|(function, _)| *function);
    exports
}

pub(super) fn resolve(symbols: &Symbols, function: FuncIndex) -> FunctionName {
    if let Some(raw) = symbols.go().and_then(|table| table.name(&symbols.bytes, function)) {
        return named(raw, NameSource::GoTable);
    }
    if let Some(raw) = from_name_section(symbols, function) {
        return named(raw, NameSource::NameSection);
    }
    if let Some(name) = symbols.twin().and_then(|twin| twin.name(function)) {
        return name;
    }
    let found = from_symbol_map(symbols, function)
        .map(|raw| (raw, NameSource::SymbolMap))
        .or_else(|| from_export(symbols, function).map(|raw| (raw, NameSource::Export)))
        .or_else(|| from_import(symbols, function).map(|raw| (raw, NameSource::Import)))
        .or_else(|| symbols.debug().name(function).map(|raw| (raw, NameSource::Dwarf)));
    let (raw, source) = found.unwrap_or_else(|| (function.to_string().into(), NameSource::Index));
    named(raw, source)
}

fn named(raw: Arc<str>, source: NameSource) -> FunctionName {
    let Names { full, short } = match source {
        // `env.memory` or `func[7]` would only be damaged by looking for parameter lists in it.
        NameSource::Import | NameSource::Index => Names::same(&raw),
        NameSource::GoTable => Names { full: Arc::clone(&raw), short: shorten(&raw).into() },
        _ => Names::of(&raw),
    };
    FunctionName { raw, full, short, source }
}

fn from_name_section(symbols: &Symbols, function: FuncIndex) -> Option<Arc<str>> {
    let name = symbols.module.name_span(function)?.text(&symbols.bytes)?;
    // An empty name is legal and tells nothing.
    (!name.is_empty()).then(|| name.into())
}

fn from_symbol_map(symbols: &Symbols, function: FuncIndex) -> Option<Arc<str>> {
    symbols.symbol_map()?.name(function)
}

fn from_export(symbols: &Symbols, function: FuncIndex) -> Option<Arc<str>> {
    let at = symbols.exports.binary_search_by_key(&function, |(function, _)| *function).ok()?;
    let (_, export) = symbols.exports.get(at)?;
    let name = &symbols.module.exports().get(*export)?.name;
    (!name.is_empty()).then(|| Arc::clone(name))
}

fn from_import(symbols: &Symbols, function: FuncIndex) -> Option<Arc<str>> {
    let import = symbols.module.imports().get(symbols.module.function(function)?.import?)?;
    Some(format!("{}.{}", import.module, import.name).into())
}
