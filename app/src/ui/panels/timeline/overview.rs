//! The whole run as a strip, with a window that shows which part of it is on screen.

use super::super::PanelCtx;
use super::TimelineState;
use super::viewport::Viewport;
use crate::ui::theme::Palette;
use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

/// Moves the window to where the pointer is pressed.
pub fn overview_ui(ui: &Ui, ctx: &PanelCtx<'_>, state: &mut TimelineState, rect: Rect) {
    let response = ui.interact(rect, ui.scope_id().with("overview"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Timeline overview"));
    ui.painter_at(rect).rect_filled(rect, 2.0, Palette::of(ui).background);
    let pressed = response.clicked() || response.dragged();
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| pressed) {
        let (now, duration) = (state.viewport(ctx), ctx.profile.duration_nanos());
        let share = f64::from((pointer.x - rect.left()) / rect.width().max(1.0));
        let centre = Viewport::whole(duration).moment(share);
        let right = (centre - now.from) / now.span() - 0.5;
        state.viewport = Some(now.moved(right, 0.0, duration));
    }
    response.on_hover_text("The whole run. Drag moves what is on screen.");
}

/// Draws the window, and the part of the run that is chosen.
pub fn window_ui(ui: &Ui, ctx: &PanelCtx<'_>, state: &TimelineState, rect: Rect) {
    let (palette, painter) = (Palette::of(ui), ui.painter_at(rect));
    let whole = Viewport::whole(ctx.profile.duration_nanos());
    let x = |share: f64| rect.left() + (share.clamp(0.0, 1.0) * f64::from(rect.width())) as f32;
    let part = |from: f64, to: f64| {
        let share = |nanos: f64| (nanos - whole.from) / whole.span();
        Rect::from_x_y_ranges(x(share(from))..=x(share(to)).max(x(share(from)) + 2.0), rect.y_range())
    };
    if let Some(range) = &ctx.selection.time_nanos {
        let chosen = part(range.start as f64, range.end as f64);
        painter.rect_filled(chosen, 0.0, palette.accent.gamma_multiply(0.35));
    }
    let now = state.viewport(ctx);
    let window = part(now.from, now.to);
    for side in [rect.left()..=window.left(), window.right()..=rect.right()] {
        let veil = palette.background.gamma_multiply(0.5);
        painter.rect_filled(Rect::from_x_y_ranges(side, rect.y_range()), 0.0, veil);
    }
    painter.rect_stroke(window, 1.0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
}
