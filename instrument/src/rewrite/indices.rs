//! The indices of what is appended: everything of ours stands behind the module's own.

use super::RewriteError;
use crate::plan::Plan;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// Limits that all engines share.
const MOST_FUNCTIONS: usize = 1_000_000;
const MOST_MEMORIES: usize = 100;
const MOST_TABLES: usize = 100;

/// Where in the index spaces our own items are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indices {
    /// Types: `() -> ()`, and those of the functions below.
    pub(super) host_type: u32,
    pub(super) emit_type: u32,
    pub(super) room_type: u32,
    pub(super) miss_type: u32,
    pub(super) heap_type: u32,
    /// Functions.
    pub(super) emit: u32,
    pub(super) room: u32,
    pub(super) miss: u32,
    pub(super) heap: u32,
    pub(super) first_thunk: u32,
    /// The global through which a caller tells its callee where its node is.
    pub(super) slot: u32,
    pub(super) contexts: u32,
    pub(super) events: u32,
    pub(super) host_table: u32,
}

impl Indices {
    pub(super) fn new(index: &ModuleIndex, plan: &Plan) -> Result<Indices, RewriteError> {
        let added_functions = 4 + plan.probes.thunks.len();
        let ty = index.types().len() as u32;
        let func = bounded("functions", index.functions().len(), added_functions, MOST_FUNCTIONS)?;
        let memory = bounded("memories", index.memories().len(), 2, MOST_MEMORIES)?;
        Ok(Indices {
            host_type: ty,
            emit_type: ty + 1,
            room_type: ty + 2,
            miss_type: ty + 3,
            heap_type: ty + 4,
            emit: func,
            room: func + 1,
            miss: func + 2,
            heap: func + 3,
            first_thunk: func + 4,
            slot: index.globals().len() as u32,
            contexts: memory,
            events: memory + 1,
            host_table: bounded("tables", index.tables().len(), 1, MOST_TABLES)?,
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
