//! Accesses of linear memory.

use serde::{Deserialize, Serialize};

/// How often each line of 64 bytes of the first memory was read and written. Columns of equal length, in the order of
/// the lines; lines that were never accessed have no row. An access counts in the line that its first byte is in, one
/// that moves many bytes in each line that it touches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessTable {
    /// The number of the line: its address divided by 64.
    pub line: Vec<u32>,
    /// Reads of it.
    pub reads: Vec<u64>,
    /// Writes of it.
    pub writes: Vec<u64>,
}

impl AccessTable {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Is there no row?
    pub fn is_empty(&self) -> bool {
        self.line.is_empty()
    }

    /// Appends a row.
    pub fn push(&mut self, line: u32, reads: u64, writes: u64) {
        self.line.push(line);
        self.reads.push(reads);
        self.writes.push(writes);
    }

    /// The rows: line, reads, writes.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64, u64)> {
        let counts = self.reads.iter().zip(&self.writes);
        self.line.iter().zip(counts).map(|(line, (reads, writes))| (*line, *reads, *writes))
    }
}
