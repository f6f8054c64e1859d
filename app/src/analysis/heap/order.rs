//! The order of blocks by address, found once for all of them: those of a moment need no sorting.

use super::BlockRow;
use std::ops::Range;

/// The places of blocks by memory and address.
///
/// Blocks at the same address of the same memory have the same rank, and no two of them are live at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranks {
    /// By row: the rank of the block that it hands out; of other rows it says nothing.
    of_row: Vec<u32>,
    /// By the place of the memory: the ranks of its blocks.
    of_memory: Vec<Range<u32>>,
}

/// Ranks on the way: addresses are numbered as they are met.
pub(super) struct Numbering {
    of_row: Vec<u32>,
    met: u32,
}

impl Numbering {
    pub(super) fn new(rows: usize) -> Numbering {
        Numbering { of_row: vec![0; rows], met: 0 }
    }

    /// The number of an address that is met for the first time. No more are met than there are rows.
    pub(super) fn meet(&mut self) -> u32 {
        self.met += 1;
        self.met - 1
    }

    /// The block that `row` hands out is at the address of this number.
    #[inline]
    pub(super) fn note(&mut self, row: usize, number: u32) {
        if let Some(of_row) = self.of_row.get_mut(row) {
            *of_row = number;
        }
    }

    /// Orders the addresses of each memory, which come with their numbers.
    pub(super) fn finish(self, memories: impl Iterator<Item = Vec<(u64, u32)>>) -> Ranks {
        let mut rank_of = vec![0; self.met as usize];
        let mut of_memory = Vec::new();
        let mut next = 0;
        for mut addresses in memories {
            let first = next;
            radsort::sort_by_key(&mut addresses, |(address, _)| *address);
            for (_, number) in addresses {
                rank_of[number as usize] = next;
                next += 1;
            }
            of_memory.push(first..next);
        }
        let mut of_row = self.of_row;
        of_row.iter_mut().for_each(|number| *number = rank_of.get(*number as usize).copied().unwrap_or(0));
        Ranks { of_row, of_memory }
    }
}

impl Ranks {
    fn of(&self, block: BlockRow) -> u32 {
        self.of_row.get(block.index()).copied().unwrap_or(0)
    }

    /// Keeps the blocks of the memory at this place.
    pub(super) fn retain(&self, blocks: &mut Vec<BlockRow>, memory: usize) {
        if self.of_memory.len() > 1 {
            let ranks = self.of_memory.get(memory).cloned().unwrap_or_default();
            blocks.retain(|block| ranks.contains(&self.of(*block)));
        }
    }

    /// By block how many of these blocks, which are live at one moment, have a lower address. Each step is a pass of
    /// its own, so that blocks that lie far apart are waited for together.
    pub(super) fn places(&self, blocks: &[BlockRow]) -> Vec<u32> {
        let ranks: Vec<_> = blocks.iter().map(|block| self.of(*block)).collect();
        let count = self.of_memory.last().map_or(0, |ranks| ranks.end) as usize;
        // A bit for each rank that is taken, and how many are in the words before.
        let mut words = vec![(0u64, 0u32); count / 64 + 1];
        for rank in &ranks {
            if let Some((taken, _)) = words.get_mut(*rank as usize / 64) {
                *taken |= 1 << (rank % 64);
            }
        }
        let mut sum = 0;
        for (taken, before) in &mut words {
            *before = sum;
            sum += taken.count_ones();
        }
        let place = |rank: u32| {
            let (taken, before) = words.get(rank as usize / 64).copied().unwrap_or_default();
            before + (taken & ((1 << (rank % 64)) - 1)).count_ones()
        };
        ranks.into_iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows 0 to 5 hand out blocks at 50, 10, 30, 10, 70 of the first memory and 20 of the second.
    fn ranks() -> Ranks {
        let mut numbering = Numbering::new(6);
        let numbers: Vec<_> = (0..5).map(|_| numbering.meet()).collect();
        for (row, number) in [0, 1, 2, 1, 3, 4].into_iter().enumerate() {
            numbering.note(row, numbers[number]);
        }
        let addresses = [vec![(50, 0), (10, 1), (30, 2), (70, 3)], vec![(20, 4)]];
        numbering.finish(addresses.into_iter())
    }

    #[test]
    fn blocks_are_ordered_by_address() {
        let ranks = ranks();
        let places = |rows: &[u32]| {
            let blocks: Vec<_> = rows.iter().copied().map(BlockRow).collect();
            ranks.places(&blocks)
        };
        assert_eq!(places(&[0, 1, 2]), [2, 0, 1]);
        assert_eq!(places(&[0, 3, 4]), [1, 0, 2]);
        assert_eq!(places(&[4]), [0]);
        assert_eq!(places(&[]), [0; 0]);
    }

    #[test]
    fn each_memory_has_its_own() {
        let mut blocks: Vec<_> = (0..6).map(BlockRow).collect();
        ranks().retain(&mut blocks, 1);
        assert_eq!(blocks, [BlockRow(5)]);
        ranks().retain(&mut blocks, 2);
        assert_eq!(blocks, []);
    }
}
