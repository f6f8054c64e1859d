//! What happened when beside the stacks, for formats that are about time: phases, calls across, and sizes of memory.

use crate::analysis::{FRAME_BUDGET_NANOS, MemoryGrowth, Timeline, TimelineRow, growth, timeline};
use crate::profile::Profile;
use rustc_hash::FxHashMap;
use std::ops::Range;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction, PhaseSpan};
use wasmscope_symbolize::FuncIndex;

/// What has any part in the time that was asked for.
pub(super) struct RunEvents {
    /// The stages of the run.
    pub(super) phases: Vec<PhaseSpan>,
    /// Single calls of imports and exports, in the order in which they began, the outer before the inner.
    pub(super) calls: Vec<CallSpan>,
    /// Calls of which there were too many to keep each: sums by function and slice of time, one function after the other.
    pub(super) slices: Vec<CallSlice>,
    /// How much memory there is.
    pub(super) sizes: Vec<SizeInTime>,
    /// The names of what was called, behind those of the modules that they are imported from.
    pub(super) names: FxHashMap<Callee, String>,
}

/// What was called, and from where.
pub(super) type Callee = (Direction, FuncIndex);

/// A number of bytes over time.
pub(super) struct SizeInTime {
    /// What it is of.
    pub(super) name: String,
    /// From when on, in nanoseconds since the recording began, how many bytes.
    pub(super) points: Vec<(u64, u64)>,
}

impl RunEvents {
    pub(super) fn of(profile: &Profile, time: Option<Range<u64>>) -> RunEvents {
        let Timeline { mut phases, rows, spans: mut calls, mut slices } =
            timeline(profile, FRAME_BUDGET_NANOS);
        if let Some(time) = &time {
            phases.retain(|phase| phase.start_nanos < time.end && phase.end_nanos >= time.start);
            let end = |call: &CallSpan| call.start_nanos.saturating_add(call.duration_nanos);
            calls.retain(|call| call.start_nanos < time.end && end(call) >= time.start);
            slices.retain(|slice| slice.start_nanos < time.end && slice_end(slice) > time.start);
        }
        slices.sort_by_key(|slice| (slice.direction, slice.func, slice.start_nanos));
        let names = rows.iter().map(|row| ((row.direction, row.func), name(row))).collect();
        RunEvents { phases, calls, slices, sizes: sizes(profile, time), names }
    }

    /// The name of what was called.
    pub(super) fn name(&self, callee: Callee) -> &str {
        self.names.get(&callee).map_or("?", |name| name)
    }
}

/// When a slice of time is over, in nanoseconds since the recording began.
pub(super) fn slice_end(slice: &CallSlice) -> u64 {
    slice.start_nanos.saturating_add(slice.width_nanos)
}

fn name(row: &TimelineRow) -> String {
    match &row.module {
        Some(module) => format!("{module}.{}", row.name),
        None => row.name.to_string(),
    }
}

/// Those of the memories and, where it was measured, of the heap.
fn sizes(profile: &Profile, time: Option<Range<u64>>) -> Vec<SizeInTime> {
    let view = growth(profile);
    let view = time.map(|time| view.within(&time)).unwrap_or(view);
    let memory = |memory: &MemoryGrowth| {
        let bytes = |pages: u64| pages.saturating_mul(memory.page_bytes);
        let points = memory.steps.iter().map(|step| (step.time_nanos, bytes(step.pages))).collect();
        SizeInTime { name: format!("Memory {}", memory.memory.0), points }
    };
    let heap = view.heap.iter().map(|point| (point.time_nanos, point.live_bytes)).collect();
    let heap = SizeInTime { name: "Live heap".to_owned(), points: heap };
    let sizes = view.memories.iter().map(memory).chain([heap]);
    sizes.filter(|size| !size.points.is_empty()).collect()
}
