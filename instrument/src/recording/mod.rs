//! A recording: what one run of a module was seen to do.
//!
//! It is a set of append-only tables of columns, written to a `.wscope` file in chunks while the program runs
//! ([`writer`]) and read back whole ([`reader`]). Ids point backwards only: a parent stands before its children.

mod access;
mod allocator;
mod attachment;
mod boundary;
mod calibration;
mod calls;
mod context;
mod counts;
mod damage;
mod file;
mod follow;
mod foreign;
mod heap;
mod heap_log;
mod heap_rows;
mod image;
mod meta;
mod outcome;
mod pages;
mod reader;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod roundtrip_attached;
#[cfg(test)]
mod roundtrip_memory;
#[cfg(test)]
mod roundtrip_packed;
mod run_time;
mod scan;
mod shadow_stack;
mod span;
mod stack;
mod wire;
mod wire_memory;
mod writer;

pub use access::AccessTable;
pub use allocator::{Allocator, AllocatorFamily, BlockLayout, Frees, KnownBy};
pub use attachment::{Attachment, AttachmentKind, MOST_ATTACHED_BYTES, attach};
pub use boundary::{Crossing, CrossingTable, Direction, DurationHistogram, SiteCrossings};
pub use calibration::Calibration;
pub use calls::CallTimes;
pub use context::{ContextId, ContextTable};
pub use counts::{CountTable, InstructionTable};
pub use damage::Damage;
pub use file::{FORMAT_VERSION, MAGIC};
pub use follow::Follower;
pub use foreign::{Foreign, ForeignFunction, ForeignIndex, ForeignPlace, ForeignSums, Quantity, Whose};
pub use heap::{GrowthEvent, HeapEvent, HeapEvents, HeapOp};
pub use heap_log::HeapLog;
pub use heap_rows::HeapRows;
pub use image::{ImagePart, MemoryImage};
pub(crate) use meta::LOST_CALLS;
pub use meta::{Meta, Phase, PhaseSpan, SamplerKind};
pub use outcome::{Outcome, TrapFrame};
pub use pages::{PageSource, PageTable, TouchedPages};
pub use reader::{ReadError, read, read_file};
pub use run_time::RunTime;
pub use shadow_stack::{ShadowStack, StackLow};
pub use span::{CallSlice, CallSpan};
pub use stack::{SampleTable, StackFrame, StackId, StackTable};
pub use writer::{Batch, Writer, write_imported};

use std::sync::Arc;

/// Everything that was recorded of one run. Immutable once read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What was run, how, by which versions, and what was measured.
    pub meta: Meta,
    /// The original module, byte for byte, so that the recording opens on any machine.
    pub module: Arc<[u8]>,
    /// Distinct sampled stacks, as a prefix tree.
    pub stacks: StackTable,
    /// One row a sample, in the order of time.
    pub samples: SampleTable,
    /// The calling-context tree in which events happened.
    pub contexts: ContextTable,
    /// Calls that crossed between guest and host.
    pub crossings: CrossingTable,
    /// Each of these calls, in the order in which they came back, up to a budget.
    pub spans: Vec<CallSpan>,
    /// The calls beyond the budget by slices of time, in the order of time.
    pub slices: Vec<CallSlice>,
    /// Each growth of a linear memory, in the order of time.
    pub growth: Vec<GrowthEvent>,
    /// First touches of memory; `None` where growth was not measured or no memory can be seen, as in components.
    pub pages: Option<PageTable>,
    /// Each heap operation, in the order in which it happened.
    pub heap: HeapLog,
    /// How often functions were called, and bytes moved in bulk, by calling context.
    pub counts: CountTable,
    /// How often instructions were executed, by calling context and place.
    pub instructions: InstructionTable,
    /// How often each line of memory was accessed.
    pub accesses: AccessTable,
    /// How deep the shadow stack was; `None` where it was not measured, or there is none to be seen.
    pub shadow_stack: Option<ShadowStack>,
    /// What stood in each memory that can be seen when the run was over, unless that was not to be kept.
    pub images: Vec<MemoryImage>,
    /// The calls of the export that the run was about; `None` for a command, and where the recording has no end.
    pub calls: Option<CallTimes>,
    /// Where the time of the run went; `None` where the recording has no end.
    pub time: Option<RunTime>,
    /// What measuring costs on the machine of the run, where that could be found out.
    pub calibration: Option<Calibration>,
    /// How long each phase took.
    pub phases: Vec<PhaseSpan>,
    /// The last of what the program wrote to its standard output and standard error.
    pub output: Vec<u8>,
    /// Files that explain it, where they were put into it.
    pub attachments: Vec<Attachment>,
    /// How the run ended; [`Outcome::Unknown`] where the recorder itself was killed.
    pub outcome: Outcome,
    /// What of the file could not be read, if anything.
    pub damage: Option<Damage>,
}

impl Recording {
    /// When what was measured begins, in nanoseconds since the recording began: behind the warm-up, where there was
    /// one. Heap and growth events before it tell what is in memory, and belong to no sum.
    pub fn measured_from_nanos(&self) -> u64 {
        let start = |phase| self.phases.iter().find(|span| span.phase == phase).map(|span| span.start_nanos);
        start(Phase::WarmUp).map_or(0, |_| start(Phase::Run).unwrap_or(u64::MAX))
    }
}
