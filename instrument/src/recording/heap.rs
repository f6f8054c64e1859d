//! What happened to memory: growth of the linear memory, and the heap operations inside it.

use super::ContextId;
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::{CodeOffset, MemoryIndex};

/// One `memory.grow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrowthEvent {
    /// When, in nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The memory that was to grow.
    pub memory: MemoryIndex,
    /// Its size before, in pages.
    pub before_pages: u64,
    /// How many pages were asked for.
    pub asked_pages: u64,
    /// Did the memory grow? Otherwise the guest got -1.
    pub granted: bool,
    /// The function that asked, in its calling context.
    pub context: Option<ContextId>,
    /// The `memory.grow` instruction.
    pub site: Option<CodeOffset>,
}

impl GrowthEvent {
    /// The size afterwards, in pages.
    pub fn after_pages(&self) -> u64 {
        if self.granted { self.before_pages.saturating_add(self.asked_pages) } else { self.before_pages }
    }
}

/// What an allocator was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HeapOp {
    /// A block of `size` bytes was handed out at `address`.
    Alloc,
    /// The block at `address` was given back.
    Free,
    /// The block at `old_address` became one of `size` bytes at `address`.
    Realloc,
}

/// One row of [`HeapEvents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapEvent {
    /// When, in nanoseconds since the recording began. Exact to about a millisecond; the order is exact.
    pub time_nanos: u64,
    /// What was asked.
    pub op: HeapOp,
    /// The block's address in memory 0.
    pub address: u64,
    /// The size asked for, in bytes; 0 for a free.
    pub size: u64,
    /// The address before a realloc; 0 otherwise.
    pub old_address: u64,
    /// The allocator function's context: its parent is who asked, its call site is the line.
    pub context: Option<ContextId>,
}

/// Heap operations in the order in which they happened: columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeapEvents {
    /// See [`HeapEvent::time_nanos`].
    pub time_nanos: Vec<u64>,
    /// See [`HeapEvent::op`].
    pub op: Vec<HeapOp>,
    /// See [`HeapEvent::address`].
    pub address: Vec<u64>,
    /// See [`HeapEvent::size`].
    pub size: Vec<u64>,
    /// See [`HeapEvent::old_address`].
    pub old_address: Vec<u64>,
    /// See [`HeapEvent::context`].
    pub context: Vec<Option<ContextId>>,
}

impl HeapEvents {
    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.op.len()
    }

    /// Was nothing recorded?
    pub fn is_empty(&self) -> bool {
        self.op.is_empty()
    }

    /// Appends one operation.
    pub fn push(&mut self, event: HeapEvent) {
        let HeapEvent { time_nanos, op, address, size, old_address, context } = event;
        self.time_nanos.push(time_nanos);
        self.op.push(op);
        self.address.push(address);
        self.size.push(size);
        self.old_address.push(old_address);
        self.context.push(context);
    }

    /// Puts the operations from row `from` on in the order of time; those of the same time stay as they are.
    pub fn sort_by_time(&mut self, from: usize) {
        let mut events: Vec<_> = self.iter().skip(from).collect();
        events.sort_by_key(|event| event.time_nanos);
        let HeapEvents { time_nanos, op, address, size, old_address, context } = self;
        time_nanos.truncate(from);
        op.truncate(from);
        address.truncate(from);
        size.truncate(from);
        old_address.truncate(from);
        context.truncate(from);
        events.into_iter().for_each(|event| self.push(event));
    }

    /// Forgets all operations and keeps their room.
    pub fn clear(&mut self) {
        let HeapEvents { time_nanos, op, address, size, old_address, context } = self;
        time_nanos.clear();
        op.clear();
        address.clear();
        size.clear();
        old_address.clear();
        context.clear();
    }

    /// The operation in row `row`.
    pub fn get(&self, row: usize) -> Option<HeapEvent> {
        Some(HeapEvent {
            time_nanos: *self.time_nanos.get(row)?,
            op: *self.op.get(row)?,
            address: *self.address.get(row)?,
            size: *self.size.get(row)?,
            old_address: *self.old_address.get(row)?,
            context: *self.context.get(row)?,
        })
    }

    /// All operations, in order.
    pub fn iter(&self) -> impl Iterator<Item = HeapEvent> {
        let HeapEvents { time_nanos, op, address, size, old_address, context } = self;
        let blocks = address.iter().zip(size).zip(old_address.iter().zip(context));
        time_nanos.iter().zip(op).zip(blocks).map(
            |((time_nanos, op), ((address, size), (old_address, context)))| HeapEvent {
                time_nanos: *time_nanos,
                op: *op,
                address: *address,
                size: *size,
                old_address: *old_address,
                context: *context,
            },
        )
    }
}
