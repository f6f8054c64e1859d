//! What the guest's thread tells the collector.

use super::boundary_log::BoundarySums;
use crate::probes::LiveCall;
use crate::recording::{AccessTable, CallTimes, Phase};
use crate::sample::Leaf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use wasmscope_symbolize::FuncIndex;

/// Messages that may wait, of a megabyte or so each. A guest that is faster than the collector is held up: memory
/// stays bounded.
const WAITING: usize = 16;

/// Something that happened on the guest's thread.
pub enum Message {
    /// A phase began, so many nanoseconds after the recording did.
    Phase(Phase, u64),
    /// The run ended, so many nanoseconds after the recording began. What follows was only waiting to be handed on.
    End(u64),
    /// What the probes recorded.
    Probes(Shipment),
    /// The counters as they stood when the run was over, in the whole memory of contexts, and the calls that still
    /// went on, outermost first.
    Counters(Vec<u8>, Vec<LiveCall>),
    /// The accesses of the first memory, when the run was over.
    Accesses(AccessTable),
    /// The calls of the export that the run was about.
    Calls(CallTimes),
    /// A sample that the guest's own thread took.
    Sample(TracedSample),
}

/// What the probes recorded since the last time, as it stood in their memories.
#[derive(Default)]
pub struct Shipment {
    /// New nodes of the contexts memory, which go on where those before ended.
    pub nodes: Vec<u8>,
    /// New records of the events memory.
    pub records: Vec<u8>,
    /// The boundary so far, where it is due.
    pub boundary: Option<BoundarySums>,
}

/// A sample whose stack the engine walked.
pub struct TracedSample {
    /// Nanoseconds since the recording began.
    pub time_nanos: u64,
    /// The time it stands for.
    pub weight_nanos: u64,
    /// What was running.
    pub leaf: Leaf,
    /// The guest's frames below it, innermost first: function and offset in the compiled module's file.
    pub frames: Vec<(FuncIndex, u32)>,
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
