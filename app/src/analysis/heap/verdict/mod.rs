//! What is wrong with the heap, if anything: a leak, fragmentation, or a short peak.
//!
//! Each is a definition that a number follows from, not a guess; those are told where they stand. A program may have
//! several or none. What they take as a clock is operations rather than time, where the program's speed should not
//! matter.

mod fragmentation;
mod leak;
mod peak;
mod sentence;

pub use fragmentation::{Fragmentation, Pin, pins};
pub use leak::{Leak, LeakSite};
pub use peak::Peak;
pub use sentence::{asker, asker_path, verdict_remark, verdict_sentences};

use crate::profile::Profile;
use wasmscope_symbolize::MemoryIndex;

/// Growth of fewer pages is not worth a word.
const LEAST_PAGES: u64 = 4;

/// What is wrong with the heap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeapVerdict {
    /// Are all frees seen? Elsewhere no leak can be told, and that there is none means nothing.
    pub sees_frees: bool,
    /// Blocks that nobody frees, and that become more and more.
    pub leak: Option<Leak>,
    /// Memory that grew though much was free.
    pub fragmentation: Option<Fragmentation>,
    /// A short time with far more live bytes than otherwise.
    pub peak: Option<Peak>,
}

impl HeapVerdict {
    /// Was nothing found wrong?
    pub fn is_empty(&self) -> bool {
        let HeapVerdict { leak, fragmentation, peak, .. } = self;
        leak.is_none() && fragmentation.is_none() && peak.is_none()
    }
}

/// What is wrong with the heap of a memory in a run.
pub fn heap_verdict(profile: &Profile, memory: MemoryIndex) -> HeapVerdict {
    HeapVerdict {
        sees_frees: profile.heap_timeline().sees_frees(memory),
        leak: leak::leak(profile, memory),
        fragmentation: fragmentation::fragmentation(profile, memory),
        peak: peak::peak(profile, memory),
    }
}
