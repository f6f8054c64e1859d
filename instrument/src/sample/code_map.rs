//! From addresses of machine code back to the original module's code.

use super::machine::NO_INSTRUCTION;
use super::{CompiledPlace, MachineCode, Tripwire};
use crate::recording::StackFrame;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::ops::Range;

/// Where a guest's machine code lies. Everything that the signal handler needs to know of it.
pub struct NativeCode {
    text: Range<u64>,
    /// Each function, ascending. Between them lie trampolines.
    functions: Vec<Range<u64>>,
    /// The same of the modules that it is linked to, which are not sampled, but stopped.
    linked: Vec<Range<u64>>,
    tripwire: Tripwire,
}

impl NativeCode {
    /// Takes the layout of `code`, and of the modules that it is `linked` to.
    pub fn new(code: MachineCode, linked: impl Iterator<Item = MachineCode>, tripwire: Tripwire) -> Self {
        let ranges = |code: MachineCode| code.functions.into_iter().map(|(range, _)| range);
        let mut linked: Vec<_> = linked.flat_map(ranges).collect();
        linked.sort_unstable_by_key(|range| range.start);
        NativeCode { text: code.text.clone(), functions: ranges(code).collect(), linked, tripwire }
    }

    /// Is `address` in the guest's machine code, trampolines included?
    pub fn contains(&self, address: u64) -> bool {
        self.text.contains(&address)
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

/// The start of that one of `functions` that `address` lies in.
fn start_of(functions: &[Range<u64>], address: u64) -> Option<u64> {
    let after = functions.partition_point(|function| function.start <= address);
    let function = functions.get(after.checked_sub(1)?)?;
    function.contains(&address).then_some(function.start)
}

/// Addresses that are remembered.
const MAX_KNOWN: usize = 1 << 18;

/// Translates machine addresses into frames of the original module, and remembers what it found.
pub struct CodeMap {
    code: MachineCode,
    /// Of large modules they take a while to make: they are made for the first address that is asked for.
    rows: OnceCell<Vec<(u32, u32)>>,
    known: FxHashMap<u64, Option<StackFrame>>,
}

impl CodeMap {
    /// Begins with `code`.
    pub fn new(code: MachineCode) -> Self {
        CodeMap { code, rows: OnceCell::new(), known: FxHashMap::default() }
    }

    /// The frame at `address`; `None` in trampolines and in functions that `to_original` does not know.
    ///
    /// `to_original` turns a place in the file that was compiled into a frame in the original code.
    pub fn frame(
        &mut self,
        address: u64,
        to_original: impl Fn(CompiledPlace) -> Option<StackFrame>,
    ) -> Option<StackFrame> {
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let frame = self.place(address).and_then(to_original);
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(address, frame);
        frame
    }

    fn place(&self, address: u64) -> Option<CompiledPlace> {
        let after = self.code.functions.partition_point(|(range, _)| range.start <= address);
        let (range, function) = self.code.functions.get(after.checked_sub(1)?)?;
        if !range.contains(&address) {
            return None;
        }
        let in_text = |address: u64| u32::try_from(address.checked_sub(self.code.text.start)?).ok();
        let offset = self.wasm_offset(in_text(range.start)?, in_text(address)?)?;
        Some(CompiledPlace { function: *function, offset })
    }

    /// The instruction at `offset` in the text. Prologues and cold code have none of their own: the nearest one of the
    /// same function stands for them.
    fn wasm_offset(&self, function_start: u32, offset: u32) -> Option<u32> {
        let rows = self.rows.get_or_init(|| self.code.rows());
        let after = rows.partition_point(|(row, _)| *row <= offset);
        let (before, following) = rows.split_at(after);
        let before = before.iter().rev().take_while(|(row, _)| *row >= function_start);
        let wasm = before.chain(following).map(|(_, wasm)| *wasm);
        wasm.into_iter().find(|wasm| *wasm != NO_INSTRUCTION)
    }
}
