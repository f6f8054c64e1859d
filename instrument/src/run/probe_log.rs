//! Turns what the probes recorded into rows of the recording.

use super::message::Shipment;
use crate::probes::{ContextReader, Probes, decode, mark_free};
use crate::recording::Batch;
use std::sync::Arc;

/// The probes' memories as far as they were handed on.
#[derive(Default)]
pub struct ProbeLog {
    layout: Arc<Probes>,
    /// The contexts memory up to the last node.
    nodes: Vec<u8>,
    reader: ContextReader,
}

impl ProbeLog {
    /// Begins with nothing, for probes that are laid out so.
    pub fn new(layout: Arc<Probes>) -> Self {
        ProbeLog { layout, ..ProbeLog::default() }
    }

    /// Adds the rows of `shipment` to `batch`.
    pub fn take(&mut self, shipment: Shipment, batch: &mut Batch) {
        let Shipment { nodes, records, boundary } = shipment;
        let Self { layout, nodes: known, reader } = self;
        known.extend_from_slice(&nodes);
        mark_free(known);
        reader.read(layout, known, &mut batch.contexts);
        decode(layout, &records, reader, &mut batch.growth, &mut batch.heap);
        if let Some(sums) = boundary {
            batch.crossings = Some(sums.table(|node| reader.id(node)));
        }
    }
}
