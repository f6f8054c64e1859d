//! How a program uses its heap: how large its blocks are, how long they live, and how often they are resized.

use super::operations::{Operation, each_operation};
use super::{Amount, HeapAt};
use crate::profile::{PathId, Profile};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use wasmscope_symbolize::MemoryIndex;

/// Lives are told by powers of two of this, in nanoseconds: the clock of heap operations is no finer.
const LIFETIME_STEP_NANOS: u64 = 1_000_000;
/// A free piece up to so many bytes behind a block, or a quarter of the block, may belong to it.
const LEAST_SLACK_BYTES: u64 = 32;
const SLACK_PART: u64 = 4;

/// One bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistogramBar {
    /// The most that belongs to it: a power of two less one. What is more than that of the bar before belongs here.
    pub up_to: u64,
    /// The blocks.
    pub amount: Amount,
}

/// What was resized by one call path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReallocSite {
    /// Who asked: the allocator function innermost, its caller above.
    pub path: PathId,
    /// How many blocks it resized.
    pub reallocs: u64,
    /// How many of these came to lie elsewhere.
    pub moved: u64,
    /// What was copied for that: the smaller of the two sizes each time, in bytes.
    pub copied_bytes: u64,
    /// How often at most a block had been resized then, by whomever.
    pub longest_chain: u64,
}

/// How the program uses its heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapHabits {
    /// All blocks that were handed out, by the size that was asked for.
    pub allocated_sizes: Vec<HistogramBar>,
    /// Blocks that were freed, by how long they lived; `up_to` is in milliseconds.
    pub lifetimes: Vec<HistogramBar>,
    /// Blocks that were never freed.
    pub never_freed: Amount,
    /// Who resizes blocks, by falling bytes that were copied.
    pub reallocs: Vec<ReallocSite>,
}

/// How the program uses its heap, without its warm-up: one pass over all operations.
pub fn heap_habits(profile: &Profile, memory: MemoryIndex) -> HeapHabits {
    let mut pass = Pass::new(profile);
    each_operation(profile, Some(memory), profile.recording().heap.len(), |operation| pass.step(operation));
    pass.finish()
}

/// The sizes of the live blocks.
pub fn live_sizes(heap: &HeapAt) -> Vec<HistogramBar> {
    let mut sizes = Histogram::default();
    heap.blocks.iter().for_each(|block| sizes.add(block.size, block.size));
    sizes.bars()
}

/// What the allocator gave beyond what was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slack {
    /// Live blocks for whose size it is known.
    pub known_blocks: u64,
    /// What they asked for, in bytes.
    pub asked_bytes: u64,
    /// What lies between them and the next block because of the allocator: header and rounding, in bytes.
    pub slack_bytes: u64,
}

/// Internal fragmentation at a moment: headers and rounding, which can't be told apart.
///
/// What the allocator takes for blocks of one size is the least distance from the beginning of one to the beginning of
/// the next block of any size. It is known where that is no more than the size and 32 bytes or a quarter of it;
/// Σ(distance − size) over all blocks of such a size is the slack. Of sizes that never have a neighbour nothing is
/// known.
pub fn slack(heap: &HeapAt) -> Slack {
    let mut by_size: FxHashMap<u64, (u64, Option<u64>)> = FxHashMap::default();
    for (at, block) in heap.blocks.iter().enumerate() {
        let next = heap.blocks.get(at + 1).map(|next| next.address - block.address);
        let most = block.size.saturating_add((block.size / SLACK_PART).max(LEAST_SLACK_BYTES));
        let distance = next.filter(|distance| (block.size..=most).contains(distance));
        let (blocks, least) = by_size.entry(block.size).or_default();
        *blocks += 1;
        *least = least.iter().copied().chain(distance).min();
    }
    let known = by_size.into_iter().filter_map(|(size, (blocks, least))| Some((size, blocks, least? - size)));
    known.fold(Slack::default(), |sum, (size, blocks, slack)| Slack {
        known_blocks: sum.known_blocks + blocks,
        asked_bytes: sum.asked_bytes.saturating_add(size.saturating_mul(blocks)),
        slack_bytes: sum.slack_bytes.saturating_add(slack.saturating_mul(blocks)),
    })
}

