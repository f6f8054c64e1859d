//! Why a profile of another tool can't be read.

use super::Format;

/// Why a profile of another tool can't be read. Each says what it was taken for, where it is wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Its JSON ends too soon, is none, or has another shape.
    #[error("{format} {}: {source}; {AGAIN}", if source.is_eof() { "that breaks off" } else { "that can't be read" })]
    Json {
        /// What it was taken for.
        format: Format,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// It is wrong at one place.
    #[error("{format} that can't be read: {what}; {AGAIN}")]
    Damaged {
        /// What it was taken for.
        format: Format,
        /// What is wrong, and where.
        what: String,
    },
    /// There is nothing in it to show.
    #[error("{format} without samples: run the program for longer, or record it with a shorter interval")]
    Empty {
        /// What it was taken for.
        format: Format,
    },
    /// It has more functions, places or stacks than there can be ids.
    #[error("{format} with more stacks than can be shown; record the program for a shorter time")]
    TooMany {
        /// What it was taken for.
        format: Format,
    },
    /// What is compressed can't be unpacked.
    #[error("compressed data that can't be unpacked beyond byte {unpacked}: {source}; {AGAIN}")]
    Packed {
        /// So much of it could be.
        unpacked: usize,
        /// What is wrong.
        source: std::io::Error,
    },
    /// What is compressed is too large.
    #[error("compressed data of more than {} GiB; unpack it first if it is a profile indeed", limit >> 30)]
    PackedTooLarge {
        /// No more than so many bytes are unpacked.
        limit: u64,
    },
}

const AGAIN: &str = "save it anew from the tool that made it";
