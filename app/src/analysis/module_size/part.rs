//! The parts of the file as they are gathered, and the flat list that they become.

use super::{SizeId, SizeKind, SizeNode};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A part with those within it.
pub(super) struct Part {
    pub(super) kind: SizeKind,
    pub(super) name: Arc<str>,
    pub(super) bytes: u64,
    pub(super) heat: u64,
    pub(super) judged_bytes: u64,
    pub(super) idle_bytes: u64,
    pub(super) range: Range<u64>,
    pub(super) parts: Vec<Part>,
}

impl Part {
    /// A part that nothing is in.
    pub(super) fn leaf(kind: SizeKind, name: Arc<str>, bytes: u64) -> Part {
        Part { kind, name, bytes, heat: 0, judged_bytes: 0, idle_bytes: 0, range: 0..0, parts: Vec::new() }
    }

    /// A part that is the sum of `parts`.
    pub(super) fn sum(kind: SizeKind, name: Arc<str>, parts: Vec<Part>) -> Part {
        let sum = |value: fn(&Part) -> u64| parts.iter().map(value).fold(0, u64::saturating_add);
        let (bytes, heat) = (sum(|part| part.bytes), sum(|part| part.heat));
        let (judged_bytes, idle_bytes) = (sum(|part| part.judged_bytes), sum(|part| part.idle_bytes));
        Part { kind, name, bytes, heat, judged_bytes, idle_bytes, range: 0..0, parts }
    }

    /// As [`Part::sum`] of a part of `bytes`: what is in none of `parts` is one more, called `rest`.
    pub(super) fn whole(
        kind: SizeKind,
        name: Arc<str>,
        bytes: u64,
        mut parts: Vec<Part>,
        rest: &str,
    ) -> Part {
        let known = parts.iter().map(|part| part.bytes).fold(0, u64::saturating_add);
        let left = bytes.saturating_sub(known);
        if left > 0 && !parts.is_empty() {
            parts.push(Part::leaf(SizeKind::Frame, rest.into(), left));
        }
        if parts.is_empty() { Part::leaf(kind, name, bytes) } else { Part::sum(kind, name, parts) }
    }

    /// The same with its place in the file.
    pub(super) fn at(self, range: Range<u64>) -> Part {
        Part { range, ..self }
    }
}

/// `root` and all below, level by level, those within the same part by falling size.
pub(super) fn flattened(root: Part) -> Vec<SizeNode> {
    let mut nodes = Vec::new();
    let mut waiting = VecDeque::from([(SizeId::ROOT, root)]);
    // Parts stand in the list in the order in which they come to the queue.
    let mut queued = 1;
    while let Some((parent, part)) = waiting.pop_front() {
        let Part { kind, name, bytes, heat, judged_bytes, idle_bytes, range, mut parts } = part;
        parts.retain(|part| part.bytes > 0);
        parts.sort_by(|a, b| (Reverse(a.bytes), &a.name).cmp(&(Reverse(b.bytes), &b.name)));
        let children = queued..queued + parts.len() as u32;
        queued = children.end;
        let id = SizeId(nodes.len() as u32);
        waiting.extend(parts.into_iter().map(|part| (id, part)));
        nodes.push(SizeNode { kind, name, bytes, heat, judged_bytes, idle_bytes, range, parent, children });
    }
    nodes
}
