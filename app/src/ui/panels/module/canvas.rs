//! The canvas: keys and pointer on one side, the picture on the other.

use super::super::PanelCtx;
use super::paint::{Drawn, Picture, PictureKey};
use super::{ModuleState, tooltip};
use crate::ui::theme::Palette;
use crate::ui::views::SizeView;
use crate::ui::widgets::name_box;
use egui::{
    Event, EventFilter, Key, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo,
};
use std::sync::Arc;

/// Draws the boxes and does what the user does to them.
pub fn canvas_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    if !rect.is_positive() {
        return;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Size treemap"));
    keys(ui, ctx, view, state, &response);
    paint(ui, ctx, view, state, rect);
    point(ui, ctx, view, state, &response);
}

fn paint(ui: &Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState, rect: Rect) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    let key =
        PictureKey { view: Arc::clone(view), root: state.root, rect, colour: state.colour(view), palette };
    let stale = state.labels.refresh(&painter);
    if stale || !state.picture.as_ref().is_some_and(|picture| picture.is_of(&key)) {
        state.picture = Some(Picture::build(key, &painter, &mut state.labels));
    }
    let Some(picture) = &state.picture else { return };
    picture.paint(&painter);
    let selected = ctx.selection.function.and_then(|function| view.part(ctx.profile, function));
    for drawn in [selected, state.chosen].into_iter().flatten().filter_map(|id| picture.find(id)) {
        // One line of each lightness, so that it is seen on every colour.
        painter.rect_stroke(drawn.rect, 0.0, Stroke::new(3.0, palette.on_accent), StrokeKind::Inside);
        painter.rect_stroke(drawn.rect, 0.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
    }
    name_boxes(ui, view, picture);
}

/// Tells screen readers and tests where the boxes with labels are. Costs nothing while nobody listens.
fn name_boxes(ui: &Ui, view: &SizeView, picture: &Picture) {
    let canvas = ui.scope_id().with("size box");
    let listening = ui.ctx().accesskit_node_builder(canvas, |_| ()).is_some();
    if !listening {
        return;
    }
    let is_named = |drawn: &&Drawn| drawn.merged == 0 && drawn.rect.width() > 24.0;
    for drawn in picture.drawn.iter().filter(is_named) {
        name_box(ui, canvas.with(drawn.id), drawn.rect, &view.size.get(drawn.id).name);
    }
}

/// What the pointer is over and what it does there.
fn point(ui: &Ui, ctx: &PanelCtx<'_>, view: &SizeView, state: &mut ModuleState, response: &Response) {
    let Some(pointer) = response.hover_pos() else { return };
    let Some(drawn) = state.picture.as_ref().and_then(|picture| picture.at(pointer)) else { return };
    let stroke = Stroke::new(1.5, Palette::of(ui).canvas.outline);
    ui.painter_at(response.rect).rect_stroke(drawn.rect, 0.0, stroke, StrokeKind::Inside);
    if response.clicked() {
        response.request_focus();
        state.choose(ctx, view, drawn.id);
    }
    if response.double_clicked_by(PointerButton::Primary) {
        state.zoom_to(view, drawn.id);
    }
    response.clone().on_hover_ui_at_pointer(|ui| tooltip::tooltip_ui(ui, ctx.profile, view, &drawn));
}

/// Keys work while the pointer is over the canvas or the keyboard's focus is on it, and no text is being typed.
fn keys(ui: &Ui, ctx: &PanelCtx<'_>, view: &SizeView, state: &mut ModuleState, response: &Response) {
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let listens = response.contains_pointer() || response.has_focus();
    if !listens || ui.ctx().text_edit_focused() {
        return;
    }
    let pressed: Vec<Key> = ui.input(|input| {
        let keys = input.events.iter().filter_map(|event| match event {
            Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => Some(*key),
            _ => None,
        });
        keys.collect()
    });
    for key in pressed {
        match key {
            Key::ArrowLeft => go(ctx, view, state, Vec2::LEFT),
            Key::ArrowRight => go(ctx, view, state, Vec2::RIGHT),
            Key::ArrowUp => go(ctx, view, state, Vec2::UP),
            Key::ArrowDown => go(ctx, view, state, Vec2::DOWN),
            Key::Enter => state.zoom_to(view, state.chosen.unwrap_or_default()),
            Key::Escape | Key::Backspace => state.zoom_out(view),
            _ => {}
        }
    }
}

/// Chooses the next box in a direction; the largest one where none is chosen.
fn go(ctx: &PanelCtx<'_>, view: &SizeView, state: &mut ModuleState, way: Vec2) {
    let Some(picture) = &state.picture else { return };
    let boxes = || picture.drawn.iter().filter(|drawn| !drawn.is_open && drawn.merged == 0);
    let from = state.chosen.and_then(|id| picture.find(id));
    let next = match from {
        Some(from) => {
            let distance = |drawn: &&Drawn| distance(from.rect, drawn.rect, way);
            let ahead = boxes().filter(|drawn| drawn.id != from.id && distance(drawn).is_some());
            ahead.min_by(|a, b| distance(a).partial_cmp(&distance(b)).unwrap_or(std::cmp::Ordering::Equal))
        }
        None => boxes().max_by(|a, b| a.rect.area().total_cmp(&b.rect.area())),
    };
    if let Some(id) = next.map(|next| next.id) {
        state.choose(ctx, view, id);
    }
}

/// How far `to` is in the direction; `None` where it is not there. What lies aside is farther than what lies ahead.
fn distance(from: Rect, to: Rect, way: Vec2) -> Option<f32> {
    let between = to.center() - from.center();
    let ahead = between.dot(way);
    // The edge that the boxes share, or the way to it.
    let reach = (from.size() * way.abs()).length() / 2.0;
    let aside = (between - ahead * way).length();
    let touches = ahead > reach * 0.5;
    touches.then_some(ahead - (to.size() * way.abs()).length() / 2.0 + 2.0 * aside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn arrows_lead_to_the_box_beside() {
        let at = |x: f32, y: f32| Rect::from_min_size(pos2(x, y), egui::vec2(10.0, 10.0));
        let middle = at(20.0, 20.0);
        let right = distance(middle, at(30.0, 20.0), Vec2::RIGHT);
        assert!(right < distance(middle, at(40.0, 20.0), Vec2::RIGHT), "the nearer");
        assert!(right < distance(middle, at(30.0, 40.0), Vec2::RIGHT), "the one straight ahead");
        assert_eq!(distance(middle, at(10.0, 20.0), Vec2::RIGHT), None, "none that is behind");
        assert!(distance(middle, at(20.0, 10.0), Vec2::UP).is_some());
    }
}
