//! Stacks over time as frames that begin and end.

use crate::analysis::{NodeId, StackSample, Stacks};

/// A frame of the stack begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameEvent {
    /// When, in nanoseconds since the recording began.
    pub(super) nanos: u64,
    /// The frame, with those that it is called by.
    pub(super) node: NodeId,
    /// Does it begin?
    pub(super) begins: bool,
}

/// The events of `samples`, in the order of time. What two samples in a row have in common goes on from the one to the
/// next; where there is a gap between them, nothing does.
pub(super) fn frame_events(
    stacks: &Stacks,
    samples: impl Iterator<Item = StackSample>,
) -> impl Iterator<Item = FrameEvent> {
    let end = StackSample { start_nanos: u64::MAX, end_nanos: u64::MAX, node: NodeId::ROOT };
    let mut last = StackSample { start_nanos: 0, end_nanos: 0, node: NodeId::ROOT };
    // The end is a sample of its own, behind a gap.
    samples.chain([end]).flat_map(move |sample| {
        let goes_on = sample.start_nanos == last.end_nanos;
        let shared = if goes_on { shared(stacks, last.node, sample.node) } else { NodeId::ROOT };
        let above = |node: NodeId| stacks.up(node).take_while(move |node| *node != shared);
        let close = |node| FrameEvent { nanos: last.end_nanos, node, begins: false };
        let mut events: Vec<_> = above(last.node).map(close).collect();
        let closed = events.len();
        let open = |node| FrameEvent { nanos: sample.start_nanos, node, begins: true };
        events.extend(above(sample.node).map(open));
        events[closed..].reverse();
        last = sample;
        events
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CallTreeQuery, MergeBy, stacks};
    use crate::profile::ProfileBuilder;

    #[test]
    fn what_goes_on_is_not_closed_and_gaps_are() {
        let profile = ProfileBuilder::new()
            .sample(10, "main;a;b", 10)
            .sample(20, "main;a;c", 10)
            .sample(30, "main;a;c", 10)
            .sample(60, "main;a", 10)
            .build();
        let stacks = stacks(&profile, &CallTreeQuery::default(), MergeBy::Function);
        let name = |node| &*profile.frames().get(stacks.frame(node)).name;
        let told: Vec<_> = frame_events(&stacks, stacks.samples(&profile, None))
            .map(|event| {
                format!("{}{}{}", if event.begins { "+" } else { "-" }, name(event.node), event.nanos)
            })
            .collect();
        let expected = "+main0 +a0 +b0 -b10 +c10 -c30 -a30 -main30 +main50 +a50 -a60 -main60"
            .split(' ')
            .collect::<Vec<_>>();
        assert_eq!(told, expected);
    }
}
