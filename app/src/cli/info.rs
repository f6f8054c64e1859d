//! `wasmscope info`: what is in a module.

use super::print;
use super::table::{Align, Table, clean};
use super::values::SymbolArgs;
use crate::pipeline;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::{ComponentExport, MissingImport, component_exports, missing_imports};
use wasmscope_symbolize::{
    CoreModule, Export, ExportKind, FuncIndex, Function, Import, ImportKind, Memory, ModuleIndex, Section,
    Symbols,
};

/// Show what is in a module
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// The module (.wasm)
    module: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &InfoArgs) -> anyhow::Result<()> {
    let guest = pipeline::open_module(&args.module)?;
    let symbols = pipeline::symbols(&guest, args.symbols.path())?;
    let missing = missing_imports(symbols.module(), &[])?;
    let component = match symbols.module().is_component() {
        true => component_exports(&guest.bytes)?,
        false => Vec::new(),
    };
    let info = Info::of(&guest.name, guest.bytes.len() as u64, &symbols, &missing, &component);
    if args.json { print::json(&info) } else { print::text(info.text().as_bytes()) }
}

#[derive(Serialize)]
struct Info {
    module: String,
    size_bytes: u64,
    has_lines: bool,
    is_component: bool,
    is_command: bool,
    core_modules: Vec<CoreModuleInfo>,
    functions: Vec<FunctionInfo>,
    imports: Vec<ImportInfo>,
    exports: Vec<ExportInfo>,
    memories: Vec<MemoryInfo>,
    sections: Vec<SectionInfo>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct CoreModuleInfo {
    name: String,
    functions: usize,
    imported: usize,
    offset: u64,
    size_bytes: u64,
}

#[derive(Serialize)]
struct FunctionInfo {
    index: u32,
    name: String,
    file: Option<String>,
    line: Option<u32>,
    r#type: String,
    imported: bool,
    size_bytes: Option<u32>,
}

#[derive(Serialize)]
struct ImportInfo {
    module: String,
    name: String,
    kind: &'static str,
    r#type: Option<String>,
    /// `None` for what a component imports.
    index: Option<u32>,
    provided: bool,
}

#[derive(Serialize)]
struct ExportInfo {
    name: String,
    kind: &'static str,
    r#type: Option<String>,
    /// `None` for what a component exports.
    index: Option<u32>,
}

#[derive(Serialize)]
struct MemoryInfo {
    index: u32,
    initial_bytes: u64,
    maximum_bytes: Option<u64>,
    address_bits: u32,
    shared: bool,
    imported: bool,
}

#[derive(Serialize)]
struct SectionInfo {
    name: String,
    offset: u64,
    size_bytes: u64,
}

impl Info {
    fn of(
        name: &str,
        size_bytes: u64,
        symbols: &Symbols,
        missing: &[MissingImport],
        component: &[ComponentExport],
    ) -> Info {
        let module = symbols.module();
        let missing: FxHashSet<_> = missing.iter().map(|import| (&*import.module, &*import.name)).collect();
        Info {
            module: name.to_owned(),
            size_bytes,
            has_lines: symbols.has_lines(),
            is_component: module.is_component(),
            is_command: module.exports().iter().any(|export| &*export.name == "_start")
                || component.iter().any(ComponentExport::is_command),
            functions: module.functions().iter().map(|function| function_info(symbols, function)).collect(),
            imports: imports(module, &missing),
            exports: module
                .exports()
                .iter()
                .map(|export| export_info(module, export))
                .chain(component.iter().map(component_export_info))
                .collect(),
            core_modules: module.core_modules().iter().map(core_module_info).collect(),
            memories: module.memories().iter().map(memory_info).collect(),
            sections: module.sections().iter().map(section_info).collect(),
            warnings: symbols.warnings().iter().map(ToString::to_string).collect(),
        }
    }

    fn text(&self) -> String {
        let imported = self.functions.iter().filter(|function| function.imported).count();
        let lines = if self.has_lines { "source lines are known" } else { "source lines are not known" };
        let kind = if self.is_command { "a command" } else { "a library: name an export to call" };
        let what = if self.is_component { "a component, " } else { "" };
        let mut text = format!(
            "{}: {} bytes, {what}{kind}\n{} functions and {imported} imported ones; {lines}\n",
            clean(&self.module),
            self.size_bytes,
            self.functions.len() - imported,
        );
        let tables = [
            self.core_module_table(),
            self.import_table(),
            self.export_table(),
            self.memory_table(),
            self.section_table(),
        ];
        for table in tables {
            if !table.is_empty() {
                text.push('\n');
                text.push_str(&table.text());
            }
        }
        self.warnings.iter().for_each(|warning| text.push_str(&format!("\nwarning: {}\n", clean(warning))));
        text
    }

