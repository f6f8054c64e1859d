//! The call trees of all recordings of both builds, merged into one.

use super::noise::{Observed, Readings};
use super::{CompareQuery, Comparison, Pair, Side};
use crate::analysis::call_tree::{Bounds, LineWeights, Merging, inverted};
use crate::analysis::path_view::PathView;
use crate::analysis::tree::RawTree;
use crate::analysis::weights::{sample_nanos, self_weights};
use crate::analysis::{CallTree, MergeBy, Metric};
use crate::profile::{FrameId, LineId, Profile};
use std::sync::Arc;

/// Past so many nodes the inverted tree of a recording is not followed further down.
const MAX_INVERTED_NODES: usize = 1_000_000;

/// One tree with the nodes of all recordings, and columns by node for each of them.
pub(super) struct Repeats {
    /// Frames are those of the comparison. What a node weighs by itself is the larger of both builds' means.
    pub(super) tree: CallTree,
    /// What a node weighs by itself: the mean of each build.
    pub(super) mean: Pair<Vec<u64>>,
    /// What it weighs by itself in each recording.
    pub(super) own: Pair<Vec<Vec<u64>>>,
    /// The line that weighs most in the first recording of each build.
    pub(super) line: Pair<Vec<LineId>>,
}

impl Repeats {
    /// How the recordings were sampled.
    pub(super) fn sampling(&self, comparison: &Comparison) -> Pair<Vec<Sampling>> {
        let whole = |own: &Vec<u64>| own.iter().fold(0, |sum: u64, own| sum.saturating_add(*own));
        let wholes = self.own.as_ref().map(|columns| columns.iter().map(whole).collect());
        Sampling::of(comparison, self.tree.metric(), &wholes)
    }

    pub(super) fn of(comparison: &Comparison, query: &CompareQuery) -> Repeats {
        let mut merged = Merged::default();
        if query.inverted {
            let (trees, depth) = inverted_trees(comparison, query);
            trees.iter().for_each(|(side, repeat, tree)| merged.add_tree(*side, *repeat, tree));
            return merged.finish(query.metric, depth);
        }
        for (side, repeat, profile) in comparison.profiles() {
            let frames = frame_ids(comparison, side, repeat);
            merged.add_paths(side, repeat, &weighed(profile, &frames, query));
        }
        merged.finish(query.metric, None)
    }
}

/// The inverted trees of all recordings, and where they are cut, if one of them has too many nodes: all at the same depth,
/// or else what is cut off would look like a difference.
fn inverted_trees(
    comparison: &Comparison,
    query: &CompareQuery,
) -> (Vec<(Side, usize, RawTree)>, Option<u32>) {
    let tree = |(side, repeat, profile): (Side, usize, &Arc<Profile>), depth| {
        let frames = frame_ids(comparison, side, repeat);
        inverted(&weighed(profile, &frames, query), Bounds { nodes: MAX_INVERTED_NODES, depth })
    };
    let trees = comparison.profiles().map(|profile| (profile, tree(profile, u32::MAX)));
    let trees: Vec<_> = trees.collect();
    let depth = trees.iter().filter_map(|(_, tree)| tree.cut_at_depth).min();
    let trees = trees.into_iter().map(|(profile, whole)| {
        let cut = depth.filter(|depth| whole.cut_at_depth != Some(*depth));
        (profile.0, profile.1, cut.map_or(whole, |depth| tree(profile, depth)))
    });
    (trees.collect(), depth)
}

/// The paths of one recording that `query` asks for, by the frames of the comparison.
pub(super) fn weighed<'a>(
    profile: &'a Arc<Profile>,
    frames: &'a [FrameId],
    query: &CompareQuery,
) -> PathView<'a> {
    let asked = query.of_profile();
    PathView::with_frames(profile, Some(frames), &asked, self_weights(profile, &asked))
}

/// The frames of the comparison, by frame of a recording, as trees have them.
pub(super) fn frame_ids(comparison: &Comparison, side: Side, repeat: usize) -> Vec<FrameId> {
    comparison.frames().of_profile(side, repeat).iter().map(|frame| FrameId(frame.0)).collect()
}

/// How a recording was sampled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampling {
    /// How much of the metric a sample stands for; 0 where it is not sampled.
    size: f64,
    /// All of the metric in the recording, which the clock tells, and no sample.
    whole: u64,
}

