//! Powers of two that are halved and joined again.

use super::Model;
use std::collections::BTreeSet;

const SMALLEST_ORDER: u32 = 4;
const ORDERS: usize = 64;

/// Each block is a power of two of at least 16 bytes, and lies at a multiple of its length from the heap's start. A
/// free one is halved until it fits; two free halves of one are joined. (Knuth, The Art of Computer Programming, 2.5,
/// C.) Which pieces are free stands outside of the heap.
pub(super) struct Buddy {
    start: u64,
    /// The heap's length: all beyond was never used.
    length: u64,
    /// Free pieces by order: their offsets.
    free: [BTreeSet<u64>; ORDERS],
}

impl Buddy {
    pub(super) fn new(start: u64) -> Self {
        Buddy { start, length: 0, free: [(); ORDERS].map(|()| BTreeSet::new()) }
    }

    fn order(size: u64) -> u32 {
        // Sizes are bounded, so that there is a power of two above each.
        size.max(1 << SMALLEST_ORDER).next_power_of_two().trailing_zeros()
    }

    /// Takes a piece of this order out of a free one of this or a higher one.
    fn take(&mut self, order: u32) -> Option<u64> {
        let above = self.free.iter_mut().enumerate().skip(order as usize);
        let (found, offset) = above.filter_map(|(at, free)| Some((at, free.pop_first()?))).next()?;
        for half in order as usize..found {
            self.free[half].insert(offset + (1 << half));
        }
        Some(offset)
    }

    /// Makes the heap longer by a piece of this order; what lies before its multiple is free.
    fn extend(&mut self, order: u32) -> u64 {
        let offset = self.length.checked_next_multiple_of(1 << order).unwrap_or(self.length);
        while self.length < offset {
            let piece = self.length.trailing_zeros();
            self.release(self.length, piece);
            self.length += 1 << piece;
        }
        self.length = offset.saturating_add(1 << order);
        offset
    }

    fn release(&mut self, mut offset: u64, order: u32) {
        let mut order = order as usize;
        while order + 1 < ORDERS && self.free[order].remove(&(offset ^ (1 << order))) {
            offset &= !(1 << order);
            order += 1;
        }
        self.free[order].insert(offset);
    }
}

impl Model for Buddy {
    fn alloc(&mut self, size: u64) -> u64 {
        let order = Buddy::order(size);
        let offset = self.take(order).unwrap_or_else(|| self.extend(order));
        self.start.saturating_add(offset)
    }

    fn free(&mut self, address: u64, size: u64) {
        self.release(address.saturating_sub(self.start), Buddy::order(size));
    }

    fn resize(&mut self, _: u64, old: u64, new: u64) -> bool {
        Buddy::order(old) == Buddy::order(new)
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_halved_and_joined() {
        let mut buddy = Buddy::new(1_000);
        assert_eq!([1, 16, 33].map(|size| buddy.alloc(size)), [1_000, 1_016, 1_064]);
        assert_eq!((buddy.alloc(20), buddy.end()), (1_032, 1_128), "what lay before a multiple of 64");
        buddy.free(1_000, 1);
        assert_eq!(buddy.alloc(32), 1_128, "no two free halves");
        buddy.free(1_016, 16);
        assert_eq!(buddy.alloc(32), 1_000, "joined");
    }

    #[test]
    fn blocks_stay_while_their_power_of_two_does() {
        let mut buddy = Buddy::new(0);
        let a = buddy.alloc(17);
        assert!(buddy.resize(a, 17, 32) && !buddy.resize(a, 32, 33) && !buddy.resize(a, 32, 16));
    }
}
