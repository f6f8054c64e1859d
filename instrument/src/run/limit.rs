//! The limits on what the guest may grow: its memories and tables.

use super::Limits;
use crate::probes::{ACCESSES_MAXIMUM_PAGES, COMPONENT_EVENTS_PAGES, PROBE_MAXIMUM_PAGES};
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{ResourceLimiter, Result};

/// Bytes of a page of the probes' memories.
const PAGE_BYTES: usize = 1 << 16;

/// Bytes of a table's entry in the engine, at most.
const ENTRY_BYTES: u64 = 16;
/// Tables may have this much under any limit on memory: programs begin with some thousand entries.
const MIN_TABLE_BYTES: u64 = 1 << 20;
/// The entries of a guest's tables without a limit: what browsers allow a table. An entry takes memory of ours from the
/// start, touched or not.
const MAX_TABLE_ENTRIES: u64 = 10_000_000;

/// The bytes of a memory with 64-bit addresses without a limit: what browsers allow it. The engine reserves the
/// addresses of that many, since it would otherwise copy the memory to where there is room, and touch all of it.
pub const MEMORY64_BYTES: u64 = 16 << 30;

/// Lets memories and tables grow up to their limits. The probes' own memories have a bound of their own.
#[derive(Clone, Copy, Debug)]
pub struct GrowthLimit {
    /// The most bytes that each memory of the guest may have.
    memory_bytes: u64,
    /// The most entries that all tables together may have.
    table_entries: u64,
    /// The entries that they have.
    entries: u64,
    /// The maxima, in pages, by which the probes' memories are known; `None` where a memory of the guest's has the
    /// same.
    probe_pages: [Option<u64>; 3],
    /// Bytes of the largest memory that the guest has had.
    pub largest_bytes: usize,
    /// How often any memory was to grow.
    pub growths: u64,
}

impl GrowthLimit {
    /// The limit for the module behind `index`.
    pub fn new(index: &ModuleIndex, limits: &Limits) -> GrowthLimit {
        let is_free =
            |pages: &u64| !index.memories().iter().any(|memory| memory.maximum_pages == Some(*pages));
        let maxima = [PROBE_MAXIMUM_PAGES, COMPONENT_EVENTS_PAGES, ACCESSES_MAXIMUM_PAGES];
        let of_memory =
            limits.memory_bytes.map_or(u64::MAX, |bytes| bytes.max(MIN_TABLE_BYTES) / ENTRY_BYTES);
        // The probes' table has one entry.
        let of_tables = limits.table_entries.map_or(MAX_TABLE_ENTRIES, |entries| entries.saturating_add(1));
        GrowthLimit {
            memory_bytes: limits.memory_bytes.unwrap_or(MEMORY64_BYTES),
            table_entries: of_tables.min(of_memory),
            entries: 0,
            probe_pages: maxima.map(|pages| Some(u64::from(pages)).filter(is_free)),
            largest_bytes: 0,
            growths: 0,
        }
    }
}

impl ResourceLimiter for GrowthLimit {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.growths += 1;
        let probe_bytes = self.probe_pages.iter().flatten().map(|pages| *pages as usize * PAGE_BYTES);
        if probe_bytes.into_iter().any(|bytes| maximum == Some(bytes)) {
            return Ok(true);
        }
        let has_room = desired as u64 <= self.memory_bytes;
        // Beyond its own maximum the engine refuses it.
        if has_room && maximum.is_none_or(|maximum| desired <= maximum) {
            self.largest_bytes = self.largest_bytes.max(desired);
        }
        Ok(has_room)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The engine refuses it.
            return Ok(true);
        }
        let entries = self.entries.saturating_add(desired.saturating_sub(current) as u64);
        let has_room = entries <= self.table_entries;
        if has_room {
            self.entries = entries;
        }
        Ok(has_room)
    }
}
