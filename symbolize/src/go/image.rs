//! The first memory as the data segments leave it, without making a copy of it.

use std::ops::Range;

use crate::ids::MemoryIndex;
use crate::module::{DataKind, ModuleIndex};

/// Longer texts are not read: what asks for one may ask a million times.
const MAX_TEXT_BYTES: usize = 4096;

/// Where in the file the first memory's bytes at the start are: those of the active segments, with zeros between them.
pub(super) struct Segments {
    /// Address and place in the file of each segment, by address.
    by_address: Vec<(u64, Range<usize>)>,
    /// How many bytes the memory has.
    end: u64,
}

/// The first memory's bytes at the start.
pub(super) struct Image<'a> {
    bytes: &'a [u8],
    segments: &'a Segments,
}

impl Segments {
    pub(super) fn new(module: &ModuleIndex) -> Segments {
        let placed = module.data_segments().iter().filter_map(|segment| match segment.kind {
            DataKind::Active { memory: MemoryIndex(0), offset: Some(address) } => {
                let (start, end) = (segment.bytes.start.0 as usize, segment.bytes.end.0 as usize);
                // One that is empty has nothing, and would hide the one before it.
                (start < end).then_some((address, start..end))
            }
            _ => None,
        });
        let mut by_address: Vec<_> = placed.collect();
        by_address.sort_by_key(|(address, _)| *address);
        let size = |pages: u64, log2: u32| pages.saturating_mul(1 << log2.min(16));
        let memory = module.memories().first();
        let end = memory.map_or(0, |memory| size(memory.initial_pages, memory.page_size_log2));
        Segments { by_address, end }
    }

    /// The memory, where `bytes` are the module's.
    pub(super) fn of<'a>(&'a self, bytes: &'a [u8]) -> Image<'a> {
        Image { bytes, segments: self }
    }
}

impl Image<'_> {
    /// The addresses, multiples of 8, at which a segment has `pattern`.
    pub(super) fn find(&self, pattern: [u8; 8]) -> impl Iterator<Item = u64> {
        self.segments.by_address.iter().flat_map(move |(address, range)| {
            let to_aligned = (address.wrapping_neg() % 8) as usize;
            let segment = self.bytes.get(range.clone()).unwrap_or_default();
            let words = segment.get(to_aligned..).unwrap_or_default().chunks_exact(8);
            let found = words.enumerate().filter(move |(_, word)| **word == pattern);
            let first = address.saturating_add(to_aligned as u64);
            found.map(move |(at, _)| first.saturating_add(8 * at as u64))
        })
    }

    pub(super) fn u8(&self, address: u64) -> Option<u8> {
        self.read::<1>(address).map(|[byte]| byte)
    }

    pub(super) fn u32(&self, address: u64) -> Option<u32> {
        self.read(address).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&self, address: u64) -> Option<u64> {
        self.read(address).map(u64::from_le_bytes)
    }

    /// Where in the file the text at `address` lies, which ends at a zero.
    pub(super) fn text(&self, address: u64) -> Option<Range<usize>> {
        let rest = self.rest(address)?;
        let text = self.bytes.get(rest.clone())?;
        let text = text.get(..MAX_TEXT_BYTES).unwrap_or(text);
        let end = text.iter().position(|byte| *byte == 0);
        // Zeros behind a segment are not in the file.
        let len = end.or((text.len() == rest.len()).then_some(text.len()))?;
        Some(rest.start..rest.start + len)
    }

    fn read<const N: usize>(&self, address: u64) -> Option<[u8; N]> {
        if address.checked_add(N as u64)? > self.segments.end {
            return None;
        }
        let inside = self.rest(address).and_then(|rest| self.bytes.get(rest)?.first_chunk());
        if let Some(bytes) = inside {
            return Some(*bytes);
        }
        let mut bytes = [0; N];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let rest = self.rest(address + at as u64);
            *byte = rest.and_then(|rest| self.bytes.get(rest.start)).copied().unwrap_or(0);
        }
        Some(bytes)
    }

    /// Where in the file the byte at `address` and those behind it in the same segment lie.
    fn rest(&self, address: u64) -> Option<Range<usize>> {
        let after = self.segments.by_address.partition_point(|(start, _)| *start <= address);
        let (start, range) = self.segments.by_address.get(after.checked_sub(1)?)?;
        let inside = range.start.checked_add(usize::try_from(address - start).ok()?)?;
        (inside < range.end).then_some(inside..range.end)
    }
}