impl Sampling {
    /// How each recording was sampled, all of which have so much of the metric: `wholes`.
    pub(super) fn of(
        comparison: &Comparison,
        metric: Metric,
        wholes: &Pair<Vec<u64>>,
    ) -> Pair<Vec<Sampling>> {
        let size = |profile: &Profile| if metric == Metric::Time { sample_nanos(profile) } else { 0.0 };
        Pair::of(|side| {
            let profiles = comparison.build(side).repeats().iter().zip(wholes.get(side));
            profiles.map(|(profile, whole)| Sampling { size: size(profile), whole: *whole }).collect()
        })
    }

    /// The variance that sampling makes of a part of the whole.
    fn variance(self, part: u64) -> f64 {
        let others = self.whole.saturating_sub(part) as f64 / self.whole.max(1) as f64;
        part as f64 * self.size * others
    }
}

/// Values, one a recording, with what sampling makes of them.
pub(super) fn observed(metric: Metric, values: Pair<Vec<u64>>, sampling: &Pair<Vec<Sampling>>) -> Observed {
    let readings = Pair::of(|side| {
        let sampled = values.get(side).iter().zip(sampling.get(side));
        let variances = sampled.map(|(value, sampling)| sampling.variance(*value)).collect();
        Readings { values: values.get(side).clone(), variances }
    });
    Observed { readings, sureness: metric.sureness() }
}

/// The merged tree while it grows, with columns by node that end where it did when they were made.
#[derive(Default)]
struct Merged {
    merging: Merging,
    own: Pair<Vec<Vec<u64>>>,
    line: Pair<Vec<LineId>>,
}

impl Merged {
    fn add_paths(&mut self, side: Side, repeat: usize, view: &PathView<'_>) {
        if repeat == 0 {
            let mut lines = LineWeights::default();
            self.merging.add(view, MergeBy::Function, Some(&mut lines));
            self.lines(side, |line| lines.choose(line));
        } else {
            self.merging.add(view, MergeBy::Function, None);
        }
        self.keep(side);
    }

    fn add_tree(&mut self, side: Side, repeat: usize, tree: &RawTree) {
        let mut nodes = vec![0u32; tree.len()];
        for at in 1..tree.len() {
            nodes[at] = self.merging.node(nodes[tree.parent[at] as usize], tree.frame[at], LineId::NONE);
        }
        nodes.iter().zip(&tree.self_value).for_each(|(node, value)| self.merging.tree.add(*node, *value));
        if repeat == 0 {
            let lines = nodes.iter().zip(&tree.line);
            self.lines(side, |line| lines.for_each(|(node, of_tree)| line[*node as usize] = *of_tree));
        }
        self.keep(side);
    }

    fn lines(&mut self, side: Side, tell: impl FnOnce(&mut [LineId])) {
        let line = self.line.get_mut(side);
        line.resize(self.merging.tree.len(), LineId::NONE);
        tell(line);
    }

    /// Takes what the nodes weigh in the recording that was added, before the next one is.
    fn keep(&mut self, side: Side) {
        let own = &mut self.merging.tree.self_value;
        let none = vec![0; own.len()];
        self.own.get_mut(side).push(std::mem::replace(own, none));
    }

    fn finish(self, metric: Metric, cut_at_depth: Option<u32>) -> Repeats {
        let Merged { merging, own, line } = self;
        let merged = merging.into_tree();
        let mean = own.as_ref().map(|columns| means(columns, merged.len()));
        let larger = mean.old.iter().zip(&mean.new).map(|(old, new)| *old.max(new)).collect();
        let raw = RawTree { self_value: larger, cut_at_depth, ..merged };
        let (tree, order) = raw.finish_with_order(metric);
        let ordered = |column: Vec<u64>| in_order(&order, &column, 0);
        Repeats {
            tree,
            mean: mean.map(ordered),
            own: own.map(|columns| columns.into_iter().map(ordered).collect()),
            line: line.map(|lines| in_order(&order, &lines, LineId::NONE)),
        }
    }
}

/// The column in another order. Where it ended before the tree did, there is nothing behind.
fn in_order<T: Copy>(order: &[u32], column: &[T], missing: T) -> Vec<T> {
    order.iter().map(|at| column.get(*at as usize).copied().unwrap_or(missing)).collect()
}

/// The means of columns. What is cut off one goes to the next, so that sums stay what they are.
fn means(columns: &[Vec<u64>], len: usize) -> Vec<u64> {
    let count = columns.len().max(1) as u64;
    let mut over = 0u64;
    let mean = |at: usize| {
        let values = columns.iter().filter_map(|column| column.get(at));
        let sum = values.fold(over, |sum, value| sum.saturating_add(*value));
        over = sum % count;
        sum / count
    };
    (0..len).map(mean).collect()
}
