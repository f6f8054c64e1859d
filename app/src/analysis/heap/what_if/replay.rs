//! One pass over the operations, with a block in each model for each that is live.

use super::super::BlockRow;
use super::super::operations::{Operation, each_operation};
use super::buddy::Buddy;
use super::bump::Bump;
use super::classes::Classes;
use super::fit::{Chunk, Fit};
use super::{AllocatorModel, Model};
use crate::profile::Profile;
use wasmscope_instrument::recording::HeapEvent;
use wasmscope_symbolize::MemoryIndex;

const MODELS: usize = AllocatorModel::ALL.len();
/// Larger sizes stand only in damaged recordings.
const LARGEST_BLOCK: u64 = 1 << 34;
/// So do heaps that begin behind here.
const HIGHEST_START: u64 = 1 << 48;
/// So many addresses tell what the recorded allocator aligns blocks to.
const LOOKED_AT: usize = 4_096;

/// How far the heaps reached.
pub(super) struct Replayed {
    /// The length of each model's heap in bytes, in the order of [`AllocatorModel::ALL`].
    pub(super) lengths: [u64; MODELS],
    /// One behind the highest byte that was handed out in truth.
    pub(super) recorded_end: u64,
    /// The most bytes that were live at once, those of warm-ups included.
    pub(super) peak_bytes: u64,
}

/// A block, and where it lies in each model.
struct Block {
    recorded_address: u64,
    size: u64,
    addresses: [u64; MODELS],
}

/// All models side by side, and sums over what is live.
struct Replay {
    models: [Box<dyn Model>; MODELS],
    live_bytes: u64,
    replayed: Replayed,
}

pub(super) fn replay(profile: &Profile, memory: MemoryIndex, heap_start: u64) -> Replayed {
    let start = heap_start.min(HIGHEST_START);
    let models = models(start, alignment(profile, memory));
    let replayed = Replayed { lengths: [0; MODELS], recorded_end: heap_start, peak_bytes: 0 };
    let mut replay = Replay { models, live_bytes: 0, replayed };
    each_operation(profile, Some(memory), profile.recording().heap.len(), |operation| replay.step(operation));
    let lengths = replay.models.map(|model| model.end().saturating_sub(start));
    Replayed { lengths, ..replay.replayed }
}

fn models(start: u64, align: u64) -> [Box<dyn Model>; MODELS] {
    AllocatorModel::ALL.map(|model| -> Box<dyn Model> {
        match model {
            AllocatorModel::BestFit => {
                Box::new(Fit::new(start, Chunk { header: 4, granule: align, smallest: 16 }))
            }
            AllocatorModel::SizeClasses => Box::new(Classes::new(start)),
            AllocatorModel::Buddy => Box::new(Buddy::new(start)),
            AllocatorModel::Bump => Box::new(Bump::new(start.next_multiple_of(align), align)),
        }
    })
}

/// What the recorded allocator aligned its first blocks to: 8 or 16 bytes.
fn alignment(profile: &Profile, memory: MemoryIndex) -> u64 {
    let heap = &profile.recording().heap;
    let timeline = profile.heap_timeline();
    let begun = heap.pick((0..LOOKED_AT).filter(|row| timeline.begins(BlockRow(*row as u32))));
    let own = begun.filter(|(_, event)| timeline.memory_of(event.context) == memory);
    let bits = own.fold(0, |bits, (_, event)| bits | event.address);
    if bits % 16 == 0 { 16 } else { 8 }
}

impl Replay {
    fn step(&mut self, mut operation: Operation<Block>) -> Option<Block> {
        let HeapEvent { address: recorded_address, old_address, size, .. } = operation.event;
        let begins = operation.begins;
        let resized = operation.take(|block| begins && block.recorded_address == old_address);
        operation.ended.iter().flatten().for_each(|block| self.free(block));
        if !begins {
            return None;
        }
        let size = size.min(LARGEST_BLOCK);
        let addresses = match resized {
            Some(block) => self.resize(&block, size),
            None => self.models.each_mut().map(|model| model.alloc(size)),
        };
        self.live_bytes = self.live_bytes.saturating_add(size);
        let Replayed { recorded_end, peak_bytes, .. } = &mut self.replayed;
        *peak_bytes = self.live_bytes.max(*peak_bytes);
        *recorded_end = recorded_address.saturating_add(size).max(*recorded_end);
        Some(Block { recorded_address, size, addresses })
    }

    fn free(&mut self, block: &Block) {
        self.live_bytes = self.live_bytes.saturating_sub(block.size);
        for (model, address) in self.models.iter_mut().zip(block.addresses) {
            model.free(address, block.size);
        }
    }

    /// Where a block can't grow it is copied: the new one is there before the old one goes.
    fn resize(&mut self, block: &Block, size: u64) -> [u64; MODELS] {
        self.live_bytes = self.live_bytes.saturating_sub(block.size);
        let mut addresses = block.addresses;
        for (model, address) in self.models.iter_mut().zip(&mut addresses) {
            if !model.resize(*address, block.size, size) {
                let old = std::mem::replace(address, model.alloc(size));
                model.free(old, block.size);
            }
        }
        addresses
    }
}
