//! Call paths as a query shows them: what they weigh, and which of them are hidden behind others.

use super::{CallTreeQuery, Subtree, Transform};
use crate::profile::{FrameId, FrameInfo, FrameKind, LineId, PathId, Profile};

/// The path table after inlined frames are folded and transforms are done.
pub(super) struct PathView<'a> {
    profile: &'a Profile,
    /// By frame of the profile: what it goes by here; `None` where that is itself.
    frames: Option<&'a [FrameId]>,
    /// By path: the one that is shown in its stead, which is itself or one that was found before it.
    shown: Vec<PathId>,
    /// By path: the one that shows what it weighs by itself; `None` where that is left out.
    holder: Vec<Option<PathId>>,
    /// By path, without what it called; that of hidden ones is 0.
    weights: Vec<u64>,
}

impl<'a> PathView<'a> {
    /// The paths that `query` asks for, which weigh `weights`.
    pub(super) fn new(profile: &'a Profile, query: &CallTreeQuery, weights: Vec<u64>) -> Self {
        Self::with_frames(profile, None, query, weights)
    }

    /// The same, with frames that go by other ids, several by the same one if need be: those in `frames`, by frame of
    /// the profile. The frames of `query` are such ones too.
    pub(super) fn with_frames(
        profile: &'a Profile,
        frames: Option<&'a [FrameId]>,
        query: &CallTreeQuery,
        weights: Vec<u64>,
    ) -> Self {
        let mut view = PathView::shown(profile, frames, query);
        view.weights = view.weigh(&weights);
        view
    }

    /// The paths that `query` asks for, whatever they weigh.
    pub(super) fn unweighed(profile: &'a Profile, query: &CallTreeQuery) -> Self {
        PathView::shown(profile, None, query)
    }

    fn shown(profile: &'a Profile, frames: Option<&'a [FrameId]>, query: &CallTreeQuery) -> Self {
        let shown: Vec<_> = (0..profile.paths().len() as u32).map(PathId).collect();
        let holder = shown.iter().copied().map(Some).collect();
        let mut view = PathView { profile, frames, shown, holder, weights: Vec::new() };
        query.transforms.iter().for_each(|transform| view.transform(transform));
        if !query.inline_frames {
            // Last, so that a transform of an inlined function stays what it was.
            view.hide(|view, path, caller| if view.is_inlined(path) { caller } else { path });
        }
        view
    }

    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// What each path weighs by itself.
    pub(super) fn weights(&self) -> &[u64] {
        &self.weights
    }

    /// The path that shows what `path` weighs by itself; `None` where that is left out.
    pub(super) fn holder(&self, path: PathId) -> Option<PathId> {
        self.holder.get(path.index()).copied().flatten()
    }

    /// What each path weighs as it is shown, given what each weighs by itself.
    pub(super) fn weigh(&self, weights: &[u64]) -> Vec<u64> {
        let mut shown = vec![0u64; self.len()];
        for (weight, holder) in weights.iter().zip(&self.holder) {
            if let Some(holder) = holder {
                let sum = &mut shown[holder.index()];
                *sum = sum.saturating_add(*weight);
            }
        }
        shown
    }

    /// The path that is shown above `path`.
    pub(super) fn caller(&self, path: PathId) -> PathId {
        self.shown_for(self.profile.paths().parent(path))
    }

    /// The innermost frames of the paths that weigh anything by themselves and are inlined, some of them repeatedly.
    pub(super) fn inlined(&self) -> impl Iterator<Item = FrameId> {
        let weighing = self.weights.iter().enumerate().filter(|(_, weight)| **weight > 0);
        let paths = weighing.map(|(at, _)| PathId(at as u32)).filter(|path| self.is_inlined(*path));
        paths.map(|path| self.frame(path))
    }

    /// By path, the one that is shown above it.
    pub(super) fn callers(&self) -> Vec<u32> {
        (0..self.len() as u32).map(|path| self.caller(PathId(path)).0).collect()
    }

    /// The innermost frame of `path`, by the id that it goes by here.
    pub(super) fn frame(&self, path: PathId) -> FrameId {
        let frame = self.profile.paths().frame(path);
        self.frames.map_or(frame, |ids| ids.get(frame.index()).copied().unwrap_or(FrameId::ROOT))
    }

    fn info(&self, path: PathId) -> &FrameInfo {
        self.profile.frames().get(self.profile.paths().frame(path))
    }

    pub(super) fn line(&self, path: PathId) -> LineId {
        self.profile.paths().line(path)
    }

    fn shown_for(&self, path: PathId) -> PathId {
        self.shown.get(path.index()).copied().unwrap_or(PathId::ROOT)
    }

    fn is_inlined(&self, path: PathId) -> bool {
        self.info(path).kind == FrameKind::Inlined
    }

