//! The index spaces of a component and of those in it, at their ends: what is appended there goes on with them.

use rustc_hash::FxHashMap;
use wasmparser::types::TypesRef;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef,
    Instance, Parser, Payload, Validator, WasmFeatures,
};

/// The index spaces of one component.
#[derive(Debug, Default)]
pub struct Spaces {
    pub core_modules: u32,
    pub core_instances: u32,
    pub core_functions: u32,
    pub core_memories: u32,
    pub types: u32,
    pub functions: u32,
    /// The core instances that are made of core modules in the file: index, and where the module begins.
    pub instantiated: Vec<(u32, usize)>,
    /// The instances that are made of components in the file: index, and where the component begins.
    pub nested: Vec<(u32, usize)>,
}

/// Validates the component in `bytes`. Gives the spaces of each component in it by where it begins.
pub fn spaces(bytes: &[u8]) -> wasmparser::Result<FxHashMap<usize, Spaces>> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let (mut scan, mut module_end) = (Scan::default(), None);
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut allocations = Default::default();
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        match (module_end, &payload) {
            (Some(end), Payload::End(at)) if *at >= end => module_end = None,
            (Some(_), _) => {}
            (None, Payload::ModuleSection { unchecked_range, .. }) => {
                module_end = Some(unchecked_range.end);
                scan.open().modules.push(Some(unchecked_range.start));
            }
            (None, payload) => scan.payload(payload, validator.types(0))?,
        }
        if let wasmparser::ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(allocations);
            function.validate(&body)?;
            allocations = function.into_allocations();
        }
    }
    Ok(scan.done)
}

/// What is known of the index spaces of a component that has not ended yet: of items that stem from the file, where
/// they begin.
#[derive(Default)]
struct Level {
    start: usize,
    modules: Vec<Option<usize>>,
    components: Vec<Option<usize>>,
    core_instances: Vec<Option<usize>>,
    instances: Vec<Option<usize>>,
}

#[derive(Default)]
struct Scan {
    /// Where the component begins whose header comes next.
    next_start: usize,
    /// Outermost first.
    levels: Vec<Level>,
    done: FxHashMap<usize, Spaces>,
}

impl Scan {
    fn open(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn payload(&mut self, payload: &Payload<'_>, types: Option<TypesRef<'_>>) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { .. } => self.levels.push(Level { start: self.next_start, ..Level::default() }),
            Payload::End(_) => self.close(types),
            Payload::ComponentSection { unchecked_range, .. } => {
                self.next_start = unchecked_range.start;
                self.open().components.push(Some(unchecked_range.start));
            }
            Payload::InstanceSection(instances) => {
                for instance in instances.clone() {
                    self.open().core_instance(&instance?);
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances.clone() {
                    self.open().instance(&instance?);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases.clone() {
                    self.alias(&alias?);
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    self.open().import(import?.ty);
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    self.open().export(export.kind, export.index as usize);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => self.open().foreign(*kind),
            ComponentAlias::Outer { kind, count, index } => {
                let outer =
                    self.levels.len().checked_sub(1 + *count as usize).and_then(|at| self.levels.get(at));
                let index = *index as usize;
                let module = outer.and_then(|outer| outer.modules.get(index).copied().flatten());
                let component = outer.and_then(|outer| outer.components.get(index).copied().flatten());
                match kind {
                    ComponentOuterAliasKind::CoreModule => self.open().modules.push(module),
                    ComponentOuterAliasKind::Component => self.open().components.push(component),
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
                }
            }
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
    }

    fn close(&mut self, types: Option<TypesRef<'_>>) {
        let Some((level, types)) = self.levels.pop().zip(types) else { return };
        let from_file = |items: &[Option<usize>]| -> Vec<(u32, usize)> {
            (0..).zip(items).filter_map(|(index, start)| Some((index, (*start)?))).collect()
        };
        let spaces = Spaces {
            core_modules: types.module_count(),
            core_instances: types.core_instance_count(),
            core_functions: types.function_count(),
            core_memories: types.memory_count(),
            types: types.component_type_count(),
            functions: types.component_function_count(),
            instantiated: from_file(&level.core_instances),
            nested: from_file(&level.instances),
        };
        self.done.insert(level.start, spaces);
    }
}

impl Level {
    fn core_instance(&mut self, instance: &Instance<'_>) {
        let module = match instance {
            Instance::Instantiate { module_index, .. } => self.modules.get(*module_index as usize).copied(),
            Instance::FromExports(_) => None,
        };
        self.core_instances.push(module.flatten());
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) {
        let component = match instance {
            ComponentInstance::Instantiate { component_index, .. } => {
                self.components.get(*component_index as usize).copied()
            }
            ComponentInstance::FromExports(_) => None,
        };
        self.instances.push(component.flatten());
    }

    /// Something that does not stem from the file.
    fn foreign(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(None),
            ComponentExternalKind::Component => self.components.push(None),
            ComponentExternalKind::Instance => self.instances.push(None),
            _ => {}
        }
    }

    fn import(&mut self, ty: ComponentTypeRef) {
        match ty {
            ComponentTypeRef::Module(_) => self.foreign(ComponentExternalKind::Module),
            ComponentTypeRef::Component(_) => self.foreign(ComponentExternalKind::Component),
            ComponentTypeRef::Instance(_) => self.foreign(ComponentExternalKind::Instance),
            _ => {}
        }
    }

    /// An export is one more item of its index space. An instance is not looked at twice.
    fn export(&mut self, kind: ComponentExternalKind, index: usize) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(self.modules.get(index).copied().flatten()),
            ComponentExternalKind::Component => {
                self.components.push(self.components.get(index).copied().flatten());
            }
            _ => self.foreign(kind),
        }
    }
}
