//! What is in use and what is free, kept up to date block by block.

use super::free::{FreeSums, SMALLEST_FREE_RUN_BYTES, is_sparse};
use super::survey::MAX_PAGES;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

/// So many pages may be walked for each operation, on average.
const STEPS_AN_OPERATION: u64 = 64;
/// And so many besides, in all.
const STEPS_BESIDES: u64 = 4 << 20;
/// A stretch takes as long as so many pages.
const STEPS_OF_STRETCH: u64 = 8;

/// Where live blocks lie. A step takes as long as a look into a tree of the live blocks, and a large block a little
/// more for each page that it lies on and each stretch that it covers. Blocks that all lie across each other would take
/// the square of their number: a layout has a budget, and once that is spent, it changes no more.
pub(super) struct Layout {
    start: u64,
    /// `(begin, end)` of stretches that are in use, and by how many blocks. They never overlap: blocks that do are cut
    /// into stretches. A block without bytes is a stretch without bytes, which parts the free run that it lies in.
    used: BTreeMap<(u64, u64), u32>,
    runs: Runs,
    pages: Pages,
    /// How many more pages may be walked, or stretches for eight of them.
    steps_left: u64,
}

impl Layout {
    /// Nothing is in use yet; the heap begins at `start`. The budget is that of a run with so many operations.
    pub(super) fn new(start: u64, page_bytes: u64, operations: usize) -> Self {
        Layout {
            start,
            used: BTreeMap::new(),
            runs: Runs::default(),
            pages: Pages::new(start, page_bytes),
            steps_left: (operations as u64).saturating_mul(STEPS_AN_OPERATION).saturating_add(STEPS_BESIDES),
        }
    }

    /// Is the budget spent? What the layout tells is wrong from then on.
    pub(super) fn is_spent(&self) -> bool {
        self.steps_left == 0
    }

    /// One behind the last byte in use; the heap's start where nothing is.
    pub(super) fn end(&self) -> u64 {
        self.used.last_key_value().map_or(self.start, |((_, end), _)| *end)
    }

    /// What is free up to `heap_end`.
    pub(super) fn free(&self, heap_end: u64) -> FreeSums {
        self.runs.with(heap_end.saturating_sub(self.end()))
    }

    /// Pages that something lies on, and those of them of which less than a sixteenth is in use.
    pub(super) fn pages(&self) -> (u64, u64) {
        (self.pages.used, self.pages.sparse)
    }

    /// A block is handed out.
    pub(super) fn insert(&mut self, start: u64, end: u64) {
        if self.is_spent() {
            return;
        }
        if self.is_free(start, end) {
            return self.occupy(start, end);
        }
        self.cut(start);
        self.cut(end);
        if start == end {
            *self.used.entry((start, end)).or_default() += 1;
            return;
        }
        let mut at = start;
        for (from, to) in self.stretches(start, end) {
            self.occupy_some(at, from);
            let is_block_here = from < to;
            self.used.entry((from, to)).and_modify(|blocks| *blocks += u32::from(is_block_here));
            at = to;
        }
        self.occupy_some(at, end);
    }

    /// A block that was handed out is given back.
    pub(super) fn remove(&mut self, start: u64, end: u64) {
        if self.is_spent() {
            return;
        }
        if self.used.contains_key(&(start, end)) {
            return self.leave(start, end);
        }
        for (from, to) in self.stretches(start, end) {
            if from < to {
                self.leave(from, to);
            }
        }
    }

    fn is_free(&self, start: u64, end: u64) -> bool {
        let before = self.used.range(..=(start, end)).next_back();
        let behind = self.used.range((start, end)..).next();
        before.is_none_or(|((_, to), _)| *to <= start)
            && behind.is_none_or(|((from, _), _)| *from >= end)
            && !self.used.contains_key(&(start, end))
    }

    /// Those between two places.
    fn stretches(&mut self, start: u64, end: u64) -> Vec<(u64, u64)> {
        let between = self.used.range((start, start)..(end, end)).map(|(stretch, _)| *stretch);
        let stretches: Vec<_> = between.collect();
        self.steps_left = self.steps_left.saturating_sub(stretches.len() as u64 * STEPS_OF_STRETCH);
        stretches
    }

    fn change_pages(&mut self, start: u64, end: u64, is_more: bool) {
        let pages = self.pages.change(start, end, is_more);
        self.steps_left = self.steps_left.saturating_sub(pages);
    }

