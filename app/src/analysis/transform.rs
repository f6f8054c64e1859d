//! What can be done to call paths before they are merged into a tree.

use crate::profile::FrameId;
use wasmscope_symbolize::Group;

/// One change to all call paths, whose frames go by ids of the type `F`. They are done in order, each to what those before it left. Weight moves to callers or
/// goes; none is made up.
///
/// Each does what the transform of this name does in the Firefox Profiler (its
/// `docs-user/guide-filtering-call-trees.md`), but for groups: there a box of its own stands for them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transform<F = FrameId> {
    /// Paths begin with the outermost call of the function. Those without it go.
    FocusFunction(F),
    /// Only the paths through one box stay, and it has no callers.
    FocusSubtree(Subtree<F>),
    /// The function vanishes. What it weighs by itself is its caller's.
    MergeFunction(F),
    /// Paths through the function go, with all that they weigh.
    DropFunction(F),
    /// What the function called, directly or not, is part of it.
    CollapseFunction(F),
    /// Between the outermost and the innermost call of the function on a path nothing is left, as if the innermost
    /// were the outermost.
    CollapseRecursion(F),
    /// Functions of the group that were called by others of it are part of their caller: what is left are the
    /// functions by which the group is entered.
    CollapseGroup(Group),
}

impl<F: Copy> Transform<F> {
    /// The same of frames that go by other ids.
    pub fn map<G>(&self, mut id: impl FnMut(F) -> G) -> Transform<G> {
        match self {
            Transform::FocusFunction(frame) => Transform::FocusFunction(id(*frame)),
            Transform::FocusSubtree(subtree) => Transform::FocusSubtree(Subtree {
                frames: subtree.frames.iter().map(|frame| id(*frame)).collect(),
                inverted: subtree.inverted,
                skips_inlined: subtree.skips_inlined,
            }),
            Transform::MergeFunction(frame) => Transform::MergeFunction(id(*frame)),
            Transform::DropFunction(frame) => Transform::DropFunction(id(*frame)),
            Transform::CollapseFunction(frame) => Transform::CollapseFunction(id(*frame)),
            Transform::CollapseRecursion(frame) => Transform::CollapseRecursion(id(*frame)),
            Transform::CollapseGroup(group) => Transform::CollapseGroup(group.clone()),
        }
    }
}

/// A box of a call tree with all below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subtree<F = FrameId> {
    /// The functions from below the root to the box.
    pub frames: Vec<F>,
    /// Is the tree an inverted one, so that the box is that of the paths which end in these functions?
    pub inverted: bool,
    /// Does the tree show no inlined functions, so that between these there may be some?
    pub skips_inlined: bool,
}
