//! The canvas: axis, names and lanes, and what the pointer does to them.

use super::super::PanelCtx;
use super::super::colours::ColourBy;
use super::layout::{self, Lane, Place};
use super::paint::{Builder, Picture, PictureKey};
use super::{TimelineState, axis, keys, marks, names, overview, select_range, tooltip};
use crate::profile::FrameId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::Palette;
use crate::ui::views::TimelineView;
use crate::ui::widgets::name_box;
use egui::{FontId, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

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

/// Draws the lanes and does what the user does to them. Keys are listened to while the pointer is over the panel.
pub fn canvas_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &TimelineView,
    state: &mut TimelineState,
    is_pointed_at: bool,
) {
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
    if is_pointed_at || response.has_focus() {
        keys::keys(ui, ctx, view, state, &response);
    }
    let places = layout::places(view, state.shows_all_calls);
    let bottom = places.last().map_or(0.0, |place| place.top + place.height);
    state.viewport = state.viewport.map(|viewport| viewport.within_height(bottom - areas.lanes.height()));
    paint(ui, ctx, view, state, &areas, &places);
    names::names_ui(ui, view, state, areas.names, &places);
    point(ui, ctx, view, state, &response, &places);
}

fn share(rect: Rect, at: Pos2) -> f64 {
    f64::from((at.x - rect.left()) / rect.width().max(1.0))
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
        let colours = state.colours.of(ctx.profile, palette, ColourBy::Group);
        let builder = Builder { profile: ctx.profile, view, colours, key, places };
        state.picture = Some(builder.build(&painter, &mut state.labels));
    }
    let Some(picture) = &state.picture else { return };
    picture.paint(&painter, &ui.painter_at(areas.overview));
    overview::window_ui(ui, ctx, state, areas.overview);
    marks::function(&painter, ctx, picture);
    name_boxes(ui, ctx, picture);
    marks::events(&painter, view, state, picture, places);
    marks::range(&painter, ctx, state, picture);
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