    /// Makes a stretch that `at` lies inside of two, so that none does.
    fn cut(&mut self, at: u64) {
        let before = self.used.range(..(at, at)).next_back().map(|(stretch, blocks)| (*stretch, *blocks));
        if let Some(((from, to), blocks)) = before.filter(|((_, to), _)| *to > at) {
            self.used.remove(&(from, to));
            self.used.insert((from, at), blocks);
            self.used.insert((at, to), blocks);
        }
    }

    fn occupy_some(&mut self, start: u64, end: u64) {
        if start < end {
            self.occupy(start, end);
        }
    }

    /// A stretch that was free is in use.
    fn occupy(&mut self, start: u64, end: u64) {
        let (before, behind) = self.neighbours(start, end);
        if let Some(behind) = behind {
            self.runs.remove(behind - before);
            self.runs.add(behind - end);
        }
        self.runs.add(start.saturating_sub(before));
        self.used.insert((start, end), 1);
        self.change_pages(start, end, true);
    }

    /// One block less lies on a stretch.
    fn leave(&mut self, start: u64, end: u64) {
        let Some(blocks) = self.used.get_mut(&(start, end)) else { return };
        *blocks -= 1;
        if *blocks > 0 {
            return;
        }
        self.used.remove(&(start, end));
        let (before, behind) = self.neighbours(start, end);
        self.runs.remove(start.saturating_sub(before));
        if let Some(behind) = behind {
            self.runs.remove(behind - end);
            self.runs.add(behind - before);
        }
        self.change_pages(start, end, false);
    }

    /// Where what lies before a stretch ends, and where what lies behind it begins.
    fn neighbours(&self, start: u64, end: u64) -> (u64, Option<u64>) {
        let before = self.used.range(..(start, end)).next_back().map_or(self.start, |((_, to), _)| *to);
        let behind = self.used.range((Excluded((start, end)), Unbounded)).next();
        (before, behind.map(|((from, _), _)| *from))
    }
}

/// The free runs between what is in use.
#[derive(Default)]
struct Runs {
    /// How many there are of each length, but the short ones.
    lengths: BTreeMap<u64, u32>,
    sums: FreeSums,
}

impl Runs {
    fn add(&mut self, length: u64) {
        self.sums.add(length);
        if length >= SMALLEST_FREE_RUN_BYTES {
            *self.lengths.entry(length).or_default() += 1;
        }
    }

    fn remove(&mut self, length: u64) {
        self.sums.remove(length);
        let Some(count) = self.lengths.get_mut(&length) else { return };
        *count -= 1;
        if *count == 0 {
            self.lengths.remove(&length);
        }
    }

    /// All of them, with one more at the end.
    fn with(&self, last: u64) -> FreeSums {
        let mut sums = self.sums;
        sums.largest_bytes = self.lengths.last_key_value().map_or(0, |(length, _)| *length);
        sums.add(last);
        sums
    }
}

/// How many bytes are in use on each page.
struct Pages {
    page_bytes: u64,
    first: u64,
    live: Vec<u64>,
    used: u64,
    sparse: u64,
}

impl Pages {
    fn new(start: u64, page_bytes: u64) -> Self {
        let page_bytes = page_bytes.max(1);
        Pages { page_bytes, first: start / page_bytes, live: Vec::new(), used: 0, sparse: 0 }
    }

    /// Gives how many pages it walked.
    fn change(&mut self, start: u64, end: u64, is_more: bool) -> u64 {
        let (mut at, mut walked) = (start, 0);
        while at < end {
            let page = at / self.page_bytes;
            let next = (page + 1).saturating_mul(self.page_bytes).min(end);
            let place = page.saturating_sub(self.first);
            if place >= MAX_PAGES {
                break;
            }
            self.change_page(place as usize, next - at, is_more);
            (at, walked) = (next, walked + 1);
        }
        walked
    }

    fn change_page(&mut self, place: usize, bytes: u64, is_more: bool) {
        if place >= self.live.len() {
            self.live.resize(place + 1, 0);
        }
        let live = &mut self.live[place];
        let is_sparse = |live: u64| is_sparse(live, self.page_bytes);
        self.used -= u64::from(*live > 0);
        self.sparse -= u64::from(is_sparse(*live));
        *live = if is_more { *live + bytes } else { live.saturating_sub(bytes) };
        self.used += u64::from(*live > 0);
        self.sparse += u64::from(is_sparse(*live));
    }
}
