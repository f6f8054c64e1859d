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
    /// The same of the modules that it is linked to, which are not sampled, but stopped.
    linked: Vec<(u64, u64)>,
    tripwire: Tripwire,
}

impl NativeCode {
    /// Reads the layout of `module`, and of those that it is `linked` to.
    pub fn new<'a>(module: &Module, linked: impl Iterator<Item = &'a Module>, tripwire: Tripwire) -> Self {
        let text = module.text().as_ptr_range();
        let sorted = |mut functions: Vec<_>| {
            functions.sort_unstable();
            functions
        };
        NativeCode {
            text_start: text.start as u64,
            text_end: text.end as u64,
            functions: sorted(functions_of(module).collect()),
            linked: sorted(linked.flat_map(functions_of).collect()),
            tripwire,
        }
    }

    /// Is `address` in the module's machine code, trampolines included?
    pub fn contains(&self, address: u64) -> bool {
        (self.text_start..self.text_end).contains(&address)
    }

    /// The start of the wasm function that `address` lies in.
    pub fn function_start(&self, address: u64) -> Option<u64> {
        start_of(&self.functions, address)
    }

    /// Is `address` in a wasm function of a module that this one is linked to?
    pub fn is_linked(&self, address: u64) -> bool {
        start_of(&self.linked, address).is_some()
    }

    /// Where to send a guest that is to be stopped.
    pub fn tripwire(&self) -> u64 {
        self.tripwire.address
    }
}

/// Start and end of each function.
fn functions_of(module: &Module) -> impl Iterator<Item = (u64, u64)> {
    let base = module.text().as_ptr() as u64;
    module.functions().map(move |f| (base + f.offset as u64, base + (f.offset + f.len) as u64))
}

/// The start of that one of `functions` that `address` lies in.
fn start_of(functions: &[(u64, u64)], address: u64) -> Option<u64> {
    let after = functions.partition_point(|(start, _)| *start <= address);
    let (start, end) = functions.get(after.checked_sub(1)?)?;
    (address < *end).then_some(*start)
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
