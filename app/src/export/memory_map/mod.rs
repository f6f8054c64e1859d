//! The memory map as a picture: what each byte of a memory is used for at a moment.

mod colour;
mod picture;
mod png;
mod side;
mod svg;

use crate::analysis::HeapAt;
use crate::profile::Profile;
use picture::Picture;
use std::ops::Range;

/// More columns than this are not drawn.
pub const MAX_COLUMNS: usize = 1_024;

/// Which part of the memory is drawn, and how finely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapExtent {
    /// The addresses; `None` for all that the memory has at the moment.
    pub range: Option<Range<u64>>,
    /// Cells in a row, from 1 to [`MAX_COLUMNS`]. A cell is a power of two of bytes, as small as it may be for a
    /// picture twice as wide as high.
    pub columns: usize,
}

impl Default for MapExtent {
    fn default() -> Self {
        MapExtent { range: None, columns: 128 }
    }
}

/// The forms of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapFormat {
    /// With addresses, legend, figures and verdict; each stretch tells its addresses and its owner under the pointer.
    Svg,
    /// The cells alone. What they are stands in the file's texts.
    Png,
}

impl MapFormat {
    /// Both of them.
    pub const ALL: [MapFormat; 2] = [MapFormat::Svg, MapFormat::Png];

    /// The word that the command line uses; also the usual ending of a file's name.
    pub const fn name(self) -> &'static str {
        match self {
            MapFormat::Svg => "svg",
            MapFormat::Png => "png",
        }
    }
}

/// The map of the memory of `heap`.
pub fn memory_map(profile: &Profile, heap: &HeapAt, extent: &MapExtent, format: MapFormat) -> Vec<u8> {
    let picture = Picture::of(profile, heap, extent);
    match format {
        MapFormat::Svg => svg::svg(&picture).into_bytes(),
        MapFormat::Png => png::png(&picture),
    }
}
