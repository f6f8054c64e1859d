//! What stood in linear memory when the run was over.

use std::sync::Arc;
use wasmscope_symbolize::MemoryIndex;

/// The content of one memory at the end of the run. What is in none of the pieces is zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryImage {
    /// The memory.
    pub memory: MemoryIndex,
    /// Its size, in bytes.
    pub bytes: u64,
    /// What stood at addresses from here on was not kept, or is missing in the file; otherwise the size.
    pub known_bytes: u64,
    /// Where something else than zeros stands: address and bytes. In the order of addresses; none overlap.
    pub pieces: Vec<(u64, Arc<[u8]>)>,
}

impl MemoryImage {
    /// That of a memory of `bytes` bytes, of which nothing is known yet.
    pub fn new(memory: MemoryIndex, bytes: u64) -> Self {
        MemoryImage { memory, bytes, known_bytes: 0, pieces: Vec::new() }
    }

    /// The `len` bytes at `address`; `None` where not all of them are known.
    pub fn read(&self, address: u64, len: usize) -> Option<Vec<u8>> {
        let end = address.checked_add(len as u64).filter(|end| *end <= self.known_bytes)?;
        let mut bytes = vec![0; len];
        let first = self.pieces.partition_point(|(start, piece)| start + piece.len() as u64 <= address);
        let pieces = self.pieces.get(first..).unwrap_or_default();
        for (start, piece) in pieces.iter().take_while(|(start, _)| *start < end) {
            let (to, from) = (start.saturating_sub(address), address.saturating_sub(*start));
            let piece = piece.get(usize::try_from(from).ok()?..).unwrap_or_default();
            let room = bytes.get_mut(usize::try_from(to).ok()?..).unwrap_or_default();
            room.iter_mut().zip(piece).for_each(|(byte, known)| *byte = *known);
        }
        Some(bytes)
    }
}

/// A stretch of a memory's content, as it goes into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePart {
    /// The memory.
    pub memory: MemoryIndex,
    /// The memory's size, in bytes.
    pub memory_bytes: u64,
    /// The address at which the stretch begins. The first one of a memory begins at 0, each other where the one before
    /// ends.
    pub from: u64,
    /// The address behind it.
    pub to: u64,
    /// Address and length of the runs in it that are not zeros.
    pub runs: Vec<(u64, u64)>,
    /// The bytes of all runs, one behind the other.
    pub content: Vec<u8>,
}

impl ImagePart {
    /// A stretch of a memory of `memory_bytes` bytes that begins at `from`, and has nothing in it yet.
    pub fn new(memory: MemoryIndex, memory_bytes: u64, from: u64) -> Self {
        ImagePart { memory, memory_bytes, from, to: from, runs: Vec::new(), content: Vec::new() }
    }

    /// Goes on with zeros up to `address`, then with `bytes`.
    pub fn push(&mut self, address: u64, bytes: &[u8]) {
        match self.runs.last_mut() {
            Some((start, length)) if *start + *length == address => *length += bytes.len() as u64,
            _ => self.runs.push((address, bytes.len() as u64)),
        }
        self.content.extend_from_slice(bytes);
        self.to = address + bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_across_pieces() {
        let piece = |address: u64, byte: u8| (address, vec![byte; 4].into());
        let pieces = vec![piece(4, 1), piece(8, 2), piece(20, 3)];
        let image = MemoryImage { known_bytes: 32, pieces, ..MemoryImage::new(MemoryIndex(0), 64) };
        let read = |address, len| image.read(address, len);
        assert_eq!(read(2, 8).unwrap(), [0, 0, 1, 1, 1, 1, 2, 2]);
        assert_eq!(read(6, 4).unwrap(), [1, 1, 2, 2]);
        assert_eq!(read(11, 10).unwrap(), [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(read(28, 4).unwrap(), [0; 4]);
        assert_eq!((read(32, 0), read(29, 4), read(u64::MAX, 1)), (Some(Vec::new()), None, None));
    }
}
