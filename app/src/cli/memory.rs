//! Which memory is meant.

use crate::profile::Profile;
use anyhow::bail;
use wasmscope_symbolize::MemoryIndex;

/// The wanted one, or the first that has a heap.
///
/// # Errors
/// When there is no such memory.
pub(super) fn memory(profile: &Profile, wanted: Option<u32>) -> anyhow::Result<MemoryIndex> {
    let Some(wanted) = wanted else { return Ok(profile.main_memory()) };
    let memories = profile.symbols().module().memories().len();
    if wanted as usize >= memories {
        bail!("there is no memory {wanted}; those of the module are 0 to {}", memories.saturating_sub(1));
    }
    Ok(MemoryIndex(wanted))
}
