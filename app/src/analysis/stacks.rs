//! Call paths as other programs take them: each once, with what it weighs by itself in every metric.

use super::path_view::PathView;
use super::weights::{Weigher, is_in};
use super::{CallTreeQuery, MergeBy, Metric, NodeId};
use crate::profile::{FrameId, LineId, PathId, Profile};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Call paths as a prefix tree: columns of equal length, parents before their children, node 0 the root. A path of
/// which nothing is known is a node below the root with [`FrameId::ROOT`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stacks {
    parent: Vec<NodeId>,
    frame: Vec<FrameId>,
    line: Vec<LineId>,
    depth: Vec<u32>,
    /// By call path: where it is shown; `None` where it is left out.
    of_path: Vec<Option<NodeId>>,
    /// What is weighed, and by node, what it weighs by itself.
    weights: Vec<(Metric, Vec<u64>)>,
}

/// A stretch of time in which one stack was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackSample {
    /// Where it begins, in nanoseconds since the recording began.
    pub start_nanos: u64,
    /// Where it ends.
    pub end_nanos: u64,
    /// The stack.
    pub node: NodeId,
}

/// The call paths that `query` shows, weighed in the metrics that [`told_metrics`] names. What weighs nothing in any of
/// them is left out. Which way round the tree is to stand makes no difference.
pub fn stacks(profile: &Profile, query: &CallTreeQuery, by: MergeBy) -> Stacks {
    weighed(profile, query, by, &told_metrics(profile, query))
}

/// The same, weighed by time alone, whatever `query` asks for.
pub fn time_stacks(profile: &Profile, query: &CallTreeQuery, by: MergeBy) -> Stacks {
    weighed(profile, query, by, &[Metric::Time])
}

/// What can be told of the part of the run that `query` asks for: its metric and, behind that, all others that were
/// recorded. Of a part those that are sums over the whole run can't be told; where the query's is one of them, the first
/// of the others comes first.
pub fn told_metrics(profile: &Profile, query: &CallTreeQuery) -> Vec<Metric> {
    let is_told = |metric: &Metric| query.time.is_none() || metric.is_timed();
    let there = || Metric::ALL.into_iter().filter(is_told).filter(|metric| metric.available_in(profile));
    let first = Some(query.metric).filter(is_told).or_else(|| there().next()).unwrap_or_default();
    [first].into_iter().chain(there().filter(|metric| *metric != first)).collect()
}

fn weighed(profile: &Profile, query: &CallTreeQuery, by: MergeBy, metrics: &[Metric]) -> Stacks {
    let view = PathView::unweighed(profile, query);
    let weigher = Weigher::new(profile, query.time.clone());
    let weights = metrics.iter().map(|metric| (*metric, view.weigh(&weigher.weigh(*metric)))).collect();
    Stacks::of(&view, weights, by)
}

impl Stacks {
    fn of(view: &PathView<'_>, weights: Vec<(Metric, Vec<u64>)>, by: MergeBy) -> Stacks {
        let needed = needed(view, &weights);
        let mut stacks = Stacks::default();
        let root = stacks.push(NodeId::ROOT, FrameId::ROOT, LineId::NONE);
        let mut children: FxHashMap<(NodeId, FrameId, LineId), NodeId> = FxHashMap::default();
        let mut node_of = vec![root; view.len()];
        for at in (1..view.len()).filter(|at| needed[*at]) {
            let path = PathId(at as u32);
            let line = if by == MergeBy::Line { view.line(path) } else { LineId::NONE };
            let (above, frame) = (node_of[view.caller(path).index()], view.frame(path));
            let child = children.entry((above, frame, line));
            node_of[at] = *child.or_insert_with(|| stacks.push(above, frame, line));
        }
        // What weighs something has a frame in any case.
        if needed[0] {
            node_of[0] = stacks.push(root, FrameId::ROOT, LineId::NONE);
        }
        let paths = (0..view.len() as u32).map(PathId);
        stacks.of_path = paths.map(|path| view.holder(path).map(|holder| node_of[holder.index()])).collect();
        stacks.weigh(&node_of, weights);
        stacks
    }

    fn push(&mut self, parent: NodeId, frame: FrameId, line: LineId) -> NodeId {
        let node = NodeId(self.frame.len() as u32);
        self.depth.push(self.depth.get(parent.index()).map_or(0, |depth| depth + 1));
        self.parent.push(parent);
        self.frame.push(frame);
        self.line.push(line);
        node
    }

    /// Sums what the paths weigh by their nodes.
    fn weigh(&mut self, node_of: &[NodeId], weights: Vec<(Metric, Vec<u64>)>) {
        for (metric, of_path) in weights {
            let mut of_node = vec![0u64; self.frame.len()];
            for (node, weight) in node_of.iter().zip(of_path).filter(|(_, weight)| *weight > 0) {
                let sum = &mut of_node[node.index()];
                *sum = sum.saturating_add(weight);
            }
            self.weights.push((metric, of_node));
        }
    }

