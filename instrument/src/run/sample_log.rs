//! Turns samples into rows of the recording: original places, distinct stacks, the order of time.

use super::compiled::{HostCall, Places};
use super::goroutines::rejoin;
use super::measured::MeasuredFrom;
use super::message::TracedSample;
use super::outer_stacks::OuterStacks;
use crate::recording::{SampleTable, StackFrame, StackId, StackTable};
use crate::sample::{CodeMap, CompiledPlace, Leaf, NativeSample, StackBuilder};
use std::sync::Arc;
use wasmscope_symbolize::FuncIndex;

/// Samples that were not written yet.
#[derive(Default)]
pub struct SampleLog {
    /// How addresses and offsets lead back to the original module.
    map: Option<(CodeMap, Arc<Places>)>,
    /// When the measured part of the run begins; `None` measures all of it.
    measured: Option<Arc<MeasuredFrom>>,
    outer_stacks: OuterStacks,
    stacks: StackBuilder,
    rows: Vec<(u64, StackId, u64)>,
}

impl SampleLog {
    /// Says how the addresses to come lead back to the original module.
    pub fn bind(&mut self, code: CodeMap, places: Arc<Places>) {
        self.map = Some((code, places));
    }

    /// Leaves out what comes before the measured part, and finds in `outer_stacks` what is below the stacks to come.
    pub fn measure(&mut self, measured: Arc<MeasuredFrom>, outer_stacks: OuterStacks) {
        self.measured = Some(measured);
        self.outer_stacks = outer_stacks;
    }

    fn is_measured(&self, time_nanos: u64) -> bool {
        self.measured.as_ref().is_none_or(|measured| measured.has(time_nanos))
    }

    /// Adds a sample that the signal handler took.
    pub fn add_native(&mut self, sample: &NativeSample) {
        if !self.is_measured(sample.time_nanos) {
            return;
        }
        let Some((code, places)) = &mut self.map else { return };
        let to_original = |place| frame(places, place);
        let mut frames = Vec::with_capacity(sample.addresses.len() + 1);
        for (depth, address) in sample.addresses.iter().enumerate() {
            // A return address may be the first of what follows the call.
            let address = address - u64::from(depth > 0);
            frames.extend(code.frame(address, to_original));
        }
        keep_innermost(&mut frames);
        rejoin(&mut frames, &sample.goroutine, places.goroutines.as_ref(), &places.index);
        let outer = self.outer_stacks.frames(sample.outer);
        frames.extend(outer.iter().flat_map(|place| caller_frames(places, *place)).flatten());
        self.add(sample.time_nanos, sample.weight_nanos, leaf_frame(sample.leaf, None), frames);
    }

    /// Adds a sample whose stack the engine walked.
    pub fn add_traced(&mut self, sample: &TracedSample) {
        if !self.is_measured(sample.time_nanos) {
            return;
        }
        let Some((_, places)) = &self.map else { return };
        let call = sample.frames.first().and_then(|place| places.call_at(*place));
        let called =
            call.and_then(|call| if let HostCall::Import(import) = call { Some(import) } else { None });
        let mut traced = sample.frames.iter();
        let mut frames: Vec<_> = traced.next().and_then(|place| frame(places, *place)).into_iter().collect();
        frames.extend(traced.flat_map(|place| caller_frames(places, *place)).flatten());
        rejoin(&mut frames, &sample.goroutine, places.goroutines.as_ref(), &places.index);
        self.add(sample.time_nanos, sample.weight_nanos, leaf_frame(sample.leaf, called), frames);
    }

    fn add(
        &mut self,
        time_nanos: u64,
        weight_nanos: u64,
        leaf: Option<StackFrame>,
        innermost_first: Vec<StackFrame>,
    ) {
        let outermost_first = innermost_first.into_iter().rev().chain(leaf);
        // A stack of trampolines alone is the engine on its way in or out.
        let stack = self.stacks.intern(outermost_first);
        let stack = stack.or_else(|| self.stacks.intern([StackFrame::Engine].into_iter()));
        self.rows.extend(stack.map(|stack| (time_nanos, stack, weight_nanos)));
    }

    /// The rows up to `until_nanos`, in the order of time.
    pub fn take_until(&mut self, until_nanos: u64) -> SampleTable {
        self.rows.sort_by_key(|(time, ..)| *time);
        let count = self.rows.partition_point(|(time, ..)| *time <= until_nanos);
        let mut table = SampleTable::default();
        self.rows.drain(..count).for_each(|(time, stack, weight)| table.push(time, stack, weight));
        table
    }

    /// The stacks since it was last asked.
    pub fn take_stacks(&mut self) -> StackTable {
        self.stacks.take_unwritten()
    }
}

/// The frame of a caller and, innermost first, that of the import that it calls where the host called the guest again.
fn caller_frames(places: &Places, caller: CompiledPlace) -> [Option<StackFrame>; 2] {
    let import = match places.call_at(caller) {
        // What a core module of a component imports may be another one's.
        Some(HostCall::Import(import)) if !places.index.is_component() => Some(StackFrame::Host { import }),
        _ => None,
    };
    [import, places.frame(caller)]
}

/// What the engine adds for calls between components is canonical ABI work.
fn frame(places: &Places, place: CompiledPlace) -> Option<StackFrame> {
    match places.is_engines(place.function) {
        true => Some(StackFrame::Engine),
        false => places.frame(place),
    }
}

/// What the engine added is told where it runs, not where it only calls on.
fn keep_innermost(frames: &mut Vec<StackFrame>) {
    let mut depth = 0;
    frames.retain(|frame| {
        depth += 1;
        depth == 1 || *frame != StackFrame::Engine
    });
}

/// The frame above the guest's. `called` is the import that the guest's innermost frame calls.
fn leaf_frame(leaf: Leaf, called: Option<FuncIndex>) -> Option<StackFrame> {
    match leaf {
        Leaf::Guest => None,
        Leaf::Import(import) => Some(StackFrame::Host { import }),
        Leaf::Host => Some(called.map_or(StackFrame::Engine, |import| StackFrame::Host { import })),
        Leaf::Engine => Some(StackFrame::Engine),
    }
}
