//! A call tree as columns.

use super::Metric;
use crate::profile::{FrameId, LineId};
use std::cmp::Reverse;
use std::ops::Range;

/// A row of [`CallTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The node that stands for all.
    pub const ROOT: NodeId = NodeId(0);

    /// The id as a position in a slice with one entry a node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One node of a [`CallTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallNode {
    /// The node above; the root is its own.
    pub parent: NodeId,
    /// The function.
    pub frame: FrameId,
    /// The line in it that weighs most: of the call or, in a leaf, the one that was running.
    pub line: LineId,
    /// The weight that is in no child, in the metric's unit.
    pub self_value: u64,
    /// The weight with all below, in the metric's unit.
    pub total_value: u64,
    /// How many nodes stand above; 0 for the root.
    pub depth: u32,
}

/// Call paths merged by function. Nodes stand in depth-first order: each before what is below it, and children of
/// one node by falling total. Node 0 is the root, `all`; every other node's total is above 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTree {
    metric: Metric,
    parent: Vec<NodeId>,
    /// The first node behind all that is below.
    end: Vec<NodeId>,
    frame: Vec<FrameId>,
    line: Vec<LineId>,
    self_value: Vec<u64>,
    total_value: Vec<u64>,
    depth: Vec<u32>,
    cut_at_depth: Option<u32>,
}

impl CallTree {
    /// What the values are.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// How many nodes there are, the root included.
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// Does nothing weigh anything?
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// The weight of everything, in the metric's unit.
    pub fn total(&self) -> u64 {
        self.total_value.first().copied().unwrap_or(0)
    }

    /// The node; `None` for an id that is none of this tree's.
    pub fn get(&self, node: NodeId) -> Option<CallNode> {
        let at = node.index();
        Some(CallNode {
            parent: *self.parent.get(at)?,
            frame: *self.frame.get(at)?,
            line: *self.line.get(at)?,
            self_value: *self.self_value.get(at)?,
            total_value: *self.total_value.get(at)?,
            depth: *self.depth.get(at)?,
        })
    }

    /// All nodes in depth-first order, the root first.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, CallNode)> {
        (0..self.len() as u32).map(NodeId).filter_map(|id| Some((id, self.get(id)?)))
    }

    /// The node above; the root's is the root.
    pub fn parent(&self, node: NodeId) -> NodeId {
        self.parent.get(node.index()).copied().unwrap_or(NodeId::ROOT)
    }

    /// The nodes right below, by falling total.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.end(node);
        let first = Some(NodeId(node.0.saturating_add(1))).filter(move |first| *first < end);
        std::iter::successors(first, move |child| Some(self.end(*child)).filter(|next| *next < end))
    }

    /// The first node that is neither `node` nor below it: those below have the ids in between.
    pub fn end(&self, node: NodeId) -> NodeId {
        self.end.get(node.index()).copied().unwrap_or(NodeId(0))
    }

    /// `node` and those above it, the root last.
    pub fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let above = |id: &NodeId| (*id != NodeId::ROOT).then(|| self.parent(*id));
        std::iter::successors(Some(node), above)
    }

    /// The function of each node.
    pub fn frames(&self) -> &[FrameId] {
        &self.frame
    }

    /// The total of each node, in the metric's unit.
    pub fn totals(&self) -> &[u64] {
        &self.total_value
    }

    /// The weight of each node that is in no child, in the metric's unit.
    pub fn self_values(&self) -> &[u64] {
        &self.self_value
    }

    /// The number of nodes above each node.
    pub fn depths(&self) -> &[u32] {
        &self.depth
    }

    /// The depth from which on an inverted tree was not followed because it would have had too many nodes; what was
    /// below counts as the own weight of the nodes there.
    pub fn cut_at_depth(&self) -> Option<u32> {
        self.cut_at_depth
    }
}

/// Nodes in the order in which they were found: parents before children, node 0 the root.
pub(super) struct RawTree {
    pub(super) parent: Vec<u32>,
    pub(super) frame: Vec<FrameId>,
    pub(super) line: Vec<LineId>,
    pub(super) self_value: Vec<u64>,
    pub(super) cut_at_depth: Option<u32>,
}

/// The root alone.
impl Default for RawTree {
    fn default() -> Self {
        RawTree {
            parent: vec![0],
            frame: vec![FrameId::ROOT],
            line: vec![LineId::NONE],
            self_value: vec![0],
            cut_at_depth: None,
        }
    }
}

impl RawTree {
    pub(super) fn len(&self) -> usize {
        self.frame.len()
    }

    pub(super) fn push(&mut self, parent: u32, frame: FrameId, line: LineId) -> u32 {
        self.parent.push(parent);
        self.frame.push(frame);
        self.line.push(line);
        self.self_value.push(0);
        (self.frame.len() - 1) as u32
    }