    /// The same stacks with what they weigh in the metric that was asked for alone.
    pub fn in_one_metric(mut self) -> Stacks {
        self.weights.truncate(1);
        self
    }

    /// The nodes without the root, parents before their children.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + Clone {
        (1..self.frame.len() as u32).map(NodeId)
    }

    /// How many nodes there are, the root included.
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// Does nothing weigh anything?
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// The node above; that of the root is the root.
    pub fn parent(&self, node: NodeId) -> NodeId {
        self.parent.get(node.index()).copied().unwrap_or(NodeId::ROOT)
    }

    /// The function; [`FrameId::ROOT`] where it isn't known.
    pub fn frame(&self, node: NodeId) -> FrameId {
        self.frame.get(node.index()).copied().unwrap_or(FrameId::ROOT)
    }

    /// The line that it is at; none where only functions are told apart.
    pub fn line(&self, node: NodeId) -> LineId {
        self.line.get(node.index()).copied().unwrap_or(LineId::NONE)
    }

    /// How many nodes stand above; 0 for the root.
    pub fn depth(&self, node: NodeId) -> u32 {
        self.depth.get(node.index()).copied().unwrap_or(0)
    }

    /// `node` and those that called it, innermost first, without the root.
    pub fn up(&self, node: NodeId) -> impl Iterator<Item = NodeId> + Clone {
        let below_root = |node: NodeId| (node != NodeId::ROOT).then_some(node);
        std::iter::successors(below_root(node), move |node| below_root(self.parent(*node)))
    }

    /// What is weighed, the metric that was asked for first, and for each node what it weighs by itself.
    pub fn weights(&self) -> &[(Metric, Vec<u64>)] {
        &self.weights
    }

    /// What the nodes weigh in `metric`, if that is told.
    pub fn weights_in(&self, metric: Metric) -> Option<&[u64]> {
        self.weights.iter().find(|(of, _)| *of == metric).map(|(_, weights)| &**weights)
    }

    /// The samples taken in `time` as stretches of time that do not overlap: each is as long as what its sample stands
    /// for, so that their sum is the time of the whole.
    pub fn samples<'a>(
        &'a self,
        profile: &'a Profile,
        time: Option<Range<u64>>,
    ) -> impl Iterator<Item = StackSample> + 'a {
        let mut cursor = 0u64;
        let samples = profile.recording().samples.iter();
        let samples = samples.filter(move |(nanos, _, weight)| *weight > 0 && is_in(time.as_ref(), *nanos));
        samples.filter_map(move |(nanos, stack, weight)| {
            let node = (*self.of_path.get(profile.stack_path(stack).index())?)?;
            // In a damaged recording samples may run backwards; time does not.
            let start_nanos = nanos.saturating_sub(weight).max(cursor);
            cursor = start_nanos.saturating_add(weight);
            Some(StackSample { start_nanos, end_nanos: cursor, node })
        })
    }
}

