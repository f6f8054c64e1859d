//! The room of live blocks where frees aren't seen: a block ends when its room, or a part of it, is handed out again.

use std::collections::BTreeMap;

/// Live blocks by address, with the address behind each. No two of them overlap.
#[derive(Default)]
pub(super) struct LiveRanges(BTreeMap<u64, u64>);

impl LiveRanges {
    /// Takes a block in. Gives the addresses of the others that it overlaps, which end.
    pub(super) fn begin(&mut self, address: u64, size: u64) -> Vec<u64> {
        let end = address.saturating_add(size.max(1));
        let before = self.0.range(..address).next_back().filter(|(_, end)| **end > address);
        let within = self.0.range(address..end).filter(|(other, _)| **other != address);
        let displaced: Vec<u64> = before.into_iter().chain(within).map(|(other, _)| *other).collect();
        displaced.iter().for_each(|other| self.end(*other));
        self.0.insert(address, end);
        displaced
    }

    /// Takes the block at `address` out.
    pub(super) fn end(&mut self, address: u64) {
        self.0.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_overlapped_ends() {
        let mut live = LiveRanges::default();
        for (address, size, displaced) in [
            (100, 10, vec![]),
            (110, 10, vec![]),
            (90, 10, vec![]),
            (105, 10, vec![100, 110]),
            (105, 20, vec![]),
            (80, 200, vec![90, 105]),
            (0, 0, vec![]),
            (u64::MAX, u64::MAX, vec![]),
        ] {
            assert_eq!(live.begin(address, size), displaced, "{address}");
        }
        live.end(80);
        assert_eq!(live.begin(85, 1), [0; 0]);
    }
}
