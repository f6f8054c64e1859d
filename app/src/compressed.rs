//! How large bytes are once they are compressed for the way to a browser.

use flate2::{Compression, write::GzEncoder};
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// The level of gzip: the highest, as for files that are compressed once and served often.
pub const GZIP_LEVEL: u32 = 9;
/// The quality of Brotli. The highest, 11, makes a tenth less and takes ten times as long.
pub const BROTLI_QUALITY: i32 = 9;

/// Brotli looks so far back: 2 to the power of this many bytes, as its own program and servers have it.
const BROTLI_WINDOW_LOG2: i32 = 22;

/// Compressed sizes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CompressedSize {
    /// As one gzip file.
    pub gzip: u64,
    /// As one Brotli stream.
    pub brotli: u64,
}

/// Compresses `bytes` at [`GZIP_LEVEL`] and [`BROTLI_QUALITY`] and counts what comes out: a second for some 3 MB.
pub fn compressed(bytes: &[u8]) -> CompressedSize {
    CompressedSize { gzip: gzip(bytes), brotli: brotli(bytes) }
}

/// As [`compressed`], of some stretches of `bytes` put together. What lies beyond the end is left out.
pub fn compressed_ranges(bytes: &[u8], ranges: &[Range<u64>]) -> CompressedSize {
    let part = |range: &Range<u64>| bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
    let bytes = match ranges {
        [range] => Cow::Borrowed(part(range)),
        ranges => Cow::Owned(ranges.iter().map(part).collect::<Vec<_>>().concat()),
    };
    compressed(&bytes)
}

fn gzip(bytes: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Count::default(), Compression::new(GZIP_LEVEL));
    // Counting can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default().bytes
}

fn brotli(bytes: &[u8]) -> u64 {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_LOG2,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut count = Count::default();
    // Reading from memory and counting can't fail.
    let _ = brotli::BrotliCompress(&mut &bytes[..], &mut count, &params);
    count.bytes
}

/// Counts what is written to it.
#[derive(Default)]
struct Count {
    bytes: u64,
}

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_becomes_small_and_noise_does_not() {
        let zeros = compressed(&[0; 100_000]);
        assert!((20..300).contains(&zeros.gzip) && (5..100).contains(&zeros.brotli), "{zeros:?}");
        let mut state = 1u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(100_000)
        .collect();
        let size = compressed(&noise);
        assert!((100_000..100_200).contains(&size.gzip), "{size:?}");
        assert!((100_000..100_200).contains(&size.brotli), "{size:?}");
    }
}
