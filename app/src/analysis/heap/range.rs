//! Sums over a range of addresses.

use super::map::kinds;
use super::{CellKind, HeapAt, HeapBlock, HeapSite, heap_sites};
use crate::profile::Profile;
use std::borrow::Cow;
use std::ops::Range;

/// What lies in a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapRange {
    /// The addresses.
    pub range: Range<u64>,
    /// Bytes by kind, in the order of [`CellKind::ALL`]. Their sum is the range's length.
    pub bytes: [u64; CellKind::ALL.len()],
    /// The live blocks that begin in it or reach into it.
    pub blocks: u64,
    /// Their whole sizes, in bytes.
    pub block_bytes: u64,
    /// These blocks by call path, by falling bytes.
    pub sites: Vec<HeapSite>,
}

/// Sums over a range of addresses.
pub fn heap_range(profile: &Profile, heap: &HeapAt, range: &Range<u64>) -> HeapRange {
    let bytes = kinds(profile, heap, range);
    let blocks = &*blocks_in(heap, range);
    HeapRange {
        range: range.clone(),
        bytes,
        blocks: blocks.len() as u64,
        block_bytes: blocks.iter().map(|block| block.size).fold(0, u64::saturating_add),
        sites: heap_sites(profile, blocks),
    }
}

/// The blocks that begin in the range or reach into it.
fn blocks_in<'a>(heap: &'a HeapAt, range: &Range<u64>) -> Cow<'a, [HeapBlock]> {
    let before = heap.blocks.partition_point(|block| block.address < range.start);
    let end = heap.blocks.partition_point(|block| block.address < range.end).max(before);
    let (before, inside) = (&heap.blocks[..before], &heap.blocks[before..end]);
    let reaches = |block: &&HeapBlock| block.end() > range.start;
    if heap.overlapping_blocks > 0 {
        return before.iter().filter(reaches).chain(inside).copied().collect();
    }
    // Only the last one of those before may reach so far.
    let reaching = usize::from(before.last().as_ref().is_some_and(reaches));
    Cow::Borrowed(&heap.blocks[before.len() - reaching..end])
}
