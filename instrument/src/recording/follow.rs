//! Reads a recording while it is being written.

use super::Recording;
use super::file::{ChunkHead, FILE_HEAD_BYTES};
use super::heap_log::MAX_COLUMN_ROWS;
use super::reader::{Assembly, ReadError, check_head};
use super::scan::Scanner;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads a recording while it is being written: each chunk once, when it is whole.
pub struct Follower {
    path: PathBuf,
    file: File,
    /// What was read behind the last whole chunk.
    rest: Vec<u8>,
    is_begun: bool,
    bytes: u64,
    assembly: Assembly,
}

impl Follower {
    /// Begins with the file at `path`, which may still be empty.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(path: &Path) -> Result<Follower, ReadError> {
        let file = File::open(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        let assembly = Assembly::keeping(MAX_COLUMN_ROWS);
        let (path, rest) = (path.to_owned(), Vec::new());
        Ok(Follower { path, file, rest, is_begun: false, bytes: 0, assembly })
    }

    /// Reads what was written since the last time. Says whether that made any chunk whole.
    ///
    /// # Errors
    /// When the file can't be read, or is no recording.
    pub fn advance(&mut self) -> Result<bool, ReadError> {
        let read = self.file.read_to_end(&mut self.rest);
        let read = read.map_err(|source: io::Error| ReadError::Io { path: self.path.clone(), source })?;
        self.bytes += read as u64;
        if !self.is_begun {
            if self.rest.len() < FILE_HEAD_BYTES {
                return Ok(false);
            }
            check_head(&self.rest)?;
            self.rest.drain(..FILE_HEAD_BYTES);
            self.is_begun = true;
        }
        let whole = whole_chunks(&self.rest);
        self.assembly.add_all(Scanner::new(&self.rest[..whole], 0));
        self.rest.drain(..whole);
        Ok(whole > 0)
    }

    /// The size of what was read, in bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many heap operations were read: what makes a recording large in memory.
    pub fn heap_operations(&self) -> usize {
        self.assembly.heap_operations()
    }

    /// The recording as far as it was read. What comes later is not said to be missing.
    pub fn so_far(&self) -> Recording {
        self.assembly.so_far()
    }

    /// The recording, when nobody writes any more. What is missing of it stands in [`Recording::damage`].
    pub fn finish(mut self) -> Recording {
        self.assembly.add_all(Scanner::new(&self.rest, 0));
        self.assembly.finish(usize::try_from(self.bytes).unwrap_or(usize::MAX))
    }
}

/// How many of these bytes are whole chunks, one behind the other.
fn whole_chunks(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(head) = bytes.get(end..).and_then(ChunkHead::parse) {
        let next = end + ChunkHead::BYTES + head.stored_bytes as usize;
        if next > bytes.len() {
            break;
        }
        end = next;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::super::roundtrip::random_file;
    use super::*;
    use std::io::Write;

    #[test]
    fn a_recording_that_is_followed_is_that_which_is_read_in_the_end() {
        let (bytes, _, _) = random_file(7, 6, 40);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        let mut file = File::create(&path).unwrap();
        let mut follower = Follower::open(&path).unwrap();
        assert!(!follower.advance().unwrap(), "nothing is there yet");
        let (mut rows, mut news) = (0, 0);
        for piece in bytes.chunks(97) {
            file.write_all(piece).unwrap();
            news += usize::from(follower.advance().unwrap());
            let so_far = follower.so_far();
            assert!(so_far.samples.len() >= rows && so_far.damage.is_none());
            rows = so_far.samples.len();
        }
        assert!(news > 3 && rows > 0);
        assert_eq!(follower.bytes(), bytes.len() as u64);
        assert_eq!(follower.finish(), read(&bytes).unwrap());
    }

    #[test]
    fn one_that_breaks_off_says_so_when_it_is_over_and_not_before() {
        let (bytes, _, _) = random_file(7, 6, 40);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        let mut follower = Follower::open(&path).unwrap();
        assert!(follower.advance().unwrap());
        assert_eq!(follower.so_far().damage, None);
        assert!(follower.finish().damage.is_some());
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wscope");
        std::fs::write(&path, b"something else entirely").unwrap();
        let mut follower = Follower::open(&path).unwrap();
        assert!(matches!(follower.advance(), Err(ReadError::NotARecording)));
        assert!(Follower::open(&folder.path().join("none")).is_err());
    }
}
