//! What lets a host see the probes' memories in a component: it can't reach into core instances. At the component's end
//! a function for each of the memories is lifted and exported whose result is all of that memory, as a list of bytes.
//!
//! ```wat
//! (core module $view (import "" "memory" (memory 0)) (func (export "view") (result i32) ...))
//! (type $bytes (list u8))
//! (type $get (func (result $bytes)))
//! (alias core export $instance "wasmscope:events" (core memory $memory))
//! (core instance $args (export "memory" (memory $memory)))
//! (core instance $viewer (instantiate $view (with "" (instance $args))))
//! (alias core export $viewer "view" (core func $look))
//! (func $lifted (type $get) (canon lift (core func $look) (memory $memory)))
//! (export "wasmscope-events-p0" (func $lifted))
//! ```

use super::spaces::Spaces;
use crate::probes::{ACCESSES_EXPORT, CONTEXTS_EXPORT, EVENTS_EXPORT};
use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentSection, ComponentTypeSection, ComponentValType,
    EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, InstanceSection, MemArg,
    MemoryType, Module, ModuleArg, ModuleSection, PrimitiveValType, TypeSection, ValType,
};

/// A memory of the probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewedMemory {
    Contexts,
    Events,
    Accesses,
}

impl ViewedMemory {
    /// The name of the function that shows it for the instance with this number.
    pub fn view(self, instance: usize) -> String {
        let name = match self {
            ViewedMemory::Contexts => "contexts",
            ViewedMemory::Events => "events",
            ViewedMemory::Accesses => "accesses",
        };
        format!("wasmscope-{name}-p{instance}")
    }

    fn export(self) -> &'static str {
        match self {
            ViewedMemory::Contexts => CONTEXTS_EXPORT,
            ViewedMemory::Events => EVENTS_EXPORT,
            ViewedMemory::Accesses => ACCESSES_EXPORT,
        }
    }

    fn all(with_accesses: bool) -> impl Iterator<Item = ViewedMemory> {
        let accesses = with_accesses.then_some(ViewedMemory::Accesses);
        [ViewedMemory::Contexts, ViewedMemory::Events].into_iter().chain(accesses)
    }
}

/// A core instance with probes.
#[derive(Clone, Copy, Debug)]
pub struct Probed {
    /// The core module that it is made of, by its number in the file.
    pub module: usize,
    /// Are accesses counted?
    pub with_accesses: bool,
}

/// What is appended to a component with these `spaces`, whose core instances `own` have probes, by their index, and so
/// have those `nested` in its instances, by the index of the instance. Views are numbered through own ones first.
pub fn views(spaces: &Spaces, own: &[(u32, Probed)], nested: &[(u32, Vec<Probed>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut exports = ComponentExportSection::new();
    let mut functions = spaces.functions..;
    let mut export = |name: String, function: u32| {
        exports.export(&*name, ComponentExportKind::Func, function, None);
    };
    for name in lifted(spaces, own, &mut out) {
        export(name, functions.next().unwrap_or_default());
    }
    let mut aliases = ComponentAliasSection::new();
    let mut number = own.len();
    for (instance, probed) in nested {
        for (inner, probed) in probed.iter().enumerate() {
            for memory in ViewedMemory::all(probed.with_accesses) {
                let (kind, name) = (ComponentExportKind::Func, memory.view(inner));
                aliases.alias(Alias::InstanceExport { instance: *instance, kind, name: &name });
                export(memory.view(number), functions.next().unwrap_or_default());
            }
            number += 1;
        }
    }
    aliases.append_to_component(&mut out);
    exports.append_to_component(&mut out);
    out
}

/// Lifts the views of the component's own core instances: one function each, whose names it gives.
fn lifted(spaces: &Spaces, own: &[(u32, Probed)], out: &mut Vec<u8>) -> Vec<String> {
    let mut names = Vec::new();
    let (mut memories, mut instances) = (ComponentAliasSection::new(), InstanceSection::new());
    let (mut looks, mut lifts) = (ComponentAliasSection::new(), CanonicalFunctionSection::new());
    for (number, (instance, probed)) in own.iter().enumerate() {
        for kind in ViewedMemory::all(probed.with_accesses) {
            let at = names.len() as u32;
            let memory = spaces.core_memories + at;
            let name = kind.export();
            memories.alias(Alias::CoreInstanceExport { instance: *instance, kind: ExportKind::Memory, name });
            let args = spaces.core_instances + 2 * at;
            instances.export_items([("memory", ExportKind::Memory, memory)]);
            instances.instantiate(spaces.core_modules, [("", ModuleArg::Instance(args))]);
            let viewer =
                Alias::CoreInstanceExport { instance: args + 1, kind: ExportKind::Func, name: "view" };
            looks.alias(viewer);
            lifts.lift(spaces.core_functions + at, spaces.types + 1, [CanonicalOption::Memory(memory)]);
            names.push(kind.view(number));
        }
    }
    ModuleSection(&view_module()).append_to_component(out);
    types(spaces).append_to_component(out);
    memories.append_to_component(out);
    instances.append_to_component(out);
    looks.append_to_component(out);
    lifts.append_to_component(out);
    names
}

fn types(spaces: &Spaces) -> ComponentTypeSection {
    let mut types = ComponentTypeSection::new();
    types.defined_type().list(PrimitiveValType::U8);
    let no_params: [(&str, ComponentValType); 0] = [];
    types.function().params(no_params).result(Some(ComponentValType::Type(spaces.types)));
    types
}

/// A module whose function writes address and length of its memory to the end of it, and gives their address.
fn view_module() -> Module {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    module.section(&types);
    let memory =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    module.section(ImportSection::new().import("", "memory", EntityType::Memory(memory)));
    module.section(FunctionSection::new().function(0));
    module.section(ExportSection::new().export("view", ExportKind::Func, 0));
    let at = |offset| MemArg { offset, align: 2, memory_index: 0 };
    let (size, pair) = (0, 1);
    let mut view = Function::new([(2, ValType::I32)]);
    let mut code = view.instructions();
    code.memory_size(0).i32_const(16).i32_shl().local_tee(size).i32_const(8).i32_sub().local_tee(pair);
    code.i32_const(0).i32_store(at(0));
    code.local_get(pair).local_get(size).i32_store(at(4));
    code.local_get(pair).end();
    module.section(CodeSection::new().function(&view));
    module
}