    pub(super) fn add(&mut self, node: u32, value: u64) {
        let own = &mut self.self_value[node as usize];
        *own = own.saturating_add(value);
    }

    /// Brings the nodes into their final order.
    pub(super) fn finish(self, metric: Metric) -> CallTree {
        self.finish_with_order(metric).0
    }

    /// The same, with the place that each node had before.
    pub(super) fn finish_with_order(self, metric: Metric) -> (CallTree, Vec<u32>) {
        let totals = totals(&self.parent, &self.self_value);
        let order = self.depth_first(&totals);
        let mut place = vec![0u32; order.len()];
        order.iter().zip(0u32..).for_each(|(raw, at)| place[*raw as usize] = at);
        let parent: Vec<NodeId> =
            order.iter().map(|raw| NodeId(place[self.parent[*raw as usize] as usize])).collect();
        let tree = CallTree {
            metric,
            end: ends(&parent),
            depth: depths(&parent),
            parent,
            frame: permuted(&order, &self.frame),
            line: permuted(&order, &self.line),
            self_value: permuted(&order, &self.self_value),
            total_value: permuted(&order, &totals),
            cut_at_depth: self.cut_at_depth,
        };
        (tree, order)
    }

    /// All nodes, depth first, children by falling total; where totals are equal, in the order of functions.
    fn depth_first(&self, totals: &[u64]) -> Vec<u32> {
        let mut children = Children::of(&self.parent);
        children.sort_each_by_key(|node| {
            let at = node as usize;
            (Reverse(totals[at]), self.frame[at], self.line[at])
        });
        children.depth_first().map(|(node, _)| node).collect()
    }
}

/// What stands right below each node of a tree, of which parents stand before their children and node 0 is the root.
pub(super) struct Children {
    /// By node: where in the list its children begin, which is where those of the node before end.
    first: Vec<u32>,
    list: Vec<u32>,
}

impl Children {
    /// Of the tree in which nodes have these parents. Children have the order of the nodes.
    pub(super) fn of(parent: &[u32]) -> Children {
        let mut first = vec![0u32; parent.len() + 1];
        parent.iter().skip(1).for_each(|parent| first[*parent as usize + 1] += 1);
        (1..first.len()).for_each(|at| first[at] += first[at - 1]);
        let mut next = first.clone();
        let mut list = vec![0u32; parent.len().saturating_sub(1)];
        for (node, parent) in (0u32..).zip(parent).skip(1) {
            let place = &mut next[*parent as usize];
            list[*place as usize] = node;
            *place += 1;
        }
        Children { first, list }
    }

    fn places(&self, node: u32) -> Range<usize> {
        self.first[node as usize] as usize..self.first[node as usize + 1] as usize
    }

    fn sort_each_by_key<K: Ord>(&mut self, mut key: impl FnMut(u32) -> K) {
        for node in 0..self.first.len() as u32 - 1 {
            let places = self.places(node);
            self.list[places].sort_unstable_by_key(|child| key(*child));
        }
    }

    /// All nodes, each before what is below it, with the number of nodes above.
    pub(super) fn depth_first(&self) -> impl Iterator<Item = (u32, u32)> {
        let mut open = vec![(0u32, 0u32)];
        open.truncate(self.first.len() - 1);
        std::iter::from_fn(move || {
            let (node, depth) = open.pop()?;
            open.extend(self.list[self.places(node)].iter().rev().map(|child| (*child, depth + 1)));
            Some((node, depth))
        })
    }
}

/// Each node's own weight with those of all below; parents stand before children.
pub(super) fn totals(parent: &[u32], self_value: &[u64]) -> Vec<u64> {
    let mut totals = self_value.to_vec();
    for node in (1..totals.len()).rev() {
        let above = parent[node] as usize;
        totals[above] = totals[above].saturating_add(totals[node]);
    }
    totals
}

fn ends(parent: &[NodeId]) -> Vec<NodeId> {
    let mut ends: Vec<NodeId> = (1..=parent.len() as u32).map(NodeId).collect();
    for node in (1..ends.len()).rev() {
        let above = parent[node].index();
        ends[above] = ends[above].max(ends[node]);
    }
    ends
}

fn depths(parent: &[NodeId]) -> Vec<u32> {
    let mut depths = vec![0u32; parent.len()];
    (1..depths.len()).for_each(|node| depths[node] = depths[parent[node].index()] + 1);
    depths
}

fn permuted<T: Copy>(order: &[u32], column: &[T]) -> Vec<T> {
    order.iter().map(|raw| column[*raw as usize]).collect()
}
