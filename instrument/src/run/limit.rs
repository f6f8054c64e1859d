//! The limit on the guest's memory.

use crate::probes::PROBE_MAXIMUM_PAGES;
use wasmtime::{ResourceLimiter, Result};

/// Bytes of a page of the probes' memories.
const PAGE_BYTES: usize = 1 << 16;

/// Lets memories grow up to a limit. The probes' own memories have a bound of their own.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryLimit {
    /// The most bytes that each memory of the guest may have.
    pub bytes: Option<u64>,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let is_probes = maximum == Some(PROBE_MAXIMUM_PAGES as usize * PAGE_BYTES);
        Ok(is_probes || self.bytes.is_none_or(|limit| desired as u64 <= limit))
    }

    fn table_growing(&mut self, _current: usize, _desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}
