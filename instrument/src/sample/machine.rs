//! The machine code that the engine made of a guest.

use std::ops::Range;
use wasmscope_symbolize::FuncIndex;
use wasmtime::component::Component;
use wasmtime::{FrameInfo, Module, ModuleFunction};

/// A function of the guest that was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompiledFunction {
    /// Its core module, by the order of the component's file that was compiled; 0 where that is a core module. Behind them
    /// come modules that the engine makes, for calls between components.
    pub module: u32,
    /// Its index there.
    pub func: FuncIndex,
}

/// A place in the code of the guest that was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Addresses of all of it, trampolines included.
    pub text: Range<u64>,
    /// Where each function lies, ascending.
    pub functions: Vec<(Range<u64>, CompiledFunction)>,
    /// `(address, offset of the instruction in the file that was compiled)`, ascending.
    pub rows: Vec<(u64, Option<u32>)>,
}

impl MachineCode {
    /// The code of a core module.
    pub fn of_module(module: &Module) -> MachineCode {
        Self::new(module.text(), module.functions(), module.address_map().into_iter().flatten())
    }

    /// The code of a component.
    pub fn of_component(component: &Component) -> MachineCode {
        Self::new(component.text(), component.functions(), component.address_map().into_iter().flatten())
    }

    fn new(
        text: &[u8],
        functions: impl Iterator<Item = ModuleFunction>,
        rows: impl Iterator<Item = (usize, Option<u32>)>,
    ) -> MachineCode {
        let text = text.as_ptr_range();
        let at = |offset: usize| text.start as u64 + offset as u64;
        let function = |f: ModuleFunction| {
            let func = FuncIndex(f.index.as_u32());
            (at(f.offset)..at(f.offset + f.len), CompiledFunction { module: f.module.as_u32(), func })
        };
        let mut functions: Vec<_> = functions.map(function).collect();
        functions.sort_unstable_by_key(|(range, _)| range.start);
        let rows = rows.map(|(offset, wasm)| (at(offset), wasm)).collect();
        MachineCode { text: text.start as u64..text.end as u64, functions, rows }
    }
}
