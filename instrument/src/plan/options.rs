//! What is asked of the rewriter.

use crate::MeasureSet;
use crate::allocators::AllocatorKind;
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, GoFrames};

/// What is to be measured, and what the user knows about the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeOptions {
    /// What to measure.
    pub measures: MeasureSet,
    /// Functions that are allocators though their names don't tell.
    pub allocators: Vec<(FuncIndex, AllocatorKind)>,
    /// Who will read the probes.
    pub reader: ProbeReader,
    /// The global that the module's names tell to be the stack pointer, if any.
    pub stack_pointer: Option<u32>,
    /// The frames of Go's own stacks, where those are to be read in samples of the time.
    pub goroutines: Option<Arc<GoFrames>>,
}

/// Who will read the probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProbeReader {
    /// Any host, by what the module exports.
    #[default]
    Any,
    /// A host that calls the start function itself, by the export [`START_EXPORT`](crate::probes::START_EXPORT), before
    /// it calls anything else: it can look at the probes first, and where the function traps the instance is still
    /// there. Where nothing but a host can come between the two, a module can't tell the difference.
    Starter,
    /// A host that sees the probes' memories once, as those of core modules in components: they have their largest size
    /// from the start.
    Component,
}

impl From<MeasureSet> for ProbeOptions {
    fn from(measures: MeasureSet) -> Self {
        ProbeOptions { measures, ..ProbeOptions::default() }
    }
}
