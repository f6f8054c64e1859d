//! Dead addresses.
//!
//! A linker that drops a function leaves its debug information and writes a tombstone as its address: -1 or -2, or
//! 0 if it is older. Functions at -1 are never met, but a dead function of 500 bytes at 0 seems to cover the first
//! 500 bytes of the code. Since no code lies below the first function body, addresses there are read as -1.

use std::ops::Range;
use std::sync::Arc;

use gimli::Relocate;

const TOMBSTONE: u64 = 0xffff_ffff;

/// Which addresses of a section are read as tombstones.
#[derive(Debug, Clone)]
pub(super) struct Tombstones {
    /// Addresses below it are dead; 0 changes nothing.
    pub(super) first_body: u64,
    /// Places in the section where 0 is no dead address: compilation units use it as the base of their ranges.
    /// Sorted.
    pub(super) exempt: Arc<[Range<usize>]>,
}

impl Relocate for Tombstones {
    fn relocate_address(&self, offset: usize, value: u64) -> gimli::Result<u64> {
        if value >= self.first_body {
            return Ok(value);
        }
        let after = self.exempt.partition_point(|range| range.start <= offset);
        let exempt = after.checked_sub(1).and_then(|at| self.exempt.get(at));
        Ok(if exempt.is_some_and(|range| range.contains(&offset)) { value } else { TOMBSTONE })
    }

    fn relocate_offset(&self, _: usize, value: usize) -> gimli::Result<usize> {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_below_the_first_body_are_dead_unless_exempt() {
        let read = |at, value| {
            let exempt = Arc::from([11..20, 40..50]);
            Tombstones { first_body: 6, exempt }.relocate_address(at, value).ok()
        };
        assert_eq!(read(30, 0), Some(TOMBSTONE));
        assert_eq!(read(30, 5), Some(TOMBSTONE));
        assert_eq!(read(30, 6), Some(6));
        assert_eq!(read(12, 0), Some(0));
        assert_eq!(read(20, 0), Some(TOMBSTONE));
        assert_eq!(read(49, 0), Some(0));
        assert_eq!(read(5, 0), Some(TOMBSTONE));
    }
}
