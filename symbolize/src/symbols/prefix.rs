//! The symbols of a component's core modules, whose names tell which one a function is in.

use std::sync::Arc;

use super::ModuleSymbols;
use crate::beside::SymbolFiles;
use crate::component::CoreModule;
use crate::demangle::Name;
use crate::module::ModuleIndex;

/// The name of a core module, in front of the names of its functions, and behind their short ones.
pub(super) struct Prefix {
    module: Arc<str>,
    /// Short names of the core module with the most functions have none: it is the program itself.
    in_short: bool,
}

impl Prefix {
    pub(super) fn before(&self, name: &Name) -> Name {
        let full = format!("{}!{}", self.module, name.full).into();
        // Behind the name: where there is little room, the end is cut off.
        let in_short = || format!("{}@{}", name.short, self.module).into();
        let short = if self.in_short { in_short() } else { Arc::clone(&name.short) };
        Name { full, short, group: name.group.clone() }
    }
}

/// The symbols of each core module of the component in `bytes`.
pub(super) fn parts(bytes: &[u8], component: &ModuleIndex, files: &SymbolFiles) -> Vec<ModuleSymbols> {
    let modules = component.core_modules();
    let functions = |module: &CoreModule| module.index.functions().len();
    // The first one, where several have as many.
    let largest = (0..modules.len()).rev().max_by_key(|at| modules.get(*at).map(functions));
    let part = |(at, module): (usize, &CoreModule)| {
        let range = module.range.start.0 as usize..module.range.end.0 as usize;
        let own = bytes.get(range).unwrap_or_default().into();
        // What lies beside a component tells of no core module in particular, but for units of split DWARF, which are
        // found by their ids.
        let files = SymbolFiles { split: files.split.clone(), ..SymbolFiles::default() };
        let mut symbols = ModuleSymbols::with_files(own, Arc::clone(&module.index), files);
        let in_short = Some(at) != largest;
        symbols.prefix = Some(Prefix { module: without_tool(&module.name).into(), in_short });
        symbols
    };
    modules.iter().enumerate().map(part).collect()
}

/// `wasi_snapshot_preview1` of `wit-component:adapter:wasi_snapshot_preview1`, as the tool that makes most components
/// calls what it adds.
fn without_tool(name: &str) -> &str {
    match name.strip_prefix("wit-component:") {
        Some(added) => added.strip_prefix("adapter:").unwrap_or(added),
        None => name,
    }
}
