//! The indices of what is appended: everything of ours stands behind the module's own.

use crate::error::RewriteError;
use crate::plan::Plan;
use crate::probes::layout::Width;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// Limits that all engines share.
const MOST_FUNCTIONS: usize = 1_000_000;
const MOST_MEMORIES: usize = 100;
const MOST_TABLES: usize = 100;

/// The functions below, the thunks not counted.
const FIXED_FUNCTIONS: usize = 6;

/// Where in the index spaces our own items are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indices {
    /// How wide the numbers are that the functions below take.
    pub(super) width: Width,
    /// Types: `() -> ()`, and those of the functions below.
    pub(super) host_type: u32,
    pub(super) emit_type: u32,
    pub(super) room_type: u32,
    pub(super) miss_type: u32,
    pub(super) alloc_type: u32,
    pub(super) free_type: u32,
    pub(super) realloc_type: u32,
    /// Functions.
    pub(super) emit: u32,
    pub(super) room: u32,
    pub(super) miss: u32,
    pub(super) alloc: u32,
    pub(super) free: u32,
    pub(super) realloc: u32,
    pub(super) first_thunk: u32,
    /// The global through which a caller tells its callee where its node is.
    pub(super) slot: u32,
    pub(super) contexts: u32,
    pub(super) events: u32,
    pub(super) host_table: u32,
    /// What counts accesses, where they are counted.
    pub(super) accesses: Option<AccessIndices>,
    /// What watches the shadow stack, where that is measured.
    pub(super) stack: Option<StackIndices>,
    /// The page size of memory 0, which is the module's own, as a power of two.
    pub(super) first_page_log2: u32,
}

/// What counts accesses.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccessIndices {
    /// The memory of counters.
    pub(super) memory: u32,
    pub(super) touch_type: u32,
    pub(super) touch: u32,
    /// Has the memory that is accessed addresses of 64 bits?
    pub(super) wide: bool,
}

/// What watches the shadow stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct StackIndices {
    /// The module's own global that holds the pointer.
    pub(super) pointer: u32,
    /// The global of its lowest value so far, and that of the lowest one that was recorded.
    pub(super) lowest: u32,
    pub(super) recorded: u32,
    pub(super) lower_type: u32,
    pub(super) lower: u32,
    /// Are these globals of 64 bits?
    pub(super) wide: bool,
}

impl Indices {
    pub(super) fn new(index: &ModuleIndex, plan: &Plan) -> Result<Indices, RewriteError> {
        let accessed = index.memories().first().filter(|_| plan.probes.counts_accesses);
        let touches = usize::from(accessed.is_some());
        let lowers = usize::from(plan.probes.stack.is_some());
        let added_functions = FIXED_FUNCTIONS + touches + lowers + plan.probes.thunks.len();
        let ty = index.types().len() as u32;
        let func = bounded("functions", index.functions().len(), added_functions, MOST_FUNCTIONS)?;
        let memory = bounded("memories", index.memories().len(), 2 + touches, MOST_MEMORIES)?;
        Ok(Indices {
            width: plan.probes.width,
            host_type: ty,
            emit_type: ty + 1,
            room_type: ty + 2,
            miss_type: ty + 3,
            alloc_type: ty + 4,
            free_type: ty + 5,
            realloc_type: ty + 6,
            emit: func,
            room: func + 1,
            miss: func + 2,
            alloc: func + 3,
            free: func + 4,
            realloc: func + 5,
            first_thunk: func + (FIXED_FUNCTIONS + touches + lowers) as u32,
            slot: index.globals().len() as u32,
            contexts: memory,
            events: memory + 1,
            host_table: bounded("tables", index.tables().len(), 1, MOST_TABLES)?,
            accesses: accessed.map(|accessed| AccessIndices {
                memory: memory + 2,
                touch_type: ty + 7,
                touch: func + FIXED_FUNCTIONS as u32,
                wide: accessed.memory64,
            }),
            stack: plan.probes.stack.map(|stack| StackIndices {
                pointer: stack.global,
                lowest: index.globals().len() as u32 + 1,
                recorded: index.globals().len() as u32 + 2,
                lower_type: ty + 7 + touches as u32,
                lower: func + (FIXED_FUNCTIONS + touches) as u32,
                wide: stack.wide,
            }),
            first_page_log2: index.memories().first().map_or(0, |memory| memory.page_size_log2),
        })
    }

    /// The thunk by which the host enters `func`, and the index of its slot in the root node.
    pub(super) fn thunk(&self, plan: &Plan, func: FuncIndex) -> Option<u32> {
        let at = plan.probes.thunks.binary_search(&func).ok()?;
        Some(self.first_thunk + at as u32)
    }
}

/// The first index of ours in a space that has `own` items and gets `added` more.
fn bounded(what: &'static str, own: usize, added: usize, limit: usize) -> Result<u32, RewriteError> {
    let count = own + added;
    if count > limit { Err(RewriteError::Limit { what, count, limit }) } else { Ok(own as u32) }
}
