//! Close up: each cell is a byte with its value, where the memory's content is known.

use super::super::PanelCtx;
use super::canvas::behind_row;
use super::colour::kind_colour;
use super::grid::Shape;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::HeapMapView;
use egui::{Align2, Color32, FontId, Rect, Ui};

/// Writes the bytes over their cells, and as text behind each row.
pub fn bytes_ui(ui: &Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, shape: Shape, outer: Rect) {
    let Some(bytes) = content(ctx, view) else { return };
    let palette = Palette::of(ui);
    let painter = ui.painter_at(outer);
    let font = FontId { size: 11.5, ..MONO };
    let is_now = view.heap.at_nanos >= ctx.profile.duration_nanos();
    for (at, (byte, cell)) in bytes.iter().zip(&view.map.cells).enumerate() {
        let ground = kind_colour(cell.main_kind(), palette);
        let mut colour = on(ground);
        // Zeros are many and tell little; what is of another moment is no fact.
        if *byte == 0 || !is_now {
            colour = colour.gamma_multiply(0.55);
        }
        let rect = shape.rect(at);
        painter.text(rect.center(), Align2::CENTER_CENTER, format!("{byte:02x}"), font.clone(), colour);
    }
    let columns = shape.grid.columns;
    let colour = if is_now { palette.text } else { palette.weak };
    for (row, bytes) in bytes.chunks(columns).enumerate() {
        let text: String = bytes.iter().map(|byte| printable(*byte)).collect();
        painter.text(behind_row(shape, row), Align2::LEFT_CENTER, text, font.clone(), colour);
    }
}

fn printable(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '·' }
}

/// Black or white, whichever is better read on `ground`.
fn on(ground: Color32) -> Color32 {
    let [r, g, b, _] = egui::Rgba::from(ground).to_array();
    let light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    if light > 0.18 { Color32::from_gray(12) } else { Color32::from_gray(246) }
}

/// The bytes on screen, as far as they are known.
fn content(ctx: &PanelCtx<'_>, view: &HeapMapView) -> Option<Vec<u8>> {
    let image = ctx.profile.recording().images.iter().find(|image| image.memory == view.heap.memory)?;
    let end = view.map.range.end.min(image.known_bytes);
    let len = usize::try_from(end.checked_sub(view.map.range.start)?).ok()?;
    image.read(view.map.range.start, len)
}
