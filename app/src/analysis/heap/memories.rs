//! In which memory heap operations happened.

use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::{ContextId, Frees, Recording};
use wasmscope_symbolize::{FuncIndex, MemoryIndex};

/// So many memories are told apart; no program has so many, and each has its place in every checkpoint. The others are
/// taken for the first.
const MOST_MEMORIES: usize = 1_024;

/// The memories that have a heap, and which of them the operations of each context are of: the one of the allocator's
/// function. Few programs have more than one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeapMemories {
    /// Never none, ascending.
    memories: Vec<MemoryIndex>,
    /// Those of them in which not all frees are seen, as a collector is at work.
    collected: Vec<MemoryIndex>,
    /// By context the place in `memories`; empty where there is one.
    of_context: Vec<u16>,
}

impl HeapMemories {
    pub(crate) fn of(recording: &Recording) -> HeapMemories {
        let memory_of: FxHashMap<FuncIndex, MemoryIndex> =
            recording.meta.allocators.iter().map(|allocator| (allocator.func, allocator.memory)).collect();
        let mut memories: Vec<_> = memory_of.values().copied().collect();
        memories.sort_unstable();
        memories.dedup();
        memories.truncate(MOST_MEMORIES);
        let unseen = recording.meta.allocators.iter().filter(|own| own.frees == Frees::Collected);
        let collected = unseen.map(|allocator| allocator.memory).collect();
        match memories[..] {
            [] => HeapMemories { memories: vec![MemoryIndex(0)], collected, of_context: Vec::new() },
            [_] => HeapMemories { memories, collected, of_context: Vec::new() },
            _ => {
                let place = |func: &FuncIndex| {
                    let memory = memory_of.get(func)?;
                    u16::try_from(memories.binary_search(memory).ok()?).ok()
                };
                let functions = recording.contexts.func.iter();
                let of_context = functions.map(|func| place(func).unwrap_or(0)).collect();
                HeapMemories { memories, collected, of_context }
            }
        }
    }

    /// The memories, ascending.
    pub(crate) fn all(&self) -> &[MemoryIndex] {
        &self.memories
    }

    /// Are frees in the memory at `place` not all seen?
    pub(crate) fn is_collected(&self, place: usize) -> bool {
        self.memories.get(place).is_some_and(|memory| self.collected.contains(memory))
    }

    /// The place in [`Self::all`] of the memory of an operation in this context.
    pub(crate) fn place(&self, context: Option<ContextId>) -> usize {
        let of_context = || self.of_context.get(context?.0 as usize).copied();
        if self.of_context.is_empty() { 0 } else { usize::from(of_context().unwrap_or(0)) }
    }

    /// The memory of an operation in this context.
    pub(crate) fn memory(&self, context: Option<ContextId>) -> MemoryIndex {
        self.memories.get(self.place(context)).copied().unwrap_or(MemoryIndex(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmscope_instrument::recording::{Allocator, AllocatorFamily, HeapOp, KnownBy};

    #[test]
    fn memories_beyond_any_program_are_taken_for_the_first() {
        let mut recording = Recording::default();
        for number in 0..2_000 {
            recording.meta.allocators.push(Allocator {
                func: FuncIndex(number),
                name: "malloc".to_owned(),
                op: HeapOp::Alloc,
                memory: MemoryIndex(number),
                family: AllocatorFamily::Unknown,
                known_by: KnownBy::Name,
                frees: Frees::Seen,
            });
            recording.contexts.func.push(FuncIndex(number));
        }
        let memories = HeapMemories::of(&recording);
        assert_eq!(memories.all().len(), MOST_MEMORIES);
        let of = |context| memories.memory(Some(ContextId(context))).0;
        assert_eq!([0, 1_023, 1_024, 1_999].map(of), [0, 1_023, 0, 0]);
    }
}
