//! A guest that is ready to run: rewritten, compiled, with the way back from its code to the original's.

use super::prepare::{CompileInput, PreparedModule};
use crate::component::Probed;
use crate::plan::Goroutines;
use crate::probes::Probes;
use crate::recording::StackFrame;
use crate::sample::{CodeMap, CompiledFunction, CompiledPlace, MachineCode, NativeCode, Tripwire};
use crate::{OffsetMap, RecordError};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, Export, ExportKind, FileOffset, FuncIndex, MemoryIndex, ModuleIndex};
use wasmtime::component::Component;
use wasmtime::{Engine, FrameInfo, Module};

/// The compiled guest. Cheap to share between the guest's thread and the collector.
pub struct CompiledGuest {
    pub engine: Engine,
    pub code: GuestCode,
    pub places: Arc<Places>,
    /// The probes of each core module.
    pub probes: Vec<Arc<Probes>>,
    /// The core instances of a component whose probes can be seen.
    pub probed: Vec<Probed>,
}

/// What the engine made of the guest.
#[derive(Clone)]
pub enum GuestCode {
    Module(Module),
    Component(Component),
}

impl CompiledGuest {
    /// The guest that `engine` made `code` of, out of `input`, which was made of the module `original`, which `index`
    /// describes.
    pub fn new(
        engine: Engine,
        code: GuestCode,
        input: CompileInput,
        original: Arc<[u8]>,
        index: Arc<ModuleIndex>,
    ) -> Result<Self, RecordError> {
        let CompileInput { wasm, modules, probed, .. } = input;
        let compiled_index = ModuleIndex::parse(&wasm)?;
        let goroutines = modules.first().and_then(|module| module.probes.goroutines.clone());
        let numbers = modules.iter().enumerate().map(|(own, module)| (module.number as u32, own)).collect();
        let (offsets, probes) =
            modules.into_iter().map(|PreparedModule { offsets, probes, .. }| (offsets, probes)).unzip();
        let own = code.clone();
        let places =
            Arc::new(Places { code: own, original, compiled_index, numbers, offsets, index, goroutines });
        Ok(CompiledGuest { engine, code, places, probes, probed })
    }

    /// The machine code's layout, beside that of the modules it is `linked` to; `None` where there is no instruction to
    /// stop the guest with.
    pub fn native_code<'a>(&self, linked: impl Iterator<Item = &'a Module>) -> Option<NativeCode> {
        let linked = linked.map(MachineCode::of_module);
        Tripwire::new(&self.engine).map(|tripwire| NativeCode::new(self.machine_code(), linked, tripwire))
    }

    /// The way from machine addresses to the places that were compiled.
    pub fn code_map(&self) -> CodeMap {
        CodeMap::new(self.machine_code())
    }

    fn machine_code(&self) -> MachineCode {
        match &self.code {
            GuestCode::Module(module) => MachineCode::of_module(module),
            GuestCode::Component(component) => MachineCode::of_component(component),
        }
    }
}

/// The way from the places that were compiled to the original's.
pub struct Places {
    code: GuestCode,
    /// The original module.
    original: Arc<[u8]>,
    compiled_index: ModuleIndex,
    /// The number of each core module in what was compiled, and its own.
    numbers: FxHashMap<u32, usize>,
    /// Of each core module.
    offsets: Vec<OffsetMap>,
    /// The outline of the original.
    pub index: Arc<ModuleIndex>,
    /// How Go's own stacks are read, where the module is Go's.
    pub goroutines: Option<Goroutines>,
}

impl Places {
    /// The name by which a memory of the original is found in an instance of what was compiled.
    pub fn memory_export(&self, memory: MemoryIndex) -> Option<&str> {
        let is_its = |export: &&Export| export.kind == ExportKind::Memory && export.index == memory.0;
        self.compiled_index.exports().iter().find(is_its).map(|export| &*export.name)
    }

    /// Is the guest in this frame, rather than a module that it is linked to?
    pub fn has(&self, frame: &FrameInfo) -> bool {
        match &self.code {
            GuestCode::Module(module) => Module::same(frame.module(), module),
            GuestCode::Component(_) => true,
        }
    }

    /// The frame in the original module; `None` in functions that were added, and where the way back leads into another
    /// function.
    pub fn frame(&self, place: CompiledPlace) -> Option<StackFrame> {
        let (func, offset) = (self.function(place.function)?, self.original(place)?);
        Some(StackFrame::Wasm { func, offset })
    }

