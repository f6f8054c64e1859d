//! An allocator that never uses anything again.

use super::Model;

/// Hands out one block behind the other; only the last one can grow where it is.
pub(super) struct Bump {
    align: u64,
    next: u64,
    highest: u64,
}

impl Bump {
    pub(super) fn new(start: u64, align: u64) -> Self {
        Bump { align, next: start, highest: start }
    }

    fn end_of(&self, address: u64, size: u64) -> u64 {
        address.saturating_add(size.max(1).next_multiple_of(self.align))
    }

    fn set_end(&mut self, end: u64) {
        self.next = end;
        self.highest = self.highest.max(end);
    }
}

impl Model for Bump {
    fn alloc(&mut self, size: u64) -> u64 {
        let address = self.next;
        self.set_end(self.end_of(address, size));
        address
    }

    fn free(&mut self, _: u64, _: u64) {}

    fn resize(&mut self, address: u64, old: u64, new: u64) -> bool {
        let is_last = self.end_of(address, old) == self.next;
        if is_last {
            self.set_end(self.end_of(address, new));
        }
        is_last || new <= old
    }

    fn end(&self) -> u64 {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_used_again_and_the_last_block_grows_where_it_is() {
        let mut bump = Bump::new(1_000, 8);
        let (a, b) = (bump.alloc(10), bump.alloc(0));
        assert_eq!((a, b, bump.end()), (1_000, 1_016, 1_024));
        bump.free(a, 10);
        assert!(bump.resize(b, 0, 30) && !bump.resize(a, 10, 20) && bump.resize(a, 10, 4));
        assert_eq!((bump.alloc(8), bump.end()), (1_048, 1_056));
    }

    #[test]
    fn what_the_last_block_gives_back_is_used_again() {
        let mut bump = Bump::new(0, 16);
        let a = bump.alloc(1_000);
        assert!(bump.resize(a, 1_000, 10));
        assert_eq!((bump.alloc(8), bump.end()), (16, 1_008));
    }
}
