//! Blocks by who asked for them.

use super::HeapBlock;
use crate::profile::{PathId, Profile};
use std::cmp::Reverse;

/// The live blocks of one call path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapSite {
    /// Who asked for them: the allocator function innermost, its caller above.
    pub path: PathId,
    /// How many blocks are live.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of the blocks are never freed until the recording's end.
    pub leaked_blocks: u64,
    /// The bytes of those.
    pub leaked_bytes: u64,
}

/// The blocks by call path, by falling bytes.
pub fn heap_sites(profile: &Profile, blocks: &[HeapBlock]) -> Vec<HeapSite> {
    let timeline = profile.heap_timeline();
    // By path: one more than the place of its site, or 0.
    let mut places = vec![0u32; profile.paths().len()];
    let mut sites: Vec<HeapSite> = Vec::new();
    for block in blocks {
        let place = &mut places[block.path.index()];
        if *place == 0 {
            let path = block.path;
            sites.push(HeapSite { path, blocks: 0, bytes: 0, leaked_blocks: 0, leaked_bytes: 0 });
            *place = sites.len() as u32;
        }
        let site = &mut sites[*place as usize - 1];
        site.blocks += 1;
        site.bytes = site.bytes.saturating_add(block.size);
        if timeline.is_never_freed(block.row) {
            site.leaked_blocks += 1;
            site.leaked_bytes = site.leaked_bytes.saturating_add(block.size);
        }
    }
    sites.sort_by_key(|site| (Reverse(site.bytes), Reverse(site.blocks), site.path));
    sites
}
