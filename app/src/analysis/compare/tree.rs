//! Both call trees as one, with what each node weighs in either build.

use super::noise::{Observed, TREE_LEVEL, by_size, verdicts};
use super::repeats::{Repeats, Sampling, observed};
use super::{Change, CompareFrame, CompareQuery, Comparison, Pair, Side, Verdict};
use crate::analysis::flame::flame_by;
use crate::analysis::metric::Sureness;
use crate::analysis::tree::totals;
use crate::analysis::{CallTree, FlameLayout, Metric, NodeId};
use crate::profile::LineId;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How wide the boxes of a differential flame graph are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BoxWidth {
    /// As the larger of both builds, function by function: what is new and what is gone both show, and changes that
    /// cancel out do too, since a box is as wide as all below it together.
    #[default]
    Larger,
    /// As the old build: what is new has no width.
    Old,
    /// As the new build: what is gone has no width.
    New,
}

/// One node of a [`DiffTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffNode {
    /// The node above; the root is its own.
    pub parent: NodeId,
    /// The function.
    pub frame: CompareFrame,
    /// The line in it that weighs most in the first recording of each build, an id of that profile.
    pub line: Pair<LineId>,
    /// The mean weight that is in no child, in the metric's unit.
    pub self_value: Pair<u64>,
    /// The mean weight with all below, in the metric's unit.
    pub total_value: Pair<u64>,
    /// Σ |new − old| of what it and each node below weigh by themselves: how much changed, whatever cancels out.
    pub changed: u64,
    /// How many nodes stand above; 0 for the root.
    pub depth: u32,
}

/// The call trees of both builds, merged. Nodes stand in depth-first order: each before what is below it, and children
/// of one node by the falling width of their boxes. Node 0 is the root.
#[derive(Clone, Debug)]
pub struct DiffTree {
    /// Its frames are those of the comparison, its weights the widths of [`BoxWidth::Larger`].
    tree: Arc<CallTree>,
    self_value: Pair<Vec<u64>>,
    total_value: Pair<Vec<u64>>,
    changed: Vec<u64>,
    line: Pair<Vec<LineId>>,
    /// By recording and node: what all nodes before it weigh by themselves; one more at the end. Since nodes stand depth
    /// first, the total of one is the difference of two of them.
    before: Pair<Vec<Vec<u64>>>,
    /// How each recording was sampled.
    sampling: Pair<Vec<Sampling>>,
    is_even: Vec<bool>,
    /// Of nodes that are large enough to be looked at together.
    judged: FxHashMap<NodeId, Verdict>,
}

/// The tree that `query` asks for. Takes memory for a number a node and recording.
pub fn compare_tree(comparison: &Comparison, query: &CompareQuery) -> DiffTree {
    let repeats = Repeats::of(comparison, query);
    let sampling = repeats.sampling(comparison);
    let Repeats { tree, mean, own, line } = repeats;
    let parents: Vec<u32> = (0..tree.len() as u32).map(|node| tree.parent(NodeId(node)).0).collect();
    let total_value = mean.as_ref().map(|own| totals(&parents, own));
    let apart: Vec<u64> = mean.old.iter().zip(&mean.new).map(|(old, new)| old.abs_diff(*new)).collect();
    let changed = totals(&parents, &apart);
    let mut diff = DiffTree {
        tree: Arc::new(tree),
        self_value: mean,
        total_value,
        changed,
        line,
        before: own.map(|columns| columns.iter().map(|own| running(own)).collect()),
        sampling,
        is_even: Vec::new(),
        judged: FxHashMap::default(),
    };
    diff.is_even = diff.even();
    diff.judged = diff.judge();
    for (node, verdict) in &mut diff.judged {
        let frame = diff.tree.get(*node).map_or(CompareFrame::ROOT, |node| CompareFrame(node.frame.0));
        if !comparison.frames().get(frame).certainty.is_matched() {
            *verdict = verdict.of_alone();
        }
    }
    diff
}

impl DiffTree {
    /// What the values are.
    pub fn metric(&self) -> Metric {
        self.tree.metric()
    }

    /// The nodes as one call tree: its frames are those of the comparison, its weights those of [`BoxWidth::Larger`].
    pub fn merged(&self) -> &Arc<CallTree> {
        &self.tree
    }

    /// How many nodes there are, the root included.
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Does nothing weigh anything?
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The mean weight of everything, in the metric's unit.
    pub fn total(&self) -> Pair<u64> {
        self.total_of(NodeId::ROOT)
    }

    /// The node; `None` for an id that is none of this tree's.
    pub fn get(&self, node: NodeId) -> Option<DiffNode> {
        let (shape, at) = (self.tree.get(node)?, node.index());
        let value =
            |columns: &Pair<Vec<u64>>| columns.as_ref().map(|column| column.get(at).copied().unwrap_or(0));
        Some(DiffNode {
            parent: shape.parent,
            frame: CompareFrame(shape.frame.0),
            line: self.line.as_ref().map(|lines| lines.get(at).copied().unwrap_or(LineId::NONE)),
            self_value: value(&self.self_value),
            total_value: value(&self.total_value),
            changed: self.changed.get(at).copied().unwrap_or(0),
            depth: shape.depth,
        })
    }

