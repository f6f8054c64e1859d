//! Segregated size classes in spans of pages, as in TCMalloc, jemalloc and mimalloc.

use super::Model;
use super::fit::{Chunk, Fit};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

const PAGE_BYTES: u64 = 4_096;
/// Larger blocks take whole pages.
const LARGEST_CLASS: u64 = 32 * 1_024;
/// A span holds at least so many blocks, so that less than an eighth of it is lost at its end.
const BLOCKS_PER_SPAN: u64 = 8;

/// Blocks of up to 32 KiB are rounded up to a class: multiples of 16 up to 64, then four steps between powers of two,
/// as jemalloc's are. Those of one class lie in spans of whole pages of 4 KiB that hold at least eight; a span without
/// a block goes back. Larger blocks take whole pages. Spans and pages are best fit, as in TCMalloc's page heap. What
/// the allocator keeps about spans stands outside of the heap. (TCMalloc's design document; jemalloc's manual page,
/// "size classes".)
pub(super) struct Classes {
    pages: Fit,
    classes: FxHashMap<u64, Class>,
}

#[derive(Default)]
struct Class {
    spans: BTreeMap<u64, Span>,
    with_room: BTreeSet<u64>,
}

#[derive(Default)]
struct Span {
    used: u64,
    /// Slots from here on were never used.
    fresh: u64,
    /// Slots that are free again.
    free: Vec<u64>,
}

impl Classes {
    pub(super) fn new(start: u64) -> Self {
        let shape = Chunk { header: 0, granule: PAGE_BYTES, smallest: PAGE_BYTES };
        Classes { pages: Fit::new(start, shape), classes: FxHashMap::default() }
    }

    /// What a block of so many bytes takes.
    fn rounded(size: u64) -> u64 {
        match size {
            0..=64 => size.max(1).next_multiple_of(16),
            65..=LARGEST_CLASS => size.next_multiple_of(size.next_power_of_two() / 8),
            _ => size.next_multiple_of(PAGE_BYTES),
        }
    }

    fn span_bytes(class: u64) -> u64 {
        (class * BLOCKS_PER_SPAN).next_multiple_of(PAGE_BYTES)
    }
}

impl Class {
    fn take(&mut self, class: u64, pages: &mut Fit) -> u64 {
        let bytes = Classes::span_bytes(class);
        let start = self.with_room.first().copied().unwrap_or_else(|| pages.alloc(bytes));
        let span = self.spans.entry(start).or_default();
        let slot = span.free.pop().unwrap_or_else(|| {
            span.fresh += 1;
            span.fresh - 1
        });
        span.used += 1;
        if span.used == bytes / class {
            self.with_room.remove(&start);
        } else {
            self.with_room.insert(start);
        }
        start.saturating_add(slot * class)
    }

    fn give_back(&mut self, class: u64, address: u64, pages: &mut Fit) {
        let Some((start, span)) = self.spans.range_mut(..=address).next_back() else { return };
        let start = *start;
        span.used = span.used.saturating_sub(1);
        if span.used > 0 {
            span.free.push((address - start) / class);
            self.with_room.insert(start);
        } else {
            self.spans.remove(&start);
            self.with_room.remove(&start);
            pages.free(start, Classes::span_bytes(class));
        }
    }
}

impl Model for Classes {
    fn alloc(&mut self, size: u64) -> u64 {
        let rounded = Classes::rounded(size);
        if rounded > LARGEST_CLASS {
            return self.pages.alloc(rounded);
        }
        self.classes.entry(rounded).or_default().take(rounded, &mut self.pages)
    }

    fn free(&mut self, address: u64, size: u64) {
        let rounded = Classes::rounded(size);
        if rounded > LARGEST_CLASS {
            self.pages.free(address, rounded);
        } else if let Some(class) = self.classes.get_mut(&rounded) {
            class.give_back(rounded, address, &mut self.pages);
        }
    }

    fn resize(&mut self, address: u64, old: u64, new: u64) -> bool {
        let (old, new) = (Classes::rounded(old), Classes::rounded(new));
        let are_large = old > LARGEST_CLASS && new > LARGEST_CLASS;
        old == new || are_large && self.pages.resize(address, old, new)
    }

    fn end(&self) -> u64 {
        self.pages.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_four_steps_between_powers_of_two() {
        let sizes = [0, 1, 16, 17, 64, 65, 80, 81, 128, 129, 161, 32_767, 32_768, 32_769];
        let rounded = [16, 16, 16, 32, 64, 80, 80, 96, 128, 160, 192, 32_768, 32_768, 36_864];
        assert_eq!(sizes.map(Classes::rounded), rounded);
        for size in 1..=LARGEST_CLASS {
            let given = Classes::rounded(size);
            assert!(given >= size && (size < 64 || (given - size) * 4 < size), "{size}: {given}");
            assert_eq!(Classes::rounded(given), given);
        }
    }

    #[test]
    fn a_class_has_spans_of_its_own_and_gives_empty_ones_back() {
        let mut classes = Classes::new(10);
        let small: Vec<_> = (0..256).map(|_| classes.alloc(10)).collect();
        assert_eq!((small[0], small[255], classes.end()), (4_096, 8_176, 8_192), "a page full");
        assert_eq!(classes.alloc(600), 8_192, "a span of eight times 640, in two pages");
        assert_eq!((classes.alloc(16), classes.end()), (16_384, 20_480));
        small.iter().for_each(|address| classes.free(*address, 10));
        assert_eq!(classes.alloc(100), 4_096, "another class has the page now");
        assert_eq!((classes.alloc(40_000), classes.end()), (20_480, 20_480 + 40_960));
    }

    #[test]
    fn what_is_large_grows_by_pages() {
        let mut classes = Classes::new(0);
        let large = classes.alloc(33_000);
        assert!(classes.resize(large, 33_000, 36_000) && classes.resize(large, 36_000, 100_000));
        assert!(!classes.resize(large, 100_000, 100));
        assert_eq!(classes.end(), 102_400);
    }
}
