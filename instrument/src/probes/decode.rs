//! Reads what the probes wrote: pure functions over the bytes of the two memories.

use super::layout::{HEAD_KIND_SHIFT, Width, contexts, events, kind, node};
use super::{Probes, SiteKind};
use crate::recording::{ContextId, ContextTable, GrowthEvent, HeapEvent, HeapEvents, HeapOp, StackLow};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// The address of a calling-context node in the contexts memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeAddress(pub u32);

/// Why the module called the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The buffer of events is full: see [`take_records`].
    Drain,
    /// An import was called.
    Import {
        /// Where, for [`Probes::site`].
        site: u32,
        /// In which context, for [`ContextReader::id`].
        context: NodeAddress,
        /// The last argument, if the site has a rule for bytes; otherwise of no meaning.
        argument: u64,
    },
}

/// Takes the words that announce a call of the host out of the events memory. `None` where no probe announced it:
/// the import was called through a table or by code that has no probes.
pub fn take_crossing(memory: &mut [u8]) -> Option<Call> {
    let site = u32_at(memory, events::SITE).filter(|site| *site != 0)?;
    put(memory, events::SITE, &0u32.to_le_bytes());
    if site == events::DRAIN {
        return Some(Call::Drain);
    }
    let context = NodeAddress(u32_at(memory, events::CONTEXT)?);
    Some(Call::Import { site, context, argument: u64_at(memory, events::ARGUMENT)? })
}

/// How many calls whose bytes are counted came back to the guest without an error.
pub fn answers(memory: &[u8]) -> u32 {
    u32_at(memory, events::ANSWERS).unwrap_or(0)
}

/// The goroutine that Go's runtime went on with last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resumed {
    /// The stack pointer, an address in the guest's memory.
    pub(crate) sp: u32,
    /// Where it went on, as [`GoFrames`](wasmscope_symbolize::GoFrames) has it.
    pub(crate) pc: u64,
}

/// What tells of it, in the events memory.
pub(crate) type ResumedWords = [u8; (events::RESUMED_PC + 8 - events::RESUMED_SP) as usize];

/// Where in the events memory the goroutine that went on last is told.
pub(crate) fn resumed_words(memory: &[u8]) -> Option<&ResumedWords> {
    memory.get(events::RESUMED_SP as usize..)?.first_chunk()
}

impl Resumed {
    /// What these bytes tell; `None` before the first goroutine, and where the module is not Go's.
    pub(crate) fn read(words: &ResumedWords) -> Option<Resumed> {
        let sp = u32_at(words, 0).filter(|sp| *sp != 0)?;
        Some(Resumed { sp, pc: u64_at(words, events::RESUMED_PC - events::RESUMED_SP)? })
    }
}

/// The pointer of the shadow stack; 0 before it was first set.
pub(crate) fn stack_pointer(memory: &[u8]) -> u64 {
    u64_at(memory, events::STACK).unwrap_or(0)
}

/// Sets the time that the events to come will carry, in nanoseconds.
pub fn set_clock(memory: &mut [u8], nanos: u64) {
    put(memory, events::CLOCK, &nanos.to_le_bytes());
}

/// Copies all records out of the events memory to the end of `out`, and leaves the buffer empty. Gives the number of
/// records that were dropped so far because the buffer was full.
pub fn take_records(memory: &mut [u8], out: &mut Vec<u8>) -> u64 {
    let end = u32_at(memory, events::WRITE).unwrap_or(0).max(events::BASE) as usize;
    out.extend_from_slice(memory.get(events::BASE as usize..end).unwrap_or_default());
    // Before the first record the module has not set up its buffer; then there is nothing to reset.
    if u32_at(memory, events::END).is_some_and(|end| end != 0) {
        put(memory, events::WRITE, &events::BASE.to_le_bytes());
    }
    u64_at(memory, events::DROPPED).unwrap_or(0)
}

/// The part of the contexts memory from `start` on that holds nodes. Nodes never move or go away.
pub fn nodes_from(memory: &[u8], start: usize) -> &[u8] {
    let free = u32_at(memory, contexts::FREE).unwrap_or(0) as usize;
    memory.get(start..free.max(start)).unwrap_or_default()
}

/// Where the nodes of the contexts memory end.
pub fn nodes_end(probes: &Probes, memory: &[u8]) -> usize {
    u32_at(memory, contexts::FREE).unwrap_or(0).max(probes.first_node()) as usize
}

/// Reads `records` as [`take_records`] gave them, in the order in which they happened. The contexts must have been read
/// before, or the events' contexts are `None`.
pub fn decode(
    probes: &Probes,
    records: &[u8],
    contexts: &ContextReader,
    growth: &mut Vec<GrowthEvent>,
    heap: &mut HeapEvents,
    lows: &mut Vec<StackLow>,
) {
    for record in records.chunks_exact(probes.width.record_bytes() as usize) {
        take_record(probes, record, contexts, growth, heap, lows);
    }
}

