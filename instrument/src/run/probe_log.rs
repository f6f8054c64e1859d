//! Turns what the probes recorded into rows of the recording.

use super::message::Shipment;
use crate::probes::{ContextReader, Counts, LiveCall, Probes, decode};
use crate::recording::Batch;
use std::sync::Arc;

/// What is known of the probes' memories as far as they were handed on.
#[derive(Default)]
pub struct ProbeLog {
    layout: Arc<Probes>,
    /// Bytes of the contexts memory that were handed on.
    nodes_end: u32,
    reader: ContextReader,
}

impl ProbeLog {
    /// Begins with nothing, for probes that are laid out so.
    pub fn new(layout: Arc<Probes>) -> Self {
        ProbeLog { layout, ..ProbeLog::default() }
    }

    /// Adds the counts of a run that is over, and gives the number of calls that are in none of them.
    pub fn take_counters(&self, memory: &[u8], live: &[LiveCall], batch: &mut Batch) -> u64 {
        let counts = Counts::read(&self.layout, memory, &self.reader, live);
        batch.counts = counts.contexts;
        batch.instructions = counts.instructions;
        counts.lost_calls
    }

    /// Adds the rows of `shipment` to `batch`.
    pub fn take(&mut self, shipment: Shipment, batch: &mut Batch) {
        let Shipment { nodes, records, boundary } = shipment;
        let Self { layout, nodes_end, reader } = self;
        reader.read(layout, *nodes_end, &nodes, &mut batch.contexts);
        *nodes_end += nodes.len() as u32;
        decode(layout, &records, reader, &mut batch.growth, &mut batch.heap);
        if let Some(sums) = boundary {
            batch.crossings = Some(sums.table(|node| reader.id(node)));
        }
    }
}
