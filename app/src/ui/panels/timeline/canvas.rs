//! The canvas: axis, names and lanes, and what the pointer does to them.

use super::super::{PanelCtx, name_box};
use super::layout::{self, Lane, Place, ROW};
use super::paint::{Builder, Picture, PictureKey};
use super::viewport::Viewport;
use super::{TimelineState, axis, keys, overview, select_range, tooltip};
use crate::profile::FrameId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::TimelineView;
use crate::units;
use egui::{
    Align2, Color32, FontId, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2,
};

const OVERVIEW: f32 = 26.0;
const AXIS: f32 = 22.0;
/// Between two ticks, in points.
const TICK_ROOM: f64 = 110.0;

/// The parts of the canvas.
struct Areas {
    overview: Rect,
    axis: Rect,
    names: Rect,
    lanes: Rect,
}

impl Areas {
    fn of(all: Rect) -> Areas {
        let left = all.left() + (all.width() * 0.22).clamp(60.0, 150.0);
        let overview = Rect::from_min_max(pos2(left, all.top()), pos2(all.right(), all.top() + OVERVIEW));
        let axis = Rect::from_min_max(overview.left_bottom(), pos2(all.right(), overview.bottom() + AXIS));
        let names = Rect::from_min_max(pos2(all.left(), axis.bottom()), pos2(left - 6.0, all.bottom()));
        let lanes = Rect::from_min_max(axis.left_bottom(), all.right_bottom());
        Areas { overview, axis, names, lanes }
    }
}

/// Draws the lanes and does what the user does to them.
pub fn canvas_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &TimelineView, state: &mut TimelineState) {
    let (all, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let areas = Areas::of(all);
    if !areas.lanes.is_positive() {
        return;
    }
    state.pixels = f64::from(areas.lanes.width() * ui.pixels_per_point());
    overview::overview_ui(ui, ctx, state, areas.overview);
    axis_ui(ui, ctx, state, areas.axis);
    let response = ui.interact(areas.lanes, ui.scope_id().with("lanes"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Timeline lanes"));
    wheel(ui, ctx, &response, state);
    drag(ui, ctx, &response, state);
    keys::keys(ui, ctx, view, state, &response);
    let places = layout::places(view, state.shows_all_calls);
    let bottom = places.last().map_or(0.0, |place| place.top + place.height);
    state.viewport = state.viewport.map(|viewport| viewport.within_height(bottom - areas.lanes.height()));
    paint(ui, ctx, view, state, &areas, &places);
    names_ui(ui, view, state, &areas, &places);
    point(ui, ctx, view, state, &response, &places);
}

fn share(rect: Rect, at: Pos2) -> f64 {
    f64::from((at.x - rect.left()) / rect.width().max(1.0))
}

fn x(rect: Rect, viewport: Viewport, nanos: u64) -> f32 {
    rect.left() + (viewport.share(nanos).clamp(-0.01, 1.01) * f64::from(rect.width())) as f32
}

/// The moment under the pointer, in nanoseconds since the recording began.
fn moment(ctx: &PanelCtx<'_>, state: &TimelineState, rect: Rect, at: Pos2) -> u64 {
    let moment = state.viewport(ctx).moment(share(rect, at).clamp(0.0, 1.0));
    (moment.max(0.0) as u64).min(ctx.profile.duration_nanos())
}

fn axis_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, state: &mut TimelineState, rect: Rect) {
    let response = ui.interact(rect, ui.scope_id().with("axis"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Time axis"));
    select(ui, ctx, &response, state);
    let (palette, painter) = (Palette::of(ui), ui.painter_at(rect));
    for (at, text) in ticks(ctx, state, rect) {
        painter.vline(at, rect.bottom() - 5.0..=rect.bottom(), Stroke::new(1.0, palette.weak));
        let galley = painter.layout_no_wrap(text, FontId::proportional(11.0), palette.weak);
        if at + 3.0 + galley.size().x <= rect.right() {
            let top = rect.center().y - galley.size().y / 2.0;
            painter.galley(pos2(at + 3.0, top), galley, palette.weak);
        }
    }
    response.on_hover_text("Drag chooses a part of the run: all views show that alone. Esc takes it back.");
}

fn ticks(ctx: &PanelCtx<'_>, state: &TimelineState, rect: Rect) -> impl Iterator<Item = (f32, String)> {
    let viewport = state.viewport(ctx);
    let ticks = axis::ticks(viewport, f64::from(rect.width()) / TICK_ROOM);
    ticks.into_iter().map(move |tick| {
        let share = (tick.nanos - viewport.from) / viewport.span();
        (rect.left() + (share * f64::from(rect.width())) as f32, tick.text)
    })
}

/// Chooses a part of the run by dragging.
fn select(ui: &Ui, ctx: &PanelCtx<'_>, response: &Response, state: &mut TimelineState) {
    let pointer = response.interact_pointer_pos();
    if response.drag_started_by(PointerButton::Primary) {
        let start = ui.input(|input| input.pointer.press_origin()).or(pointer);
        state.selecting = start.map(|at| moment(ctx, state, response.rect, at)).map(|at| (at, at));
    }
    if let (Some((anchor, _)), Some(at)) = (state.selecting, pointer) {
        state.selecting = Some((anchor, moment(ctx, state, response.rect, at)));
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
    }
    if response.drag_stopped()
        && let Some((anchor, at)) = state.selecting.take()
        && anchor != at
    {
        select_range(ctx, Some(anchor.min(at)..anchor.max(at)));
    }
}

fn wheel(ui: &Ui, ctx: &PanelCtx<'_>, response: &Response, state: &mut TimelineState) {
    let Some(pointer) = response.hover_pos() else { return };
    let (delta, zoom, shift) =
        ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.shift));
    let (now, duration) = (state.viewport(ctx), ctx.profile.duration_nanos());
    if shift && delta != egui::Vec2::ZERO {
        state.viewport = Some(now.moved(0.0, -(delta.x + delta.y), duration));
        return;
    }
    let factor = f64::from(zoom) * (f64::from(delta.y) * 0.006).exp();
    if factor != 1.0 {
        state.viewport = Some(now.zoomed(factor, share(response.rect, pointer), duration));
    }
    if delta.x != 0.0 {
        let right = -f64::from(delta.x / response.rect.width().max(1.0));
        state.viewport = Some(state.viewport(ctx).moved(right, 0.0, duration));
    }
}

fn drag(ui: &Ui, ctx: &PanelCtx<'_>, response: &Response, state: &mut TimelineState) {
    let begins = response.drag_started_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift);
    if begins || state.selecting.is_some() && (response.dragged() || response.drag_stopped()) {
        return select(ui, ctx, response, state);
    }
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let (delta, duration) = (response.drag_delta(), ctx.profile.duration_nanos());
        let right = -f64::from(delta.x / response.rect.width().max(1.0));
        state.viewport = Some(state.viewport(ctx).moved(right, -delta.y, duration));
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
}

fn paint(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &TimelineView,
    state: &mut TimelineState,
    areas: &Areas,
    places: &[Place],
) {
    let (palette, viewport, rect) = (Palette::of(ui), state.viewport(ctx), areas.lanes);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, palette.background);
    for (at, _) in ticks(ctx, state, rect) {
        painter.vline(at, rect.y_range(), Stroke::new(1.0, palette.border.gamma_multiply(0.6)));
    }
    let key = PictureKey {
        viewport,
        rect,
        overview: areas.overview,
        palette,
        pixels: ui.pixels_per_point(),
        shows_all_calls: state.shows_all_calls,
        over: state.chosen.map(|chosen| (chosen, (state.budget_millis * 1e6) as u64)),
    };
    let stale = state.labels.refresh(&painter);
    if stale || !state.picture.as_ref().is_some_and(|picture| picture.is_of(&key, view)) {
        let colours = state.colours.of(ctx.profile, palette);
        let builder = Builder { profile: ctx.profile, view, colours, key, places };
        state.picture = Some(builder.build(&painter, &mut state.labels));
    }
    let Some(picture) = &state.picture else { return };
    picture.paint(&painter, &ui.painter_at(areas.overview));
    overview::window_ui(ui, ctx, state, areas.overview);
    outline_function(&painter, ctx, picture, palette);
    name_boxes(ui, ctx, picture);
    marks(&painter, view, state, picture, places);
    range(&painter, ctx, state, rect, viewport, palette);
}

