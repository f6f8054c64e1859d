//! What the guest's thread tells the collector.

use super::boundary_log::{BoundarySums, InstanceNode};
use super::guest_memories::PagesSeen;
use crate::probes::LiveCall;
use crate::recording::{AccessTable, CallSlice, CallSpan, CallTimes, ImagePart, Phase, RunTime};
use crate::sample::{CompiledPlace, Leaf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use wasmscope_symbolize::CodeOffset;

/// Messages that may wait, of a megabyte or so each. A guest that is faster than the collector is held up: memory
/// stays bounded.
const WAITING: usize = 16;

/// Something that happened on the guest's thread.
pub enum Message {
    /// A phase began, so many nanoseconds after the recording did.
    Phase(Phase, u64),
    /// The run ended, so many nanoseconds after the recording began. What follows was only waiting to be handed on.
    End(u64),
    /// The pages of memory that are touched: first when the guest begins, then when it has ended.
    Pages(PagesSeen),
    /// What the probes recorded.
    Probes(Shipment),
    /// The counters as they stood when the run was over, in the memory of contexts of each instance, and the calls that
    /// still went on, outermost first.
    Counters(Vec<Vec<u8>>, Vec<LiveCall>),
    /// The accesses of the first memory, when the run was over.
    Accesses(AccessTable),
    /// The lowest pointer of the shadow stack, if it is known, and its depths in time.
    Stack { lowest: Option<u64>, depths: Vec<(u64, u64)> },
    /// What stood in a stretch of a memory when the run was over.
    Image(ImagePart),
    /// The calls of the export that the run was about.
    Calls(CallTimes),
    /// Where the time of the run went.
    Time(RunTime),
    /// A sample that the guest's own thread took.
    Sample(TracedSample),
}

/// What the probes recorded since the last time.
#[derive(Default)]
pub struct Shipment {
    /// Of each instance that has probes.
    pub instances: Vec<Taken>,
    /// Growths of the guest's memory that the host was asked for.
    pub growths: Vec<HostGrowth>,
    /// Calls that crossed.
    pub spans: Vec<CallSpan>,
    /// Sums of those that were too many to keep each.
    pub slices: Vec<CallSlice>,
    /// The boundary so far, where it is due.
    pub boundary: Option<BoundarySums>,
}

/// What the probes of one instance recorded since the last time, as it stood in their memories.
#[derive(Default)]
pub struct Taken {
    /// New nodes of the contexts memory, which go on where those before ended.
    pub nodes: Vec<u8>,
    /// New records of the events memory.
    pub records: Vec<u8>,
}

impl Taken {
    /// Gives all of it and goes on empty, with room for as many records.
    pub fn hand_on(&mut self) -> Taken {
        let records = Vec::with_capacity(self.records.capacity());
        std::mem::replace(self, Taken { nodes: Vec::new(), records })
    }
}

/// A growth of the guest's first memory that the guest asked the host for.
#[derive(Clone, Copy, Debug)]
pub struct HostGrowth {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The memory's size before, in pages.
    pub before_pages: u64,
    /// How many pages were asked for.
    pub asked_pages: u64,
    /// Did it grow?
    pub granted: bool,
    /// The function that called the host, in its calling context.
    pub context: Option<InstanceNode>,
    /// The call.
    pub site: Option<CodeOffset>,
}

/// A sample whose stack the engine walked.
pub struct TracedSample {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The time it stands for.
    pub weight_nanos: u64,
    /// What was running.
    pub leaf: Leaf,
    /// The guest's frames below it, innermost first.
    pub frames: Vec<CompiledPlace>,
    /// As in [`NativeSample`](crate::sample::NativeSample).
    pub goroutine: Vec<u64>,
}

/// The guest's end of the channel.
#[derive(Clone)]
pub struct MessageSender(SyncSender<Message>);

impl MessageSender {
    /// Hands over a message; waits where too many are waiting. A collector that is gone has said why itself.
    pub fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// Both ends.
pub fn message_channel() -> (MessageSender, Receiver<Message>) {
    let (sender, receiver) = sync_channel(WAITING);
    (MessageSender(sender), receiver)
}
