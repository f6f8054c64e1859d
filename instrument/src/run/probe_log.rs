//! Turns what the probes recorded into rows of the recording.

use super::message::{HostGrowth, Shipment};
use crate::probes::{ContextReader, Counts, LiveCall, Probes, decode, mark_free};
use crate::recording::{Batch, GrowthEvent};
use std::sync::Arc;
use wasmscope_symbolize::MemoryIndex;

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

    /// Adds the counts of a run that is over, and gives the number of calls that are in none of them.
    pub fn take_counters(&self, memory: &[u8], live: &[LiveCall], batch: &mut Batch) -> u64 {
        let counts = Counts::read(&self.layout, memory, &self.reader, live);
        batch.counts = counts.contexts;
        batch.instructions = counts.instructions;
        counts.lost_calls
    }

    /// Adds the rows of `shipment` to `batch`.
    pub fn take(&mut self, shipment: Shipment, batch: &mut Batch) {
        let Shipment { nodes, records, growths, boundary } = shipment;
        let Self { layout, nodes: known, reader } = self;
        known.extend_from_slice(&nodes);
        mark_free(known);
        reader.read(layout, known, &mut batch.contexts);
        decode(layout, &records, reader, &mut batch.growth, &mut batch.heap);
        batch.growth.extend(growths.into_iter().map(|growth| growth_event(growth, reader)));
        batch.growth.sort_by_key(|event| event.time_nanos);
        if let Some(sums) = boundary {
            batch.crossings = Some(sums.table(|node| reader.id(node)));
        }
    }
}

fn growth_event(growth: HostGrowth, contexts: &ContextReader) -> GrowthEvent {
    let HostGrowth { time_nanos, before_pages, asked_pages, granted, context, site } = growth;
    let context = context.and_then(|node| contexts.id(node));
    GrowthEvent { time_nanos, memory: MemoryIndex(0), before_pages, asked_pages, granted, context, site }
}
