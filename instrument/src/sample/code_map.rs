//! From addresses of machine code back to the original module's code.

use super::Tripwire;
use crate::recording::StackFrame;
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex};
use wasmtime::Module;

/// Where a module's machine code lies. Everything that the signal handler needs to know of it.
pub struct NativeCode {
    text_start: u64,
    text_end: u64,
    /// Start and end of each function, ascending. Between them lie trampolines.
    functions: Vec<(u64, u64)>,
    tripwire: Tripwire,
}

impl NativeCode {
    /// Reads the layout of `module`.
    pub fn new(module: &Module, tripwire: Tripwire) -> Self {
        let text = module.text().as_ptr_range();
        let base = text.start as u64;
        let at = |offset: usize| base + offset as u64;
        let mut functions: Vec<_> =
            module.functions().map(|f| (at(f.offset), at(f.offset + f.len))).collect();
        functions.sort_unstable();
        NativeCode { text_start: base, text_end: text.end as u64, functions, tripwire }
    }

    /// Is `address` in the module's machine code, trampolines included?
    pub fn contains(&self, address: u64) -> bool {
        (self.text_start..self.text_end).contains(&address)
    }

    /// The start of the wasm function that `address` lies in.
    pub fn function_start(&self, address: u64) -> Option<u64> {
        let after = self.functions.partition_point(|(start, _)| *start <= address);
        let (start, end) = self.functions.get(after.checked_sub(1)?)?;
        (address < *end).then_some(*start)
    }

    /// Where to send a guest that is to be stopped.
    pub fn tripwire(&self) -> u64 {
        self.tripwire.address
    }
}

/// Translates machine addresses into frames of the original module, and remembers what it found.
pub struct CodeMap {
    /// `(address, offset of the wasm instruction in the module that was compiled)`, ascending.
    rows: Vec<(u64, Option<u32>)>,
    functions: Vec<(u64, u64, FuncIndex)>,
    known: FxHashMap<u64, Option<StackFrame>>,
}

impl CodeMap {
    /// Reads the map of `module`.
    pub fn new(module: &Module) -> Self {
        let base = module.text().as_ptr() as u64;
        let at = |offset: usize| base + offset as u64;
        let rows = module.address_map().into_iter().flatten();
        let mut functions: Vec<_> = module
            .functions()
            .map(|f| (at(f.offset), at(f.offset + f.len), FuncIndex(f.index.as_u32())))
            .collect();
        functions.sort_unstable();
        CodeMap {
            rows: rows.map(|(offset, wasm)| (at(offset), wasm)).collect(),
            functions,
            known: FxHashMap::default(),
        }
    }

    /// The frame at `address`; `None` in trampolines and in functions that `to_original` does not know.
    ///
    /// `to_original` turns a function and an offset in the compiled module file into a place in the original code.
    pub fn frame(
        &mut self,
        address: u64,
        to_original: impl Fn(FuncIndex, u32) -> Option<CodeOffset>,
    ) -> Option<StackFrame> {
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let frame = self.look_up(address, to_original);
        self.known.insert(address, frame);
        frame
    }

    fn look_up(
        &self,
        address: u64,
        to_original: impl Fn(FuncIndex, u32) -> Option<CodeOffset>,
    ) -> Option<StackFrame> {
        let after = self.functions.partition_point(|(start, ..)| *start <= address);
        let (start, end, func) = *self.functions.get(after.checked_sub(1)?)?;
        if address >= end {
            return None;
        }
        let offset = to_original(func, self.wasm_offset(start, address)?)?;
        Some(StackFrame::Wasm { func, offset })
    }

    /// The instruction at `address`. Prologues and cold code have none of their own: the nearest one of the same
    /// function stands for them.
    fn wasm_offset(&self, function_start: u64, address: u64) -> Option<u32> {
        let after = self.rows.partition_point(|(row, _)| *row <= address);
        let before = self.rows[..after].iter().rev().take_while(|(row, _)| *row >= function_start);
        let mut following = self.rows[after..].iter();
        before.chain(&mut following).find_map(|(_, wasm)| *wasm)
    }
}
