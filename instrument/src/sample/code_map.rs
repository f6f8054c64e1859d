//! From addresses of machine code back to the original module's code.

use super::Tripwire;
use crate::recording::StackFrame;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
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

/// Addresses that are remembered.
const MAX_KNOWN: usize = 1 << 18;

/// Translates machine addresses into frames of the original module, and remembers what it found.
pub struct CodeMap {
    module: Module,
    text_start: u64,
    /// Of large modules it takes a while to make: it is made for the first address that is asked for.
    rows: OnceCell<Rows>,
    known: FxHashMap<u64, Option<StackFrame>>,
}

/// What the engine knows of the machine code; offsets are from its start.
struct Rows {
    /// `(offset, offset of the wasm instruction in the module that was compiled)`, ascending.
    instructions: Vec<(u32, u32)>,
    functions: Vec<(u32, u32, FuncIndex)>,
}

/// In [`Rows::instructions`]: code that is of no instruction.
const NO_INSTRUCTION: u32 = u32::MAX;

impl CodeMap {
    /// The map of `module`.
    pub fn new(module: &Module) -> Self {
        let text_start = module.text().as_ptr() as u64;
        let (module, rows, known) = (module.clone(), OnceCell::new(), FxHashMap::default());
        CodeMap { module, text_start, rows, known }
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
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(address, frame);
        frame
    }

    fn look_up(
        &self,
        address: u64,
        to_original: impl Fn(FuncIndex, u32) -> Option<CodeOffset>,
    ) -> Option<StackFrame> {
        let rows = self.rows.get_or_init(|| Rows::of(&self.module));
        let offset = u32::try_from(address.checked_sub(self.text_start)?).ok()?;
        let after = rows.functions.partition_point(|(start, ..)| *start <= offset);
        let (start, end, func) = *rows.functions.get(after.checked_sub(1)?)?;
        if offset >= end {
            return None;
        }
        let offset = to_original(func, rows.wasm_offset(start, offset)?)?;
        Some(StackFrame::Wasm { func, offset })
    }
}

impl Rows {
    fn of(module: &Module) -> Rows {
        let rows = module.address_map().into_iter().flatten();
        let row = |(offset, wasm): (usize, Option<u32>)| (offset as u32, wasm.unwrap_or(NO_INSTRUCTION));
        let function = |f: wasmtime::ModuleFunction| {
            (f.offset as u32, (f.offset + f.len) as u32, FuncIndex(f.index.as_u32()))
        };
        let mut functions: Vec<_> = module.functions().map(function).collect();
        functions.sort_unstable();
        Rows { instructions: rows.map(row).collect(), functions }
    }

    /// The instruction at `offset`. Prologues and cold code have none of their own: the nearest one of the same
    /// function stands for them.
    fn wasm_offset(&self, function_start: u32, offset: u32) -> Option<u32> {
        let after = self.instructions.partition_point(|(row, _)| *row <= offset);
        let (before, following) = self.instructions.split_at(after);
        let before = before.iter().rev().take_while(|(row, _)| *row >= function_start);
        let wasm = before.chain(following).map(|(_, wasm)| *wasm);
        wasm.into_iter().find(|wasm| *wasm != NO_INSTRUCTION)
    }
}
