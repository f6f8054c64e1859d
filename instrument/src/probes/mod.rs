//! What the host has to know about the probes of a rewritten module in order to read them.
//!
//! The host reads and writes the two exported memories as bytes, with [`ContextReader`],
//! [`take_records`], [`decode`], [`take_crossing`], [`answers`] and [`set_clock`]. It puts a function of type
//! `() -> ()` into the exported table to be called when the buffer of events is full; without one the buffer grows,
//! and then drops.

mod accesses;
mod counts;
mod decode;
pub(crate) mod layout;

pub use accesses::{access_counter_bytes, clear_accesses, read_accesses};
pub use counts::{Counts, LiveCall, clear_counters};
pub use decode::{
    Call, ContextReader, NodeAddress, answers, decode, nodes_end, nodes_from, set_clock, take_crossing,
    take_records,
};

pub(crate) use decode::{Resumed, ResumedWords, resumed_words, stack_pointer};

use crate::plan::{Goroutines, Regions};
use crate::{Measure, MeasureSet};
use layout::{Width, contexts, node};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex, StackPointer};

/// The name of the exported memory that holds the calling contexts.
pub const CONTEXTS_EXPORT: &str = "wasmscope:contexts";
/// The name of the exported memory that holds the events and the words of the crossing.
pub const EVENTS_EXPORT: &str = "wasmscope:events";
/// The name of the exported memory that counts accesses of the first memory, where they are measured.
pub const ACCESSES_EXPORT: &str = "wasmscope:accesses";
/// The name of the first memory, which is exported beside it.
pub const ACCESSED_EXPORT: &str = "wasmscope:accessed";
/// The name of the exported table of one `funcref`, into which the host puts what drains the events.
pub const HOST_EXPORT: &str = "wasmscope:host";
/// The name of the exported global that holds the lowest stack pointer so far, where the stack is measured.
pub const LOWEST_EXPORT: &str = "wasmscope:lowest";
/// The name of the exported start function, where the host is to call it.
pub const START_EXPORT: &str = "wasmscope:start";

/// Bytes of a line of memory, the unit in which accesses are counted: what caches move.
pub const LINE_BYTES: u32 = 64;
/// The most pages that each of the two memories may have; no other memory is likely to be declared with this maximum.
pub const PROBE_MAXIMUM_PAGES: u32 = 1021;
/// The pages of the memory of events in a component, almost 256 MiB: a component can't have it emptied when it is full,
/// only when a call crosses.
pub const COMPONENT_EVENTS_PAGES: u32 = 4_093;
/// The most pages that the memory of accesses may have, by which it is known: one more than it can need.
pub const ACCESSES_MAXIMUM_PAGES: u32 = 16_385;
/// The name that WASI finds the guest's own memory by; where Go made the module, its stacks are in it.
pub(crate) const MEMORY_EXPORT: &str = "memory";
/// Where in the events memory the word is that holds the time of the events to come, in nanoseconds.
pub const CLOCK_ADDRESS: u32 = layout::events::CLOCK;
/// Where in the events memory the word of 64 bits is that holds the pointer of the shadow stack, where that is
/// measured.
pub(crate) const STACK_ADDRESS: u32 = layout::events::STACK;

/// The layout of a rewritten module's probes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    /// Was anything injected? Otherwise the module has none of our exports.
    pub(crate) injected: bool,
    /// How wide the records are.
    pub(crate) width: Width,
    /// The instructions at which events happen; site `n` of the injected code is `sites[n - 1]`.
    pub(crate) sites: Vec<Site>,
    /// Imports that can be called other than by a call instruction that names them.
    pub(crate) escaping_imports: Vec<FuncIndex>,
    /// The slots of each function's node.
    pub(crate) slots: SlotTable,
    /// What is measured.
    pub(crate) measures: MeasureSet,
    /// Are accesses counted? They are where they are measured and the module has a memory.
    pub(crate) counts_accesses: bool,
    /// By function, the instructions that each counter of its nodes stands for.
    pub(crate) regions: Regions,
    /// The functions that the host enters by a thunk; the root's slot `n + 1` is that of `thunks[n]`.
    pub(crate) thunks: Vec<FuncIndex>,
    /// The pointer of the shadow stack, where that is measured and known.
    pub(crate) stack: Option<StackPointer>,
    /// What is known of Go's own stacks, where samples are to show them.
    pub(crate) goroutines: Option<Goroutines>,
}

/// An instruction at which an event happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The function that holds the instruction.
    pub func: FuncIndex,
    /// The instruction, in the original module.
    pub offset: CodeOffset,
    /// What happens there.
    pub kind: SiteKind,
}

