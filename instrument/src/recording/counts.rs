//! Exact counts by calling context: calls, instructions, and bytes moved in bulk.

use super::ContextId;
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::CodeOffset;

/// What was counted in each context. Columns of equal length; each context has one row at most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CountTable {
    /// Where.
    pub context: Vec<ContextId>,
    /// How often the function was entered; 0 where calls were not measured. A call that recurs into a context that
    /// it is part of counts there.
    pub calls: Vec<u64>,
    /// Bytes that `memory.copy`, `memory.fill` and `memory.init` moved; 0 where instructions were not measured.
    pub bulk_bytes: Vec<u64>,
}

/// How often instructions were executed. Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstructionTable {
    /// Where.
    pub context: Vec<ContextId>,
    /// The instructions that begin at `start` or behind it, and before `end`, were each executed `count` times in the
    /// context. Those that only give the code its form, as `block` and `end`, don't count.
    pub start: Vec<CodeOffset>,
    /// See `start`.
    pub end: Vec<CodeOffset>,
    /// See `start`.
    pub count: Vec<u64>,
}

impl CountTable {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.context.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.context.is_empty()
    }

    /// Appends a row.
    pub fn push(&mut self, context: ContextId, calls: u64, bulk_bytes: u64) {
        self.context.push(context);
        self.calls.push(calls);
        self.bulk_bytes.push(bulk_bytes);
    }

    /// The rows: context, calls, bytes.
    pub fn iter(&self) -> impl Iterator<Item = (ContextId, u64, u64)> {
        let numbers = self.calls.iter().zip(&self.bulk_bytes);
        self.context.iter().zip(numbers).map(|(context, (calls, bytes))| (*context, *calls, *bytes))
    }
}

impl InstructionTable {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.context.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.context.is_empty()
    }

    /// Appends a row.
    pub fn push(&mut self, context: ContextId, start: CodeOffset, end: CodeOffset, count: u64) {
        self.context.push(context);
        self.start.push(start);
        self.end.push(end);
        self.count.push(count);
    }

    /// The rows: context, from where to where, count.
    pub fn iter(&self) -> impl Iterator<Item = (ContextId, CodeOffset, CodeOffset, u64)> {
        let places = self.start.iter().zip(&self.end);
        let rows = self.context.iter().zip(places.zip(&self.count));
        rows.map(|(context, ((start, end), count))| (*context, *start, *end, *count))
    }
}
