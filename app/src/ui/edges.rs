//! Names for what the toolkit leaves without: edges that can be dragged, the strips that tabs stand on, scroll bars.

use egui::accesskit::{Action, Node};
use egui::{Context, FullOutput, Plugin, Role};

/// Gives them a role and a name, for screen readers.
pub struct EdgeNames;

/// Edges are at most so wide, in points.
const WIDEST_EDGE: f64 = 16.0;
/// Strips of tabs are at most so high, in points.
const HIGHEST_STRIP: f64 = super::shell::TAB_BAR_HEIGHT as f64;

impl Plugin for EdgeNames {
    fn debug_name(&self) -> &'static str {
        "edge names"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        let update = output.platform_output.accesskit_update.iter_mut();
        for (_, node) in
            update.flat_map(|update| &mut update.nodes).filter(|(_, node)| node.label().is_none())
        {
            if let Some((role, name)) = meaning(node) {
                node.set_role(role);
                node.set_label(name);
            }
        }
    }
}

/// What a node without a name is; `None` where it has no use for one, or is not the toolkit's.
fn meaning(node: &Node) -> Option<(Role, &'static str)> {
    let width = node.bounds().map(|bounds| bounds.width().min(bounds.height()))?;
    match node.role() {
        Role::ScrollBar => Some((Role::ScrollBar, "Scroll bar")),
        Role::Unknown if !node.supports_action(Action::Focus) => None,
        Role::Unknown if width <= WIDEST_EDGE => Some((Role::Splitter, "Edge that can be dragged")),
        Role::Unknown if width <= HIGHEST_STRIP => {
            Some((Role::TabList, "Tabs, which can be dragged together"))
        }
        _ => None,
    }
}
