//! Which of the names that a function may have is shown.

use std::sync::Arc;

use super::ModuleSymbols;
use crate::demangle::Name;
use crate::go;
use crate::ids::FuncIndex;
use crate::module::{ExportKind, ModuleIndex, TableSlot};

/// The name of a function, as it is shown and as the module has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName {
    /// As the module has it; `func[7]` where it has none, whatever is shown instead.
    pub raw: Arc<str>,
    /// As it is shown. Frames share it.
    pub name: Arc<Name>,
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
    /// It is a guess, shown as `malloc?`: a function of a library has the same code.
    Known,
    /// It is made from the index and the first place in a table, `func[7]@table[0][12]`.
    TableSlot,
    /// Nowhere: it is made from the index, `func[7]`.
    Index,
}

impl NameSource {
    /// Whether the module or a file beside it tells the name, rather than us.
    pub fn is_told(self) -> bool {
        !matches!(self, NameSource::Known | NameSource::TableSlot | NameSource::Index)
    }
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

pub(super) fn resolve(symbols: &ModuleSymbols, function: FuncIndex) -> FunctionName {
    if let Some(raw) = from_name_section(symbols, function) {
        // Which Go writes without its signs.
        let whole = from_go(symbols, function).filter(|name| go::is_written(name, &raw));
        return match whole {
            Some(whole) => FunctionName { raw, ..named(whole, NameSource::GoTable) },
            None => named(raw, NameSource::NameSection),
        };
    }
    if let Some(name) = symbols.twin().and_then(|twin| twin.name(function)) {
        return name;
    }
    let found = from_symbol_map(symbols, function)
        .map(|raw| (raw, NameSource::SymbolMap))
        .or_else(|| from_go(symbols, function).map(|raw| (raw, NameSource::GoTable)))
        // Exports may have been given short names that say nothing.
        .or_else(|| symbols.debug().name(function).map(|raw| (raw, NameSource::Dwarf)))
        .or_else(|| from_export(symbols, function).map(|raw| (raw, NameSource::Export)))
        .or_else(|| from_import(symbols, function).map(|raw| (raw, NameSource::Import)));
    match found {
        Some((raw, source)) => named(raw, source),
        None => made_up(symbols, function),
    }
}

fn named(raw: Arc<str>, source: NameSource) -> FunctionName {
    let name = match source {
        // `env.memory` or `func[7]` would only be damaged by looking for parameter lists in it.
        NameSource::Import | NameSource::Index => Name::same(&raw),
        NameSource::GoTable => go_name(&raw),
        _ => Name::of(&raw),
    };
    FunctionName { raw, name: Arc::new(name), source }
}

/// A name for a function that nothing tells the name of.
fn made_up(symbols: &ModuleSymbols, function: FuncIndex) -> FunctionName {
    let nameless = named(function.to_string().into(), NameSource::Index);
    if let Some(known) = symbols.known(function) {
        let Name { full, short, group } = Name::of(&Arc::from(known));
        let guess = |name: &str| format!("{name}?").into();
        let name = Arc::new(Name { full: guess(&full), short: guess(&short), group });
        return FunctionName { name, source: NameSource::Known, ..nameless };
    }
    let Some(TableSlot { table, slot, .. }) = symbols.module.table_slot(function) else { return nameless };
    let full: Arc<str> = format!("{function}@table[{table}][{slot}]").into();
    FunctionName { name: Arc::new(Name::same(&full)), source: NameSource::TableSlot, ..nameless }
}

/// Go's names have paths in them, `encoding/json.Marshal`, of which the short form keeps the last part.
fn go_name(raw: &Arc<str>) -> Name {
    Name { short: go::shorten(raw).into(), ..Name::of(raw) }
}

fn from_go(symbols: &ModuleSymbols, function: FuncIndex) -> Option<Arc<str>> {
    symbols.go()?.name(&symbols.bytes, function)
}

fn from_name_section(symbols: &ModuleSymbols, function: FuncIndex) -> Option<Arc<str>> {
    let name = symbols.module.name_span(function)?.text(&symbols.bytes)?;
    // An empty name is legal and tells nothing.
    (!name.is_empty()).then(|| name.into())
}

fn from_symbol_map(symbols: &ModuleSymbols, function: FuncIndex) -> Option<Arc<str>> {
    symbols.symbol_map()?.name(function)
}

fn from_export(symbols: &ModuleSymbols, function: FuncIndex) -> Option<Arc<str>> {
    let at = symbols.exports.binary_search_by_key(&function, |(function, _)| *function).ok()?;
    let (_, export) = symbols.exports.get(at)?;
    let name = &symbols.module.exports().get(*export)?.name;
    (!name.is_empty()).then(|| Arc::clone(name))
}

fn from_import(symbols: &ModuleSymbols, function: FuncIndex) -> Option<Arc<str>> {
    let import = symbols.module.imports().get(symbols.module.function(function)?.import?)?;
    Some(format!("{}.{}", import.module, import.name).into())
}
