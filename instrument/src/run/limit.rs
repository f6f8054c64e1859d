//! The limit on the guest's memory.

use wasmtime::{ResourceLimiter, Result};

/// Bytes of a page of the probes' memories.
const PAGE_BYTES: usize = 1 << 16;

/// Bytes of a table's entry in the engine, at most.
const ENTRY_BYTES: u64 = 16;
/// Tables may have this much under any limit: programs begin with some thousand entries.
const MIN_TABLE_BYTES: u64 = 1 << 20;

/// Lets memories grow up to a limit. The probes' own memories have a bound of their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryLimit {
    /// The most bytes that each memory of the guest may have.
    pub bytes: Option<u64>,
    /// The maxima, in pages, by which the probes' memories are known; `None` where a memory of the guest's has the
    /// same.
    pub probe_pages: [Option<u64>; 3],
    /// Bytes of the largest memory that the guest has had.
    pub largest_bytes: usize,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let probe_bytes = self.probe_pages.iter().flatten().map(|pages| *pages as usize * PAGE_BYTES);
        let is_probes = probe_bytes.into_iter().any(|bytes| maximum == Some(bytes));
        if !is_probes {
            self.largest_bytes = self.largest_bytes.max(desired);
        }
        Ok(is_probes || self.bytes.is_none_or(|limit| desired as u64 <= limit))
    }

    /// A table takes memory too, of ours: some 16 bytes an entry.
    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(self
            .bytes
            .is_none_or(|limit| (desired as u64).saturating_mul(ENTRY_BYTES) <= limit.max(MIN_TABLE_BYTES)))
    }
}
