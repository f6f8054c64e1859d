//! What other allocators would have made of the same program: its heap operations replayed against models of them.
//!
//! A model knows where blocks would lie, and so how far the heap would reach; it does not know what an allocator costs
//! in time. The program is taken to ask for the same blocks in the same order.

mod buddy;
mod bump;
mod classes;
mod fit;
mod replay;
#[cfg(test)]
mod tests;

use crate::profile::Profile;
use wasmscope_symbolize::MemoryIndex;

/// The allocators that there are models of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllocatorModel {
    /// Never uses anything again.
    Bump,
    /// Segregated size classes in spans of pages.
    SizeClasses,
    /// Best fit with joining of free neighbours.
    BestFit,
    /// Powers of two that are halved and joined.
    Buddy,
}

impl AllocatorModel {
    /// All of them, in the order of [`WhatIf::rows`].
    pub const ALL: [AllocatorModel; 4] =
        [AllocatorModel::BestFit, AllocatorModel::SizeClasses, AllocatorModel::Buddy, AllocatorModel::Bump];

    /// A word or two.
    pub const fn name(self) -> &'static str {
        match self {
            AllocatorModel::Bump => "bump",
            AllocatorModel::SizeClasses => "size classes",
            AllocatorModel::BestFit => "best fit",
            AllocatorModel::Buddy => "buddy",
        }
    }

    /// What it does, and who does so.
    pub const fn description(self) -> &'static str {
        match self {
            AllocatorModel::Bump => "never uses anything again, like AssemblyScript's stub",
            AllocatorModel::SizeClasses => {
                "four classes between powers of two, spans of 4 KiB pages, like TCMalloc and jemalloc"
            }
            AllocatorModel::BestFit => "4 bytes of header, free neighbours are joined, like dlmalloc",
            AllocatorModel::Buddy => "powers of two from 16 B, halved and joined",
        }
    }
}

/// What one allocator would have needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhatIfRow {
    /// Which one.
    pub model: AllocatorModel,
    /// From the heap's start to the end of the highest block that it would ever have handed out, in bytes.
    pub heap_bytes: u64,
    /// Pages of the whole memory: with what lies below the heap.
    pub pages: u64,
    /// How much of the heap is more than the most bytes that were live at once.
    pub waste_bytes: u64,
}

/// What other allocators would have needed, and what bounds all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf {
    /// Each model.
    pub rows: Vec<WhatIfRow>,
    /// The size of a page, in bytes.
    pub page_bytes: u64,
    /// Where the heap begins: the lowest address that was ever handed out.
    pub heap_start: u64,
    /// The most bytes that were live at once: no allocator that leaves blocks where they are needs less.
    pub least_bytes: u64,
    /// Pages of the memory for those.
    pub least_pages: u64,
    /// From the heap's start to the end of the highest block that was handed out, in bytes.
    pub recorded_bytes: u64,
    /// Pages that the memory really had in the end. They are more than the blocks needed where it began so large.
    pub recorded_pages: u64,
}

/// An allocator without the time that it takes. Addresses are those of the memory; sizes are at most 16 GiB.
trait Model {
    /// Hands out a block.
    fn alloc(&mut self, size: u64) -> u64;

    /// Takes the block at `address`, which was asked for with `size`.
    fn free(&mut self, address: u64, size: u64);

    /// Makes the block larger or smaller where it lies; `false` where it can't and did not.
    fn resize(&mut self, address: u64, old: u64, new: u64) -> bool;

    /// One behind the highest byte that it ever needed.
    fn end(&self) -> u64;
}

/// What other allocators would have needed: one pass over all operations. No rows where nothing was handed out.
pub fn what_if(profile: &Profile, memory: MemoryIndex) -> WhatIf {
    let space = profile.address_space(memory);
    let Some(heap_start) = space.heap_start() else { return WhatIf::default() };
    let page_bytes = space.page_bytes().max(1);
    let pages = |heap_bytes: u64| heap_start.saturating_add(heap_bytes).div_ceil(page_bytes);
    let replayed = replay::replay(profile, memory, heap_start);
    let least_bytes = replayed.peak_bytes;
    let row = |(model, heap_bytes): (AllocatorModel, u64)| {
        let waste_bytes = heap_bytes.saturating_sub(least_bytes);
        WhatIfRow { model, heap_bytes, pages: pages(heap_bytes), waste_bytes }
    };
    WhatIf {
        rows: AllocatorModel::ALL.into_iter().zip(replayed.lengths).map(row).collect(),
        page_bytes,
        heap_start,
        least_bytes,
        least_pages: pages(least_bytes),
        recorded_bytes: replayed.recorded_end.saturating_sub(heap_start),
        recorded_pages: space.largest_size().div_ceil(page_bytes),
    }
}