    fn transform(&mut self, transform: &Transform) {
        match transform {
            Transform::FocusFunction(frame) => {
                let inside = self.states(0, |view, above, path| above.max(view.is_of(path, *frame)));
                self.keep(&inside, 1);
            }
            Transform::FocusSubtree(subtree) if subtree.inverted => self.keep_endings(subtree),
            Transform::FocusSubtree(subtree) => {
                let matched = self.states(0, |view, above, path| view.step_down(subtree, above, path));
                self.keep(&matched, subtree.frames.len() as u32);
            }
            Transform::MergeFunction(frame) => {
                self.hide(|view, path, caller| if view.frame(path) == *frame { caller } else { path });
            }
            Transform::DropFunction(frame) => {
                let inside = self.states(0, |view, above, path| above.max(view.is_of(path, *frame)));
                self.hold(|_, path| (inside.get(path.index()) != Some(&1)).then_some(path));
            }
            Transform::CollapseFunction(frame) => {
                let outermost = self.outermost(*frame);
                self.hide(|_, path, _| first_of(&outermost, path).unwrap_or(path));
            }
            Transform::CollapseRecursion(frame) => {
                let outermost = self.outermost(*frame);
                self.hide(|view, path, _| {
                    let first = first_of(&outermost, path).filter(|_| view.frame(path) == *frame);
                    first.unwrap_or(path)
                });
            }
            Transform::CollapseGroup(group) => self.hide(|view, path, caller| {
                let of_group = |path| view.info(path).group.as_ref() == Some(group);
                if of_group(path) && of_group(caller) { caller } else { path }
            }),
        }
    }

    fn is_of(&self, path: PathId, frame: FrameId) -> u32 {
        u32::from(self.frame(path) == frame)
    }

    /// A number for each path: `step` makes it from that of the path above, the root has `root`.
    fn states(&self, root: u32, step: impl Fn(&Self, u32, PathId) -> u32) -> Vec<u32> {
        let mut states = vec![root; self.len()];
        for at in 1..self.len() {
            let path = PathId(at as u32);
            let shown = self.shown_for(path);
            let of = |states: &[u32], path: PathId| states.get(path.index()).copied().unwrap_or(root);
            states[at] = if shown == path {
                step(self, of(&states, self.caller(path)), path)
            } else {
                of(&states, shown)
            };
        }
        states
    }

    /// By path: the outermost on it whose frame is `frame`; 0 where there is none.
    fn outermost(&self, frame: FrameId) -> Vec<u32> {
        self.states(0, |view, above, path| match above {
            0 if view.frame(path) == frame => path.0,
            _ => above,
        })
    }

    /// How many functions of `subtree` have been come through at `path`, given how many there were above it; once
    /// it has been left, that is `u32::MAX`.
    fn step_down(&self, subtree: &Subtree, matched: u32, path: PathId) -> u32 {
        match subtree.frames.get(matched as usize) {
            Some(_) if subtree.skips_inlined && self.is_inlined(path) => matched,
            Some(next) if *next == self.frame(path) => matched + 1,
            Some(_) => u32::MAX,
            None => matched,
        }
    }

    /// Keeps the paths with the state `goal`. The weight of others goes, and so do their frames.
    fn keep(&mut self, states: &[u32], goal: u32) {
        let is_kept = |path: PathId| states.get(path.index()) == Some(&goal);
        self.hold(|_, path| is_kept(path).then_some(path));
        self.hide(|_, path, _| if is_kept(path) { path } else { PathId::ROOT });
    }

    /// Keeps the paths that end in the functions of `subtree`, without what these called.
    fn keep_endings(&mut self, subtree: &Subtree) {
        self.hold(|view, path| view.ending(subtree, path));
    }

    /// Asks of each path that shows what some weigh by themselves which one does now.
    fn hold(&mut self, now: impl Fn(&Self, PathId) -> Option<PathId>) {
        let mut holder = std::mem::take(&mut self.holder);
        holder.iter_mut().for_each(|of| *of = of.and_then(|path| now(self, path)));
        self.holder = holder;
    }

    /// Where on `path` the last function of `subtree` is, if the innermost functions are those.
    fn ending(&self, subtree: &Subtree, mut path: PathId) -> Option<PathId> {
        let mut last = path;
        for frame in &subtree.frames {
            while subtree.skips_inlined && self.is_inlined(path) {
                path = self.caller(path);
            }
            if path == PathId::ROOT || self.frame(path) != *frame {
                return None;
            }
            last = path;
            path = self.caller(path);
        }
        Some(last)
    }

    /// Asks of each path that is shown, from the outside in, and of the one above it, which is shown in its stead;
    /// that takes over its weight.
    fn hide(&mut self, stand_in: impl Fn(&Self, PathId, PathId) -> PathId) {
        for at in 1..self.len() {
            let path = PathId(at as u32);
            let before = self.shown_for(path);
            let now =
                if before == path { stand_in(self, path, self.caller(path)) } else { self.shown_for(before) };
            self.shown[at] = now;
        }
        self.hold(|view, path| Some(view.shown_for(path)));
    }
}

/// The path that `outermost` has for `path`.
fn first_of(outermost: &[u32], path: PathId) -> Option<PathId> {
    outermost.get(path.index()).filter(|first| **first != 0).map(|first| PathId(*first))
}
