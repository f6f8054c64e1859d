//! One function in all its contexts: who called it above, what it called below.

use super::canvas::{Part, Scene, canvas_ui};
use super::names::name_of;
use super::viewport::{Grows, ROW};
use super::{Act, Graph, Look};
use crate::analysis::{CallTreeQuery, Subtree, Transform};
use crate::profile::FrameId;
use crate::ui::panels::{PanelCtx, value_text};
use crate::ui::theme::Palette;
use crate::ui::views::{FlameHits, FlameView};
use crate::ui::widgets::empty_state;
use crate::units;
use egui::{Label, RichText, Ui, UiBuilder};
use std::sync::Arc;

/// The two sides of a function.
pub struct Sides {
    /// The function.
    pub function: FrameId,
    /// The paths that end in it, from the inside out.
    pub callers: Arc<FlameView>,
    /// The paths that begin in it.
    pub callees: Arc<FlameView>,
}

/// What is asked for to get the callers and the callees of `function`. What stands below the outermost call of it is
/// its own in the one, what stands above is left out in the other: both weigh what the function does.
pub fn queries(function: FrameId, whole: &CallTreeQuery) -> [CallTreeQuery; 2] {
    let with = |inverted, more: &[Transform]| CallTreeQuery {
        inverted,
        transforms: [&whole.transforms, more].concat(),
        ..whole.clone()
    };
    let ending = Subtree { frames: vec![function], inverted: true, skips_inlined: false };
    let callers = [Transform::CollapseFunction(function), Transform::FocusSubtree(ending)];
    [with(true, &callers), with(false, &[Transform::FocusFunction(function)])]
}

/// Draws both.
pub fn sandwich_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    (sides, hits, total): (Option<&Sides>, Option<&FlameHits>, u64),
    graphs: &mut [Graph; 2],
    look: &mut Look,
    acts: &mut Vec<Act>,
) {
    let Some(sides) = sides else {
        let hint = "Select one in another shape, or in the table of functions.";
        return empty_state(ui, "No function selected", hint);
    };
    let [above, below] = graphs;
    let view = &sides.callees.tree;
    let name = name_of(ctx.profile, sides.function, look.names);
    let share = units::percent(units::share(view.total(), total));
    let text = format!("{name}: {}, {share} of all", value_text(view.metric(), view.total()));
    let line = ui.text_style_height(&egui::TextStyle::Body) + 2.0 * ui.spacing().item_spacing.y;
    let room = (ui.available_height() - line).max(0.0);
    let upper = upper_height(room, rows(&sides.callers), rows(&sides.callees));
    let scene = |view, grows, name| Scene { hits, grows, ..Scene::of(ctx, view, name, Part::Side) };
    let area = ui.available_rect_before_wrap();
    let top = area.with_max_y(area.top() + upper);
    let callers = scene(&sides.callers, Grows::Up, "Callers");
    ui.scope_builder(UiBuilder::new().id_salt("callers").max_rect(top), |ui| {
        canvas_ui(ui, &callers, above, look, acts);
    });
    let strip = area.with_min_y(top.bottom()).with_max_y(top.bottom() + line);
    ui.painter().rect_filled(strip, 0.0, Palette::of(ui).raised);
    ui.scope_builder(UiBuilder::new().max_rect(strip.shrink2(egui::vec2(6.0, 0.0))), |ui| {
        ui.horizontal_centered(|ui| ui.add(Label::new(RichText::new(text).strong()).truncate()));
    });
    let callees = scene(&sides.callees, Grows::Down, "Callees");
    let bottom = area.with_min_y(strip.bottom());
    ui.scope_builder(UiBuilder::new().id_salt("callees").max_rect(bottom), |ui| {
        canvas_ui(ui, &callees, below, look, acts);
    });
}

/// The rows without that of the root.
fn rows(view: &FlameView) -> usize {
    view.layout.row_count().saturating_sub(1)
}

/// How much of the room the callers get: what they need, and half of it where neither side has enough.
fn upper_height(room: f32, callers: usize, callees: usize) -> f32 {
    let [callers, callees] = [callers, callees].map(|rows| rows as f32 * ROW);
    let half = room / 2.0;
    if callers <= half { callers } else { (room - callees).clamp(half, callers) }
}
