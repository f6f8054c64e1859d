//! The whole memory as a strip, with the part that the canvas shows.

use super::super::PanelCtx;
use super::HeapMapState;
use super::colour::kind_colour;
use crate::analysis::{CellKind, HeapMap};
use crate::ui::theme::Palette;
use egui::{Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

const HEIGHT: f32 = 14.0;
/// Pieces of the strip.
pub const PIECES: usize = 512;

/// Draws the strip, and moves the part on screen to where the user points.
pub fn overview_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, whole_map: &HeapMap, state: &mut HeapMapState) {
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Whole memory"));
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect.expand(1.0));
    let width = rect.width() / whole_map.cells.len().max(1) as f32;
    let mut mesh = egui::Mesh::default();
    for (at, cell) in whole_map.cells.iter().enumerate() {
        let x = rect.left() + at as f32 * width;
        let mut bottom = rect.bottom();
        let all: u64 = cell.bytes.iter().sum();
        // From the bottom up: what is live first.
        for kind in CellKind::ALL.into_iter().filter(|kind| cell.bytes_of(*kind) > 0) {
            let share = crate::units::share(cell.bytes_of(kind), all) as f32;
            let top = bottom - rect.height() * share;
            let piece = Rect::from_min_max(pos2(x, top), pos2(x + width, bottom));
            mesh.add_colored_rect(piece, kind_colour(kind, palette));
            bottom = top;
        }
    }
    painter.add(egui::Shape::mesh(mesh));
    let whole = state.whole(ctx);
    let shown = state.range.of(&whole);
    if state.range.is_part() {
        let at = |address: u64| {
            rect.left()
                + rect.width() * crate::units::share(address - whole.start, whole.end - whole.start) as f32
        };
        let (left, right) = (at(shown.start), at(shown.end).max(at(shown.start) + 3.0));
        let dim = Color32::from_black_alpha(110);
        painter.rect_filled(Rect::from_min_max(rect.min, pos2(left, rect.bottom())), 0.0, dim);
        painter.rect_filled(Rect::from_min_max(pos2(right, rect.top()), rect.max), 0.0, dim);
        let window = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
        let stroke = Stroke::new(1.5, palette.canvas.outline);
        painter.rect_stroke(window, 1.0, stroke, StrokeKind::Outside);
    }
    if let Some(pointer) = response.interact_pointer_pos() {
        let share = f64::from(((pointer.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0));
        let middle = (share * (whole.end - whole.start) as f64) as u64;
        let now = shown.start + (shown.end - shown.start) / 2;
        state.range.shift(&whole, middle as f64 - now as f64);
    }
    response
        .on_hover_text("The whole memory, from its lowest address. Click or drag moves what is shown below.");
}
