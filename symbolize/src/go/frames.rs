//! How Go's own stack is read.

use crate::ids::{CodeOffset, FuncIndex};

/// The frames of a Go program. Go keeps a stack of its own for each goroutine, in the first memory: a call leaves there
/// where it will go on, as 64 bits, and the function called makes room for its frame below.
///
/// A *program counter* of Go's is the slot of a function in the first table, shifted left by 16, and in the low 16 bits
/// how far the function is: 0 at its entry, where it has no frame yet, and another number behind each call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoFrames {
    /// By slot.
    functions: Vec<(u32, GoFunction)>,
    /// By the program counter that each comes back to.
    call_sites: Vec<(u64, CodeOffset)>,
    resumers: Vec<FuncIndex>,
}

/// A function that Go's compiler or assembler made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoFunction {
    /// Its index.
    pub func: FuncIndex,
    /// Bytes between the stack pointer of its body and its return address.
    pub frame_bytes: u32,
    /// Has nothing called it that its stack could tell?
    pub is_outermost: bool,
}

impl GoFrames {
    pub(super) fn new(
        mut functions: Vec<(u32, GoFunction)>,
        mut call_sites: Vec<(u64, CodeOffset)>,
        resumers: Vec<FuncIndex>,
    ) -> GoFrames {
        functions.sort_by_key(|(slot, _)| *slot);
        call_sites.sort_unstable();
        GoFrames { functions, call_sites, resumers }
    }

    /// The function that a program counter lies in. Takes no lock and allocates nothing.
    pub fn function(&self, pc: u64) -> Option<&GoFunction> {
        let slot = u32::try_from(pc >> 16).ok()?;
        let at = self.functions.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        self.functions.get(at).map(|(_, function)| function)
    }

    /// The call that comes back to a program counter.
    pub fn call_site(&self, pc: u64) -> Option<CodeOffset> {
        let at = self.call_sites.binary_search_by_key(&pc, |(pc, _)| *pc).ok()?;
        self.call_sites.get(at).map(|(_, offset)| *offset)
    }

    /// The functions that go on with a goroutine: they call its innermost function alone, whatever has called that.
    pub fn resumers(&self) -> &[FuncIndex] {
        &self.resumers
    }
}
