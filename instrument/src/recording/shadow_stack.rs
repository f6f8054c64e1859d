//! The shadow stack: what of a program's own stack must have an address, and so lies in linear memory.

use super::ContextId;
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::MemoryIndex;

/// How deep the shadow stack was. It grows downwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowStack {
    /// The memory that it is in.
    pub memory: MemoryIndex,
    /// The global that holds its pointer.
    pub global: u32,
    /// The pointer's value at the start, an address: the stack is empty.
    pub top: u64,
    /// The lowest value that the pointer had: exact where the recording has an end, otherwise that of the last of
    /// `lows`.
    pub lowest: u64,
    /// When the stack was deeper than ever, by 64 bytes at least, and by which call path; each deeper than the one
    /// before.
    pub lows: Vec<StackLow>,
    /// Time, in nanoseconds since the recording began, and pointer, at regular moments of the run: some thousands.
    pub depths: Vec<(u64, u64)>,
}

/// A moment at which the shadow stack was deeper than ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackLow {
    /// When, in nanoseconds since the recording began. Exact to about a millisecond; the order is exact.
    pub time_nanos: u64,
    /// The stack pointer, an address.
    pub pointer: u64,
    /// The function that set it, in its calling context.
    pub context: Option<ContextId>,
}

impl ShadowStack {
    /// A stack of which nothing is known yet but where it is.
    pub fn new(memory: MemoryIndex, global: u32, top: u64) -> Self {
        ShadowStack { memory, global, top, lowest: top, lows: Vec::new(), depths: Vec::new() }
    }

    /// The bytes of the stack at its deepest.
    pub fn deepest_bytes(&self) -> u64 {
        self.top.saturating_sub(self.lowest)
    }
}
