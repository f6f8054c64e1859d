//! A flame graph of both builds: a box is as wide as the larger of both, red where the new one costs more, blue where it
//! costs less, grey where that may be chance. What colours say is also written.

use super::words;
use crate::analysis::{BoxWidth, Certainty, Comparison, DiffNode, DiffTree, FlameLayout, NodeId, Pair, Side};
use crate::export::svg::{Head, Look, picture, rgb};
use crate::units;

/// From this relative change on a colour is as strong as it gets.
const STRONGEST: f64 = 0.5;

pub(super) fn svg(comparison: &Comparison, tree: &DiffTree) -> String {
    let metric = tree.metric();
    let unit = metric.unit();
    let names = Pair::of(|side| &comparison.build(side).first().recording().meta.module_name);
    let total = tree.change(NodeId::ROOT);
    let head = Head {
        title: &format!("{}: {} against {}", metric.title(), names.new, names.old),
        description: metric.description(),
        note: &format!(
            "{} now, {} before: {}. Red and +: more now. Blue and -: less. Grey: may be chance. Thick frame: new. Dashed: gone.",
            units::value(unit, total.mean.new),
            units::value(unit, total.mean.old),
            words::relative(total.mean),
        ),
        unit,
    };
    let layout: FlameLayout = tree.layout(BoxWidth::Larger);
    picture(&head, &layout, |node| Some(look(comparison, tree, node, &tree.get(node)?)))
}

fn look(comparison: &Comparison, tree: &DiffTree, id: NodeId, node: &DiffNode) -> Look {
    let is_clear = tree.is_clear(id);
    let certainty = comparison.frames().get(node.frame).certainty;
    let name = words::name(comparison, node.frame);
    let values = node.total_value;
    let label = match values.are_equal() {
        true => name,
        false if is_clear => format!("{name} {}", words::relative(values)),
        false => format!("{name} ({})", words::relative(values)),
    };
    Look {
        class: match (certainty, values) {
            (Certainty::New, _) | (_, Pair { old: 0, .. }) => "only-new",
            (Certainty::Gone, _) | (_, Pair { new: 0, .. }) => "only-old",
            _ => "",
        },
        fill: fill(values, is_clear),
        title: title(comparison, tree, node, is_clear),
        name: label,
    }
}

fn fill(values: Pair<u64>, is_clear: bool) -> String {
    let larger = values.old.max(values.new).max(1) as f64;
    let change = (values.new as f64 - values.old as f64) / larger;
    if !is_clear || change == 0.0 {
        return rgb(40.0, 0.08, if is_clear { 0.93 } else { 0.86 });
    }
    let strength = (change.abs() / STRONGEST).min(1.0).sqrt();
    if change > 0.0 {
        rgb(12.0, 0.85, 0.92 - 0.24 * strength)
    } else {
        rgb(212.0, 0.75, 0.92 - 0.22 * strength)
    }
}

/// What the tooltip says.
fn title(comparison: &Comparison, tree: &DiffTree, node: &DiffNode, is_clear: bool) -> String {
    let unit = tree.metric().unit();
    let row = comparison.frames().get(node.frame);
    let value = |side: Side| units::value(unit, *node.total_value.get(side));
    let (difference, relative) =
        (words::difference(unit, node.total_value), words::relative(node.total_value));
    let full = row.shown().map_or("", |info| &info.name);
    let mut title =
        format!("{full}\n{difference} ({relative}): {} before, {} now", value(Side::Old), value(Side::New));
    if node.self_value != node.total_value {
        title.push_str(&format!("\n{} by itself", words::difference(unit, node.self_value)));
    }
    if u128::from(node.changed) > u128::from(node.total_value.old.abs_diff(node.total_value.new)) {
        title.push_str(&format!(
            "\n{} changed in it and below, one way or the other",
            units::value(unit, node.changed)
        ));
    }
    if !is_clear {
        title.push_str("\nmay be chance");
    }
    if row.is_renamed || !row.certainty.is_matched() {
        title.push_str(&format!("\n{}", row.certainty.title()));
    }
    title
}