    /// The function of the original module; `None` for those that were added.
    pub fn function(&self, function: CompiledFunction) -> Option<FuncIndex> {
        self.whole_function(self.module(function)?, function.func)
    }

    /// The number of the core module that a function is in; `None` where that is one of ours or of the engine's.
    pub fn module(&self, function: CompiledFunction) -> Option<usize> {
        self.numbers.get(&function.module).copied()
    }

    /// Did the engine make it, rather than compile it?
    pub fn is_engines(&self, function: CompiledFunction) -> bool {
        self.index.is_component() && function.module as usize >= self.compiled_index.core_modules().len()
    }

    /// The function of the original that function `func` of a core module is.
    pub fn whole_function(&self, module: usize, func: FuncIndex) -> Option<FuncIndex> {
        let func = match self.index.core_modules().get(module) {
            Some(module) => module.function(func)?,
            None if self.index.is_component() => return None,
            None => func,
        };
        self.index.function(func).map(|function| function.index)
    }

    /// The code offset of the original that `offset` of a core module is.
    pub fn whole_offset(&self, module: usize, offset: CodeOffset) -> Option<CodeOffset> {
        match self.index.core_modules().get(module) {
            Some(module) => module.code_offset(offset),
            None => Some(offset),
        }
    }

    /// The place in the original module; `None` as with [`Places::frame`].
    pub fn original(&self, place: CompiledPlace) -> Option<CodeOffset> {
        let number = self.module(place.function)?;
        let at = FileOffset(u64::from(place.offset));
        let offsets = self.offsets.get(number)?;
        let original = match self.index.core_modules().get(number) {
            None => offsets.original(self.compiled_index.code_offset(at)?)?,
            Some(_) => {
                let compiled = self.compiled_index.core_modules().get(place.function.module as usize)?;
                let local = compiled.local_code_offset(self.compiled_index.code_offset(at)?)?;
                self.whole_offset(number, offsets.original(local)?)?
            }
        };
        (self.index.function_at(original) == self.function(place.function)).then_some(original)
    }

    /// Is the instruction at an offset of the original a tail call?
    pub fn is_tail_call(&self, offset: CodeOffset) -> bool {
        let at = self.index.file_offset(offset).and_then(|at| usize::try_from(at.0).ok());
        at.and_then(|at| self.original.get(at)).is_some_and(|opcode| *opcode == RETURN_CALL)
    }

    /// How the instruction at a place calls an import, if it can.
    pub fn call_at(&self, place: CompiledPlace) -> Option<HostCall> {
        let original = self.index.file_offset(self.original(place)?)?;
        let (opcode, operand) = self.original.get(usize::try_from(original.0).ok()?..)?.split_first()?;
        match *opcode {
            CALL | RETURN_CALL => {
                let func = FuncIndex(unsigned_leb(operand)?);
                let callee = self.function(CompiledFunction { func, ..place.function })?;
                let is_import = callee.index() < self.index.imported_function_count();
                is_import.then_some(HostCall::Import(callee))
            }
            CALL_INDIRECT | RETURN_CALL_INDIRECT | CALL_REF | RETURN_CALL_REF => Some(HostCall::ByReference),
            _ => None,
        }
    }
}

/// How an instruction can call an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostCall {
    /// It names it.
    Import(FuncIndex),
    /// Through a table or a reference: nobody can tell which one.
    ByReference,
}

const CALL: u8 = 0x10;
const CALL_INDIRECT: u8 = 0x11;
const RETURN_CALL: u8 = 0x12;
const RETURN_CALL_INDIRECT: u8 = 0x13;
const CALL_REF: u8 = 0x14;
const RETURN_CALL_REF: u8 = 0x15;

fn unsigned_leb(bytes: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unsigned_leb;

    #[test]
    fn operands_are_read() {
        assert_eq!(unsigned_leb(&[0x05]), Some(5));
        assert_eq!(unsigned_leb(&[0xe5, 0x8e, 0x26]), Some(624_485));
        assert_eq!(unsigned_leb(&[0x85, 0x80, 0x80, 0x80, 0x00]), Some(5));
        assert_eq!(unsigned_leb(&[0x80, 0x80]), None);
    }
}