fn outline_function(painter: &egui::Painter, ctx: &PanelCtx<'_>, picture: &Picture, palette: &Palette) {
    let Some(function) = ctx.selection.function else { return };
    for drawn in picture.drawn.iter().filter(|drawn| drawn.frame == function && drawn.rect.width() > 2.0) {
        painter.rect_stroke(drawn.rect, 0.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
}

/// Tells screen readers and tests where the boxes with labels are. Costs nothing while nobody listens.
fn name_boxes(ui: &Ui, ctx: &PanelCtx<'_>, picture: &Picture) {
    let canvas = ui.scope_id().with("stack box");
    if ui.ctx().accesskit_node_builder(canvas, |_| ()).is_none() {
        return;
    }
    for (number, drawn) in picture.drawn.iter().enumerate().filter(|(_, drawn)| drawn.rect.width() > 24.0) {
        name_box(ui, canvas.with(number), drawn.rect, &ctx.profile.frames().get(drawn.frame).short);
    }
}

/// The calls behind the bar that is chosen, and the event that was stepped to.
fn marks(
    painter: &egui::Painter,
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
fn range(
    painter: &egui::Painter,
    ctx: &PanelCtx<'_>,
    state: &TimelineState,
    rect: Rect,
    viewport: Viewport,
    palette: &Palette,
) {
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

fn names_ui(ui: &mut Ui, view: &TimelineView, state: &mut TimelineState, areas: &Areas, places: &[Place]) {
    let down = state.viewport.map_or(0.0, |viewport| viewport.down);
    for place in places {
        let top = areas.names.top() + place.top - down;
        let height = if place.lane == Lane::Stack { ROW } else { place.height };
        let whole = Rect::from_x_y_ranges(areas.names.x_range(), top..=top + height);
        let rect = whole.intersect(areas.names);
        if rect.height() > 4.0 {
            name_ui(ui, view, state, place.lane, whole, rect);
        }
    }
}

fn name_ui(ui: &mut Ui, view: &TimelineView, state: &mut TimelineState, lane: Lane, whole: Rect, rect: Rect) {
    let (palette, painter) = (Palette::of(ui), ui.painter_at(rect));
    let name = layout::name(lane, view, state.shows_all_calls);
    let (is_pressed, function) = match lane {
        Lane::Calls(row) => {
            let function = view.rows.rows.get(row).map(|row| (row.direction, row.func));
            (function == state.chosen, function)
        }
        _ => (false, None),
    };
    let can_press = matches!(lane, Lane::Calls(_) | Lane::More);
    let sense = if can_press { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("lane", lane)), sense);
    let role = if can_press { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::labeled(role, true, &name));
    if can_press && (is_pressed || response.hovered()) {
        painter.rect_filled(rect, 3.0, if is_pressed { palette.selected } else { palette.hovered });
    }
    let font = FontId::proportional(12.0);
    let colour = if can_press { palette.text } else { palette.weak };
    let scale = scale_text(view, lane);
    let y = if scale.is_empty() { whole.center().y } else { whole.center().y - 7.0 };
    text_cut(&painter, pos2(whole.left() + 4.0, y), &name, whole.width() - 8.0, font, colour);
    let below = pos2(whole.left() + 4.0, whole.center().y + 7.0);
    painter.text(below, Align2::LEFT_CENTER, scale, FontId::proportional(10.5), palette.weak);
    if response.clicked() {
        match lane {
            Lane::More => state.shows_all_calls = !state.shows_all_calls,
            _ => state.choose(function.filter(|_| !is_pressed)),
        }
    }
    response.on_hover_ui(|ui| tooltip::lane_ui(ui, view, lane));
}

/// What the top of a curve stands for.
fn scale_text(view: &TimelineView, lane: Lane) -> String {
    match lane {
        Lane::Memory(at) => view.growth.memories.get(at).map_or_else(String::new, |memory| {
            units::bytes(memory.final_pages.saturating_mul(memory.page_bytes))
        }),
        Lane::Heap => {
            let most = view.growth.heap.iter().map(|point| point.live_bytes).max();
            format!("≤ {}", units::bytes(most.unwrap_or(0)))
        }
        _ => String::new(),
    }
}

/// Text in one line, cut to a width in points.
fn text_cut(painter: &egui::Painter, at: Pos2, text: &str, width: f32, font: FontId, colour: Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    let galley = painter.layout_job(job);
    painter.galley(at - egui::vec2(0.0, galley.size().y / 2.0), galley, colour);
}

/// What the pointer is over and what it does there.
fn point(
    ui: &Ui,
    ctx: &PanelCtx<'_>,
    view: &TimelineView,
    state: &mut TimelineState,
    response: &Response,
    places: &[Place],
) {
    let Some(pointer) = response.hover_pos() else { return };
    let down = state.viewport(ctx).down;
    let y = pointer.y - response.rect.top() + down;
    let place = places.iter().find(|place| (place.top..place.top + place.height).contains(&y));
    let at = tooltip::At { nanos: moment(ctx, state, response.rect, pointer), row: y, place: place.copied() };
    if response.double_clicked() {
        let now = state.viewport(ctx);
        state.viewport = at.range(view).map(|range| now.fitted(&range, ctx.profile.duration_nanos()));
    } else if response.clicked() {
        response.request_focus();
        click(ctx, view, state, &at);
    }
    if !response.dragged() && !ui.input(|input| input.pointer.any_down()) {
        response.clone().on_hover_ui_at_pointer(|ui| tooltip::tooltip_ui(ui, ctx.profile, view, &at));
    }
}

fn click(ctx: &PanelCtx<'_>, view: &TimelineView, state: &mut TimelineState, at: &tooltip::At) {
    let select = |function: Option<FrameId>| {
        ctx.commands.send(Command::Select(Selection { function, line: None, ..ctx.selection.clone() }));
    };
    match at.place.map(|place| place.lane) {
        Some(Lane::Stack) => select(at.stack_box(view).map(|found| found.frame)),
        Some(Lane::Calls(row)) => {
            state.choose(view.rows.rows.get(row).map(|row| (row.direction, row.func)));
            state.event = at.call_box(view).map(|found| found.start_nanos);
        }
        Some(Lane::Memory(_) | Lane::Heap) => {
            let moment_nanos = Some(at.nanos);
            ctx.commands.send(Command::Select(Selection { moment_nanos, ..ctx.selection.clone() }));
        }
        Some(Lane::Phases | Lane::More) | None => select(None),
    }
}
