//! Reads the counters of memory accesses, at the end of a run.

use super::decode::u64_at;
use super::layout::accesses::{ENTRY, READS, WRITES};
use crate::recording::AccessTable;

/// How much of the memory of accesses there is for a memory of `bytes` bytes.
pub fn access_counter_bytes(bytes: usize) -> usize {
    bytes.div_ceil(super::LINE_BYTES as usize) * ENTRY
}

/// Sets the counters to 0. What was never touched stays so.
pub fn clear_accesses(counters: &mut [u8]) {
    let touched = counters.chunks_exact_mut(ENTRY).filter(|words| words.iter().any(|byte| *byte != 0));
    touched.for_each(|words| words.fill(0));
}

/// The lines that were accessed, as `counters`, the memory of accesses, has them.
pub fn read_accesses(counters: &[u8]) -> AccessTable {
    let mut table = AccessTable::default();
    for (line, words) in counters.chunks_exact(ENTRY).enumerate() {
        let [reads, writes] = [READS, WRITES].map(|word| u64_at(words, word).unwrap_or(0));
        if reads | writes != 0 {
            table.push(line as u32, reads, writes);
        }
    }
    table
}
