//! Executed instructions by call path: counts of stretches of code become counts of logical frames.

use super::PathId;
use super::expand::Expander;
use super::source::FrameSource;
use rustc_hash::FxHashMap;
use std::ops::Range;
use wasmscope_instrument::instructions_of;
use wasmscope_instrument::recording::{ContextTable, Recording};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// The instructions of a function, and which of them stand in the same logical frames at the same lines.
struct Body {
    offsets: Vec<CodeOffset>,
    /// Neighbours in `offsets`, and their chain: see [`Expander::chain`].
    stretches: Vec<(Range<usize>, Range<usize>)>,
}

/// How many instructions were executed in each call path by itself; paths without any are left out. `callers` has for
/// each context the path down to the call of its function.
pub(super) fn executed<S: FrameSource + ?Sized>(
    expander: &mut Expander<'_, S>,
    recording: &Recording,
    callers: &[PathId],
) -> Vec<(PathId, u64)> {
    let mut bodies: FxHashMap<FuncIndex, Body> = FxHashMap::default();
    let mut sums: FxHashMap<PathId, u64> = FxHashMap::default();
    for (context, start, end, count) in recording.instructions.iter() {
        let Some((func, caller)) = place(&recording.contexts, callers, context.0 as usize) else { continue };
        let body = bodies.entry(func).or_insert_with(|| Body::of(expander, recording, func));
        for (chain, instructions) in body.within(start, end) {
            let sum = sums.entry(expander.inside(caller, chain)).or_default();
            *sum = sum.saturating_add(count.saturating_mul(instructions as u64));
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable();
    sums
}

fn place(contexts: &ContextTable, callers: &[PathId], row: usize) -> Option<(FuncIndex, PathId)> {
    Some((*contexts.func.get(row)?, *callers.get(row)?))
}

impl Body {
    fn of<S: FrameSource + ?Sized>(
        expander: &mut Expander<'_, S>,
        recording: &Recording,
        func: FuncIndex,
    ) -> Body {
        // A body that can't be read was not counted either.
        let offsets = instructions_of(&recording.module, expander.module(), func).unwrap_or_default();
        let mut stretches: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for (at, offset) in offsets.iter().enumerate() {
            let chain = expander.chain(func, Some(*offset));
            match stretches.last_mut() {
                Some((stretch, last)) if expander.are_equal(last, &chain) => stretch.end = at + 1,
                _ => stretches.push((at..at + 1, chain)),
            }
        }
        Body { offsets, stretches }
    }

    /// The chains that the code from `start` to `end` is in, and how many of its instructions are in each.
    fn within(&self, start: CodeOffset, end: CodeOffset) -> impl Iterator<Item = (Range<usize>, usize)> {
        let index_of = |offset: CodeOffset| self.offsets.partition_point(|at| *at < offset);
        let (start, end) = (index_of(start), index_of(end));
        let first = self.stretches.partition_point(|(stretch, _)| stretch.end <= start);
        let touched = self.stretches[first..].iter().take_while(move |(stretch, _)| stretch.start < end);
        touched.map(move |(stretch, chain)| {
            (chain.clone(), stretch.end.min(end).saturating_sub(stretch.start.max(start)))
        })
    }
}
