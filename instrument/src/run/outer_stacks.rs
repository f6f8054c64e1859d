//! The stacks of a guest that waits in the host while the host calls it again.
//!
//! The guest is called again on a stack of its own, and the signal handler sees that one alone. It writes down the
//! number of the stack below, which is walked once when the call begins, and the collector puts both together.

use crate::sample::CompiledPlace;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// All distinct stacks together have at most so many frames, some tens of megabytes.
const MOST_FRAMES: usize = 1 << 20;

/// The distinct stacks so far, shared between the guest's thread and the collector.
#[derive(Clone, Debug, Default)]
pub struct OuterStacks(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    ids: FxHashMap<Arc<[CompiledPlace]>, u32>,
    stacks: Vec<Arc<[CompiledPlace]>>,
    frames: usize,
    /// Calls whose stack found no room.
    lost: u64,
}

impl OuterStacks {
    /// The number of a stack, innermost frame first: 0 for one without frames, and where there is no room for another.
    pub fn id(&self, frames: Vec<CompiledPlace>) -> u32 {
        if frames.is_empty() {
            return 0;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { ids, stacks, frames: count, lost } = &mut *known;
        if let Some(id) = ids.get(&*frames) {
            return *id;
        }
        if *count + frames.len() > MOST_FRAMES {
            *lost += 1;
            return 0;
        }
        *count += frames.len();
        let (stack, id): (Arc<[_]>, _) = (frames.into(), stacks.len() as u32 + 1);
        stacks.push(Arc::clone(&stack));
        ids.insert(stack, id);
        id
    }

    /// How many calls found no room for the stack below them.
    pub fn lost(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).lost
    }

    /// The frames of the stack that has this number, innermost first.
    pub fn frames(&self, id: u32) -> Arc<[CompiledPlace]> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (id as usize).checked_sub(1);
        at.and_then(|at| known.stacks.get(at)).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::CompiledFunction;
    use wasmscope_symbolize::FuncIndex;

    fn place(offset: u32) -> CompiledPlace {
        CompiledPlace { function: CompiledFunction { module: 0, func: FuncIndex(1) }, offset }
    }

    #[test]
    fn a_stack_keeps_its_number() {
        let stacks = OuterStacks::default();
        let first = stacks.id(vec![place(1), place(2)]);
        let second = stacks.id(vec![place(2)]);
        assert_ne!(first, second);
        assert_eq!(stacks.id(vec![place(1), place(2)]), first);
        assert_eq!(*stacks.frames(first), [place(1), place(2)]);
        assert_eq!((stacks.id(Vec::new()), stacks.frames(0).len(), stacks.frames(9).len()), (0, 0, 0));
    }

    #[test]
    fn what_finds_no_room_has_no_number() {
        let stacks = OuterStacks::default();
        assert_ne!(stacks.id(vec![place(1); MOST_FRAMES]), 0);
        assert_eq!((stacks.id(vec![place(2)]), stacks.lost()), (0, 1));
        assert_ne!(stacks.id(vec![place(1); MOST_FRAMES]), 0);
    }
}
