//! A guest that is ready to run: rewritten, compiled, with the way back from its code to the original's.

use crate::plan::Goroutines;
use crate::probes::Probes;
use crate::sample::{CodeMap, NativeCode, Tripwire};
use crate::{OffsetMap, RecordError};
use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, FileOffset, FuncIndex, ModuleIndex};
use wasmtime::{Engine, Module};

/// The compiled guest. Cheap to share between the guest's thread and the collector.
pub struct CompiledGuest {
    pub engine: Engine,
    pub module: Module,
    pub places: Arc<Places>,
    pub probes: Arc<Probes>,
}

impl CompiledGuest {
    /// The guest that `engine` made `module` of, out of `wasm`, which was made of the module `original`, which `index`
    /// describes.
    pub fn new(
        engine: Engine,
        module: Module,
        wasm: &[u8],
        offsets: OffsetMap,
        probes: Arc<Probes>,
        original: Arc<[u8]>,
        index: Arc<ModuleIndex>,
    ) -> Result<Self, RecordError> {
        let compiled_index = ModuleIndex::parse(wasm)?;
        let goroutines = probes.goroutines.clone();
        let places = Arc::new(Places { original, compiled_index, offsets, index, goroutines });
        Ok(CompiledGuest { engine, module, places, probes })
    }

    /// The machine code's layout; `None` where there is no instruction to stop the guest with.
    pub fn native_code(&self) -> Option<NativeCode> {
        Tripwire::new(&self.engine).map(|tripwire| NativeCode::new(&self.module, tripwire))
    }

    /// The way from machine addresses to the compiled module's offsets.
    pub fn code_map(&self) -> CodeMap {
        CodeMap::new(&self.module)
    }
}

/// The way from the compiled module's offsets to the original's.
pub struct Places {
    /// The original module.
    original: Arc<[u8]>,
    compiled_index: ModuleIndex,
    offsets: OffsetMap,
    /// Its outline.
    pub index: Arc<ModuleIndex>,
    /// How Go's own stacks are read, where the module is Go's.
    pub goroutines: Option<Goroutines>,
}

impl Places {
    /// The place in the original module of `file_offset` in the compiled one; `None` in functions that were added,
    /// and where the way back leads into another function.
    pub fn original(&self, func: FuncIndex, file_offset: u32) -> Option<CodeOffset> {
        let compiled = self.compiled_index.code_offset(FileOffset(u64::from(file_offset)))?;
        let original = self.offsets.original(compiled)?;
        (self.index.function_at(original) == Some(func)).then_some(original)
    }

    /// How the instruction at `file_offset` of the compiled module, in `func`, calls an import, if it can.
    pub fn call_at(&self, func: FuncIndex, file_offset: u32) -> Option<HostCall> {
        let original = self.index.file_offset(self.original(func, file_offset)?)?;
        let (opcode, operand) = self.original.get(usize::try_from(original.0).ok()?..)?.split_first()?;
        match *opcode {
            CALL | RETURN_CALL => {
                let callee = unsigned_leb(operand)?;
                let is_import = (callee as usize) < self.index.imported_function_count();
                is_import.then_some(HostCall::Import(FuncIndex(callee)))
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
