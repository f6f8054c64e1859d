//! Builds the table of distinct stacks while samples come in.

use crate::recording::{StackFrame, StackId, StackTable};
use rustc_hash::FxHashMap;

/// Frames that are remembered, in some 60 MB.
const MAX_KNOWN: usize = 1 << 20;

/// Gives each distinct stack an id, and keeps the rows that were not written yet. Of very many stacks the same one may
/// get another id later: memory stays bounded however long the run is.
#[derive(Default)]
pub struct StackBuilder {
    ids: FxHashMap<(Option<StackId>, StackFrame), StackId>,
    unwritten: StackTable,
    written: u32,
}

impl StackBuilder {
    /// The id of the stack with these frames, outermost first; `None` for no frames.
    pub fn intern(&mut self, outermost_first: impl Iterator<Item = StackFrame>) -> Option<StackId> {
        if self.ids.len() >= MAX_KNOWN {
            self.ids.clear();
        }
        outermost_first.fold(None, |parent, frame| Some(self.child(parent, frame)))
    }

    /// The rows since it was last asked. Their ids go on where those before ended.
    pub fn take_unwritten(&mut self) -> StackTable {
        self.written += self.unwritten.len() as u32;
        std::mem::take(&mut self.unwritten)
    }

    fn child(&mut self, parent: Option<StackId>, frame: StackFrame) -> StackId {
        let Self { ids, unwritten, written } = self;
        *ids.entry((parent, frame)).or_insert_with(|| {
            let id = StackId(*written + unwritten.len() as u32);
            unwritten.parent.push(parent);
            unwritten.frame.push(frame);
            id
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmscope_symbolize::{CodeOffset, FuncIndex};

    fn frame(n: u32) -> StackFrame {
        StackFrame::Wasm { func: FuncIndex(n), offset: CodeOffset(n) }
    }

    #[test]
    fn stacks_share_their_callers_across_batches() {
        let mut stacks = StackBuilder::default();
        let first = stacks.intern([1, 2, 3].map(frame).into_iter());
        let mut table = stacks.take_unwritten();
        let second = stacks.intern([1, 2, 4].map(frame).into_iter());
        assert_eq!(stacks.intern([1, 2, 3].map(frame).into_iter()), first);
        let rest = stacks.take_unwritten();
        assert_eq!((table.len(), rest.len()), (3, 1));
        table.parent.extend(rest.parent);
        table.frame.extend(rest.frame);
        let frames: Vec<_> = table.frames(second.unwrap()).collect();
        assert_eq!(frames, [4, 2, 1].map(frame));
        assert_eq!(stacks.intern(std::iter::empty()), None);
    }

    #[test]
    fn very_many_stacks_take_bounded_room_and_stay_what_they_are() {
        let mut stacks = StackBuilder::default();
        let mut table = StackTable::default();
        for round in 0..3 * MAX_KNOWN as u32 / 2 {
            let stack = stacks.intern([0, round + 1].map(frame).into_iter()).unwrap();
            let rows = stacks.take_unwritten();
            table.parent.extend(rows.parent);
            table.frame.extend(rows.frame);
            assert!(table.frames(stack).eq([round + 1, 0].map(frame)), "{round}");
            assert!(stacks.ids.len() <= MAX_KNOWN + 2);
        }
        assert_eq!(table.len(), 3 * MAX_KNOWN / 2 + 2, "the outer frame got a second id");
    }
}
