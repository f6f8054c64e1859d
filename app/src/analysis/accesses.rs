//! Which parts of the first memory are read and written, and how often.

use crate::profile::Profile;
use wasmscope_instrument::probes::LINE_BYTES;

/// Bytes of a page, as operating systems have them.
const PAGE_BYTES: u64 = 4_096;

/// A page of memory with its accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessedPage {
    /// Its first address.
    pub address: u64,
    /// Reads of it.
    pub reads: u64,
    /// Writes of it.
    pub writes: u64,
    /// How many of its lines of 64 bytes were accessed.
    pub lines: u32,
}

/// The accesses of the first memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// All reads.
    pub reads: u64,
    /// All writes.
    pub writes: u64,
    /// How many lines of 64 bytes were accessed.
    pub lines: u64,
    /// The pages that were accessed, by their addresses.
    pub pages: Vec<AccessedPage>,
}

/// The accesses of the whole run.
pub fn accesses(profile: &Profile) -> Accesses {
    let mut accesses = Accesses::default();
    for (line, reads, writes) in profile.recording().accesses.iter() {
        accesses.add(u64::from(line) * u64::from(LINE_BYTES), reads, writes);
    }
    // The recorder writes lines in their order; a damaged file may not have them so.
    accesses.pages.sort_by_key(|page| page.address);
    accesses
}

impl Accesses {
    fn add(&mut self, address: u64, reads: u64, writes: u64) {
        self.reads = self.reads.saturating_add(reads);
        self.writes = self.writes.saturating_add(writes);
        self.lines += 1;
        let start = address / PAGE_BYTES * PAGE_BYTES;
        if self.pages.last().is_none_or(|page| page.address != start) {
            self.pages.push(AccessedPage { address: start, reads: 0, writes: 0, lines: 0 });
        }
        if let Some(page) = self.pages.last_mut() {
            page.reads = page.reads.saturating_add(reads);
            page.writes = page.writes.saturating_add(writes);
            page.lines += 1;
        }
    }
}
