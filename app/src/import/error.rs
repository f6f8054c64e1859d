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
    /// It has more functions, call paths or samples than fit into memory.
    #[error(
        "{format} with more functions, stacks or samples than can be shown; record the program for a shorter time"
    )]
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
    /// What is compressed is none of what is known.
    #[error("compressed data with no profile of a kind that is known in it")]
    PackedUnknown,
    /// It is too large, packed or not.
    #[error("a file with more than {} MiB in it; record the program for a shorter time", limit >> 20)]
    TooLarge {
        /// So many bytes are read.
        limit: u64,
    },
    /// It is of a later version than any that is known.
    #[error(
        "{format} of version {version} that can't be read: {known} is the newest that is known; save it with an \
         older version of the tool"
    )]
    TooNew {
        /// What it was taken for.
        format: Format,
        /// Its version.
        version: u32,
        /// The newest that is known.
        known: u32,
    },
    /// The Firefox Profiler wrote it with tables in binary.
    #[error(
        "a Firefox profile as JsonSlabs (.jslb), which is not read; save it as JSON from the Firefox Profiler"
    )]
    JsonSlabs,
    /// A trace in which nobody took samples.
    #[error(
        "a Chrome performance trace without a CPU profile; record it with Chrome's panel Performance, or with the \
         category disabled-by-default-v8.cpu_profiler"
    )]
    NoCpuProfile,
    /// Too few of its functions are in the module.
    #[error("only {found} of the {all} functions of the profile are in this module; name the one that ran")]
    OtherModule {
        /// So many are there.
        found: usize,
        /// So many of the profile could be.
        all: usize,
    },
}

const AGAIN: &str = "save it anew from the tool that made it";
