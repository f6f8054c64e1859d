//! What a guest begins with: its world, and what watches it.

use super::boundary_log::BoundaryLog;
use super::compiled::CompiledGuest;
use super::glue::{self, Console};
use super::guest::{GuestState, Watch};
use super::guest_memories::GuestMemories;
use super::limit::GrowthLimit;
use super::measured::MeasuredFrom;
use super::message::MessageSender;
use super::outer_stacks::OuterStacks;
use super::output::{GuestOutput, OutputBuffer};
use super::pacer::Pacer;
use super::stop::StopFlag;
use super::target::may_block;
use super::{Observer, OutputStream, RunOptions, wasi};
use crate::clock::RecordingClock;
use crate::recording::CallTimes;
use crate::{Measure, RecordError};
use std::sync::Arc;

impl GuestState {
    /// What the engine keeps for a guest of this name, and where its output waits.
    pub fn new(
        name: &str,
        watch: Watch,
        compiled: &CompiledGuest,
        options: &RunOptions,
        observer: &Arc<dyn Observer>,
    ) -> Result<(Self, Arc<OutputBuffer>), RecordError> {
        let index = &compiled.places.index;
        let output = Arc::new(OutputBuffer::new(options.limits.output_bytes, Arc::clone(&watch.stop)));
        let world = wasi::make_world(name, &options.program, observer, &output, may_block(index))?;
        let printed =
            |which| GuestOutput { which, observer: Arc::clone(observer), buffer: Arc::clone(&output) };
        let console =
            Console { stdout: printed(OutputStream::Stdout), stderr: printed(OutputStream::Stderr) };
        let (glue, limit) = (glue::State::new(console), GrowthLimit::new(index, &options.limits));
        Ok((GuestState { world, glue, limit, watch }, output))
    }
}

impl Watch {
    /// Nothing was noted yet, and all is measured.
    pub fn new(
        compiled: &CompiledGuest,
        options: &RunOptions,
        clock: &RecordingClock,
        pacer: Pacer,
        messages: MessageSender,
    ) -> Self {
        let places = Arc::clone(&compiled.places);
        let records_boundary = options.measures.has(Measure::Boundary);
        let imports_announced = !records_boundary || places.index.imported_function_count() == 0;
        Watch {
            clock: clock.clone(),
            log: BoundaryLog::default(),
            pacer,
            stop: Arc::new(StopFlag::default()),
            messages,
            places,
            measured: Arc::new(MeasuredFrom::new(false)),
            calls: CallTimes::default(),
            probes: None,
            memory: None,
            memories: GuestMemories::default(),
            entering: None,
            unknown_callees: 0,
            abroad: 0,
            stacks: Vec::new(),
            outer_stacks: OuterStacks::default(),
            depths: Arc::default(),
            growths: Vec::new(),
            imports_announced,
            is_calling: false,
            records_boundary,
            records_growth: options.measures.has(Measure::Growth),
            keeps_image: options.keeps_image(),
        }
    }
}
