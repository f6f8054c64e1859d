//! Text as text: what has one format in a row is an element, as long as it was on screen whatever font shows it.

use super::page::{Number, Page, fill, outline};
use crate::export::xml::escaped;
use egui::epaint::TextShape;
use egui::epaint::text::{Galley, Glyph, PlacedRow, TextFormat};
use egui::{Color32, FontFamily, Pos2, Stroke};

/// Puts each row, format by format.
pub(super) fn put_text(page: &mut Page, shape: &TextShape) {
    // Glyphs don't tell their format, but their place in the text does.
    let mut byte = 0;
    for row in &shape.galley.rows {
        let format_of = |glyph: &Glyph| {
            byte += glyph.chr.len_utf8();
            section_of(&shape.galley, byte - 1)
        };
        let sections: Vec<usize> = row.glyphs.iter().map(format_of).collect();
        let mut begin = 0;
        for run in sections.chunk_by(|a, b| a == b) {
            let end = begin + run.len();
            let section = run.first().and_then(|section| shape.galley.job.sections.get(*section));
            if let Some((section, glyphs)) = section.zip(row.glyphs.get(begin..end)) {
                put_run(page, shape, row, glyphs, &section.format);
            }
            begin = end;
        }
        byte += usize::from(row.ends_with_newline);
    }
}

/// The section that the byte is in; the last one for what was put behind a text that was cut.
fn section_of(galley: &Galley, byte: usize) -> usize {
    let sections = &galley.job.sections;
    let found = sections.iter().position(|section| byte < section.byte_range.end.0);
    found.unwrap_or(sections.len().saturating_sub(1))
}

fn put_run(page: &mut Page, shape: &TextShape, row: &PlacedRow, glyphs: &[Glyph], format: &TextFormat) {
    // Blanks around it would count as a part of its length.
    let is_blank = |glyph: &Glyph| glyph.chr.is_whitespace();
    let Some(first) = glyphs.iter().position(|glyph| !is_blank(glyph)) else { return };
    let last = glyphs.iter().rposition(|glyph| !is_blank(glyph)).unwrap_or(first);
    let Some([begin, end]) = glyphs.get(first).zip(glyphs.get(last)).map(<[&Glyph; 2]>::from) else { return };
    let origin = shape.pos + row.pos.to_vec2();
    let length = end.pos.x + end.advance_width - begin.pos.x;
    if format.background.a() > 0 {
        let (x, y) = page.xy(origin + begin.pos.to_vec2() - egui::vec2(0.0, begin.font_ascent));
        let (width, height, paint) = (Number(length), Number(begin.line_height), fill(format.background));
        page.put(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}/>"));
    }
    let (x, y) = page.xy(origin + begin.pos.to_vec2());
    let words: String = glyphs.iter().take(last + 1).skip(first).map(|glyph| glyph.chr).collect();
    let mut more = font(format) + " " + &fill(colour(shape, format.color));
    if last > first {
        more.push_str(&format!(" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", Number(length)));
    }
    if shape.angle != 0.0 {
        let (cx, cy) = page.xy(shape.pos);
        more.push_str(&format!(" transform=\"rotate({} {cx} {cy})\"", Number(shape.angle.to_degrees())));
    }
    page.put(format_args!("<text x=\"{x}\" y=\"{y}\" {more}>{}</text>", escaped(&words)));
    let beneath = origin + egui::vec2(begin.pos.x, begin.pos.y + 2.0);
    put_underline(page, [shape.underline, format.underline], beneath, length);
}

fn put_underline(page: &mut Page, strokes: [Stroke; 2], from: Pos2, length: f32) {
    for stroke in strokes.into_iter().filter(|stroke| !stroke.is_empty()) {
        let (line, paint) = (page.at(from), outline(stroke));
        page.put(format_args!("<path d=\"M{line}h{}\" fill=\"none\"{paint}/>", Number(length)));
    }
}

fn font(format: &TextFormat) -> String {
    let family = match format.font_id.family {
        FontFamily::Monospace => "Hack, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
        _ => "Ubuntu, 'DejaVu Sans', 'Segoe UI', sans-serif",
    };
    let style = if format.italics { " font-style=\"italic\"" } else { "" };
    format!("font-family=\"{family}\" font-size=\"{}\"{style}", Number(format.font_id.size))
}

fn colour(shape: &TextShape, of_format: Color32) -> Color32 {
    let own = if of_format == Color32::PLACEHOLDER { shape.fallback_color } else { of_format };
    shape.override_text_color.unwrap_or(own).gamma_multiply(shape.opacity_factor)
}