/// Amounts by powers of two.
#[derive(Default)]
struct Histogram {
    /// By the number of bits of the value.
    bars: BTreeMap<u32, Amount>,
}

impl Histogram {
    fn add(&mut self, value: u64, bytes: u64) {
        self.bars.entry(u64::BITS - value.leading_zeros()).or_default().add(bytes);
    }

    /// From the lowest that has blocks to the highest, without gaps.
    fn bars(&self) -> Vec<HistogramBar> {
        let ends = self.bars.keys().next().zip(self.bars.keys().next_back());
        let bits = ends.map_or(0..0, |(first, last)| *first..*last + 1);
        let bar = |bits: u32| HistogramBar {
            up_to: 1u64.checked_shl(bits).map_or(u64::MAX, |power| power - 1),
            amount: self.bars.get(&bits).copied().unwrap_or_default(),
        };
        bits.map(bar).collect()
    }
}

/// A block that will be freed.
struct Block {
    address: u64,
    size: u64,
    began_nanos: u64,
    /// How often it was resized.
    resized: u64,
}

struct Pass<'a> {
    profile: &'a Profile,
    from_nanos: u64,
    sizes: Histogram,
    lifetimes: Histogram,
    allocated: Amount,
    freed: Amount,
    reallocs: BTreeMap<PathId, ReallocSite>,
}

impl<'a> Pass<'a> {
    fn new(profile: &'a Profile) -> Self {
        let (sizes, lifetimes, reallocs) = Default::default();
        let (allocated, freed) = Default::default();
        let from_nanos = profile.recording().measured_from_nanos();
        Pass { profile, from_nanos, sizes, lifetimes, allocated, freed, reallocs }
    }

    fn step(&mut self, mut operation: Operation<Block>) -> Option<Block> {
        let (event, begins) = (operation.event, operation.begins);
        let old = operation.take(|block| begins && block.address == event.old_address);
        let is_measured = event.time_nanos >= self.from_nanos;
        for ended in operation.ended.iter().flatten().chain(&old) {
            self.end(ended, event.time_nanos);
        }
        if !begins {
            return None;
        }
        if is_measured {
            self.sizes.add(event.size, event.size);
            self.allocated.add(event.size);
        }
        let resized = old.as_ref().map_or(0, |old| old.resized + 1);
        let block =
            Block { address: event.address, size: event.size, began_nanos: event.time_nanos, resized };
        if let Some(old) = old.filter(|_| is_measured) {
            self.resize(self.profile.heap_path(event.context), &old, &block);
        }
        Some(block)
    }

    /// A block that began in the warm-up is no part of what was measured.
    fn end(&mut self, block: &Block, now_nanos: u64) {
        if block.began_nanos >= self.from_nanos {
            let lived_nanos = now_nanos.saturating_sub(block.began_nanos);
            self.lifetimes.add(lived_nanos / LIFETIME_STEP_NANOS, block.size);
            self.freed.add(block.size);
        }
    }

    fn resize(&mut self, path: PathId, old: &Block, new: &Block) {
        let none = ReallocSite { path, reallocs: 0, moved: 0, copied_bytes: 0, longest_chain: 0 };
        let site = self.reallocs.entry(path).or_insert(none);
        site.reallocs += 1;
        site.longest_chain = site.longest_chain.max(new.resized);
        if old.address != new.address {
            site.moved += 1;
            site.copied_bytes = site.copied_bytes.saturating_add(old.size.min(new.size));
        }
    }

