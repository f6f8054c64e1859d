//! Where the boxes of a flame graph lie.

use super::{CallTree, NodeId};

/// One box: a node of the call tree from `x0` to `x1`, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlameBox {
    /// The node.
    pub node: NodeId,
    /// The left edge.
    pub x0: u64,
    /// The right edge; above `x0`, but for the root of an empty tree.
    pub x1: u64,
}

/// So many neighbours of a row are known together.
pub const BLOCK_BOXES: usize = 64;

/// Neighbours in a row, [`BLOCK_BOXES`] of them but for the last, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlameBlock {
    /// The left edge of the first box.
    pub x0: u64,
    /// The right edge of the last one.
    pub x1: u64,
    /// How wide the widest of them is, or the widest gap between them.
    pub widest: u64,
}

/// A part of a row.
#[derive(Clone, Copy, Debug)]
pub struct FlameRow<'a> {
    /// Its boxes, from left to right.
    pub boxes: &'a [FlameBox],
    /// How many boxes of the row stand before them.
    pub before: usize,
    /// All blocks of the row.
    pub blocks: &'a [FlameBlock],
}

/// The boxes of a flame graph: a row for each depth, sorted from left to right. Children lie under the left part
/// of their parent, the heaviest first; what is free on the right is the parent's own weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlameLayout {
    boxes: Vec<FlameBox>,
    /// Where each row begins in `boxes`, and the end.
    starts: Vec<u32>,
    /// By node: its box.
    of_node: Vec<u32>,
    blocks: Vec<FlameBlock>,
    /// Where the blocks of each row begin in `blocks`, and the end.
    block_starts: Vec<u32>,
}

/// Lays a call tree out.
pub fn flame(tree: &CallTree) -> FlameLayout {
    flame_by(tree, tree.totals())
}

/// The same with other widths, by node: each at least as wide as all below it. Boxes may have none.
pub(super) fn flame_by(tree: &CallTree, widths: &[u64]) -> FlameLayout {
    let starts = row_starts(tree.depths());
    let mut next: Vec<u32> = starts.clone();
    let nothing = FlameBox { node: NodeId::ROOT, x0: 0, x1: 0 };
    let mut boxes = vec![nothing; tree.len()];
    let mut of_node = vec![0u32; tree.len()];
    // By node: where its next child begins.
    let mut cursor = vec![0u64; tree.len()];
    for (node, row) in tree.iter() {
        let above = row.parent.index();
        let x0 = cursor[above];
        let x1 = x0.saturating_add(widths.get(node.index()).copied().unwrap_or(0));
        if node != NodeId::ROOT {
            cursor[above] = x1;
        }
        cursor[node.index()] = x0;
        let place = &mut next[row.depth as usize];
        boxes[*place as usize] = FlameBox { node, x0, x1 };
        of_node[node.index()] = *place;
        *place += 1;
    }
    let (blocks, block_starts) = blocks_of(&boxes, &starts);
    FlameLayout { boxes, starts, of_node, blocks, block_starts }
}

fn blocks_of(boxes: &[FlameBox], starts: &[u32]) -> (Vec<FlameBlock>, Vec<u32>) {
    let (mut blocks, mut block_starts) = (Vec::new(), vec![0]);
    for row in starts.windows(2) {
        let row = boxes.get(row[0] as usize..row[1] as usize).unwrap_or(&[]);
        blocks.extend(row.chunks(BLOCK_BOXES).filter_map(block_of));
        block_starts.push(blocks.len() as u32);
    }
    (blocks, block_starts)
}

/// What is known of boxes that are neighbours; `None` if there are none.
pub fn block_of(boxes: &[FlameBox]) -> Option<FlameBlock> {
    let widths = boxes.iter().map(|place| place.x1.saturating_sub(place.x0));
    let gaps = boxes.windows(2).map(|pair| pair[1].x0.saturating_sub(pair[0].x1));
    let widest = widths.chain(gaps).max()?;
    Some(FlameBlock { x0: boxes.first()?.x0, x1: boxes.last()?.x1, widest })
}

fn row_starts(depths: &[u32]) -> Vec<u32> {
    let rows = depths.iter().max().map_or(0, |deepest| *deepest as usize + 1);
    let mut starts = vec![0u32; rows + 1];
    depths.iter().for_each(|depth| starts[*depth as usize + 1] += 1);
    (1..starts.len()).for_each(|row| starts[row] += starts[row - 1]);
    starts
}

impl FlameLayout {
    /// How many rows there are, that of the root included.
    pub fn row_count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// How wide the whole is, in the metric's unit.
    pub fn width(&self) -> u64 {
        self.boxes.first().map_or(0, |root| root.x1)
    }

    /// All boxes of the row at `depth`, from left to right.
    pub fn row(&self, depth: usize) -> FlameRow<'_> {
        let boxes = part(&self.boxes, &self.starts, depth);
        FlameRow { boxes, before: 0, blocks: part(&self.blocks, &self.block_starts, depth) }
    }

    /// The boxes of the row at `depth` that have any part between `x0` and `x1`.
    pub fn visible(&self, depth: usize, x0: u64, x1: u64) -> FlameRow<'_> {
        let row = self.row(depth);
        let from = row.boxes.partition_point(|place| place.x1 <= x0);
        let to = row.boxes.partition_point(|place| place.x0 < x1);
        FlameRow { boxes: row.boxes.get(from..to).unwrap_or(&[]), before: from, ..row }
    }

    /// The node whose box in the row at `depth` holds `x`.
    pub fn node_at(&self, depth: usize, x: u64) -> Option<NodeId> {
        self.visible(depth, x, x.saturating_add(1)).boxes.first().map(|place| place.node)
    }

    /// The node whose box is so many places to the right of that of `node` in the same row, or to the left of it.
    pub fn beside(&self, node: NodeId, places: isize) -> Option<NodeId> {
        let place = *self.of_node.get(node.index())?;
        let row = self.starts.partition_point(|start| *start <= place).checked_sub(1)?;
        let there = (place as usize).checked_add_signed(places)?;
        let is_in_row =
            there >= *self.starts.get(row)? as usize && there < *self.starts.get(row + 1)? as usize;
        self.boxes.get(there).filter(|_| is_in_row).map(|there| there.node)
    }

    /// The box of a node; `None` for an id that is none of the tree's.
    pub fn box_of(&self, node: NodeId) -> Option<FlameBox> {
        let place = *self.of_node.get(node.index())?;
        self.boxes.get(place as usize).copied()
    }
}

/// The rows at `depth` of a table whose depths begin at `starts`.
fn part<'a, T>(rows: &'a [T], starts: &[u32], depth: usize) -> &'a [T] {
    let at = |depth: usize| starts.get(depth).map(|start| *start as usize);
    at(depth).zip(at(depth + 1)).and_then(|(from, to)| rows.get(from..to)).unwrap_or(&[])
}
