//! The keys of the timeline.

use super::super::PanelCtx;
use super::steps::{Steps, Way};
use super::{TimelineState, select_range};
use crate::ui::views::TimelineView;
use crate::ui::widgets::pressed;
use egui::{EventFilter, Key, Modifiers, Response, Ui};

/// Does what the keys ask for, unless text is being typed.
pub fn keys(ui: &Ui, ctx: &PanelCtx<'_>, view: &TimelineView, state: &mut TimelineState, canvas: &Response) {
    if canvas.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(canvas.id, filter));
    }
    if ui.ctx().text_edit_focused() {
        return;
    }
    travel(ui, ctx, state, canvas);
    let is_pressed = |key: Key| ui.input(|input| pressed(input, key));
    if is_pressed(Key::F) {
        state.fit(ctx);
    }
    if is_pressed(Key::Period) {
        Steps::of(view, state).go(ctx, state, Way::On);
    }
    if is_pressed(Key::Comma) {
        Steps::of(view, state).go(ctx, state, Way::Back);
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        escape(ctx, state);
    }
}

/// Moves and zooms.
fn travel(ui: &Ui, ctx: &PanelCtx<'_>, state: &mut TimelineState, canvas: &Response) {
    let held = |keys: [Key; 2]| ui.input(|input| keys.iter().any(|key| pressed(input, *key)));
    let way = |less: [Key; 2], more: [Key; 2]| f64::from(i8::from(held(more)) - i8::from(held(less)));
    let right = way([Key::A, Key::ArrowLeft], [Key::D, Key::ArrowRight]);
    let down = way([Key::ArrowUp, Key::PageUp], [Key::ArrowDown, Key::PageDown]) as f32;
    let zoom = way([Key::S, Key::Minus], [Key::W, Key::Plus]);
    let (duration, now) = (ctx.profile.duration_nanos(), state.viewport(ctx));
    if right != 0.0 || down != 0.0 {
        state.viewport = Some(now.moved(right * 0.15, down * 3.0 * super::layout::ROW, duration));
    }
    if zoom != 0.0 {
        let share = |at: egui::Pos2| (at.x - canvas.rect.left()) / canvas.rect.width().max(1.0);
        let at = canvas.hover_pos().map_or(0.5, share);
        state.viewport = Some(now.zoomed(1.35f64.powf(zoom), f64::from(at), duration));
    }
}

/// One thing less is chosen: the bar or the event, the part of the run, the function.
fn escape(ctx: &PanelCtx<'_>, state: &mut TimelineState) {
    if state.bar.is_some() || state.event.is_some() {
        (state.bar, state.event) = (None, None);
    } else if ctx.selection.time_nanos.is_some() {
        select_range(ctx, None);
    } else {
        state.choose(None);
    }
}
