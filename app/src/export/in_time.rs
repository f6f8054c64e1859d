//! Stacks and calls over time, as what begins and what ends.

use crate::analysis::{NodeId, StackSample, Stacks};
use std::ops::Range;

/// Something begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step<T> {
    /// When, in nanoseconds since the recording began.
    pub(super) nanos: u64,
    /// What.
    pub(super) of: T,
    /// Which of both.
    pub(super) edge: Edge<T>,
}

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge<T> {
    Begins,
    /// It ends. `then` is the outermost of what begins at the same moment, once all has ended that ends then.
    Ends {
        then: Option<T>,
    },
}

impl<T> Step<T> {
    /// The same of what `to` makes of it.
    pub(super) fn map<U>(self, to: impl Fn(T) -> U) -> Step<U> {
        let Step { nanos, of, edge } = self;
        let edge = match edge {
            Edge::Begins => Edge::Begins,
            Edge::Ends { then } => Edge::Ends { then: then.map(&to) },
        };
        Step { nanos, of: to(of), edge }
    }
}

/// The frames of `samples` as they begin and end, in the order of time. A frame is a node: itself with those that it is
/// called by. What two samples in a row have in common goes on from the one to the next; where there is a gap between
/// them, nothing does.
pub(super) fn frame_steps(
    stacks: &Stacks,
    samples: impl Iterator<Item = StackSample>,
) -> impl Iterator<Item = Step<NodeId>> {
    // The end is a sample of its own, behind a gap.
    let end = StackSample { start_nanos: u64::MAX, end_nanos: u64::MAX, node: NodeId::ROOT };
    let (ended_nanos, begun_nanos, opening) = Default::default();
    let last = StackSample { start_nanos: 0, end_nanos: 0, node: NodeId::ROOT };
    let (closing, shared) = (NodeId::ROOT, NodeId::ROOT);
    let samples = samples.chain([end]);
    FrameSteps { stacks, samples, last, ended_nanos, closing, shared, begun_nanos, opening }
}

/// On the way from one sample to the next: first what is `closing` ends, up to what both share, then what is `opening`
/// begins, the last of it first.
struct FrameSteps<'a, S> {
    stacks: &'a Stacks,
    samples: S,
    last: StackSample,
    ended_nanos: u64,
    closing: NodeId,
    shared: NodeId,
    begun_nanos: u64,
    opening: Vec<NodeId>,
}

impl<S: Iterator<Item = StackSample>> Iterator for FrameSteps<'_, S> {
    type Item = Step<NodeId>;

    fn next(&mut self) -> Option<Step<NodeId>> {
        while self.closing == self.shared && self.opening.is_empty() {
            self.go_on()?;
        }
        if self.closing != self.shared {
            let of = self.closing;
            self.closing = self.stacks.parent(of);
            let then = self.opening.last().filter(|_| self.ended_nanos == self.begun_nanos).copied();
            return Some(Step { nanos: self.ended_nanos, of, edge: Edge::Ends { then } });
        }
        let of = self.opening.pop()?;
        Some(Step { nanos: self.begun_nanos, of, edge: Edge::Begins })
    }
}

impl<S: Iterator<Item = StackSample>> FrameSteps<'_, S> {
    fn go_on(&mut self) -> Option<()> {
        let sample = self.samples.next()?;
        let last = std::mem::replace(&mut self.last, sample);
        (self.ended_nanos, self.begun_nanos) = (last.end_nanos, sample.start_nanos);
        let goes_on = self.ended_nanos == self.begun_nanos;
        let shared = if goes_on { shared(self.stacks, last.node, sample.node) } else { NodeId::ROOT };
        (self.closing, self.shared) = (last.node, shared);
        self.opening.extend(self.stacks.up(sample.node).take_while(|node| *node != shared));
        Some(())
    }
}

/// The innermost node that two stacks have in common.
fn shared(stacks: &Stacks, mut a: NodeId, mut b: NodeId) -> NodeId {
    while a != b {
        if stacks.depth(a) >= stacks.depth(b) {
            a = stacks.parent(a);
        } else {
            b = stacks.parent(b);
        }
    }
    a
}

/// Stretches of time as they begin and end. They come in the order of their beginnings, the outer before the inner; none
/// is empty, and none lasts longer than the one that it is in.
pub(super) fn span_steps<T: Copy>(
    spans: impl Iterator<Item = (Range<u64>, T)>,
) -> impl Iterator<Item = Step<T>> {
    let mut open: Vec<(u64, T)> = Vec::new();
    spans.map(Some).chain([None]).flat_map(move |span| {
        let start_nanos = span.as_ref().map_or(u64::MAX, |(nanos, _)| nanos.start);
        let mut steps = Vec::new();
        while let Some((nanos, of)) = open.pop_if(|(end_nanos, _)| *end_nanos <= start_nanos) {
            let then = span.as_ref().filter(|_| nanos == start_nanos).map(|(_, of)| *of);
            steps.push(Step { nanos, of, edge: Edge::Ends { then } });
        }
        if let Some((nanos, of)) = span {
            // In a damaged recording a call may come back later than its caller.
            let end_nanos = open.last().map_or(nanos.end, |(outer, _)| nanos.end.min(*outer));
            open.push((end_nanos, of));
            steps.push(Step { nanos: nanos.start, of, edge: Edge::Begins });
        }
        steps
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, MergeBy, stacks};
    use crate::profile::ProfileBuilder;

    /// `+a5` begins, `-a9` ends, `-a9>b` ends where b begins.
    fn told<T: Copy, N: std::fmt::Display>(step: Step<T>, name: impl Fn(T) -> N) -> String {
        let Step { nanos, of, edge } = step;
        match edge {
            Edge::Begins => format!("+{}{nanos}", name(of)),
            Edge::Ends { then: None } => format!("-{}{nanos}", name(of)),
            Edge::Ends { then: Some(then) } => format!("-{}{nanos}>{}", name(of), name(then)),
        }
    }

    #[test]
    fn what_goes_on_is_not_closed_and_gaps_are() {
        let profile = ProfileBuilder::new()
            .sample(10, "main;a;b", 10)
            .sample(20, "main;a;c;d", 10)
            .sample(30, "main;a;c;d", 10)
            .sample(60, "main;a", 10)
            .build();
        let stacks = stacks(&profile, &CallTreeQuery::default(), MergeBy::Function);
        let name = |node| &*profile.frames().get(stacks.frame(node)).name;
        let steps: Vec<_> =
            frame_steps(&stacks, stacks.samples(&profile, None)).map(|step| told(step, name)).collect();
        let expected = "+main0 +a0 +b0 -b10>c +c10 +d10 -d30 -c30 -a30 -main30 +main50 +a50 -a60 -main60";
        assert_eq!(steps.join(" "), expected);
    }

    #[test]
    fn spans_end_before_the_next_begins_and_with_what_they_are_in() {
        let spans = [(0..50, 'a'), (10..20, 'b'), (20..30, 'b'), (40..60, 'c'), (70..80, 'd')];
        let steps: Vec<_> = span_steps(spans.into_iter()).map(|step| told(step, |name| name)).collect();
        assert_eq!(steps.join(" "), "+a0 +b10 -b20>b +b20 -b30 +c40 -c50 -a50 +d70 -d80");
    }
}
