//! The call trees of all recordings of both builds, merged into one.

use super::{CompareQuery, Comparison, Pair, Side};
use crate::analysis::call_tree::raw_tree;
use crate::analysis::path_view::PathView;
use crate::analysis::tree::RawTree;
use crate::analysis::weights::{sample_squares, self_weights};
use crate::analysis::{CallTree, Metric};
use crate::profile::{FrameId, LineId, Profile};
use rustc_hash::FxHashMap;

/// One tree with the nodes of all recordings, and columns by node for each of them.
pub(super) struct Repeats {
    /// Frames are those of the comparison. What a node weighs by itself is the larger of both builds' means.
    pub(super) tree: CallTree,
    /// What a node weighs by itself: the mean of each build.
    pub(super) mean: Pair<Vec<u64>>,
    /// What it weighs by itself in each recording.
    pub(super) own: Pair<Vec<Vec<u64>>>,
    /// The variance that sampling makes of `own`, in 1,024 square nanoseconds; no column where nothing is sampled.
    pub(super) squares: Pair<Vec<Vec<u64>>>,
    /// The line that weighs most in the first recording of each build.
    pub(super) line: Pair<Vec<LineId>>,
}

/// How many of its unit there are in one of `squares`.
pub(super) const SQUARE: f64 = 1024.0;

impl Repeats {
    pub(super) fn of(comparison: &Comparison, query: &CompareQuery) -> Repeats {
        let mut merged = Merged::new();
        for (side, repeat, profile) in comparison.profiles() {
            let frames: Vec<FrameId> =
                comparison.frames().of_profile(side, repeat).iter().map(|frame| FrameId(frame.0)).collect();
            merged.add(side, repeat, profile, &frames, query);
        }
        merged.finish(query.metric)
    }
}

/// The merged tree while it grows: parents before children, node 0 the root.
struct Merged {
    parent: Vec<u32>,
    frame: Vec<FrameId>,
    children: FxHashMap<(u32, FrameId), u32>,
    own: Pair<Vec<Vec<u64>>>,
    squares: Pair<Vec<Vec<u64>>>,
    line: Pair<Vec<LineId>>,
}

impl Merged {
    fn new() -> Merged {
        Merged {
            parent: vec![0],
            frame: vec![FrameId::ROOT],
            children: FxHashMap::default(),
            own: Pair::default(),
            squares: Pair::default(),
            line: Pair::default(),
        }
    }

    fn add(
        &mut self,
        side: Side,
        repeat: usize,
        profile: &Profile,
        frames: &[FrameId],
        query: &CompareQuery,
    ) {
        let asked = query.of_profile();
        let raw = |weights| {
            raw_tree(&PathView::with_frames(profile, Some(frames), &asked, weights), query.inverted)
        };
        let tree = raw(self_weights(profile, &asked));
        let nodes = self.nodes(&tree);
        let own = self.column(&nodes, &tree);
        self.own.get_mut(side).push(own);
        if query.metric == Metric::Time {
            // The same paths weigh something, so that it is the same tree.
            let squares = self.column(&nodes, &raw(sample_squares(profile)));
            self.squares.get_mut(side).push(squares);
        }
        if repeat == 0 {
            let lines = self.line.get_mut(side);
            lines.resize(self.parent.len(), LineId::NONE);
            nodes.iter().zip(&tree.line).for_each(|(node, line)| lines[*node as usize] = *line);
        }
    }

    /// The node of each node of `tree`.
    fn nodes(&mut self, tree: &RawTree) -> Vec<u32> {
        let mut nodes = vec![0u32; tree.len()];
        for at in 1..tree.len() {
            let (above, frame) = (nodes[tree.parent[at] as usize], tree.frame[at]);
            let (parents, frames) = (&mut self.parent, &mut self.frame);
            nodes[at] = *self.children.entry((above, frame)).or_insert_with(|| {
                parents.push(above);
                frames.push(frame);
                parents.len() as u32 - 1
            });
        }
        nodes
    }

    fn column(&self, nodes: &[u32], tree: &RawTree) -> Vec<u64> {
        let mut column = vec![0u64; self.parent.len()];
        for (node, value) in nodes.iter().zip(&tree.self_value) {
            let sum = &mut column[*node as usize];
            *sum = sum.saturating_add(*value);
        }
        column
    }

    fn finish(self, metric: Metric) -> Repeats {
        let Merged { parent, frame, children, own, squares, line } = self;
        drop(children);
        let len = parent.len();
        let mean = own.as_ref().map(|columns| means(columns, len));
        let larger = mean.old.iter().zip(&mean.new).map(|(old, new)| *old.max(new)).collect();
        let raw =
            RawTree { parent, frame, line: vec![LineId::NONE; len], self_value: larger, cut_at_depth: None };
        let (tree, order) = raw.finish_with_order(metric);
        let ordered = |column: Vec<u64>| in_order(&order, &column, 0);
        let all = |columns: Vec<Vec<u64>>| columns.into_iter().map(ordered).collect();
        Repeats {
            tree,
            mean: mean.map(ordered),
            own: own.map(all),
            squares: squares.map(all),
            line: line.map(|lines| in_order(&order, &lines, LineId::NONE)),
        }
    }
}

/// The column in another order. A column ends where the tree did when it was made: there is nothing behind.
fn in_order<T: Copy>(order: &[u32], column: &[T], missing: T) -> Vec<T> {
    order.iter().map(|at| column.get(*at as usize).copied().unwrap_or(missing)).collect()
}

/// The means of columns. What is cut off one goes to the next, so that sums stay what they are.
fn means(columns: &[Vec<u64>], len: usize) -> Vec<u64> {
    let count = columns.len().max(1) as u128;
    let mut over = 0u128;
    let mean = |at: usize| {
        let sum: u128 =
            columns.iter().filter_map(|column| column.get(at)).map(|value| u128::from(*value)).sum();
        let all = sum + over;
        over = all % count;
        u64::try_from(all / count).unwrap_or(u64::MAX)
    };
    (0..len).map(mean).collect()
}
