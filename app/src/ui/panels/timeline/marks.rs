//! What is marked on the lanes: the selected function, calls and events, the part of the run that is chosen.

use super::super::PanelCtx;
use super::TimelineState;
use super::layout::{Lane, Place};
use super::paint::Picture;
use super::viewport::Viewport;
use crate::ui::theme::MONO;
use crate::ui::views::TimelineView;
use crate::units;
use egui::{Painter, Rect, Stroke, StrokeKind, pos2};

fn x(rect: Rect, viewport: Viewport, nanos: u64) -> f32 {
    rect.left() + (viewport.share(nanos).clamp(-0.01, 1.01) * f64::from(rect.width())) as f32
}

/// Outlines the boxes of the function that is selected.
pub fn function(painter: &Painter, ctx: &PanelCtx<'_>, picture: &Picture) {
    let Some(function) = ctx.selection.function else { return };
    for drawn in picture.drawn.iter().filter(|drawn| drawn.frame == function && drawn.rect.width() > 2.0) {
        painter.rect_stroke(
            drawn.rect,
            0.0,
            Stroke::new(1.5, picture.key().palette.accent),
            StrokeKind::Inside,
        );
    }
}

/// The calls behind the bar that is chosen, and the event that was stepped to.
pub fn events(
    painter: &Painter,
    view: &TimelineView,
    state: &TimelineState,
    picture: &Picture,
    places: &[Place],
) {
    let (rect, palette, viewport) = (picture.key().rect, picture.key().palette, picture.key().viewport);
    let row = view.rows.rows.iter().position(|row| Some((row.direction, row.func)) == state.chosen);
    let place = row.and_then(|row| places.iter().find(|place| place.lane == Lane::Calls(row)));
    if let (Some(bar), Some(calls), Some(place)) = (&state.bar, &view.calls, place) {
        let y = rect.top() + place.top - viewport.down;
        let from = calls.calls.partition_point(|call| (call.start_nanos as f64) < viewport.from);
        let shown = calls.calls.iter().skip(from).take_while(|call| (call.start_nanos as f64) < viewport.to);
        let mut last = f32::NEG_INFINITY;
        for call in shown.filter(|call| bar.contains(&call.duration_nanos)) {
            let at = x(rect, viewport, call.start_nanos);
            if at - last >= 1.0 {
                painter.vline(at, y..=y + place.height, Stroke::new(1.5, palette.canvas.hit));
                last = at;
            }
        }
    }
    if let Some(event) = state.event {
        painter.vline(x(rect, viewport, event), rect.y_range(), Stroke::new(1.5, palette.warning));
    }
}

/// The part of the run that is chosen, or is being dragged.
pub fn range(painter: &Painter, ctx: &PanelCtx<'_>, state: &TimelineState, picture: &Picture) {
    let (rect, palette, viewport) = (picture.key().rect, picture.key().palette, picture.key().viewport);
    let dragged = state.selecting.map(|(anchor, at)| anchor.min(at)..anchor.max(at));
    let Some(range) = dragged.clone().or_else(|| ctx.selection.time_nanos.clone()) else { return };
    let (left, right) = (x(rect, viewport, range.start), x(rect, viewport, range.end));
    let veil = palette.background.gamma_multiply(0.55);
    for outside in [rect.left()..=left.max(rect.left()), right.min(rect.right())..=rect.right()] {
        painter.rect_filled(Rect::from_x_y_ranges(outside, rect.y_range()), 0.0, veil);
    }
    for edge in [left, right] {
        painter.vline(edge, rect.y_range(), Stroke::new(1.0, palette.accent));
    }
    if dragged.is_some() {
        let text = units::nanos(range.end - range.start);
        let at = pos2((left + right) / 2.0, rect.top() + 10.0);
        let galley = painter.layout_no_wrap(text, MONO, palette.text);
        let ground = Rect::from_center_size(at, galley.size() + egui::vec2(10.0, 4.0));
        painter.rect_filled(ground, 3.0, palette.raised);
        painter.galley(ground.min + egui::vec2(5.0, 2.0), galley, palette.text);
    }
}
