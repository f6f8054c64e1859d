//! The call tree as an indented list.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::place;
use crate::analysis::CallTree;
use crate::profile::Profile;
use crate::units;

/// Nodes with less than this share are left out.
const MIN_SHARE: f64 = 0.005;
/// Deeper nodes are not indented further.
const MAX_INDENT: usize = 40;

pub(super) fn text(profile: &Profile, tree: &CallTree, limit: Limit) -> String {
    let unit = tree.metric().unit();
    let columns = [
        ("total", Align::Right),
        ("total %", Align::Right),
        ("self", Align::Right),
        ("function", Align::Left),
    ];
    let mut table = Table::new(&columns);
    let heavy = |value| limit.rows == usize::MAX || units::share(value, tree.total()) >= MIN_SHARE;
    let mut hidden = 0;
    for (_, node) in tree.iter() {
        if !heavy(node.total_value) {
            hidden += 1;
            continue;
        }
        let indent = "  ".repeat((node.depth as usize).min(MAX_INDENT));
        let place = place(profile, node.line).map_or(String::new(), |place| format!(" ({place})"));
        table.row([
            units::number(unit, node.total_value),
            units::percent(units::share(node.total_value, tree.total())),
            units::number(unit, node.self_value),
            format!("{indent}{}{place}", profile.frames().get(node.frame).short),
        ]);
    }
    let rest = match hidden {
        0 => String::new(),
        hidden => format!("… and {hidden} with less than {}; --all shows them\n", units::percent(MIN_SHARE)),
    };
    format!("{}\n\n{}{rest}", tree.metric().title(), table.text())
}
