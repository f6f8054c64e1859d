//! What is asked of the rewriter.

use crate::MeasureSet;
use crate::allocators::AllocatorKind;
use wasmscope_symbolize::FuncIndex;

/// What is to be measured, and what the user knows about the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeOptions {
    /// What to measure.
    pub measures: MeasureSet,
    /// Functions that are allocators though their names don't tell.
    pub allocators: Vec<(FuncIndex, AllocatorKind)>,
}

impl From<MeasureSet> for ProbeOptions {
    fn from(measures: MeasureSet) -> Self {
        ProbeOptions { measures, allocators: Vec::new() }
    }
}
