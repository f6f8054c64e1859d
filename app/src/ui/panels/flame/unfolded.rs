//! Which boxes of the call tree are shown as rows.

use crate::analysis::NodeId;
use crate::profile::FrameId;
use crate::ui::views::FlameView;
use crate::ui::widgets::table::Sorting;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;
use std::sync::Arc;

/// So many rows are unfolded at once at most.
const MOST_AT_ONCE: usize = 10_000;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// With all callees.
    Total,
    /// Without them.
    Own,
    /// The function's name.
    Name,
}

/// What the table remembers.
pub struct TreeTable {
    /// How callees of one caller are ordered.
    pub sorting: Sorting<By>,
    /// How the rows were when they were made.
    sorted: Sorting<By>,
    /// The boxes whose callees are shown, by their way from the root, so that they stay so in another metric.
    open: FxHashSet<u64>,
    /// Was it shown before? What is unfolded at first is not unfolded again.
    is_begun: bool,
    /// The rows that are shown, from the top.
    pub rows: Vec<Row>,
    /// The view whose rows those are.
    done: Option<Arc<FlameView>>,
    /// Bring the row with the focus into sight.
    pub scrolls: bool,
}

impl Default for TreeTable {
    fn default() -> Self {
        let (open, is_begun, rows, done, scrolls) = Default::default();
        let sorting = Sorting::falling(By::Total);
        TreeTable { sorting, sorted: sorting, open, is_begun, rows, done, scrolls }
    }
}

/// A row.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its box.
    pub node: NodeId,
    /// How many rows it stands below.
    pub depth: u32,
    way: u64,
}

/// A number for the way to a child: that to its parent, and its function.
fn way_of(parent: u64, view: &FlameView, node: NodeId) -> u64 {
    (parent.rotate_left(5) ^ (u64::from(view.frame(node).0) + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn compare(
    view: &FlameView,
    by: By,
    a: NodeId,
    b: NodeId,
    names: impl Fn(FrameId, FrameId) -> Ordering,
) -> Ordering {
    let value = |values: &[u64], node: NodeId| values.get(node.index()).copied();
    match by {
        By::Total => value(view.tree.totals(), a).cmp(&value(view.tree.totals(), b)),
        By::Own => value(view.tree.self_values(), a).cmp(&value(view.tree.self_values(), b)),
        By::Name => names(view.frame(a), view.frame(b)),
    }
}

impl TreeTable {
    /// Brings `node` into sight, with all that it is called through unfolded.
    pub fn reveal(&mut self, view: &FlameView, node: NodeId) {
        let mut up: Vec<_> = view.tree.up(node).skip(1).filter(|node| *node != NodeId::ROOT).collect();
        up.reverse();
        up.iter().fold(0, |way, node| {
            let way = way_of(way, view, *node);
            self.open.insert(way);
            way
        });
        (self.done, self.scrolls) = (None, true);
    }

    /// Works the rows out where they are others than before. `names` compares two functions.
    pub fn update(&mut self, view: &Arc<FlameView>, names: impl Fn(FrameId, FrameId) -> Ordering) {
        let is_done = self.done.as_ref().is_some_and(|done| Arc::ptr_eq(done, view));
        if is_done && self.sorted == self.sorting {
            return;
        }
        self.sorted = self.sorting;
        if !std::mem::replace(&mut self.is_begun, true) {
            self.unfold_stem(view);
        }
        self.rows.clear();
        let mut waiting: Vec<Row> = Vec::new();
        let sorting = self.sorting;
        let push = |waiting: &mut Vec<Row>, node, way, depth| {
            let from = waiting.len();
            waiting.extend(view.tree.children(node).map(|node| Row {
                node,
                way: way_of(way, view, node),
                depth,
            }));
            if let Some(children) = waiting.get_mut(from..) {
                // They come by falling total, which is how they are wanted most.
                if sorting != Sorting::falling(By::Total) {
                    children
                        .sort_by(|a, b| sorting.apply(compare(view, sorting.column, a.node, b.node, &names)));
                }
                children.reverse();
            }
        };
        push(&mut waiting, NodeId::ROOT, 0, 0);
        while let Some(row) = waiting.pop() {
            self.rows.push(row);
            if self.open.contains(&row.way) {
                push(&mut waiting, row.node, row.way, row.depth + 1);
            }
        }
        self.done = Some(Arc::clone(view));
    }

    /// Unfolds down to where the weight parts: where a callee has less than two thirds of its caller.
    fn unfold_stem(&mut self, view: &FlameView) {
        let total = |node: NodeId| view.tree.totals().get(node.index()).copied().unwrap_or(0);
        let (mut node, mut way) = (NodeId::ROOT, 0);
        while let Some(child) = view.tree.children(node).next() {
            if total(child) / 2 < total(node) / 3 {
                break;
            }
            way = way_of(way, view, child);
            self.open.insert(way);
            node = child;
        }
    }

    /// Are the callees of `row` shown?
    pub fn is_open(&self, row: Row) -> bool {
        self.open.contains(&row.way)
    }

    /// Where the row of `node` is.
    pub fn position(&self, node: Option<NodeId>) -> Option<usize> {
        self.rows.iter().position(|row| Some(row.node) == node)
    }

    /// Hides what is below `row`.
    pub fn fold(&mut self, row: Row) {
        self.open.remove(&row.way);
        self.done = None;
    }

    /// Shows the callees of `row`.
    pub fn unfold(&mut self, row: Row) {
        self.open.insert(row.way);
        self.done = None;
    }

    /// Unfolds all below `row`, as far as that is not too much.
    pub fn unfold_all(&mut self, view: &FlameView, row: Row) {
        let mut ways = vec![(row.depth + 1, row.way)];
        let below = (row.node.0..view.tree.end(row.node).0).map(NodeId);
        for node in below.skip(1).take(MOST_AT_ONCE) {
            let depth = view.tree.depths().get(node.index()).copied().unwrap_or(0);
            while ways.last().is_some_and(|(above, _)| *above >= depth) {
                ways.pop();
            }
            let way = way_of(ways.last().map_or(row.way, |(_, way)| *way), view, node);
            ways.push((depth, way));
            self.open.insert(way);
        }
        self.unfold(row);
    }
}