    fn import_table(&self) -> Table {
        let columns = ["import", "kind", "type", "provided"].map(|title| (title, Align::Left));
        let mut table = Table::new(&columns);
        for import in &self.imports {
            let name = match import.name.as_str() {
                "" => import.module.clone(),
                name => format!("{}.{name}", import.module),
            };
            let provided = if import.provided { "yes" } else { "by nobody" }.to_owned();
            table.row([name, import.kind.to_owned(), import.r#type.clone().unwrap_or_default(), provided]);
        }
        table
    }

    fn core_module_table(&self) -> Table {
        let mut table = Table::new(&[
            ("core module", Align::Left),
            ("functions", Align::Right),
            ("imported", Align::Right),
            ("offset", Align::Right),
            ("bytes", Align::Right),
        ]);
        for module in &self.core_modules {
            let numbers = [module.functions.to_string(), module.imported.to_string()];
            let place = [format!("{:#x}", module.offset), module.size_bytes.to_string()];
            let ([functions, imported], [offset, bytes]) = (numbers, place);
            table.row([module.name.clone(), functions, imported, offset, bytes]);
        }
        table
    }

    fn export_table(&self) -> Table {
        let mut table = Table::new(&[("export", Align::Left), ("kind", Align::Left), ("type", Align::Left)]);
        for export in &self.exports {
            let ty = export.r#type.clone().unwrap_or_default();
            table.row([export.name.clone(), export.kind.to_owned(), ty]);
        }
        table
    }

    fn memory_table(&self) -> Table {
        let columns = [("memory", Align::Right), ("initial", Align::Right), ("maximum", Align::Right)];
        let mut table = Table::new(&columns);
        for memory in &self.memories {
            let maximum = memory.maximum_bytes.map_or("none".to_owned(), |bytes| bytes.to_string());
            table.row([memory.index.to_string(), memory.initial_bytes.to_string(), maximum]);
        }
        table
    }

    fn section_table(&self) -> Table {
        let columns = [("section", Align::Left), ("offset", Align::Right), ("bytes", Align::Right)];
        let mut table = Table::new(&columns);
        for section in &self.sections {
            table.row([
                section.name.clone(),
                format!("{:#x}", section.offset),
                section.size_bytes.to_string(),
            ]);
        }
        table
    }
}

fn core_module_info(module: &CoreModule) -> CoreModuleInfo {
    let imported = module.index.imported_function_count();
    CoreModuleInfo {
        name: module.name.to_string(),
        functions: module.index.functions().len() - imported,
        imported,
        offset: module.range.start.0,
        size_bytes: module.range.end.0 - module.range.start.0,
    }
}

fn component_export_info(export: &ComponentExport) -> ExportInfo {
    ExportInfo { name: export.path(), kind: "function", r#type: Some(export.signature()), index: None }
}

fn function_info(symbols: &Symbols, function: &Function) -> FunctionInfo {
    let place = symbols.declaration(function.index);
    FunctionInfo {
        index: function.index.0,
        name: symbols.name(function.index).name.full.to_string(),
        file: place.as_ref().map(|place| place.file.to_string()),
        line: place.as_ref().map(|place| place.line),
        r#type: function.ty.to_string(),
        imported: function.body.is_none(),
        size_bytes: function.body.as_ref().map(|body| body.end.0 - body.start.0),
    }
}

/// A component's own, rather than those of its core modules.
fn imports(module: &ModuleIndex, missing: &FxHashSet<(&str, &str)>) -> Vec<ImportInfo> {
    let interface = |name: &Arc<str>| ImportInfo {
        module: name.to_string(),
        name: String::new(),
        kind: "interface",
        r#type: None,
        index: None,
        provided: !missing.contains(&(&**name, "*")),
    };
    match module.is_component() {
        true => module.component_imports().iter().map(interface).collect(),
        false => module.imports().iter().map(|import| import_info(import, missing)).collect(),
    }
}

fn import_info(import: &Import, missing: &FxHashSet<(&str, &str)>) -> ImportInfo {
    let (kind, ty, index) = match &import.kind {
        ImportKind::Function { index, ty } => ("function", Some(ty.to_string()), index.0),
        ImportKind::Memory { index } => ("memory", None, index.0),
        ImportKind::Table { index } => ("table", None, *index),
        ImportKind::Global { index } => ("global", None, *index),
        ImportKind::Tag { index } => ("tag", None, *index),
    };
    let (module, name) = (import.module.to_string(), import.name.to_string());
    let provided = !missing.contains(&(&*import.module, &*import.name));
    ImportInfo { module, name, kind, r#type: ty, index: Some(index), provided }
}

fn export_info(module: &ModuleIndex, export: &Export) -> ExportInfo {
    let (kind, ty) = match export.kind {
        ExportKind::Function => {
            ("function", module.function(FuncIndex(export.index)).map(|f| f.ty.to_string()))
        }
        ExportKind::Memory => ("memory", None),
        ExportKind::Table => ("table", None),
        ExportKind::Global => ("global", None),
        ExportKind::Tag => ("tag", None),
    };
    ExportInfo { name: export.name.to_string(), kind, r#type: ty, index: Some(export.index) }
}

fn memory_info(memory: &Memory) -> MemoryInfo {
    let bytes = |pages: u64| pages.checked_shl(memory.page_size_log2).unwrap_or(u64::MAX);
    MemoryInfo {
        index: memory.index.0,
        initial_bytes: bytes(memory.initial_pages),
        maximum_bytes: memory.maximum_pages.map(bytes),
        address_bits: if memory.memory64 { 64 } else { 32 },
        shared: memory.shared,
        imported: memory.imported,
    }
}

fn section_info(section: &Section) -> SectionInfo {
    let size_bytes = section.contents.end.0 - section.contents.start.0;
    SectionInfo { name: section.name.to_string(), offset: section.header.0, size_bytes }
}