    /// All nodes in depth-first order, the root first.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, DiffNode)> {
        (0..self.len() as u32).map(NodeId).filter_map(|id| Some((id, self.get(id)?)))
    }

    /// The nodes right below, by the falling width of their boxes.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.tree.children(node)
    }

    /// The first node that is neither `node` nor below it: those below have the ids in between.
    pub fn end(&self, node: NodeId) -> NodeId {
        self.tree.end(node)
    }

    /// `node` and those above it, the root last.
    pub fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        self.tree.up(node)
    }

    /// Where the boxes of a flame graph lie. Boxes without width are there, but cover nothing.
    pub fn layout(&self, width: BoxWidth) -> FlameLayout {
        let widths = match width {
            BoxWidth::Larger => self.tree.totals(),
            BoxWidth::Old => &self.total_value.old,
            BoxWidth::New => &self.total_value.new,
        };
        flame_by(&self.tree, widths)
    }

    /// The depth from which on an inverted tree was not followed because it would have had too many nodes; what was
    /// below counts as the own weight of the nodes there.
    pub fn cut_at_depth(&self) -> Option<u32> {
        self.tree.cut_at_depth()
    }

    /// Is the difference of a node's totals more than chance? Quick: for each box in each picture.
    pub fn is_clear(&self, node: NodeId) -> bool {
        let is_exact = self.is_exact(node);
        is_exact || self.judged.get(&node).is_some_and(|verdict| verdict.is_clear())
    }

    /// What a node's total changed by.
    pub fn change(&self, node: NodeId) -> Change {
        let observed = self.observed(node);
        let verdict = match self.judged.get(&node) {
            Some(verdict) => *verdict,
            None => {
                verdicts(&[(observed.evidence(), 0.0)], TREE_LEVEL).first().copied().unwrap_or(Verdict::Exact)
            }
        };
        Change { mean: self.total_of(node), ..observed.change(verdict) }
    }

    fn total_of(&self, node: NodeId) -> Pair<u64> {
        self.total_value.as_ref().map(|column| column.get(node.index()).copied().unwrap_or(0))
    }

    fn is_exact(&self, node: NodeId) -> bool {
        self.metric().sureness() == Sureness::Counted
            && self.is_even.get(node.index()).copied().unwrap_or(false)
    }

    /// The total of a node in each recording.
    fn observed(&self, node: NodeId) -> Observed {
        let (first, end) = (node.index(), self.end(node).index());
        let total = |before: &Vec<u64>| match (before.get(first), before.get(end)) {
            (Some(first), Some(end)) => end.wrapping_sub(*first),
            _ => 0,
        };
        let values = self.before.as_ref().map(|columns| columns.iter().map(total).collect());
        observed(self.metric(), values, &self.sampling)
    }

    /// By node: does each recording of a build have the same total?
    fn even(&self) -> Vec<bool> {
        let total = |before: &[u64], node: usize| {
            before[self.end(NodeId(node as u32)).index()].wrapping_sub(before[node])
        };
        let mut is_even = vec![true; self.len()];
        for columns in Side::BOTH.map(|side| self.before.get(side)) {
            let Some((first, others)) = columns.split_first() else { continue };
            for other in others {
                let nodes = is_even.iter_mut().enumerate();
                nodes.for_each(|(node, even)| *even &= total(first, node) == total(other, node));
            }
        }
        is_even
    }

    /// The verdicts on all nodes that weigh enough to be looked at.
    fn judge(&self) -> FxHashMap<NodeId, Verdict> {
        let size = |node: NodeId| {
            let Pair { old, new } = self.total_of(node);
            (old as f64 + new as f64) / 2.0
        };
        let weight = by_size(size(NodeId::ROOT));
        let is_asked = |node: &NodeId| weight(size(*node)) > 0.0 && !self.is_exact(*node);
        let nodes: Vec<NodeId> = (0..self.len() as u32).map(NodeId).filter(is_asked).collect();
        let asked = |node: &NodeId| {
            let observed = self.observed(*node);
            (observed.evidence(), weight(observed.middle()))
        };
        let asked: Vec<_> = nodes.iter().map(asked).collect();
        nodes.into_iter().zip(verdicts(&asked, TREE_LEVEL)).collect()
    }
}

/// 0, and the sum up to and with each value.
fn running(values: &[u64]) -> Vec<u64> {
    let sums = values.iter().scan(0u64, |sum, value| {
        *sum = sum.wrapping_add(*value);
        Some(*sum)
    });
    [0].into_iter().chain(sums).collect()
}
