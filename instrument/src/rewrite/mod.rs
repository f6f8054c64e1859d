//! Puts the probes of a [`Plan`] into a module.

mod access;
mod body;
mod code;
mod hints;
mod indices;
mod inject;
mod locals;
mod runtime;
mod sections;

use crate::error::RewriteError;
use crate::offsets::OffsetMap;
use crate::plan::Plan;
use crate::probes::Probes;
use indices::Indices;
use std::sync::Arc;
use wasmscope_symbolize::ModuleIndex;

/// A module with probes, and what is needed to understand it.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// The bytes of the module.
    pub wasm: Vec<u8>,
    /// From its code offsets to the original's.
    pub offsets: OffsetMap,
    /// Where its probes are.
    pub probes: Arc<Probes>,
}

/// Puts what `plan` says into the module in `bytes`, of which `index` is the outline.
///
/// # Errors
/// When the result would go past a limit that all engines share.
pub fn rewrite(bytes: &[u8], index: &ModuleIndex, plan: &Plan) -> Result<Rewritten, RewriteError> {
    if plan.probes.is_empty() {
        return Ok(Rewritten {
            wasm: bytes.to_vec(),
            offsets: OffsetMap::identity(),
            probes: Arc::clone(&plan.probes),
        });
    }
    let indices = Indices::new(index, plan)?;
    let (wasm, offsets) = sections::assemble(bytes, index, plan, &indices)?;
    Ok(Rewritten { wasm, offsets, probes: Arc::clone(&plan.probes) })
}
