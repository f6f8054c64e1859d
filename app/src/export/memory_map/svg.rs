//! The map as one SVG file, which is a picture everywhere.

use super::colour;
use super::picture::Picture;
use super::side::wrapped;
use crate::analysis::{CellKind, Dominant, HeapCell, asker, heap_verdict};
use crate::export::heap_figures::{figures, verdict};
use crate::export::xml::escaped;
use crate::units;
use std::fmt::Write;
use std::ops::Range;

const MARGIN_PX: usize = 10;
/// Room for the addresses of rows.
const LEFT_PX: usize = 112;
const TOP_PX: usize = 64;
/// Room for legend and figures.
const SIDE_PX: usize = 320;
const LINE_PX: usize = 18;
/// Addresses stand no closer, so that they can be read.
const ADDRESS_PX: usize = 14;
/// The width of a letter of the font, at least.
const LETTER_PX: f64 = 7.3;
const STYLE: &str = concat!(include_str!("../paper.css"), include_str!("map.css"));

/// The whole file.
pub(super) fn svg(picture: &Picture<'_>) -> String {
    let map_px = picture.columns * picture.cell_px;
    let width = LEFT_PX + map_px + 2 * MARGIN_PX + SIDE_PX;
    let mut body = String::new();
    rows(&mut body, picture);
    let side_bottom = side(&mut body, picture, LEFT_PX + map_px + 2 * MARGIN_PX);
    let below = side_bottom.max(TOP_PX + picture.rows() * picture.cell_px) + 2 * LINE_PX;
    let height = sentences(&mut body, picture, below, width);
    let (title, scale) = (escaped(&picture.title()), escaped(&picture.scale()));
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>{title}</title>
<desc>{scale}</desc>
<style>{STYLE}</style>
<rect id="paper" width="100%" height="100%"/>
<text class="title" x="{MARGIN_PX}" y="26">{title}</text>
<text class="note" x="{MARGIN_PX}" y="46">{scale}</text>
{body}</svg>
"##
    )
}

