//! The machine code that the engine made of a guest.

use std::ops::Range;
use wasmscope_symbolize::FuncIndex;
use wasmtime::component::Component;
use wasmtime::{FrameInfo, Module, ModuleFunction};

/// A function of the guest that was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompiledFunction {
    /// Its core module, by the order of the component's file that was compiled; 0 where that is a core module. Behind
    /// them come modules that the engine makes, for calls between components.
    pub module: u32,
    /// Its index there.
    pub func: FuncIndex,
}

/// A place in the code of the guest that was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompiledPlace {
    /// The function.
    pub function: CompiledFunction,
    /// Where in the file that was compiled.
    pub offset: u32,
}

impl CompiledPlace {
    /// The place that a frame of the engine's is at.
    pub fn of_frame(frame: &FrameInfo) -> Option<CompiledPlace> {
        let offset = frame.module_offset().and_then(|offset| u32::try_from(offset).ok())?;
        Some(CompiledPlace { function: CompiledFunction::of_frame(frame), offset })
    }
}

impl CompiledFunction {
    /// The function that a frame of the engine's is in.
    pub fn of_frame(frame: &FrameInfo) -> CompiledFunction {
        // Of a module in a component the engine tells the number only with its functions.
        let module = frame.module().functions().next().map_or(0, |first| first.module.as_u32());
        CompiledFunction { module, func: FuncIndex(frame.func_index()) }
    }
}

/// Where the machine code lies and what it was made of.
pub struct MachineCode {
    source: Source,
    /// Addresses of all of it, trampolines included.
    pub text: Range<u64>,
    /// Where each function lies, ascending.
    pub functions: Vec<(Range<u64>, CompiledFunction)>,
}

enum Source {
    Module(Module),
    Component(Component),
}

impl MachineCode {
    /// The code of a core module.
    pub fn of_module(module: &Module) -> MachineCode {
        Self::new(Source::Module(module.clone()), module.text(), module.functions())
    }

    /// The code of a component.
    pub fn of_component(component: &Component) -> MachineCode {
        Self::new(Source::Component(component.clone()), component.text(), component.functions())
    }

    fn new(source: Source, text: &[u8], functions: impl Iterator<Item = ModuleFunction>) -> MachineCode {
        let text = text.as_ptr_range();
        let at = |offset: usize| text.start as u64 + offset as u64;
        let function = |f: ModuleFunction| {
            let func = FuncIndex(f.index.as_u32());
            (at(f.offset)..at(f.offset + f.len), CompiledFunction { module: f.module.as_u32(), func })
        };
        let mut functions: Vec<_> = functions.map(function).collect();
        functions.sort_unstable_by_key(|(range, _)| range.start);
        MachineCode { source, text: text.start as u64..text.end as u64, functions }
    }

    /// Of each piece of code, ascending, its place in the text and that of its instruction in the file that was
    /// compiled, or [`NO_INSTRUCTION`]. Takes a while for large modules.
    pub fn rows(&self) -> Vec<(u32, u32)> {
        let row = |(offset, wasm): (usize, Option<u32>)| (offset as u32, wasm.unwrap_or(NO_INSTRUCTION));
        match &self.source {
            Source::Module(module) => module.address_map().into_iter().flatten().map(row).collect(),
            Source::Component(component) => component.address_map().into_iter().flatten().map(row).collect(),
        }
    }
}

/// In [`MachineCode::rows`]: code that is of no instruction.
pub const NO_INSTRUCTION: u32 = u32::MAX;
