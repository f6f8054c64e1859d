//! Both call trees as one flame graph: red where the new build costs more, blue where it costs less, grey where that may
//! be chance.

use super::{Choose, Ctx, WIDTHS};
use crate::analysis::{BoxWidth, CompareFrame, CompareQuery, Comparison, DiffTree, NodeId, Side, Transform};
use crate::export::compare_words as words;
use crate::profile::FrameId;
use crate::ui::panels::{
    Act, Graph, Grows, Look, Meaning, Part, Scene, Search, Way, canvas_ui, crumbs_ui, next_hit,
};
use crate::ui::theme::Palette;
use crate::ui::views::{DiffFlame, DiffFlameQuery, DiffTreeQuery, DiffTreeView, FlameHitsQuery};
use crate::ui::widgets::{empty_state, search_field, swatch};
use crate::ui::worker::Slot;
use crate::units;
use egui::{Button, Color32, ComboBox, Key, RichText, Ui};
use std::sync::Arc;

/// What is remembered of it.
#[derive(Default)]
pub struct OverlaidState {
    width: BoxWidth,
    /// Leaves first?
    inverted: bool,
    /// What is done to the call paths of both builds. Frames are those of the comparison.
    transforms: Vec<Transform>,
    graph: Graph,
    search: Search,
    hits: Slot<FlameHitsQuery>,
}

impl OverlaidState {
    /// What is shown, of these costs.
    pub fn query(&self, costs: &CompareQuery) -> DiffTreeQuery {
        let transforms = self.transforms.iter().map(|transform| transform.map(|frame| CompareFrame(frame.0)));
        let costs =
            CompareQuery { inverted: self.inverted, transforms: transforms.collect(), ..costs.clone() };
        DiffTreeQuery(costs)
    }

    /// The same as boxes.
    pub fn boxes(&self, of: Arc<DiffTreeView>) -> DiffFlameQuery {
        DiffFlameQuery { of, width: self.width }
    }
}

/// Draws it. Gives what was clicked.
pub fn overlaid_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    view: &Arc<DiffFlame>,
    state: &mut OverlaidState,
    look: &mut Look,
) -> Option<Choose> {
    look.refresh(ui);
    let query = state.search.query(&view.boxes);
    let egui_ctx = ui.ctx().clone();
    let asker = super::profile_asker(ctx, ctx.functions, &egui_ctx);
    let hits = query.and_then(|query| state.hits.exact(&asker, query));
    let way = toolbar_ui(ui, view, hits.as_ref().map(|hits| (hits.count(), hits.value)), state);
    if let Some(left) = crumbs_ui(ui, ctx.functions, &state.transforms, look.names()) {
        state.transforms = left;
    }
    if view.tree().is_empty() {
        let about = if state.transforms.is_empty() {
            "Nothing of this metric was measured in both builds."
        } else {
            "What is done to the call paths leaves nothing of them."
        };
        empty_state(ui, "No call paths", about);
        return None;
    }
    if let Some((hits, way)) = hits.as_ref().zip(way)
        && let Some(node) = next_hit(hits.boxes(&view.boxes), state.graph.focus, way)
    {
        state.graph.go_to(&view.boxes, node);
    }
    let selected = ctx.chosen.map(|frame| FrameId(frame.0));
    let meaning = Difference { comparison: ctx.comparison, tree: view.tree() };
    let scene = Scene {
        profile: ctx.functions,
        selected: selected.as_slice(),
        commands: ctx.desk.commands,
        meaning: Some(&meaning),
        view: &view.boxes,
        hits: hits.as_deref(),
        name: "Flame graph of both builds",
        grows: Grows::Down,
        part: Part::Builds,
    };
    let mut acts = Vec::new();
    canvas_ui(ui, &scene, &mut state.graph, look, &mut acts);
    let mut choice = None;
    for act in acts {
        match act {
            Act::Select(frame) => choice = Some(Choose(frame.map(|frame| CompareFrame(frame.0)))),
            Act::NextHit(way) => {
                let boxes = hits.as_ref().map(|hits| hits.boxes(&view.boxes)).unwrap_or_default();
                if let Some(node) = next_hit(boxes, state.graph.focus, way) {
                    state.graph.go_to(&view.boxes, node);
                }
            }
            Act::Transform(transform) => state.transforms.push(transform),
            Act::Sandwich(_) | Act::Show(..) => {}
        }
    }
    choice
}

