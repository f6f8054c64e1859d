//! What is injected where: decided here, as data, before any byte is written.

use crate::MeasureSet;
use crate::probes::Probes;
use crate::recording::Allocator;
use crate::rewrite::RewriteError;
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// What is to be injected into a module, and where.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(crate) probes: Probes,
    allocators: Vec<Allocator>,
    warnings: Vec<String>,
}

impl Plan {
    /// Decides what is needed to measure `measures` in the module in `bytes`, of which `index` is the outline.
    /// `name_of` gives functions' names as the module has them, by which allocators are known.
    ///
    /// # Errors
    /// When a function body or a section has something in it that we can't read, or the module is one that was
    /// instrumented before.
    pub fn new(
        bytes: &[u8],
        index: &ModuleIndex,
        name_of: impl Fn(FuncIndex) -> Arc<str>,
        measures: MeasureSet,
    ) -> Result<Plan, RewriteError> {
        let _ = (bytes, index, name_of, measures);
        Ok(Plan::default())
    }

    /// The functions that were taken for allocators; empty unless the heap is measured.
    pub fn allocators(&self) -> &[Allocator] {
        &self.allocators
    }

    /// What can't be measured, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
