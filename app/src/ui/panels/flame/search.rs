//! The search: what is looked for, and the way from hit to hit.

use crate::analysis::NodeId;
use crate::ui::needle::Needle;
use crate::ui::views::{FlameHitsQuery, FlameView};
use std::sync::Arc;

/// A search, as typed.
#[derive(Default)]
pub struct Search {
    /// What is searched for.
    pub text: String,
    /// Should its field take the keyboard?
    pub wants_focus: bool,
}

/// From hit to hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the next.
    On,
    /// To the one before.
    Back,
}

impl Search {
    /// The question for the boxes, if anything is searched for.
    pub fn query(&self, view: &Arc<FlameView>) -> Option<FlameHitsQuery> {
        let needle = Needle::new(&self.text);
        (!needle.is_empty()).then(|| FlameHitsQuery { view: Arc::clone(view), needle })
    }
}

/// That of `hits` after the box with the focus or before it, round and round; the first one where no box has it.
pub fn next_hit(hits: &[NodeId], focus: Option<NodeId>, way: Way) -> Option<NodeId> {
    let count = hits.len();
    let at = focus.map(|node| (hits.partition_point(|hit| *hit < node), node));
    let next = match (at, way) {
        (None, Way::On) => 0,
        (None, Way::Back) => count.checked_sub(1)?,
        (Some((at, node)), Way::On) => at + usize::from(hits.get(at) == Some(&node)),
        (Some((at, _)), Way::Back) => (at + count).checked_sub(1)?,
    };
    hits.get(next.checked_rem(count)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_come_one_after_the_other_round_and_round() {
        let hits = [3, 7, 9].map(NodeId);
        for (focus, on, back) in [(None, 3, 9), (Some(3), 7, 9), (Some(5), 7, 3), (Some(9), 3, 7)] {
            let focus = focus.map(NodeId);
            assert_eq!(next_hit(&hits, focus, Way::On), Some(NodeId(on)), "{focus:?}");
            assert_eq!(next_hit(&hits, focus, Way::Back), Some(NodeId(back)), "{focus:?}");
        }
        assert_eq!(next_hit(&[], Some(NodeId(1)), Way::Back), None);
    }
}