fn take_record(
    probes: &Probes,
    record: &[u8],
    contexts: &ContextReader,
    growth: &mut Vec<GrowthEvent>,
    heap: &mut HeapEvents,
    lows: &mut Vec<StackLow>,
) {
    let width = probes.width;
    let head = u32_at(record, 0).unwrap_or(0);
    let context = contexts.id(NodeAddress(head & ((1 << HEAD_KIND_SHIFT) - 1)));
    let time_nanos = u64_at(record, width.clock()).unwrap_or(0);
    let [a, b, c] = width.values().map(|at| match width {
        Width::Narrow => u32_at(record, at).map_or(0, u64::from),
        Width::Wide => u64_at(record, at).unwrap_or(0),
    });
    let (op, size, old_address) = match head >> HEAD_KIND_SHIFT {
        kind::ALLOC => (HeapOp::Alloc, b, 0),
        kind::FREE => (HeapOp::Free, 0, 0),
        kind::REALLOC => (HeapOp::Realloc, b, c),
        kind::LOW => return lows.push(StackLow { time_nanos, pointer: a, context }),
        grow => return growth.extend(growth_event(probes, time_nanos, context, grow, [a, b, c])),
    };
    heap.push(HeapEvent { time_nanos, op, address: a, size, old_address, context });
}

fn growth_event(
    probes: &Probes,
    time_nanos: u64,
    context: Option<ContextId>,
    kind: u32,
    [before_pages, asked_pages, site]: [u64; 3],
) -> Option<GrowthEvent> {
    let site = probes.site(u32::try_from(site).ok()?)?;
    let SiteKind::Grow(memory) = site.kind else { return None };
    let granted = match kind {
        kind::GROW => true,
        kind::REFUSED => false,
        _ => return None,
    };
    let site = Some(site.offset);
    Some(GrowthEvent { time_nanos, memory, before_pages, asked_pages, granted, context, site })
}

/// Reads the calling-context nodes, each once, and knows which row of the recording's table each became.
#[derive(Clone, Debug, Default)]
pub struct ContextReader {
    /// Everything below this address has been read; 0 at the start.
    read_to: u32,
    /// By address, where in `rows` a node is.
    positions: FxHashMap<u32, u32>,
    rows: Vec<(ContextId, FuncIndex)>,
}

impl ContextReader {
    /// The row of a node; `None` for a node past the budget, and for one that was not read yet.
    pub fn id(&self, node: NodeAddress) -> Option<ContextId> {
        self.row(node).map(|(id, _)| id)
    }

    fn row(&self, node: NodeAddress) -> Option<(ContextId, FuncIndex)> {
        self.rows.get(*self.positions.get(&node.0)? as usize).copied()
    }

    /// Appends the rows of all nodes that are new in `nodes`, the part of the contexts memory that begins at `start`,
    /// to `new`: see [`nodes_from`]. Ids count over all calls: `new` may be emptied in between.
    pub fn read(&mut self, probes: &Probes, start: u32, nodes: &[u8], new: &mut ContextTable) {
        let mut next = ContextId(self.rows.len() as u32);
        self.read_from(&mut next, probes, start, nodes, new);
    }

    /// The same where the rows of several modules share a table, whose next row is `next`.
    pub fn read_from(
        &mut self,
        next: &mut ContextId,
        probes: &Probes,
        start: u32,
        nodes: &[u8],
        new: &mut ContextTable,
    ) {
        let mut at = self.read_to.max(probes.first_node());
        let inside = |at: u32| at.checked_sub(start);
        while let Some(node) = inside(at).and_then(|at| node_behind(nodes, at)) {
            let Some(row) = self.read_node(probes, nodes, node) else { break };
            let node = node + start;
            self.positions.insert(node, self.rows.len() as u32);
            self.rows.push((*next, row.func));
            next.0 += 1;
            new.parent.push(row.parent);
            new.func.push(row.func);
            new.call_site.push(row.call_site);
            at = node + probes.node_size(row.func);
        }
        self.read_to = at;
    }

    /// The node at `at` in `nodes`.
    fn read_node(&self, probes: &Probes, nodes: &[u8], at: u32) -> Option<NodeRow> {
        let parent = u32_at(nodes, at + node::PARENT)? & !(node::ALLOCATOR | node::NESTED);
        let func = FuncIndex(u32_at(nodes, at + node::TAG)? & !node::TAGGED);
        let slot = u32_at(nodes, at + node::VIA)?.checked_sub(parent + node::SLOTS)? / 4;
        let parent = self.row(NodeAddress(parent));
        let sites = parent.map_or(&[][..], |(_, caller)| probes.call_sites(caller));
        Some(NodeRow {
            parent: parent.map(|(id, _)| id),
            func,
            call_site: sites.get(slot as usize).copied().flatten(),
        })
    }

    /// How often a function was entered in a context for which there was no room in the contexts memory.
    pub fn overflowed(memory: &[u8]) -> u32 {
        u32_at(memory, contexts::OVERFLOWED).unwrap_or(0)
    }
}

/// The address of the node whose counters begin behind the word at `at`.
pub(super) fn node_behind(memory: &[u8], at: u32) -> Option<u32> {
    at.checked_add(node::LENGTH)?.checked_add(u32_at(memory, at)?)
}

struct NodeRow {
    parent: Option<ContextId>,
    func: FuncIndex,
    call_site: Option<CodeOffset>,
}

pub(super) fn u32_at(memory: &[u8], at: u32) -> Option<u32> {
    let bytes = memory.get(at as usize..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

pub(super) fn u64_at(memory: &[u8], at: u32) -> Option<u64> {
    let bytes = memory.get(at as usize..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

fn put<const N: usize>(memory: &mut [u8], at: u32, bytes: &[u8; N]) {
    if let Some(place) = memory.get_mut(at as usize..at as usize + N) {
        place.copy_from_slice(bytes);
    }
}