/// By path: does it, or what it called, weigh anything?
fn needed(view: &PathView<'_>, weights: &[(Metric, Vec<u64>)]) -> Vec<bool> {
    let mut needed = vec![false; view.len()];
    for (_, weights) in weights {
        needed.iter_mut().zip(weights).for_each(|(needed, weight)| *needed |= *weight > 0);
    }
    let root_weighs = needed.first().copied();
    for at in (1..view.len()).rev().map(|at| PathId(at as u32)) {
        if needed[at.index()] {
            needed[view.caller(at).index()] = true;
        }
    }
    // Of the root alone its own weight is asked.
    if let Some((root, weighs)) = needed.first_mut().zip(root_weighs) {
        *root = weighs;
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Transform;
    use crate::analysis::weights::self_weights;
    use crate::profile::ProfileBuilder;

    const FOLDED: &str =
        "main@a.c:3;work@a.c:9;+inner@a.h:1 30\nmain@a.c:4;work@a.c:9 5\nmain@a.c:4;[env.log] 7\n";

    fn profile() -> Profile {
        ProfileBuilder::new().folded(FOLDED).crossings("main@a.c:4;[env.log]", 3, 70, None).build()
    }

    /// The paths with their weights in `metric`, outermost function first.
    fn told(profile: &Profile, stacks: &Stacks, metric: Metric) -> Vec<(String, u64)> {
        let weights = stacks.weights_in(metric).unwrap();
        let path = |node: NodeId| {
            let mut names: Vec<_> =
                stacks.up(node).map(|node| &*profile.frames().get(stacks.frame(node)).name).collect();
            names.reverse();
            (names.join(";"), weights[node.index()])
        };
        stacks.nodes().map(path).filter(|(_, weight)| *weight > 0).collect()
    }

    #[test]
    fn each_path_has_its_weights_in_every_metric() {
        let profile = profile();
        let stacks = stacks(&profile, &CallTreeQuery::default(), MergeBy::Function);
        let metrics: Vec<_> = stacks.weights().iter().map(|(metric, _)| *metric).collect();
        assert_eq!(metrics, [Metric::Time, Metric::Crossings, Metric::HostTime]);
        let time = told(&profile, &stacks, Metric::Time);
        let time: Vec<_> = time.iter().map(|(path, weight)| (&**path, *weight)).collect();
        assert_eq!(time, [("main;work", 5), ("main;work;inner", 30), ("main;env.log", 7)]);
        assert_eq!(told(&profile, &stacks, Metric::Crossings), [("main;env.log".to_owned(), 3)]);
    }

    #[test]
    fn a_part_of_the_run_is_not_mixed_with_the_whole() {
        let profile = profile();
        let metrics = |metric, time| {
            told_metrics(&profile, &CallTreeQuery { metric, time, ..CallTreeQuery::default() })
        };
        let all = [Metric::Crossings, Metric::Time, Metric::HostTime];
        assert_eq!(metrics(Metric::Crossings, None), all);
        assert_eq!(metrics(Metric::Crossings, Some(0..9)), [Metric::Time]);
        assert_eq!(metrics(Metric::Time, Some(0..9)), [Metric::Time]);
    }

    #[test]
    fn of_time_alone_there_is_nothing_else() {
        let profile = profile();
        let query = CallTreeQuery { metric: Metric::Crossings, ..CallTreeQuery::default() };
        let (stacks, all) =
            (time_stacks(&profile, &query, MergeBy::Line), stacks(&profile, &query, MergeBy::Line));
        assert_eq!(stacks.weights().iter().map(|(metric, _)| *metric).collect::<Vec<_>>(), [Metric::Time]);
        let time = told(&profile, &stacks, Metric::Time);
        assert_eq!(time, told(&profile, &all, Metric::Time));
        let only_called = ProfileBuilder::new().crossings("main;[env.log]", 3, 70, None).build();
        assert!(time_stacks(&only_called, &query, MergeBy::Line).is_empty());
    }

    #[test]
    fn heap_metrics_weigh_the_same_together_as_each_alone() {
        let profile = ProfileBuilder::new()
            .alloc(10, "keeps;malloc", 1_000, 100)
            .alloc(20, "churns;malloc", 2_000, 10)
            .free(22, "churns;free", 2_000)
            .alloc(6_000_000, "churns;malloc", 2_000, 7)
            .build();
        for time in [None, Some(15..7_000_000)] {
            let query = CallTreeQuery { time, metric: Metric::Allocations, ..CallTreeQuery::default() };
            for (metric, weights) in stacks(&profile, &query, MergeBy::Line).weights() {
                let query = CallTreeQuery { metric: *metric, ..query.clone() };
                let alone = self_weights(&profile, &query).iter().sum::<u64>();
                assert_eq!(weights.iter().sum::<u64>(), alone, "{metric}");
                assert!(alone > 0, "{metric}");
            }
        }
    }

    #[test]
    fn samples_add_up_to_the_time_also_where_functions_are_left_out() {
        let profile = profile();
        let sum = |query: &CallTreeQuery| {
            let stacks = stacks(&profile, query, MergeBy::Line);
            let samples: Vec<_> = stacks.samples(&profile, query.time.clone()).collect();
            assert!(samples.is_sorted_by(|a, b| a.end_nanos <= b.start_nanos));
            let nanos: u64 = samples.iter().map(|sample| sample.end_nanos - sample.start_nanos).sum();
            assert_eq!(nanos, stacks.weights_in(Metric::Time).unwrap().iter().sum::<u64>());
            nanos
        };
        assert_eq!(sum(&CallTreeQuery::default()), 42);
        let work = profile.frames().find("work").unwrap();
        for (transform, expected) in [
            (Transform::DropFunction(work), 7),
            (Transform::FocusFunction(work), 35),
            (Transform::MergeFunction(work), 42),
        ] {
            let query = CallTreeQuery { transforms: vec![transform], ..CallTreeQuery::default() };
            assert_eq!(sum(&query), expected);
        }
        assert_eq!(sum(&CallTreeQuery { time: Some(0..0), ..CallTreeQuery::default() }), 0);
    }

    #[test]
    fn what_nobody_knows_the_path_of_has_a_frame_too() {
        let profile = ProfileBuilder::new().sample(5, "", 5).folded("main 3\n").build();
        let stacks = stacks(&profile, &CallTreeQuery::default(), MergeBy::Line);
        let unknown = stacks.nodes().find(|node| stacks.frame(*node) == FrameId::ROOT).unwrap();
        assert_eq!(stacks.weights_in(Metric::Time).unwrap()[unknown.index()], 5);
        assert_eq!(stacks.weights_in(Metric::Time).unwrap()[0], 0);
    }
}
