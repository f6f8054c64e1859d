//! The search: which functions it names, and how much of everything they are.

use crate::analysis::NodeId;
use crate::profile::{FrameId, Profile};
use crate::ui::views::FlameView;
use std::sync::Arc;

/// A search and what it found.
#[derive(Default)]
pub struct Search {
    /// What is searched for, as typed.
    pub text: String,
    done_for: String,
    done_in: Option<Arc<FlameView>>,
    by_frame: Vec<bool>,
    /// How many functions are named.
    pub functions: usize,
    /// The weight of the paths that hold one of them.
    pub value: u64,
}

impl Search {
    /// Is anything searched for?
    pub fn is_on(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Does the search name `frame`?
    pub fn hits(&self, frame: FrameId) -> bool {
        self.by_frame.get(frame.index()).copied().unwrap_or(false)
    }

    /// What was searched for last.
    pub fn needle(&self) -> &str {
        &self.done_for
    }

    /// Searches again where text or view have changed.
    pub fn update(&mut self, profile: &Profile, view: &Arc<FlameView>) {
        let same_view = self.done_in.as_ref().is_some_and(|done| Arc::ptr_eq(done, view));
        let needle = self.text.trim().to_lowercase();
        if same_view && needle == self.done_for {
            return;
        }
        if needle != self.done_for || self.by_frame.len() != profile.frames().len() {
            self.by_frame = matches(profile, &needle);
        }
        self.functions = self.count(view);
        self.value = if needle.is_empty() { 0 } else { self.weigh(view) };
        self.done_for = needle;
        self.done_in = Some(Arc::clone(view));
    }

    fn count(&self, view: &FlameView) -> usize {
        let mut seen = vec![false; self.by_frame.len()];
        for frame in view.tree.frames() {
            if let Some(seen) = seen.get_mut(frame.index()) {
                *seen = true;
            }
        }
        seen.iter().zip(&self.by_frame).filter(|(seen, hit)| **seen && **hit).count()
    }

    /// The sum of the topmost boxes that are named, so that no path counts twice.
    fn weigh(&self, view: &FlameView) -> u64 {
        let (mut sum, mut node) = (0u64, NodeId::ROOT);
        while let Some(frame) = view.tree.frames().get(node.index()) {
            if self.hits(*frame) {
                let total = view.tree.totals().get(node.index()).copied().unwrap_or(0);
                sum = sum.saturating_add(total);
                node = view.tree.end(node).max(NodeId(node.0.saturating_add(1)));
            } else {
                node = NodeId(node.0.saturating_add(1));
            }
        }
        sum
    }
}

fn matches(profile: &Profile, needle: &str) -> Vec<bool> {
    let root = FrameId::ROOT;
    let named = |text: &str| text.to_lowercase().contains(needle);
    let frames = profile.frames().iter();
    frames.map(|(id, info)| !needle.is_empty() && id != root && named(&info.name)).collect()
}