/// The cells, those that look the same and are of one block as one box, and the addresses before them.
fn rows(svg: &mut String, picture: &Picture<'_>) {
    let every = ADDRESS_PX.div_ceil(picture.cell_px);
    svg.push_str("<g id=\"map\">\n");
    for (row, cells) in picture.map.cells.chunks(picture.columns).enumerate() {
        let mut column = 0;
        for run in cells.chunk_by(|cell, next| look(cell) == look(next)) {
            stretch(svg, picture, row, column..column + run.len(), run);
            column += run.len();
        }
    }
    svg.push_str("</g>\n<g id=\"addresses\">\n");
    for row in (0..picture.rows()).step_by(every) {
        let address = picture.map.cell_range(row * picture.columns).start;
        let (x, y) = (LEFT_PX - 6, TOP_PX + row * picture.cell_px + 10);
        // Writing to a string can't fail.
        let _ = writeln!(svg, r#"<text class="note right" x="{x}" y="{y}">{address:#x}</text>"#);
    }
    svg.push_str("</g>\n");
}

fn look(cell: &HeapCell) -> ([u8; 3], CellKind, Option<u64>) {
    (colour::of_cell(cell), cell.main_kind(), cell.dominant.map(|block| block.address))
}

fn stretch(svg: &mut String, picture: &Picture<'_>, row: usize, columns: Range<usize>, run: &[HeapCell]) {
    let Some(first) = run.first() else { return };
    let cell_px = picture.cell_px;
    let (x, y) = (LEFT_PX + columns.start * cell_px, TOP_PX + row * cell_px);
    let (width, fill) = (columns.len() * cell_px, colour::hex(colour::of_cell(first)));
    let cell = row * picture.columns + columns.start;
    let range = picture.map.cell_range(cell).start..picture.map.cell_range(cell + run.len() - 1).end;
    let title = escaped(&tooltip(picture, &range, run));
    // Writing to a string can't fail.
    let _ = writeln!(
        svg,
        r#"<rect x="{x}" y="{y}" width="{width}" height="{cell_px}" fill="{fill}"><title>{title}</title></rect>"#
    );
}

/// The addresses, what their bytes are used for, and the block that has most of them.
fn tooltip(picture: &Picture<'_>, range: &Range<u64>, run: &[HeapCell]) -> String {
    let length = range.end.saturating_sub(range.start);
    let mut text = format!("{:#x} to {:#x}, {}\n", range.start, range.end, units::bytes(length));
    let sum = |kind| run.iter().map(|cell| cell.bytes_of(kind)).sum::<u64>();
    let kinds = CellKind::ALL.into_iter().map(|kind| (kind, sum(kind))).filter(|(_, bytes)| *bytes > 0);
    let words = kinds.map(|(kind, bytes)| match bytes == length {
        true => kind.name().to_owned(),
        false => format!("{} {}", kind.name(), units::percent(units::share(bytes, length))),
    });
    text.push_str(&words.collect::<Vec<_>>().join(", "));
    if let Some(Dominant { address, size, path, .. }) = run.first().and_then(|cell| cell.dominant) {
        let owner = asker(picture.profile, path);
        text.push_str(&format!("\n{} at {address:#x} for {owner}", units::bytes(size)));
    }
    text
}

/// Legend and figures from `x` on, and where they end.
fn side(svg: &mut String, picture: &Picture<'_>, x: usize) -> usize {
    let (mut y, right) = (TOP_PX, x + SIDE_PX - MARGIN_PX);
    let whole = picture.kinds().map(|(_, bytes)| bytes).sum();
    svg.push_str("<g id=\"legend\">\n");
    for (kind, bytes) in picture.kinds() {
        let (fill, share) = (colour::hex(colour::of_kind(kind)), units::percent(units::share(bytes, whole)));
        // Writing to a string can't fail.
        let _ = writeln!(svg, r#"<rect x="{x}" y="{y}" width="12" height="12" fill="{fill}"/>"#);
        line(svg, [x + 20, right, y + 11], kind.name(), &format!("{}, {share}", units::bytes(bytes)));
        y += LINE_PX;
    }
    svg.push_str("</g>\n<g id=\"figures\">\n");
    y += LINE_PX;
    for (name, value) in figures(picture.profile, picture.heap) {
        line(svg, [x, right, y + 11], name, &value);
        y += LINE_PX;
    }
    svg.push_str("</g>\n");
    y
}

/// A name on the left, its value on the right, at `[left, right, bottom]`.
fn line(svg: &mut String, [left, right, y]: [usize; 3], name: &str, value: &str) {
    let (name, value) = (escaped(name), escaped(value));
    let _ = writeln!(
        svg,
        r#"<text class="note" x="{left}" y="{y}">{name}</text><text class="right" x="{right}" y="{y}">{value}</text>"#
    );
}

/// What is wrong with the heap; nothing where none was measured.
fn told(picture: &Picture<'_>) -> Vec<String> {
    let Picture { profile, heap, .. } = picture;
    let is_measured = !profile.recording().heap.is_empty();
    if is_measured { verdict(profile, &heap_verdict(profile, heap.memory)) } else { Vec::new() }
}

/// The verdict from `y` on, and where it ends.
fn sentences(svg: &mut String, picture: &Picture<'_>, mut y: usize, width: usize) -> usize {
    let letters = ((width - 2 * MARGIN_PX) as f64 / LETTER_PX) as usize;
    svg.push_str("<g id=\"verdict\">\n");
    for sentence in told(picture) {
        for line in wrapped(&format!("Whole run: {sentence}"), letters) {
            let line = escaped(&line);
            let _ = writeln!(svg, r#"<text x="{MARGIN_PX}" y="{y}">{line}</text>"#);
            y += LINE_PX;
        }
    }
    svg.push_str("</g>\n");
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::heap_at;
    use crate::export::{MapExtent, MapFormat, memory_map};
    use crate::profile::{Profile, ProfileBuilder};
    use roxmltree::{Document, Node};
    use wasmscope_symbolize::MemoryIndex;

    const KEEP: &str = "main@a.c:9;keep&\"it\"@a.c:3;malloc";

    /// Data from 0x400 to 0x800, blocks from 0x4000 to 0x5000 and 0x6000 to 0x6800, free up to 0x8000.
    fn profile() -> Profile {
        ProfileBuilder::new()
            .memory(1, None)
            .data(0x400, 0x400)
            .alloc(10, KEEP, 0x4000, 0x1000)
            .alloc(20, "main@a.c:10;work@a.c:5;malloc", 0x6000, 0x800)
            .alloc(30, "main@a.c:10;work@a.c:5;malloc", 0x7000, 0x1000)
            .free(40, "main;free", 0x7000)
            .build()
    }

    fn kind_at(address: u64) -> CellKind {
        match address {
            0x400..0x800 => CellKind::StaticData,
            0x4000..0x5000 | 0x6000..0x6800 => CellKind::Live,
            0..0x4000 => CellKind::Other,
            0x5000..0x8000 => CellKind::Free,
            _ => CellKind::Untouched,
        }
    }

    fn svg_of(profile: &Profile, extent: &MapExtent) -> String {
        let heap = heap_at(profile, MemoryIndex(0), u64::MAX);
        String::from_utf8(memory_map(profile, &heap, extent, MapFormat::Svg)).unwrap()
    }

    fn boxes<'a>(document: &'a Document) -> Vec<Node<'a, 'a>> {
        let map = document.descendants().find(|node| node.attribute("id") == Some("map")).unwrap();
        map.children().filter(|node| node.has_tag_name("rect")).collect()
    }

    fn number(node: &Node, name: &str) -> u64 {
        node.attribute(name).unwrap().parse().unwrap()
    }

    fn title(node: &Node) -> String {
        node.first_child().unwrap().text().unwrap().to_owned()
    }

    /// 8 bytes a cell of 8 dots, so that a dot of a row's first line is a byte.
    #[test]
    fn each_byte_lies_where_it_should_in_the_colour_of_its_use() {
        let svg = svg_of(&profile(), &MapExtent::default());
        let document = Document::parse(&svg).unwrap();
        let mut address = 0;
        for node in boxes(&document) {
            let (column, row) =
                (number(&node, "x") - LEFT_PX as u64, (number(&node, "y") - TOP_PX as u64) / 8);
            assert_eq!(row * 1_024 + column, address, "nothing is left out");
            let (start, end) = (address, address + number(&node, "width"));
            assert!(title(&node).starts_with(&format!("{start:#x} to {end:#x}, ")), "{}", title(&node));
            let fill = node.attribute("fill").unwrap();
            assert!((start..end).all(|at| fill == colour::hex(colour::of_kind(kind_at(at)))), "{start:#x}");
            address = end;
        }
        assert_eq!(address, 65_536);
        // 64 rows; data, blocks and the high water begin and end at the beginning of some.
        assert_eq!(boxes(&document).len(), 64);
        for (kind, bytes) in [("live block", "6.00 KiB, 9.4 %"), ("free", "10.0 KiB, 15.6 %")] {
            assert!(svg.contains(&format!(">{kind}</text>")) && svg.contains(bytes), "{kind}");
        }
    }

    #[test]
    fn cells_of_several_kinds_are_mixed_and_tell_their_parts() {
        let extent = MapExtent { range: Some(0x4800..0x8800), columns: 1 };
        let svg = svg_of(&profile(), &extent);
        let document = Document::parse(&svg).unwrap();
        let titles: Vec<_> = boxes(&document).iter().map(title).collect();
        assert_eq!(titles.len(), 16, "1 KiB each");
        let told = "0x4800 to 0x4c00, 1.00 KiB\nlive block\n4.00 KiB at 0x4000 for keep&\"it\" (a.c:3)";
        assert_eq!(titles[0], told);
        let extent = MapExtent { range: Some(0x4c00..0x14c00), columns: 1 };
        let svg = svg_of(&profile(), &extent);
        let document = Document::parse(&svg).unwrap();
        let first = boxes(&document)[0];
        assert!(title(&first).contains("\nlive block 25.0 %, free 75.0 %\n"), "{}", title(&first));
        assert_eq!(first.attribute("fill"), Some("#cbac77"), "0.4 + 0.6 / 4 of it is the live block's");
        assert!(svg.contains("outside"), "the last cells lie behind the end");
    }

    #[test]
    fn any_extent_is_a_picture() {
        let profile = profile();
        for range in [
            0..0,
            5..6,
            0x4ff8..0x5001,
            u64::MAX - 1..u64::MAX,
            u64::MAX..u64::MAX,
            0..u64::MAX,
            Range { start: 9, end: 3 },
        ] {
            for columns in [0, 1, 3, 128, usize::MAX] {
                let extent = MapExtent { range: Some(range.clone()), columns };
                let svg = svg_of(&profile, &extent);
                assert!(!boxes(&Document::parse(&svg).unwrap()).is_empty(), "{extent:?}");
            }
        }
        let svg = svg_of(&ProfileBuilder::new().memory(0, None).build(), &MapExtent::default());
        assert!(svg.contains("outside") && !svg.contains("Fragmentation"));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_all_is_the_same_again() {
        let svg = svg_of(&profile(), &MapExtent::default());
        assert_eq!(svg.matches("http").count(), 1);
        assert!(!svg.contains("href") && !svg.contains("<script"));
        assert_eq!(svg, svg_of(&profile(), &MapExtent::default()));
    }
}