    fn finish(self) -> HeapHabits {
        let mut reallocs: Vec<_> = self.reallocs.into_values().collect();
        reallocs.sort_by_key(|site| (Reverse(site.copied_bytes), Reverse(site.reallocs), site.path));
        HeapHabits {
            allocated_sizes: self.sizes.bars(),
            lifetimes: self.lifetimes.bars(),
            never_freed: Amount {
                blocks: self.allocated.blocks.saturating_sub(self.freed.blocks),
                bytes: self.allocated.bytes.saturating_sub(self.freed.bytes),
            },
            reallocs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::heap_at;
    use crate::profile::ProfileBuilder;

    const MEMORY: MemoryIndex = MemoryIndex(0);

    fn amount(blocks: u64, bytes: u64) -> Amount {
        Amount { blocks, bytes }
    }

    fn bars(bars: &[HistogramBar]) -> Vec<(u64, u64, u64)> {
        bars.iter().map(|bar| (bar.up_to, bar.amount.blocks, bar.amount.bytes)).collect()
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn sizes_and_lives_are_counted_by_powers_of_two() {
        let profile = ProfileBuilder::new()
            .alloc(0, "main;malloc", 1_000, 0)
            .alloc(0, "main;malloc", 2_000, 8)
            .alloc(MS, "main;malloc", 3_000, 15)
            .free(MS, "main;free", 2_000)
            .alloc(2 * MS, "main;malloc", 2_000, 3)
            .free(8 * MS, "main;free", 3_000)
            .build();
        let habits = heap_habits(&profile, MEMORY);
        assert_eq!(bars(&habits.allocated_sizes), [(0, 1, 0), (1, 0, 0), (3, 1, 3), (7, 0, 0), (15, 2, 23)]);
        assert_eq!(bars(&habits.lifetimes), [(1, 1, 8), (3, 0, 0), (7, 1, 15)]);
        assert_eq!(habits.never_freed, amount(2, 3));
        assert_eq!(
            bars(&live_sizes(&heap_at(&profile, MEMORY, MS))),
            [(0, 1, 0), (1, 0, 0), (3, 0, 0), (7, 0, 0), (15, 1, 15)]
        );
    }

    #[test]
    fn chains_of_reallocs_are_followed() {
        let profile = ProfileBuilder::new()
            .alloc(1, "main;malloc", 1_000, 10)
            .realloc(2, "main;realloc", 1_000, 1_000, 20)
            .realloc(3, "main;realloc", 1_000, 5_000, 40)
            .realloc(4, "other;realloc", 5_000, 1_000, 30)
            .realloc(5, "main;realloc", 0, 9_000, 30)
            .build();
        let habits = heap_habits(&profile, MEMORY);
        let sums: Vec<_> = habits
            .reallocs
            .iter()
            .map(|site| (site.reallocs, site.moved, site.copied_bytes, site.longest_chain))
            .collect();
        assert_eq!(sums, [(1, 1, 30, 3), (2, 1, 20, 2)]);
        assert_eq!(habits.never_freed, amount(2, 60));
    }

    #[test]
    fn slack_is_the_least_distance_to_the_next_block() {
        // Four of 24 bytes, 32 from each other but for a hole; one of 1,000 with 200 behind it; one alone of 7.
        let profile = ProfileBuilder::new()
            .alloc(1, "main;malloc", 1_000, 24)
            .alloc(1, "main;malloc", 1_032, 24)
            .alloc(1, "main;malloc", 1_064, 24)
            .alloc(1, "main;malloc", 1_192, 24)
            .alloc(1, "main;malloc", 1_224, 1_000)
            .alloc(1, "main;malloc", 2_424, 7)
            .alloc(1, "main;malloc", 9_000, 24)
            .build();
        let found = slack(&heap_at(&profile, MEMORY, 1));
        assert_eq!(found, Slack { known_blocks: 6, asked_bytes: 1_120, slack_bytes: 5 * 8 + 200 });
    }
}
