//! What the candidates were given and gave, in the order in which they came back.

use crate::recording::{ContextId, ContextTable, GrowthEvent, HeapEvent, Recording};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{DataKind, DataSegment, FuncIndex, MemoryIndex, ModuleIndex};

/// Calls that are judged; those behind tell no more.
const MOST_JUDGED: usize = 1_000_000;

/// A set of candidates: a bit for each, by its place in the list.
pub(super) type Candidates = u128;

/// A call of a candidate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// The candidate's place in the list.
    pub(super) who: u8,
    /// Candidates that it ran inside of.
    pub(super) inside: Candidates,
    /// What it gave; 0 of those that give nothing.
    pub(super) result: u64,
    /// Its first parameter.
    pub(super) first: u64,
    /// Its second one, or the fourth of four.
    pub(super) second: u64,
}

/// The calls of a trial run.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) candidates: Vec<FuncIndex>,
    pub(super) calls: Vec<Call>,
    /// By candidate, its calls.
    calls_of: Vec<Vec<u32>>,
    /// Where blocks can lie: behind the data that the module begins with, up to the end of the memory.
    pub(super) lowest: u64,
    pub(super) highest: u64,
}

impl Trace {
    pub(super) fn of(recording: &Recording, index: &ModuleIndex, candidates: &[FuncIndex]) -> Trace {
        let place_of: FxHashMap<_, _> =
            candidates.iter().zip(0u8..128).map(|(func, at)| (*func, at)).collect();
        let insides = insides(&recording.contexts, &place_of);
        let call = |event: HeapEvent| {
            let ContextId(context) = event.context?;
            let func = recording.contexts.func.get(context as usize)?;
            let inside = *insides.get(context as usize)?;
            let (result, first, second) = (event.address, event.size, event.old_address);
            Some(Call { who: *place_of.get(func)?, inside, result, first, second })
        };
        let calls: Vec<Call> = recording.heap.iter().take(MOST_JUDGED).filter_map(call).collect();
        let mut calls_of = vec![Vec::new(); candidates.len()];
        for (call, at) in calls.iter().zip(0..) {
            if let Some(calls) = calls_of.get_mut(usize::from(call.who)) {
                calls.push(at);
            }
        }
        let lowest = index.data_segments().iter().filter_map(data_end).max().unwrap_or(0);
        Trace {
            candidates: candidates.to_vec(),
            calls,
            calls_of,
            lowest,
            highest: memory_end(recording, index),
        }
    }

    /// The calls of a candidate.
    pub(super) fn calls_of(&self, who: u8) -> impl Iterator<Item = &Call> {
        let calls = self.calls_of.get(usize::from(who)).into_iter().flatten();
        calls.filter_map(|at| self.calls.get(*at as usize))
    }

    /// The calls of those in `set` that no other of them is around, each with its place in the order.
    pub(super) fn outermost(&self, set: Candidates) -> impl Iterator<Item = (u32, &Call)> {
        let members = self.calls_of.iter().zip(0..).filter(move |(_, who)| set >> who & 1 == 1);
        let mut places: Vec<u32> = members.flat_map(|(calls, _)| calls).copied().collect();
        places.sort_unstable();
        let calls = places.into_iter().filter_map(|at| Some((at, self.calls.get(at as usize)?)));
        calls.filter(move |(_, call)| call.inside & set == 0)
    }
}

/// For each context the candidates among its callers.
fn insides(contexts: &ContextTable, place_of: &FxHashMap<FuncIndex, u8>) -> Vec<Candidates> {
    let mut insides: Vec<Candidates> = Vec::with_capacity(contexts.len());
    for parent in &contexts.parent {
        let above = parent.and_then(|ContextId(parent)| {
            let own = contexts.func.get(parent as usize).and_then(|func| place_of.get(func));
            Some(insides.get(parent as usize)? | own.map_or(0, |place| 1 << place))
        });
        insides.push(above.unwrap_or(0));
    }
    insides
}

/// What is behind a segment that the module puts into its first memory.
fn data_end(segment: &DataSegment) -> Option<u64> {
    match segment.kind {
        DataKind::Active { memory: MemoryIndex(0), offset } => {
            offset?.checked_add(segment.bytes.end.0 - segment.bytes.start.0)
        }
        _ => None,
    }
}

/// The size of the first memory at the end, in bytes.
fn memory_end(recording: &Recording, index: &ModuleIndex) -> u64 {
    let Some(memory) = index.memories().first() else { return 0 };
    let growth = recording.growth.iter().filter(|growth| growth.memory == memory.index);
    let pages = growth.map(GrowthEvent::after_pages).fold(memory.initial_pages, u64::max);
    let page_bytes = 1u64.checked_shl(memory.page_size_log2).unwrap_or(u64::MAX);
    pages.saturating_mul(page_bytes)
}
