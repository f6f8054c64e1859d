//! The call tree: call paths merged by function, from the outside in or from the inside out.

use super::path_view::PathView;
use super::tree::{RawTree, totals};
use super::weights::self_weights;
use super::{CallTree, Metric, Transform};
use crate::profile::{FrameId, LineId, PathId, PathTable, Profile};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Past so many nodes an inverted tree is not followed further down: it can be as large as the sum of the depths
/// of all stacks.
const MAX_INVERTED_NODES: usize = 4_000_000;

/// Which call tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallTreeQuery {
    /// What is weighed.
    pub metric: Metric,
    /// Only what happened in this range, in nanoseconds since the recording began. Ignored by metrics that are
    /// not timed, see [`Metric::is_timed`].
    pub time: Option<Range<u64>>,
    /// Leaves first: the children of a node are its callers.
    pub inverted: bool,
    /// Show inlined functions as frames of their own, rather than as part of the function they were inlined into.
    pub inline_frames: bool,
    /// What is done to the call paths first, in this order.
    pub transforms: Vec<Transform>,
}

impl Default for CallTreeQuery {
    fn default() -> Self {
        let (metric, transforms) = (Metric::Time, Vec::new());
        CallTreeQuery { metric, time: None, inverted: false, inline_frames: true, transforms }
    }
}

/// The call tree that `query` asks for.
///
/// In an inverted tree a node's total is the weight of the paths that end in the functions from it up to the top,
/// and its own value is that of the paths which have no further caller.
pub fn call_tree(profile: &Profile, query: &CallTreeQuery) -> CallTree {
    let view = PathView::new(profile, query, self_weights(profile, query));
    let raw =
        if query.inverted { inverted(&view, Bounds::default()) } else { merged(&view, MergeBy::Function) };
    raw.finish(query.metric)
}

/// How far an inverted tree is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Not on from a level on which it has more nodes.
    pub(super) nodes: usize,
    /// Not on from this level.
    pub(super) depth: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { nodes: MAX_INVERTED_NODES, depth: u32::MAX }
    }
}

/// The tree in which also lines are told apart: by the line running in each function.
///
/// What is counted rather than sampled happened in an import or an allocator, of which no line is known. It belongs
/// to the line that called.
pub(super) fn line_tree(profile: &Profile, query: &CallTreeQuery) -> CallTree {
    let mut weights = self_weights(profile, query);
    if query.metric != Metric::Time {
        give_to_callers(profile.paths(), &mut weights);
    }
    merged(&PathView::new(profile, query, weights), MergeBy::Line).finish(query.metric)
}

/// Moves the weight of each frame without a line to the nearest caller with one.
fn give_to_callers(paths: &PathTable, weights: &mut [u64]) {
    for at in (1..weights.len()).rev() {
        let path = PathId(at as u32);
        if paths.line(path) == LineId::NONE {
            let weight = std::mem::take(&mut weights[at]);
            let caller = &mut weights[paths.parent(path).index()];
            *caller = caller.saturating_add(weight);
        }
    }
}

/// Which frames are the same where paths are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeBy {
    /// Those of the same function.
    Function,
    /// Those of the same function at the same line.
    Line,
}

/// Merges paths from the outside in. Nodes are in no particular order.
fn merged(view: &PathView<'_>, by: MergeBy) -> RawTree {
    let mut merging = Merging::default();
    let mut lines = LineWeights::default();
    merging.add(view, by, Some(&mut lines));
    let mut tree = merging.into_tree();
    lines.choose(&mut tree.line);
    tree
}

/// A tree that paths are merged into, of one recording or of several.
#[derive(Default)]
pub(super) struct Merging {
    /// The nodes so far.
    pub(super) tree: RawTree,
    children: FxHashMap<(u32, FrameId, LineId), u32>,
}

impl Merging {
    /// Merges paths from the outside in. `lines` gets the weights of the lines in each node.
    pub(super) fn add(&mut self, view: &PathView<'_>, by: MergeBy, mut lines: Option<&mut LineWeights>) {
        let callers = view.callers();
        let totals = totals(&callers, view.weights());
        let mut node_of = vec![0u32; view.len()];
        self.tree.add(0, view.weights().first().copied().unwrap_or(0));
        for at in 1..view.len() {
            // Those that are hidden weigh nothing and call nothing.
            if totals[at] == 0 {
                continue;
            }
            let path = PathId(at as u32);
            let (above, frame, line) = (node_of[callers[at] as usize], view.frame(path), view.line(path));
            let node = self.node(above, frame, if by == MergeBy::Line { line } else { LineId::NONE });
            if let Some(lines) = &mut lines {
                lines.add(node, line, totals[at]);
            }
            node_of[at] = node;
            self.tree.add(node, view.weights()[at]);
        }
    }

    /// The same of what is merged already, with a line of which it is told apart from others of its function, if it is.
    pub(super) fn node(&mut self, above: u32, frame: FrameId, line: LineId) -> u32 {
        let tree = &mut self.tree;
        *self.children.entry((above, frame, line)).or_insert_with(|| tree.push(above, frame, line))
    }