/// The widths, the search, and what colours mean. Gives where to step among the hits.
fn toolbar_ui(
    ui: &mut Ui,
    view: &DiffFlame,
    found: Option<(usize, u64)>,
    state: &mut OverlaidState,
) -> Option<Way> {
    let mut way = None;
    ui.horizontal_wrapped(|ui| {
        let title = WIDTHS.iter().find(|(width, ..)| *width == state.width).map_or("", |(_, title, _)| title);
        let combo = ComboBox::from_id_salt("box width").selected_text(format!("Width: {title}"));
        combo.show_ui(ui, |ui| {
            for (width, title, about) in WIDTHS {
                ui.selectable_value(&mut state.width, width, title).on_hover_text(about);
            }
        });
        ui.checkbox(&mut state.inverted, "Leaves first").on_hover_text("Functions with their callers below.");
        let field = search_field(ui, &mut state.search.text, "Search", 150.0);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if let Some((count, value)) = found {
            let share = units::percent(units::share(value, view.boxes.tree.total()));
            ui.label(RichText::new(format!("{}, {share}", units::things(count as u64, "hit"))).weak());
            for (text, name, to) in [("⏶", "Hit before", Way::Back), ("⏷", "Next hit", Way::On)] {
                if ui.add_enabled(count > 0, Button::new(text)).on_hover_text(name).clicked() {
                    way = Some(to);
                }
            }
            way = way.or_else(|| entered.then_some(Way::On));
        }
        if !state.graph.viewport.is_whole() && ui.button("Show all").on_hover_text("Double click").clicked() {
            state.graph.show_all();
        }
        let canvas = &Palette::of(ui).canvas;
        swatch(ui, canvas.more, "more now");
        swatch(ui, canvas.less, "less now");
        swatch(ui, canvas.same, "the same, or chance")
            .on_hover_text("Nothing changed, or no more than the runs of one build differ among themselves.");
    });
    way
}

/// What boxes mean: how much more or less there is in the new build.
struct Difference<'a> {
    comparison: &'a Comparison,
    tree: &'a DiffTree,
}

/// From this relative change on a colour is as strong as it gets.
const STRONGEST: f64 = 0.5;
/// The weakest colour of a change is this much of the whole one.
const WEAKEST: f64 = 0.15;

impl Meaning for Difference<'_> {
    fn fill(&self, node: NodeId, palette: &Palette) -> Color32 {
        let canvas = &palette.canvas;
        let Some(row) = self.tree.get(node) else { return canvas.same };
        let (old, new) = (row.total_value.old as f64, row.total_value.new as f64);
        let change = (new - old) / old.max(new).max(1.0);
        if change == 0.0 || !self.tree.is_clear(node) {
            return canvas.same;
        }
        let strength = (change.abs() / STRONGEST).min(1.0).sqrt();
        let strength = WEAKEST + (1.0 - WEAKEST) * strength;
        canvas.same.lerp_to_gamma(if change > 0.0 { canvas.more } else { canvas.less }, strength as f32)
    }

    fn tooltip_ui(&self, ui: &mut Ui, node: NodeId) {
        let Some(row) = self.tree.get(node) else { return };
        let unit = self.tree.metric().unit();
        let info = self.comparison.frames().get(row.frame);
        ui.set_max_width(460.0);
        if let Some(shown) = info.shown() {
            ui.add(egui::Label::new(RichText::new(&*shown.name).strong()).wrap());
        }
        if info.is_renamed || !info.certainty.is_matched() {
            ui.label(RichText::new(words::name(self.comparison, row.frame)).weak());
            ui.label(RichText::new(info.certainty.title()).weak());
        }
        let total = self.tree.change(node);
        let value = |side: Side| units::value(unit, total.of(side));
        ui.label(format!("{} before, {} now", value(Side::Old), value(Side::New)));
        let (difference, relative) = (words::difference(unit, total.mean), words::relative(total.mean));
        ui.label(format!("{difference} ({relative}), {}", words::sure_and_span(unit, &total)));
        if row.self_value != row.total_value {
            ui.label(format!("{} by itself", words::difference(unit, row.self_value)));
        }
        let apart = total.difference().unsigned_abs();
        if row.changed > apart {
            let changed = units::value(unit, row.changed);
            ui.label(format!("{changed} changed in it and below, one way or the other"));
        }
    }

    fn words(&self, node: NodeId) -> String {
        let Some(row) = self.tree.get(node) else { return String::new() };
        let unit = self.tree.metric().unit();
        let sure = if self.tree.is_clear(node) { "" } else { ", may be chance" };
        format!(
            "{} before, {} now, {}{sure}",
            units::value(unit, row.total_value.old),
            units::value(unit, row.total_value.new),
            words::relative(row.total_value)
        )
    }
}
