//! Best fit in one heap, as in dlmalloc.

use super::Model;
use std::collections::{BTreeMap, BTreeSet};

/// Takes the smallest free piece that is large enough, of several the one with the lowest address, and otherwise goes
/// on at the heap's end. What is left of a piece stays free; free neighbours are joined at once.
///
/// dlmalloc's bins and its tree do the same within a few bytes; that it likes to cut small blocks off the piece that it
/// cut last is not modelled. (Doug Lea, "A Memory Allocator", and the comments of dlmalloc 2.8.6.)
pub(super) struct Fit {
    shape: Chunk,
    /// Where what was never used, or is free again up to the end, begins.
    top: u64,
    highest: u64,
    /// Length by address.
    free: BTreeMap<u64, u64>,
    /// `(length, address)`.
    by_length: BTreeSet<(u64, u64)>,
}

/// What a block of so many bytes takes.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    /// Bytes in front of the block that are the allocator's.
    pub(super) header: u64,
    /// Chunks are multiples of this.
    pub(super) granule: u64,
    /// The least that a chunk has.
    pub(super) smallest: u64,
}

impl Chunk {
    fn length(self, size: u64) -> u64 {
        (size + self.header).max(self.smallest).next_multiple_of(self.granule)
    }
}

impl Fit {
    /// A heap that begins at `start`, with chunks of this shape.
    pub(super) fn new(start: u64, shape: Chunk) -> Self {
        let start = start.next_multiple_of(shape.granule);
        Fit { shape, top: start, highest: start, free: BTreeMap::new(), by_length: BTreeSet::new() }
    }

    fn insert(&mut self, start: u64, length: u64) {
        self.free.insert(start, length);
        self.by_length.insert((length, start));
    }

    fn remove(&mut self, start: u64, length: u64) {
        self.free.remove(&start);
        self.by_length.remove(&(length, start));
    }

    fn set_top(&mut self, top: u64) {
        self.top = top;
        self.highest = self.highest.max(top);
    }

    /// Takes `length` bytes off the front of the free piece at `start`.
    fn cut(&mut self, start: u64, piece: u64, length: u64) {
        self.remove(start, piece);
        if piece > length {
            self.insert(start + length, piece - length);
        }
    }

    fn release(&mut self, mut start: u64, mut length: u64) {
        let before = self.free.range(..start).next_back().map(|(start, length)| (*start, *length));
        if let Some((before, piece)) = before.filter(|(before, piece)| before + piece == start) {
            self.remove(before, piece);
            (start, length) = (before, length + piece);
        }
        let end = start.saturating_add(length);
        if let Some(piece) = self.free.get(&end).copied() {
            self.remove(end, piece);
            length += piece;
        }
        if start.saturating_add(length) == self.top {
            self.top = start;
        } else {
            self.insert(start, length);
        }
    }

    fn grow(&mut self, start: u64, old: u64, new: u64) -> bool {
        let end = start.saturating_add(old);
        if end == self.top {
            self.set_top(start.saturating_add(new));
            return true;
        }
        let behind = self.free.get(&end).copied().filter(|piece| *piece >= new - old);
        if let Some(piece) = behind {
            self.cut(end, piece, new - old);
        }
        behind.is_some()
    }
}

impl Model for Fit {
    fn alloc(&mut self, size: u64) -> u64 {
        let length = self.shape.length(size);
        let best = self.by_length.range((length, 0)..).next().copied();
        let start = match best {
            Some((piece, start)) => {
                self.cut(start, piece, length);
                start
            }
            None => {
                let start = self.top;
                self.set_top(start.saturating_add(length));
                start
            }
        };
        start.saturating_add(self.shape.header)
    }

    fn free(&mut self, address: u64, size: u64) {
        self.release(address.saturating_sub(self.shape.header), self.shape.length(size));
    }

    fn resize(&mut self, address: u64, old: u64, new: u64) -> bool {
        let start = address.saturating_sub(self.shape.header);
        let (old, new) = (self.shape.length(old), self.shape.length(new));
        if new < old {
            self.release(start.saturating_add(new), old - new);
        }
        new <= old || self.grow(start, old, new)
    }

    fn end(&self) -> u64 {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Chunk = Chunk { header: 4, granule: 8, smallest: 16 };

    #[test]
    fn chunks_have_a_header_and_a_least_length() {
        for (size, length) in [(0, 16), (12, 16), (13, 24), (20, 24), (24, 32), (96, 104)] {
            assert_eq!(SMALL.length(size), length, "{size}");
        }
    }

    #[test]
    fn the_smallest_piece_that_is_large_enough_is_taken() {
        let mut fit = Fit::new(0, SMALL);
        // Chunks of 104, 16, 56, 16, 56, 16 bytes.
        let blocks = [100, 8, 52, 8, 50, 8].map(|size| (fit.alloc(size), size));
        assert_eq!(blocks.map(|(address, _)| address), [4, 108, 124, 180, 196, 252]);
        blocks.iter().step_by(2).for_each(|(address, size)| fit.free(*address, *size));
        assert_eq!(fit.alloc(50), 124, "of two the lower one");
        assert_eq!(fit.alloc(30), 196, "the smaller piece, of which 16 bytes are left");
        assert_eq!(fit.alloc(12), 236, "which are a chunk");
        assert_eq!(fit.alloc(100), 4);
        assert_eq!((fit.alloc(1), fit.end()), (268, 280));
    }

    #[test]
    fn neighbours_join_and_the_end_moves_back() {
        let mut fit = Fit::new(0, SMALL);
        let blocks = [20, 20, 20, 20].map(|size| fit.alloc(size));
        fit.free(blocks[0], 20);
        fit.free(blocks[2], 20);
        fit.free(blocks[1], 20);
        assert_eq!(fit.by_length.iter().copied().collect::<Vec<_>>(), [(72, 0)]);
        fit.free(blocks[3], 20);
        assert_eq!((fit.free.len(), fit.top, fit.end()), (0, 0, 96));
    }

    #[test]
    fn blocks_grow_where_they_are_while_there_is_room() {
        let mut fit = Fit::new(0, SMALL);
        let [a, b, c] = [20, 44, 20].map(|size| fit.alloc(size));
        fit.free(b, 44);
        assert!(fit.resize(a, 20, 44), "24 of the 48 bytes behind it");
        assert!(!fit.resize(a, 44, 100));
        assert!(fit.resize(a, 44, 4));
        assert_eq!(fit.free.get(&16), Some(&56), "what was cut off joins");
        assert!(fit.resize(c, 20, 1_000), "at the end there is always room");
        assert_eq!(fit.end(), 72 + 1_008);
    }
}