/// What happens at a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// A memory grows.
    Grow(MemoryIndex),
    /// An import is called.
    Import {
        /// Which one.
        import: FuncIndex,
        /// How many bytes cross with the call, where the ABI tells.
        bytes: Option<BytesRule>,
    },
}

/// How to learn the number of bytes that cross with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesRule {
    /// The last argument is the number, of bytes from host to guest.
    InByArgument,
    /// The last argument is the address, in memory 0, of a 32-bit number that stands there after a call without
    /// an error: of bytes from host to guest.
    InByResult,
    /// The same, of bytes from guest to host.
    OutByResult,
}

/// The slots of all functions' nodes, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SlotTable {
    /// Where in `call_sites` each function's slots begin, with one more entry for the end.
    starts: Vec<u32>,
    call_sites: Vec<Option<CodeOffset>>,
    /// By function, how many counters its nodes have.
    counters: Vec<u32>,
}

impl SlotTable {
    /// Appends the slots of the next function, and the number of its counters.
    pub(crate) fn push(&mut self, call_sites: &[Option<CodeOffset>], counters: u32) {
        self.counters.push(counters);
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.call_sites.extend_from_slice(call_sites);
        self.starts.push(self.call_sites.len() as u32);
    }

    fn of(&self, func: FuncIndex) -> &[Option<CodeOffset>] {
        let bound = |at: usize| self.starts.get(at).map(|bound| *bound as usize);
        match (bound(func.index()), bound(func.index() + 1)) {
            (Some(start), Some(end)) => self.call_sites.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

impl Probes {
    /// Was nothing injected? Then the module has none of our exports and there is nothing to read.
    pub fn is_empty(&self) -> bool {
        !self.injected
    }

    /// The pointer of the shadow stack, where that is measured and known.
    pub fn stack_pointer(&self) -> Option<StackPointer> {
        self.stack
    }

    /// The site with this id, as [`Call::Import`] gives it.
    pub fn site(&self, id: u32) -> Option<Site> {
        self.sites.get(id.checked_sub(1)? as usize).copied()
    }

    /// All sites; the first one has the id 1.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Imports that can also be called without a site: through a table, by reference, or exported again.
    pub fn escaping_imports(&self) -> &[FuncIndex] {
        &self.escaping_imports
    }

    /// The call site behind each slot of `func`'s nodes; `None` where several share the slot.
    pub fn call_sites(&self, func: FuncIndex) -> &[Option<CodeOffset>] {
        self.slots.of(func)
    }

    /// How many counters the nodes of `func` have.
    pub(crate) fn counters(&self, func: FuncIndex) -> u32 {
        self.slots.counters.get(func.index()).copied().unwrap_or(0)
    }

    /// Bytes of a node of `func`, from its address on.
    pub(crate) fn node_size(&self, func: FuncIndex) -> u32 {
        node::size(self.call_sites(func).len() as u32)
    }

    /// Bytes of the most counters that any node has.
    fn most_counter_bytes(&self) -> u32 {
        8 * self.slots.counters.iter().copied().max().unwrap_or(0)
    }

    /// The address of the overflow node with this number. All functions share it: its counters are as many as any
    /// function has, and where no function has slots.
    pub(crate) fn overflow_node(&self, number: u32) -> u32 {
        self.overflow_start() + number * self.overflow_stride() + self.most_counter_bytes()
    }

    /// Are there counters to be read when the run is over?
    pub fn has_counters(&self) -> bool {
        self.measures.has(Measure::Calls) || self.measures.has(Measure::Instructions)
    }

    /// Bytes from one overflow node to the next.
    pub(crate) fn overflow_stride(&self) -> u32 {
        let functions = 0..self.slots.counters.len() as u32;
        let largest = functions.map(|func| self.node_size(FuncIndex(func))).max();
        self.most_counter_bytes() + largest.unwrap_or_else(|| node::size(0))
    }

    /// The first overflow node: behind the root node, whose slots are one for each thunk and one for callers that
    /// nobody knows.
    pub(crate) fn overflow_start(&self) -> u32 {
        contexts::ROOT + node::size(1 + self.thunks.len() as u32)
    }

    /// The cache of `$miss`.
    pub(crate) fn cache_start(&self) -> u32 {
        self.overflow_start() + contexts::OVERFLOW_NODES * self.overflow_stride()
    }

    /// The first node that is no fixed one.
    pub(crate) fn first_node(&self) -> u32 {
        self.cache_start() + contexts::CACHE_ENTRIES * contexts::CACHE_ENTRY
    }
}
