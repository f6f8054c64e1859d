//! The canvas: keys, wheel and pointer on one side, the picture on the other.

use super::super::PanelCtx;
use super::paint::{Builder, Picture, PictureKey};
use super::viewport::ROW;
use super::{FlameState, tooltip};
use crate::analysis::NodeId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::Palette;
use crate::ui::views::FlameView;
use crate::ui::widgets::{name_box, pressed};
use egui::{
    EventFilter, Key, Modifiers, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo,
};
use std::sync::Arc;

const OVERVIEW_HEIGHT: f32 = 5.0;

/// Draws the boxes and does what the user does to them.
pub fn canvas_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<FlameView>, state: &mut FlameState) {
    overview_ui(ui, state);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    if !rect.is_positive() {
        return;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Flame graph"));
    wheel(ui, &response, state);
    drag(ui, &response, state);
    keys(ui, &response, state);
    state.viewport = state.viewport.within_height(view.layout.row_count(), rect.height());
    paint(ui, ctx, view, state, rect);
    point(ui, ctx, view, state, &response);
}

/// A line that shows which part of the whole is on screen.
fn overview_ui(ui: &mut Ui, state: &FlameState) {
    let size = egui::vec2(ui.available_width(), OVERVIEW_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, 2.0, palette.raised);
    if !state.viewport.is_whole() {
        let at = |share: f64| rect.left() + rect.width() * share as f32;
        let (left, right) = (at(state.viewport.from), at(state.viewport.to));
        let thumb = Rect::from_x_y_ranges(left..=right.max(left + 4.0), rect.y_range());
        ui.painter().rect_filled(thumb, 2.0, palette.accent);
    }
}

fn wheel(ui: &Ui, response: &Response, state: &mut FlameState) {
    let Some(pointer) = response.hover_pos() else { return };
    let (delta, zoom, shift) =
        ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.shift));
    let width = f64::from(response.rect.width().max(1.0));
    let at = f64::from((pointer.x - response.rect.left()) / response.rect.width().max(1.0));
    if shift {
        state.viewport = state.viewport.moved(0.0, -(delta.x + delta.y));
        return;
    }
    let factor = f64::from(zoom) * (f64::from(delta.y) * 0.006).exp();
    if factor != 1.0 {
        state.viewport = state.viewport.zoomed(factor, at);
    }
    if delta.x != 0.0 {
        state.viewport = state.viewport.moved(-f64::from(delta.x) / width, 0.0);
    }
}

fn drag(ui: &Ui, response: &Response, state: &mut FlameState) {
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let delta = response.drag_delta();
        let width = f64::from(response.rect.width().max(1.0));
        state.viewport = state.viewport.moved(-f64::from(delta.x) / width, -delta.y);
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
    }
}

/// Keys work while the pointer is over the canvas or the keyboard's focus is on it, and no text is being typed.
fn keys(ui: &Ui, response: &Response, state: &mut FlameState) {
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let listens = response.contains_pointer() || response.has_focus();
    if !listens || ui.ctx().text_edit_focused() {
        return;
    }
    let pointer =
        response.hover_pos().map_or(0.5, |at| (at.x - response.rect.left()) / response.rect.width());
    let held = |keys: [Key; 2]| ui.input(|input| keys.iter().any(|key| pressed(input, *key)));
    let way = |less: [Key; 2], more: [Key; 2]| f64::from(i8::from(held(more)) - i8::from(held(less)));
    let right = way([Key::A, Key::ArrowLeft], [Key::D, Key::ArrowRight]);
    let down = way([Key::ArrowUp, Key::PageUp], [Key::ArrowDown, Key::PageDown]) as f32;
    state.viewport = state.viewport.moved(right * 0.15, down * 3.0 * ROW);
    let zoom = way([Key::S, Key::Minus], [Key::W, Key::Plus]);
    if zoom != 0.0 {
        state.viewport = state.viewport.zoomed(1.35f64.powf(zoom), f64::from(pointer));
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        state.go_back();
    }
}

fn paint(ui: &Ui, ctx: &PanelCtx<'_>, view: &Arc<FlameView>, state: &mut FlameState, rect: Rect) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    let needle = state.search.needle().to_owned();
    let key = PictureKey { viewport: state.viewport, rect, palette, needle, pixels: ui.pixels_per_point() };
    let stale = state.labels.refresh(&painter);
    if stale || !state.picture.as_ref().is_some_and(|picture| picture.is_of(&key)) {
        let colours = state.colours.of(ctx.profile, palette);
        let builder = Builder { profile: ctx.profile, view, search: &state.search, colours, key };
        state.picture = Some(builder.build(&painter, &mut state.labels));
    }
    let Some(picture) = &state.picture else { return };
    picture.paint(&painter);
    if let Some(function) = ctx.selection.function {
        for drawn in picture.drawn.iter().filter(|drawn| drawn.frame == function) {
            painter.rect_stroke(drawn.rect, 0.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
        }
    }
    name_boxes(ui, ctx, picture);
}

/// Tells screen readers and tests where the boxes with labels are. Costs nothing while nobody listens.
fn name_boxes(ui: &Ui, ctx: &PanelCtx<'_>, picture: &Picture) {
    let canvas = ui.scope_id().with("flame box");
    let listening = ui.ctx().accesskit_node_builder(canvas, |_| ()).is_some();
    if !listening {
        return;
    }
    for drawn in picture.drawn.iter().filter(|drawn| drawn.rect.width() > 24.0) {
        let name = &ctx.profile.frames().get(drawn.frame).short;
        name_box(ui, canvas.with(drawn.node), drawn.rect, name);
    }
}

/// What the pointer is over and what it does there.
fn point(ui: &Ui, ctx: &PanelCtx<'_>, view: &Arc<FlameView>, state: &mut FlameState, response: &Response) {
    if response.double_clicked() {
        state.show_all();
        return;
    }
    let Some(pointer) = response.hover_pos() else { return };
    let Some(node) = node_at(view, state, response.rect, pointer) else {
        if response.clicked() {
            ctx.commands.send(Command::Select(Selection {
                function: None,
                line: None,
                ..ctx.selection.clone()
            }));
        }
        return;
    };
    outline(ui, state, node, response.rect);
    if response.clicked() {
        response.request_focus();
        state.focus(view, node);
        let function = Some(view.frame(node)).filter(|_| node != NodeId::ROOT);
        ctx.commands.send(Command::Select(Selection { function, line: None, ..ctx.selection.clone() }));
    }
    if !response.dragged() {
        response.clone().on_hover_ui_at_pointer(|ui| tooltip::tooltip_ui(ui, ctx.profile, view, node));
    }
}

fn node_at(view: &FlameView, state: &FlameState, rect: Rect, pointer: egui::Pos2) -> Option<NodeId> {
    let depth = (pointer.y - rect.top() + state.viewport.down) / ROW;
    let share = f64::from((pointer.x - rect.left()) / rect.width());
    let x = (state.viewport.from + share * state.viewport.span()) * view.layout.width() as f64;
    view.layout.node_at(depth.max(0.0) as usize, x.max(0.0) as u64)
}

fn outline(ui: &Ui, state: &FlameState, node: NodeId, rect: Rect) {
    let drawn = state.picture.iter().flat_map(|picture| &picture.drawn).find(|drawn| drawn.node == node);
    if let Some(drawn) = drawn {
        let stroke = Stroke::new(1.5, Palette::of(ui).canvas.outline);
        ui.painter_at(rect).rect_stroke(drawn.rect, 0.0, stroke, StrokeKind::Inside);
    }
}