    /// The tree, to which nothing more is added.
    pub(super) fn into_tree(self) -> RawTree {
        self.tree
    }
}

/// A set of stacks that have come up to `path` and have been merged into `node`.
struct Climb {
    node: u32,
    path: PathId,
    weight: u64,
}

/// Merges paths from the inside out, level by level.
pub(super) fn inverted(view: &PathView<'_>, bounds: Bounds) -> RawTree {
    let mut raw = RawTree::default();
    let mut climbs = leaves(view, &mut raw);
    let mut depth = 0;
    let mut merging = true;
    while !climbs.is_empty() {
        if raw.len() >= bounds.nodes || depth >= bounds.depth {
            climbs.iter().for_each(|climb| raw.add(climb.node, climb.weight));
            raw.cut_at_depth = Some(depth);
            break;
        }
        climbs = climb_one(view, climbs, &mut raw);
        // Most of what becomes the same does so where leaves differ in nothing but their line.
        merging = merging && merge(&mut climbs);
        depth += 1;
    }
    raw
}

fn leaves(view: &PathView<'_>, raw: &mut RawTree) -> Vec<Climb> {
    let mut climbs = Vec::new();
    for (at, weight) in view.weights().iter().enumerate().filter(|(_, weight)| **weight > 0) {
        let path = PathId(at as u32);
        if path == PathId::ROOT {
            raw.add(0, *weight);
        } else {
            climbs.push(Climb { node: 0, path, weight: *weight });
        }
    }
    climbs
}

/// Adds the next level of nodes and gives those that have further callers.
fn climb_one(view: &PathView<'_>, climbs: Vec<Climb>, raw: &mut RawTree) -> Vec<Climb> {
    let mut children: FxHashMap<(u32, FrameId), u32> = FxHashMap::default();
    let mut lines = LineWeights::default();
    let mut next = Vec::with_capacity(climbs.len());
    for Climb { node, path, weight } in climbs {
        let (frame, line) = (view.frame(path), view.line(path));
        let child = *children.entry((node, frame)).or_insert_with(|| raw.push(node, frame, line));
        lines.add(child, line, weight);
        match view.caller(path) {
            PathId::ROOT => raw.add(child, weight),
            path => next.push(Climb { node: child, path, weight }),
        }
    }
    lines.choose(&mut raw.line);
    next
}

/// Puts stacks together that have become the same. Were there enough of them to try again on the next level?
fn merge(climbs: &mut Vec<Climb>) -> bool {
    let before = climbs.len();
    climbs.sort_unstable_by_key(|climb| (climb.node, climb.path));
    climbs.dedup_by(|climb, kept| {
        let same = (climb.node, climb.path) == (kept.node, kept.path);
        if same {
            kept.weight = kept.weight.saturating_add(climb.weight);
        }
        same
    });
    climbs.len() < before - before / 8
}

/// The weights of the lines in each node, to find the heaviest.
#[derive(Default)]
pub(super) struct LineWeights {
    rows: Vec<(u32, LineId, u64)>,
}

impl LineWeights {
    fn add(&mut self, node: u32, line: LineId, weight: u64) {
        self.rows.push((node, line, weight));
    }

    /// Puts the heaviest line of each node into `line`.
    pub(super) fn choose(mut self, line: &mut [LineId]) {
        self.rows.sort_unstable();
        let mut best: Option<(u32, u64)> = None;
        for same in self.rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (node, candidate, _) = same[0];
            let weight = same.iter().fold(0u64, |sum, row| sum.saturating_add(row.2));
            if best.is_none_or(|(of, heaviest)| of != node || weight > heaviest) {
                best = Some((node, weight));
                line[node as usize] = candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::NodeId;
    use crate::profile::ProfileBuilder;

    #[test]
    fn a_cut_inverted_tree_keeps_all_weight() {
        let profile = ProfileBuilder::new().folded("a;b;c;d 5\na;x;c;d 3\ny;d 1").build();
        let query = CallTreeQuery { inverted: true, ..CallTreeQuery::default() };
        let view = PathView::new(&profile, &query, self_weights(&profile, &query));
        for (max_nodes, depth, nodes) in [(2, Some(1), 2), (3, Some(2), 4), (5, Some(3), 6), (9, None, 8)] {
            let bounds = Bounds { nodes: max_nodes, ..Bounds::default() };
            let tree = inverted(&view, bounds).finish(Metric::Time);
            assert_eq!((tree.cut_at_depth(), tree.len()), (depth, nodes), "at most {max_nodes}");
            assert_eq!(tree.total(), 9);
            let own: u64 = tree.iter().map(|(_, node)| node.self_value).sum();
            assert_eq!(own, 9);
            assert_eq!(tree.get(NodeId(1)).map(|node| node.total_value), Some(9));
        }
    }
}
