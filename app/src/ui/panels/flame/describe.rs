//! What screen readers and tests are told of the boxes. Costs nothing while nobody listens.

use super::canvas::Scene;
use super::graph::Graph;
use super::names::{Names, name_of};
use crate::analysis::NodeId;
use crate::ui::panels::value_text;
use crate::units;
use egui::{Id, Rect, Response, Role, Ui};

/// Boxes narrower than this, in points, are told only while they have the focus.
const LEAST_TOLD: f32 = 24.0;

/// Tells where the boxes are, and which of them has the focus.
pub fn describe(ui: &Ui, response: &Response, scene: &Scene<'_>, graph: &Graph, names: Names) {
    let of = |node: NodeId| response.id.with("flame box").with(node);
    let focus = graph.focus.filter(|node| graph.rect_of(*node).is_some());
    let tell = |canvas: &mut egui::accesskit::Node| {
        if let Some(node) = focus {
            canvas.set_active_descendant(of(node).accesskit_id());
            canvas.set_value(value_of(scene, node, names));
        }
    };
    if ui.ctx().accesskit_node_builder(response.id, tell).is_none() {
        return;
    }
    for drawn in graph.picture.iter().flat_map(|picture| &picture.drawn) {
        if drawn.rect.width() > LEAST_TOLD || focus == Some(drawn.node) {
            let name = name_of(scene.profile, drawn.frame, names);
            let id = of(drawn.node);
            box_node(ui, id, drawn.rect, name, focus == Some(drawn.node), || cost_of(scene, drawn.node));
            if scene.selected.contains(&drawn.frame) {
                let tell = |node: &mut egui::accesskit::Node| node.set_description("the selected function");
                ui.ctx().accesskit_node_builder(id, tell);
            }
        }
    }
}

/// Where something is, for screen readers.
pub fn bounds(rect: Rect) -> egui::accesskit::Rect {
    egui::accesskit::Rect {
        x0: rect.min.x.into(),
        y0: rect.min.y.into(),
        x1: rect.max.x.into(),
        y1: rect.max.y.into(),
    }
}

fn box_node(ui: &Ui, id: Id, rect: Rect, name: &str, has_focus: bool, cost: impl FnOnce() -> String) {
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::TreeItem);
        node.set_label(name);
        node.set_bounds(bounds(rect));
        node.set_selected(has_focus);
        node.set_value(cost());
    });
}

fn value_of(scene: &Scene<'_>, node: NodeId, names: Names) -> String {
    let name = name_of(scene.profile, scene.view.frame(node), names);
    format!("{name}, {}", cost_of(scene, node))
}

/// The cost of a box in a few words.
fn cost_of(scene: &Scene<'_>, node: NodeId) -> String {
    if let Some(meaning) = scene.meaning {
        return meaning.words(node);
    }
    let tree = &scene.view.tree;
    let Some(row) = tree.get(node) else { return String::new() };
    let text = |value| value_text(tree.metric(), value);
    let share = units::percent(units::share(row.total_value, tree.total()));
    format!("{}, {share} of all, self {}", text(row.total_value), text(row.self_value))
}
