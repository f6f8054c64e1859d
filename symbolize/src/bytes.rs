//! A cursor over untrusted bytes, for sections that must be read even when they are broken.

use std::ops::Range;

/// Reads forward in `bytes[at..end]`; every method gives `None` where input runs out, and never panics.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor over the part of `range` that `bytes` has.
    pub(crate) fn new(bytes: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(bytes.len());
        Cursor { bytes, at: range.start.min(end), end }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = (self.at < self.end).then(|| self.bytes.get(self.at).copied())??;
        self.at += 1;
        Some(byte)
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub(crate) fn leb_u32(&mut self) -> Option<u32> {
        let mut value = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).ok();
            }
        }
        None
    }

    /// The place of the next `len` bytes, which are skipped; nothing is skipped when there are fewer.
    pub(crate) fn skip(&mut self, len: u32) -> Option<Range<usize>> {
        let start = self.at;
        let end = start.checked_add(len as usize).filter(|end| *end <= self.end)?;
        self.at = end;
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_bad_ones_refused() {
        let read = |bytes: &[u8]| Cursor::new(bytes, 0..bytes.len()).leb_u32();
        assert_eq!(read(&[0x7f]), Some(127));
        assert_eq!(read(&[0xe5, 0x8e, 0x26]), Some(624_485));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some(u32::MAX));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]), None);
        assert_eq!(read(&[0x80]), None);
    }

    #[test]
    fn ranges_beyond_the_bytes_are_cut() {
        let mut cursor = Cursor::new(b"abc", 1..99);
        assert_eq!(cursor.skip(3), None);
        assert_eq!(cursor.skip(2), Some(1..3));
        assert!(cursor.is_empty());
        assert_eq!(cursor.byte(), None);
    }
}
