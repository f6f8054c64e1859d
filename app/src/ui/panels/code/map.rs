//! The whole text in small: where it is hot, where the selection leads, and what is in sight.

use super::grid::{Grid, GridState, ROW};
use crate::ui::theme::Palette;
use egui::{CursorIcon, Id, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo};

/// Its width, in points.
pub const WIDTH: f32 = 14.0;
/// A tick is so high at least, in points.
const TICK: f32 = 2.0;

/// Draws it in `rect`, and goes where the user points at in it.
pub fn map_ui(ui: &Ui, grid: &Grid<'_>, (id, rect): (Id, Rect), state: &mut GridState) {
    let rect = rect.shrink2(egui::vec2(2.0, 0.0));
    if grid.count == 0 || !rect.is_positive() {
        return;
    }
    let response = ui.interact(rect, id.with("heat"), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, format!("Heat of {}", grid.name)));
    // A short text is drawn in its own size, so that ticks stand beside their rows.
    let row = ROW.min(rect.height() / grid.count as f32);
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked()) {
        state.offset = Some((at.y - rect.top()) / row * ROW - rect.height() / 2.0);
        ui.ctx().request_repaint();
    }
    paint(ui, grid, rect, row, state);
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text("Hot lines of the whole text. Click goes there.");
}

fn paint(ui: &Ui, grid: &Grid<'_>, rect: Rect, row: f32, state: &GridState) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 2.0, palette.background);
    let place = |at: usize| {
        let top = rect.top() + at as f32 * row;
        Rect::from_x_y_ranges(rect.x_range(), top..=top + row.max(TICK))
    };
    let mut mesh = Mesh::default();
    for hot in grid.heat {
        let tick = place(hot.row);
        let tick = tick.with_min_x(tick.right() - tick.width() * (0.35 + 0.65 * hot.heat));
        mesh.add_colored_rect(tick, palette.memory.live.gamma_multiply(0.25 + 0.75 * hot.heat));
    }
    for mark in grid.marks {
        let tick = place(*mark);
        mesh.add_colored_rect(tick.with_max_x(tick.left() + 3.0), palette.accent);
    }
    painter.add(Shape::mesh(mesh));
    let sight = place(state.shown.start).union(place(state.shown.end.saturating_sub(1))).intersect(rect);
    if state.shown.len() < grid.count {
        painter.rect_stroke(sight, 2.0, Stroke::new(1.0, palette.weak), StrokeKind::Inside);
    }
}
