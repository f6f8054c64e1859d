//! The cells as dots.

use super::colour::{self, PAPER};
use super::picture::Picture;
use crate::export::xml::plain;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

/// The whole file.
pub(super) fn png(picture: &Picture<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(picture, &mut bytes).expect("it has a dot, and memory takes what is written");
    bytes
}

fn encode(picture: &Picture<'_>, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let (width, height) = (picture.columns * picture.cell_px, picture.rows() * picture.cell_px);
    let mut encoder = Encoder::new(out, width as u32, height as u32);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    encoder.add_itxt_chunk("Title".to_owned(), plain(&picture.title()))?;
    let description = format!("{}, {} dots high and wide a cell", picture.scale(), picture.cell_px);
    encoder.add_itxt_chunk("Description".to_owned(), description)?;
    encoder.write_header()?.write_image_data(&dots(picture, width))
}

fn dots(picture: &Picture<'_>, width: usize) -> Vec<u8> {
    let mut dots = Vec::with_capacity(width * picture.rows() * picture.cell_px * 3);
    for cells in picture.map.cells.chunks(picture.columns) {
        let behind = picture.columns - cells.len();
        let colours = cells.iter().map(colour::of_cell).chain(std::iter::repeat_n(PAPER, behind));
        let line: Vec<u8> =
            colours.flat_map(|colour| std::iter::repeat_n(colour, picture.cell_px)).flatten().collect();
        (0..picture.cell_px).for_each(|_| dots.extend_from_slice(&line));
    }
    dots
}

#[cfg(test)]
mod tests {
    use crate::analysis::{CellKind, heap_at};
    use crate::export::memory_map::colour::{PAPER, of_kind};
    use crate::export::{MapExtent, MapFormat, memory_map};
    use crate::profile::{Profile, ProfileBuilder};
    use png::{ColorType, Decoder};
    use std::io::Cursor;
    use wasmscope_symbolize::MemoryIndex;

    /// Width, height, dots, texts.
    type Read = ((u32, u32), Vec<[u8; 3]>, Vec<(String, String)>);

    fn read(profile: &Profile, extent: &MapExtent) -> Read {
        let heap = heap_at(profile, MemoryIndex(0), 15);
        let mut reader = Decoder::new(Cursor::new(memory_map(profile, &heap, extent, MapFormat::Png)))
            .read_info()
            .unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(frame.color_type, ColorType::Rgb);
        let texts = reader.info().utf8_text.iter();
        let texts = texts.map(|text| (text.keyword.clone(), text.get_text().unwrap())).collect();
        ((frame.width, frame.height), bytes.as_chunks::<3>().0.to_vec(), texts)
    }

    #[test]
    fn cells_are_squares_of_dots() {
        let profile = ProfileBuilder::new()
            .alloc(10, "main;malloc", 0x4000, 0x1000)
            .alloc(20, "main;malloc", 0x8000, 0x1000)
            .edit(|recording| recording.meta.module_name = "naïve → \u{0}.wasm".to_owned())
            .build();
        let (size, dots, texts) = read(&profile, &MapExtent::default());
        assert_eq!(size, (1_024, 512));
        // 8 bytes a cell, 1 KiB a row of 8 dots.
        let at = |address: usize| dots[(address / 1_024 * 8 + 7) * 1_024 + address % 1_024];
        for (address, kind) in [
            (0, CellKind::Other),
            (0x3fff, CellKind::Other),
            (0x4000, CellKind::Live),
            (0x4fff, CellKind::Live),
            (0x5000, CellKind::Untouched),
            (0x8000, CellKind::Untouched),
            (0xffff, CellKind::Untouched),
        ] {
            assert_eq!(at(address), of_kind(kind), "{address:#x}");
        }
        let texts: Vec<_> = texts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let scale =
            "memory 0 at 15 ns; 0x0 to 0x10000, 8 B a cell, 1.00 KiB a row, 8 dots high and wide a cell";
        assert_eq!(texts, [("Title", "naïve → \u{fffd}.wasm: memory map"), ("Description", scale)]);
    }

    #[test]
    fn a_row_that_is_not_full_ends_in_paper() {
        let profile = ProfileBuilder::new().alloc(10, "main;malloc", 0x4000, 2).build();
        let extent = MapExtent { range: Some(0x4000..0x4005), columns: 64 };
        let (size, dots, _) = read(&profile, &extent);
        assert_eq!(size, (1_024, 16));
        let row: Vec<_> = dots[..1_024].iter().step_by(16).copied().collect();
        let (live, free) = (of_kind(CellKind::Live), of_kind(CellKind::Untouched));
        assert_eq!(row[..6], [live, live, free, free, free, PAPER]);
        assert!(row[6..].iter().all(|dot| *dot == PAPER));
    }
}
