//! What lies between blocks, and how they lie on pages: one pass over them.

use super::free::{FreeSums, is_sparse};
use super::{FreeSpace, HeapBlock, PageUse};
use std::ops::Range;

/// Pages are counted one by one up to here (64 GiB of usual ones); the rest of a larger memory is left out.
pub(super) const MAX_PAGES: u64 = 1 << 20;

/// What one pass tells.
pub(super) struct Survey {
    pub(super) free: FreeSpace,
    pub(super) page_use: PageUse,
    /// Blocks that begin inside another one.
    pub(super) overlapping_blocks: u64,
}

/// Passes over blocks, which ascend by address.
pub(super) fn survey(blocks: &[HeapBlock], heap: &Range<u64>, page_bytes: u64) -> Survey {
    let mut pages = Pages::new(heap, page_bytes.max(1));
    let mut free = Free::default();
    let mut overlapping_blocks = 0;
    let mut behind = heap.start;
    for block in blocks {
        overlapping_blocks += u64::from(block.address < behind);
        free.add(behind..block.address);
        pages.add(block.address.max(behind)..block.end());
        behind = behind.max(block.end());
    }
    free.add(behind..heap.end);
    let free = free.sums.space(free.largest_address);
    Survey { free, page_use: pages.finish(), overlapping_blocks }
}

#[derive(Default)]
struct Free {
    sums: FreeSums,
    largest_address: u64,
}

impl Free {
    fn add(&mut self, run: Range<u64>) {
        let largest = self.sums.largest_bytes;
        self.sums.add(run.end.saturating_sub(run.start));
        if self.sums.largest_bytes > largest {
            self.largest_address = run.start;
        }
    }
}

/// Counts the live bytes of one page after the other.
struct Pages {
    page_bytes: u64,
    /// One behind the last page that is counted.
    end: u64,
    page: u64,
    /// Live bytes of `page`.
    bytes: u64,
    page_use: PageUse,
}

impl Pages {
    fn new(heap: &Range<u64>, page_bytes: u64) -> Pages {
        let (first, last) = (heap.start / page_bytes, heap.end.div_ceil(page_bytes));
        let pages = if heap.is_empty() { 0 } else { last.saturating_sub(first).min(MAX_PAGES) };
        let page_use = PageUse { pages, empty_pages: pages, ..PageUse::default() };
        Pages { page_bytes, end: first + pages, page: first, bytes: 0, page_use }
    }

    /// Live bytes, above all that were added before.
    fn add(&mut self, live: Range<u64>) {
        let mut at = live.start;
        while at < live.end {
            let page = at / self.page_bytes;
            if page >= self.end {
                return;
            }
            if page != self.page {
                self.close();
                self.page = page;
            }
            let until = live.end.min((page + 1).saturating_mul(self.page_bytes));
            self.bytes += until - at;
            at = until;
        }
    }

    fn close(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes == 0 {
            return;
        }
        self.page_use.empty_pages -= 1;
        if is_sparse(bytes, self.page_bytes) {
            self.page_use.sparse_pages += 1;
            self.page_use.pinning_bytes += bytes;
        }
    }

    fn finish(mut self) -> PageUse {
        self.close();
        self.page_use
    }
}
