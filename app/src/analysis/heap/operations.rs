//! A pass over all heap operations that knows at each which blocks end and whether one begins.

use super::BlockRow;
use crate::profile::Profile;
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

/// One heap operation, with what is known of the blocks that it ends.
pub(super) struct Operation<T> {
    pub(super) event: HeapEvent,
    /// What was kept of the blocks that end here. A realloc to where a block was whose free was not seen ends two.
    pub(super) ended: [Option<T>; 2],
    /// Does a block begin here?
    pub(super) begins: bool,
}

impl<T> Operation<T> {
    /// What was kept of the block, of those that end here, for which `is_it` holds.
    pub(super) fn take(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        self.ended.iter_mut().find_map(|ended| ended.take_if(|kept| is_it(kept)))
    }
}

/// Shows `visit` those of the first `rows` operations that are of the memory, or of any, in order. What it gives back
/// is kept of the block that begins there, and shown again where that ends: memory is taken by blocks that are live and
/// will be freed alone.
pub(super) fn each_operation<T>(
    profile: &Profile,
    memory: Option<MemoryIndex>,
    rows: usize,
    mut visit: impl FnMut(Operation<T>) -> Option<T>,
) {
    let timeline = profile.heap_timeline();
    let (mut ending, mut also_ending) = (FxHashMap::default(), FxHashMap::default());
    for (first_row, events) in profile.recording().heap.chunks(0..rows) {
        let own = |event: &HeapEvent| memory.is_none_or(|memory| timeline.memory_of(event.context) == memory);
        for (row, event) in (first_row..rows).zip(events.iter()).filter(|(_, event)| own(event)) {
            let ended = [ending.remove(&row), also_ending.remove(&row)];
            let block = BlockRow(row as u32);
            let kept = visit(Operation { event, ended, begins: timeline.begins(block) });
            let Some((freed_by, kept)) = timeline.freed_by(block).zip(kept) else { continue };
            if let Some(other) = ending.insert(freed_by.index(), kept) {
                also_ending.insert(freed_by.index(), other);
            }
        }
    }
}
