//! Names for what the toolkit leaves without: edges between panels and between columns, which can be dragged.

use egui::accesskit::{Action, Node};
use egui::{Context, FullOutput, Plugin, Role};

/// Gives such edges a role and a name, for screen readers.
pub struct EdgeNames;

/// Edges are at most so wide, in points.
const WIDEST: f64 = 16.0;

impl Plugin for EdgeNames {
    fn debug_name(&self) -> &'static str {
        "edge names"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        let update = output.platform_output.accesskit_update.iter_mut();
        for (_, node) in update.flat_map(|update| &mut update.nodes).filter(|(_, node)| is_edge(node)) {
            node.set_role(Role::Splitter);
            node.set_label("Edge that can be dragged");
        }
    }
}

fn is_edge(node: &Node) -> bool {
    let is_thin = node.bounds().is_some_and(|bounds| bounds.width().min(bounds.height()) <= WIDEST);
    let is_nameless = node.role() == Role::Unknown && node.label().is_none();
    is_nameless && is_thin && node.supports_action(Action::Focus)
}
