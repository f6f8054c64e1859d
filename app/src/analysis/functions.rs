//! Functions with their costs.

use super::path_view::PathView;
use super::tree::{Children, totals};
use super::weights::self_weights;
use super::{CallTree, CallTreeQuery, Metric, NodeId};
use crate::profile::{FrameId, FrameKind, PathId, Profile};
use crate::units::share;
use std::cmp::Reverse;
use std::sync::Arc;
use wasmscope_symbolize::Group;

/// A function with its cost.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionRow {
    /// The function.
    pub frame: FrameId,
    /// What it is.
    pub kind: FrameKind,
    /// Its demangled name in full.
    pub name: Arc<str>,
    /// Its name without arguments.
    pub short: Arc<str>,
    /// What it belongs to: a crate, a namespace, a package, a file, or the module that it is imported from.
    pub group: Option<Group>,
    /// The file that it is declared in.
    pub file: Option<Arc<str>>,
    /// The line of its declaration.
    pub line: Option<u32>,
    /// Its own weight, in the metric's unit.
    pub self_value: u64,
    /// Its weight with all that it called; a path in which it stands several times counts once.
    pub total_value: u64,
    /// Own weight / weight of everything, from 0 to 1.
    pub self_share: f64,
    /// Total weight / weight of everything, from 0 to 1.
    pub total_share: f64,
}

/// All functions that weigh anything, by falling own weight.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionTable {
    /// What the values are.
    pub metric: Metric,
    /// The weight of everything.
    pub total: u64,
    /// The functions.
    pub rows: Vec<FunctionRow>,
}

/// The functions that `query` asks for; whether it is inverted makes no difference.
pub fn functions(profile: &Profile, query: &CallTreeQuery) -> FunctionTable {
    let view = PathView::new(profile, query, self_weights(profile, query));
    let costs = path_costs(&view, profile.frames().len());
    let total = costs.first().map_or(0, |root| root.total_value);
    let mut rows: Vec<FunctionRow> = (1..profile.frames().len() as u32)
        .map(FrameId)
        .filter(|frame| costs[frame.index()].total_value > 0)
        .map(|frame| row(profile, frame, costs[frame.index()], total))
        .collect();
    rows.sort_by_key(|row| (Reverse(row.self_value), Reverse(row.total_value), row.frame));
    FunctionTable { metric: query.metric, total, rows }
}

/// What each function of a call tree costs in all its contexts, by frame, of which there are `frames`. In an
/// `inverted` tree a function's own weight is in the nodes right below the root.
pub fn function_costs(tree: &CallTree, inverted: bool, frames: usize) -> Vec<Cost> {
    let keys: Vec<u32> = tree.frames().iter().map(|frame| frame.0).collect();
    let mut costs = costs_by(tree, &keys, frames);
    if inverted {
        costs.iter_mut().for_each(|cost| cost.self_value = 0);
        for leaf in tree.children(NodeId::ROOT).filter_map(|leaf| tree.get(leaf)) {
            if let Some(cost) = costs.get_mut(leaf.frame.index()) {
                cost.self_value = leaf.total_value;
            }
        }
    }
    costs
}

fn row(profile: &Profile, frame: FrameId, cost: Cost, all: u64) -> FunctionRow {
    let info = profile.frames().get(frame).clone();
    let Cost { self_value, total_value } = cost;
    FunctionRow {
        frame,
        kind: info.kind,
        name: info.name,
        short: info.short,
        group: info.group,
        file: info.file,
        line: info.line,
        self_value,
        total_value,
        self_share: share(self_value, all),
        total_share: share(total_value, all),
    }
}

/// What something weighs by itself and with what is below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Its own weight, in the metric's unit.
    pub self_value: u64,
    /// Its weight with all below; what stands below itself counts once.
    pub total_value: u64,
}

/// Sums the nodes of `tree` by their key, of which there are `count`. What stands below a node of the same key is
/// in that one's total already and isn't counted again.
pub(super) fn costs_by(tree: &CallTree, keys: &[u32], count: usize) -> Vec<Cost> {
    let values = tree.self_values().iter().zip(tree.totals());
    let values = values.map(|(own, total)| Cost { self_value: *own, total_value: *total });
    let nodes = tree.depths().iter().zip(keys).zip(values).map(|((depth, key), cost)| (*depth, *key, cost));
    summed(nodes, count)
}

/// What each frame costs in all paths of `view`, which need not be merged for it.
pub(super) fn path_costs(view: &PathView<'_>, frames: usize) -> Vec<Cost> {
    let callers = view.callers();
    let totals = totals(&callers, view.weights());
    let children = Children::of(&callers);
    let paths = children.depth_first().map(|(path, depth)| {
        let at = path as usize;
        let cost = Cost { self_value: view.weights()[at], total_value: totals[at] };
        (depth, view.frame(PathId(path)).0, cost)
    });
    summed(paths, frames)
}

/// Sums nodes, which come depth first with the number of those above and their key.
fn summed(nodes: impl Iterator<Item = (u32, u32, Cost)>, count: usize) -> Vec<Cost> {
    let mut costs = vec![Cost::default(); count];
    let mut on_path = vec![0u32; count];
    let mut path: Vec<usize> = Vec::new();
    for (depth, key, of_node) in nodes {
        let key = key as usize;
        while path.len() > depth as usize {
            on_path[path.pop().unwrap_or(0)] -= 1;
        }
        let cost = &mut costs[key];
        cost.self_value = cost.self_value.saturating_add(of_node.self_value);
        if on_path[key] == 0 {
            cost.total_value = cost.total_value.saturating_add(of_node.total_value);
        }
        on_path[key] += 1;
        path.push(key);
    }
    costs
}
