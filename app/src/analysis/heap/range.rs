//! Sums over a range of addresses.

use super::map::kinds;
use super::{CellKind, HeapAt, HeapBlock, HeapSite, heap_sites};
use crate::profile::Profile;
use std::ops::Range;

/// What lies in a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapRange {
    /// The addresses.
    pub range: Range<u64>,
    /// Bytes by kind, in the order of [`CellKind::ALL`]. Their sum is the range's length.
    pub bytes: [u64; CellKind::ALL.len()],
    /// The live blocks that have a byte in it.
    pub blocks: u64,
    /// Their whole sizes, in bytes.
    pub block_bytes: u64,
    /// These blocks by call path, by falling bytes.
    pub sites: Vec<HeapSite>,
}

/// Sums over a range of addresses.
pub fn heap_range(profile: &Profile, heap: &HeapAt, range: &Range<u64>) -> HeapRange {
    let bytes = kinds(profile, heap, range);
    let before = heap.blocks.partition_point(|block| block.address < range.start);
    // Only the last of those that begin before may reach into it, unless blocks overlap, as none should.
    let first = before - heap.blocks[..before].last().map_or(0, |last| usize::from(last.end() > range.start));
    let end = heap.blocks.partition_point(|block| block.address < range.end);
    let blocks = heap.blocks.get(first..end).unwrap_or_default();
    HeapRange {
        range: range.clone(),
        bytes,
        blocks: blocks.len() as u64,
        block_bytes: blocks.iter().map(|block: &HeapBlock| block.size).fold(0, u64::saturating_add),
        sites: heap_sites(profile, blocks),
    }
}
