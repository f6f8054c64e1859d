//! The flame graphs of both builds beside each other: what is selected in one is selected in the other.

use super::{Choose, Ctx, halves, profile_asker, run_title, sides_of};
use crate::analysis::{Pair, Side};
use crate::ui::panels::{Act, Graph, Grows, Look, Part, Scene, canvas_ui, computing_ui};
use crate::ui::theme::Palette;
use crate::ui::views::{FlameQuery, side_flame};
use crate::ui::worker::Slot;
use crate::units;
use egui::{Label, RichText, Ui};

/// What is remembered of it.
pub struct SidesState {
    slots: Pair<Slot<FlameQuery>>,
    graphs: Pair<Graph>,
    looks: Pair<Look>,
}

impl Default for SidesState {
    fn default() -> Self {
        SidesState { slots: sides_of(), graphs: sides_of(), looks: sides_of() }
    }
}

/// Draws them. Gives what was clicked.
pub fn sides_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut SidesState) -> Option<Choose> {
    let mut choice = None;
    halves(ui, |ui, side| choice = side_ui(ui, ctx, state, side).or(choice.take()));
    choice
}

fn side_ui(ui: &mut Ui, ctx: &Ctx<'_>, state: &mut SidesState, side: Side) -> Option<Choose> {
    let profile = ctx.profile(side);
    let egui_ctx = ui.ctx().clone();
    let asker = profile_asker(ctx, profile, &egui_ctx);
    let view = state.slots.get_mut(side).view(&asker, side_flame(ctx.costs));
    let Some(view) = view else {
        computing_ui(ui);
        return None;
    };
    let total = units::value(view.tree.metric().unit(), view.tree.total());
    let text = format!("{}: {total}", run_title(ctx, side));
    ui.add(Label::new(RichText::new(text).color(Palette::of(ui).weak)).truncate());
    if view.tree.is_empty() {
        super::nothing_of(ui, side, "Nothing of this metric was measured.");
        return None;
    }
    let look = state.looks.get_mut(side);
    look.refresh(ui);
    let scene = Scene {
        profile,
        selected: &ctx.chosen_in(side),
        commands: ctx.desk.commands,
        meaning: None,
        view: &view,
        hits: None,
        name: match side {
            Side::Old => "Flame graph of the old build",
            Side::New => "Flame graph of the new build",
        },
        grows: Grows::Down,
        part: Part::Build,
    };
    let mut acts = Vec::new();
    canvas_ui(ui, &scene, state.graphs.get_mut(side), look, &mut acts);
    acts.into_iter().find_map(|act| match act {
        Act::Select(frame) => Some(Choose(frame.and_then(|frame| ctx.frame_of(side, frame)))),
        _ => None,
    })
}
