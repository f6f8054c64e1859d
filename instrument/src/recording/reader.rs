//! Reads a recording back, as much of it as is whole.

use super::Recording;
use std::path::{Path, PathBuf};

/// What of a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where in the file reading stopped or a chunk was skipped.
    pub file_offset: u64,
    /// What is missing, as a sentence.
    pub message: String,
}

/// Why a file can't be read as a recording at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The first bytes are not a recording's.
    #[error("not a recording: it does not begin as a .wscope file does")]
    NotARecording,
    /// A newer wasmscope wrote it.
    #[error(
        "this recording has format version {found}; this program reads up to {}. A newer wasmscope opens it",
        super::FORMAT_VERSION
    )]
    NewerVersion {
        /// The file's version.
        found: u32,
    },
}

/// Reads a recording from memory.
pub fn read(bytes: &[u8]) -> Result<Recording, ReadError> {
    let _ = bytes;
    Err(ReadError::NotARecording)
}

/// Reads a recording from a file.
pub fn read_file(path: &Path) -> Result<Recording, ReadError> {
    let bytes = std::fs::read(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    read(&bytes)
}
