//! Where the core modules of a component are, and what the component calls them.

use std::ops::Range;
use std::sync::Arc;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentImport, ComponentName, ComponentNameSectionReader,
    ComponentOuterAliasKind, ComponentTypeRef, KnownCustom, NameMap, Parser, Payload,
};

use crate::ids::FileOffset;
use crate::module::{ModuleError, Section, range_of};

/// The standard's names of a component's sections, by their id.
const SECTIONS: [&str; 13] = [
    "custom",
    "core module",
    "core instance",
    "core type",
    "component",
    "instance",
    "alias",
    "type",
    "canonical function",
    "start",
    "import",
    "export",
    "value",
];

/// A core module in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its bytes.
    pub range: Range<usize>,
    /// What the component calls it.
    pub name: Option<Arc<str>>,
}

/// What there is in the component in `bytes`.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan, ModuleError> {
    let mut scan = Scan::default();
    let mut parser = Parser::new(0);
    parser.set_features(wasmparser::WasmFeatures::all());
    for payload in parser.parse_all(bytes) {
        scan.payload(payload?)?;
    }
    Ok(scan)
}

/// A component.
#[derive(Default)]
pub(super) struct Scan {
    /// Its core modules, those in nested components too, in the order of the file.
    pub found: Vec<Found>,
    /// Its own sections.
    pub sections: Vec<Section>,
    /// The names of what it imports, but for types.
    pub imports: Vec<Arc<str>>,
    /// Where the next section's header begins.
    next_header: usize,
    /// The components that are open, outermost first.
    levels: Vec<Level>,
    /// Where the core module that is open ends: what is in it is passed over.
    module_end: Option<usize>,
}

/// A component's index space of core modules: which of those found each one is, if it is one of them.
#[derive(Default)]
struct Level(Vec<Option<usize>>);

impl Scan {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), ModuleError> {
        if let Some(end) = self.module_end {
            if matches!(payload, Payload::End(at) if at >= end) {
                self.module_end = None;
            }
            return Ok(());
        }
        self.section(&payload);
        match payload {
            Payload::Version { range, .. } => {
                // What follows a nested component begins where that one ends, as its own section told.
                if self.levels.is_empty() {
                    self.next_header = range.end;
                }
                self.levels.push(Level::default());
            }
            Payload::End(_) => drop(self.levels.pop()),
            Payload::ModuleSection { unchecked_range, .. } => self.module(unchecked_range),
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.import(&import?);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.elsewhere(is_core_module(&alias?));
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.elsewhere(export?.kind == ComponentExternalKind::Module);
                }
            }
            Payload::CustomSection(custom) => {
                if let KnownCustom::ComponentName(names) = custom.as_known() {
                    self.names(names);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Sections of nested components are within those that hold them.
    fn section(&mut self, payload: &Payload<'_>) {
        let Some((id, contents)) = payload.as_section().filter(|_| self.levels.len() == 1) else { return };
        let (name, data): (Arc<str>, _) = match payload {
            Payload::CustomSection(custom) => (custom.name().into(), custom.data_offset()..contents.end),
            _ => (SECTIONS.get(usize::from(id)).copied().unwrap_or("unknown").into(), contents.clone()),
        };
        let header = FileOffset(self.next_header as u64);
        self.next_header = contents.end;
        let (contents, data) = (range_of(contents), range_of(data));
        self.sections.push(Section { id, name, header, contents, data });
    }

    fn import(&mut self, import: &ComponentImport<'_>) {
        self.elsewhere(matches!(import.ty, ComponentTypeRef::Module(_)));
        let is_needed = !matches!(import.ty, ComponentTypeRef::Type(_));
        if is_needed && self.levels.len() == 1 {
            self.imports.push(import.name.name.into());
        }
    }

    fn module(&mut self, range: Range<usize>) {
        self.module_end = Some(range.end);
        let at = self.found.len();
        self.found.push(Found { range, name: None });
        self.define(Some(at));
    }

    /// The index space may go on with what is no core module of this file's.
    fn elsewhere(&mut self, is_module: bool) {
        if is_module {
            self.define(None);
        }
    }

    fn define(&mut self, module: Option<usize>) {
        if let Some(Level(modules)) = self.levels.last_mut() {
            modules.push(module);
        }
    }

    /// Names are best effort: those before a broken one count.
    fn names(&mut self, names: ComponentNameSectionReader<'_>) {
        for subsection in names {
            if let Ok(ComponentName::CoreModules(names)) = subsection {
                self.module_names(names);
            }
        }
    }

    fn module_names(&mut self, names: NameMap<'_>) {
        let Some(Level(modules)) = self.levels.last() else { return };
        for naming in names.into_iter().map_while(Result::ok) {
            let module = modules.get(naming.index as usize).copied().flatten();
            if let Some(found) = module.and_then(|at| self.found.get_mut(at)) {
                found.name = Some(naming.name.into());
            }
        }
    }
}

fn is_core_module(alias: &ComponentAlias<'_>) -> bool {
    match alias {
        ComponentAlias::InstanceExport { kind, .. } => *kind == ComponentExternalKind::Module,
        ComponentAlias::Outer { kind, .. } => *kind == ComponentOuterAliasKind::CoreModule,
        ComponentAlias::CoreInstanceExport { .. } => false,
    }
}
