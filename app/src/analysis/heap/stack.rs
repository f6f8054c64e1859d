//! Where the shadow stack lies in a memory, and how deep it is.

use super::StaticData;
use crate::profile::{PathId, Profile};
use std::ops::Range;
use wasmscope_instrument::recording::ShadowStack;
use wasmscope_symbolize::{MemoryIndex, StackPointer};

/// The room of the shadow stack, which grows downwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackRoom {
    /// Its addresses. Where it lies below static data, and none is below it, all of that is the stack's; elsewhere only
    /// what it is known to have used.
    pub range: Range<u64>,
    /// What was measured of it.
    measured: Option<ShadowStack>,
}

/// How deep the shadow stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackDepth {
    /// Bytes in use at the moment, as the last look before it found them.
    pub bytes: u64,
    /// The most bytes that were in use until then.
    pub most_bytes: u64,
    /// When that was seen, in nanoseconds since the recording began; `None` where it never was deep.
    pub most_nanos: Option<u64>,
    /// Who was running then: the function that made the stack so deep is innermost. The root where it never was deep.
    pub most_path: PathId,
}

impl StackRoom {
    pub(super) fn of(profile: &Profile, memory: MemoryIndex, data: &[StaticData]) -> Option<StackRoom> {
        let measured = profile.recording().shadow_stack.as_ref().filter(|stack| stack.memory == memory);
        let named = || (memory == MemoryIndex(0)).then(|| named_top(profile)).flatten();
        let top = measured.map(|stack| stack.top).or_else(named)?;
        // They ascend. Without any nothing tells what lies below.
        let is_first = data.first().is_some_and(|data| data.range.start >= top);
        let bottom = if is_first { Some(0) } else { measured.map(|stack| stack.lowest.min(stack.top)) };
        let range = bottom?..top;
        (!range.is_empty()).then(|| StackRoom { range, measured: measured.cloned() })
    }

    /// How deep it is at a moment; `None` where it was not measured.
    pub fn depth_at(&self, profile: &Profile, nanos: u64) -> Option<StackDepth> {
        let ShadowStack { top, lowest, lows, depths, .. } = self.measured.as_ref()?;
        let looked = depths.partition_point(|(time, _)| *time <= nanos);
        let pointer =
            looked.checked_sub(1).and_then(|at| depths.get(at)).map_or(*top, |(_, pointer)| *pointer);
        let deeper = lows.partition_point(|low| low.time_nanos <= nanos);
        let row = deeper.checked_sub(1);
        let low = row.and_then(|at| lows.get(at));
        // The last one is told to the byte where the run has an end.
        let is_last = deeper == lows.len();
        let most = if is_last { *lowest } else { low.map_or(*top, |low| low.pointer) };
        Some(StackDepth {
            bytes: top.saturating_sub(pointer),
            most_bytes: top.saturating_sub(most).max(top.saturating_sub(pointer)),
            most_nanos: low.map(|low| low.time_nanos),
            most_path: row.map_or(PathId::ROOT, |row| profile.stack_low_path(row)),
        })
    }
}

/// The pointer's value at the start, where the module names it and it can be one.
fn named_top(profile: &Profile) -> Option<u64> {
    let symbols = profile.symbols();
    Some(StackPointer::of(symbols.module(), symbols.stack_pointer()?)?.top)
}
