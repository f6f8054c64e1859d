//! The flame graph, and what a search finds in it.

use crate::analysis::{self, CallTree, CallTreeQuery, Cost, FlameLayout, NodeId};
use crate::profile::{FrameId, Profile};
use crate::ui::needle::Needle;
use crate::ui::worker::Query;
use std::sync::Arc;

/// A call tree with its boxes.
pub struct FlameView {
    /// What it was asked for.
    pub query: CallTreeQuery,
    /// The tree.
    pub tree: Arc<CallTree>,
    /// Where its boxes lie.
    pub layout: FlameLayout,
    /// What each function costs in all contexts, by frame.
    pub costs: Vec<Cost>,
    /// The most that a node weighs by itself, in the metric's unit.
    pub most_self: u64,
}

impl FlameView {
    /// The function of `node`.
    pub fn frame(&self, node: NodeId) -> FrameId {
        self.tree.frames().get(node.index()).copied().unwrap_or(FrameId::ROOT)
    }

    /// The functions from below the root down to `node`.
    pub fn frames_to(&self, node: NodeId) -> Vec<FrameId> {
        let up = self.tree.up(node).filter(|node| *node != NodeId::ROOT);
        let mut frames: Vec<_> = up.map(|node| self.frame(node)).collect();
        frames.reverse();
        frames
    }

    /// Where the box of `node` begins and ends, as shares of the whole width.
    pub fn share(&self, node: NodeId) -> [f64; 2] {
        let width = self.layout.width().max(1) as f64;
        let place = self.layout.box_of(node);
        place.map_or([0.0, 1.0], |place| [place.x0, place.x1].map(|x| x as f64 / width))
    }

    /// The node that these functions lead to from the root, or `None` if the tree does not have it.
    pub fn descend(&self, frames: &[FrameId]) -> Option<NodeId> {
        frames.iter().try_fold(NodeId::ROOT, |node, frame| {
            self.tree.children(node).find(|child| self.frame(*child) == *frame)
        })
    }
}

/// The flame graph of a call tree.
#[derive(Clone, PartialEq)]
pub struct FlameQuery(pub CallTreeQuery);

impl Query for FlameQuery {
    type View = FlameView;

    /// Views of ten million nodes are large.
    const KEPT: usize = 4;

    fn compute(&self, profile: &Profile) -> FlameView {
        let query = self.0.clone();
        let tree = analysis::call_tree(profile, &query);
        let costs = analysis::function_costs(&tree, query.inverted, profile.frames().len());
        let most_self = tree.self_values().iter().copied().max().unwrap_or(0);
        FlameView { layout: analysis::flame(&tree), query, tree: Arc::new(tree), costs, most_self }
    }
}

/// A search in a flame graph.
#[derive(Clone)]
pub struct FlameHitsQuery {
    /// What is searched in.
    pub view: Arc<FlameView>,
    /// What is searched for.
    pub needle: Needle,
}

impl PartialEq for FlameHitsQuery {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.view, &other.view) && self.needle == other.needle
    }
}

/// What a search found.
pub struct FlameHits {
    /// What was searched in, and for.
    pub query: FlameHitsQuery,
    /// By frame: does the search name it?
    by_frame: Vec<bool>,
    /// The boxes of functions that it names, in the order of their numbers.
    boxes: Vec<NodeId>,
    /// How many functions that are.
    pub functions: usize,
    /// The weight of the paths that hold one of them, each path once.
    pub value: u64,
}

impl FlameHits {
    /// Does the search name `frame`?
    pub fn has(&self, frame: FrameId) -> bool {
        self.by_frame.get(frame.index()).copied().unwrap_or(false)
    }

    /// The boxes in `view` of functions that the search names, in the order of their numbers; none while they are not
    /// known yet.
    pub fn boxes(&self, view: &FlameView) -> &[NodeId] {
        if std::ptr::eq(&*self.query.view, view) { &self.boxes } else { &[] }
    }

    /// How many boxes it names.
    pub fn count(&self) -> usize {
        self.boxes.len()
    }
}

impl Query for FlameHitsQuery {
    type View = FlameHits;

    /// Each holds a view.
    const KEPT: usize = 2;

    fn compute(&self, profile: &Profile) -> FlameHits {
        let frames = profile.frames().iter();
        let by_frame: Vec<bool> =
            frames.map(|(id, info)| id != FrameId::ROOT && self.needle.is_in(&info.name)).collect();
        let mut hits = FlameHits { query: self.clone(), by_frame, boxes: Vec::new(), functions: 0, value: 0 };
        hits.collect(&self.view.tree);
        hits
    }

    /// In a recording that goes on the same functions are hits from one view to the next.
    fn is_like(&self, other: &Self) -> bool {
        self.needle == other.needle && self.view.query == other.view.query
    }
}

impl FlameHits {
    fn collect(&mut self, tree: &CallTree) {
        let mut seen = vec![false; self.by_frame.len()];
        let mut counted_to = NodeId::ROOT;
        for (node, row) in tree.iter().filter(|(_, row)| self.by_frame.get(row.frame.index()) == Some(&true))
        {
            self.boxes.push(node);
            if let Some(seen) = seen.get_mut(row.frame.index()) {
                self.functions += usize::from(!std::mem::replace(seen, true));
            }
            // What is below a box that was counted is in its weight already.
            if node >= counted_to {
                self.value = self.value.saturating_add(row.total_value);
                counted_to = tree.end(node);
            }
        }
    }
}
