//! The probes of a guest that is running: its two probe memories, read from the guest's thread.

use super::boundary_log::BoundarySums;
use super::guest::GuestState;
use super::message::{Message, Shipment};
use crate::probes::{
    self, ACCESSED_EXPORT, ACCESSES_EXPORT, CONTEXTS_EXPORT, Call, ContextReader, EVENTS_EXPORT, HOST_EXPORT,
    LiveCall, Probes, access_counter_bytes, clear_accesses, clear_counters, read_accesses,
};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{
    AsContextMut, Caller, Extern, Func, Instance, Memory, Ref, SharedMemory, Store, StoreContextMut,
};

/// What was recorded is handed on at least this often, as far as the guest gives occasion.
const SHIPMENT_NANOS: u64 = Duration::from_millis(200).as_nanos() as u64;

/// Records that are handed on at once: waking the collector for each buffer would cost more than the records.
const SHIPMENT_BYTES: usize = 1 << 20;

/// The memory whose accesses are counted.
enum Accessed {
    Own(Memory),
    Shared(SharedMemory),
}

impl Accessed {
    fn find(instance: &Instance, store: &mut Store<GuestState>) -> Option<Accessed> {
        match instance.get_export(store, ACCESSED_EXPORT)? {
            Extern::Memory(memory) => Some(Accessed::Own(memory)),
            Extern::SharedMemory(memory) => Some(Accessed::Shared(memory)),
            _ => None,
        }
    }

    fn bytes(&self, store: &Store<GuestState>) -> usize {
        match self {
            Accessed::Own(memory) => memory.data_size(store),
            Accessed::Shared(memory) => memory.data_size(),
        }
    }
}

/// The probes of one instance.
pub struct LiveProbes {
    /// Where things are.
    pub layout: Arc<Probes>,
    events: Memory,
    contexts: Memory,
    /// The counters of accesses, and the memory whose they are.
    accesses: Option<(Memory, Accessed)>,
    /// Bytes of the contexts memory that were taken.
    nodes_taken: usize,
    /// What was taken and not handed on.
    pending: Shipment,
    shipped_nanos: u64,
    /// Records for which there was no room.
    pub dropped: u64,
}

impl LiveProbes {
    /// Finds the probes of `instance`, and has them call us when their buffer is full. `None` where nothing was
    /// injected.
    pub fn bind(layout: &Arc<Probes>, instance: &Instance, store: &mut Store<GuestState>) -> Option<Self> {
        if layout.is_empty() {
            return None;
        }
        let events = instance.get_memory(&mut *store, EVENTS_EXPORT)?;
        let contexts = instance.get_memory(&mut *store, CONTEXTS_EXPORT)?;
        let host = instance.get_table(&mut *store, HOST_EXPORT)?;
        let drain =
            Func::wrap(&mut *store, |mut caller: Caller<'_, GuestState>| drain(caller.as_context_mut()));
        host.set(&mut *store, 0, Ref::Func(Some(drain))).ok()?;
        let counters = instance.get_memory(&mut *store, ACCESSES_EXPORT);
        let accesses = counters.zip(Accessed::find(instance, store));
        let layout = Arc::clone(layout);
        let pending = Shipment::default();
        Some(LiveProbes {
            layout,
            events,
            contexts,
            accesses,
            nodes_taken: 0,
            pending,
            shipped_nanos: 0,
            dropped: 0,
        })
    }

    /// The memory of events.
    pub fn events(&self) -> Memory {
        self.events
    }

    /// Is it time to hand on what was recorded?
    pub fn is_shipment_due(&self, now_nanos: u64) -> bool {
        now_nanos.saturating_sub(self.shipped_nanos) >= SHIPMENT_NANOS
    }

    /// How often a function was entered past the budget of contexts.
    pub fn overflowed_contexts(&self, store: &Store<GuestState>) -> u32 {
        ContextReader::overflowed(self.contexts.data(store))
    }

    /// Takes what is new out of the two memories.
    fn take(&mut self, store: &mut StoreContextMut<'_, GuestState>) {
        let nodes = probes::nodes_from(self.contexts.data(&*store), self.nodes_taken);
        self.nodes_taken += nodes.len();
        self.pending.nodes.extend_from_slice(nodes);
        self.dropped = probes::take_records(self.events.data_mut(store), &mut self.pending.records);
    }
}

/// Hands on the counters, once everything else was.
pub fn ship_counters(store: &Store<GuestState>, live: Vec<LiveCall>) {
    let watch = &store.data().watch;
    if let Some(probes) = watch.probes.as_ref().filter(|probes| probes.layout.has_counters()) {
        let memory = probes.contexts.data(store);
        watch.messages.send(Message::Counters(memory.to_vec(), live));
    }
    if let Some((counters, accessed)) = watch.probes.as_ref().and_then(|probes| probes.accesses.as_ref()) {
        let bytes = access_counter_bytes(accessed.bytes(store));
        let counters = counters.data(store);
        let counters = counters.get(..bytes).unwrap_or(counters);
        watch.messages.send(Message::Accesses(read_accesses(counters)));
    }
}

/// Sets all counters to 0.
pub fn reset_counters(store: &mut Store<GuestState>) {
    let Some(probes) = store.data_mut().watch.probes.take() else { return };
    if probes.layout.has_counters() {
        clear_counters(&probes.layout, probes.contexts.data_mut(&mut *store));
    }
    if let Some((counters, accessed)) = &probes.accesses {
        let bytes = access_counter_bytes(accessed.bytes(store));
        let counters = counters.data_mut(&mut *store);
        let end = bytes.min(counters.len());
        clear_accesses(&mut counters[..end]);
    }
    store.data_mut().watch.probes = Some(probes);
}

/// Takes the words by which the guest announced that it calls the host.
pub fn take_announcement(store: &mut StoreContextMut<'_, GuestState>) -> Option<Call> {
    let events = store.data().watch.probes.as_ref()?.events;
    probes::take_crossing(events.data_mut(store))
}

/// How many calls whose bytes are counted came back to the guest without an error.
pub fn answers(store: &StoreContextMut<'_, GuestState>) -> u32 {
    let events = store.data().watch.probes.as_ref().map(LiveProbes::events);
    events.map_or(0, |events| probes::answers(events.data(store)))
}

/// Sets the time that the events to come will carry.
pub fn set_clock(store: &mut StoreContextMut<'_, GuestState>, nanos: u64) {
    let events = store.data().watch.probes.as_ref().map(LiveProbes::events);
    if let Some(events) = events {
        probes::set_clock(events.data_mut(store), nanos);
    }
}

/// Called by the guest when the buffer of events is full.
fn drain(mut store: StoreContextMut<'_, GuestState>) {
    let Some(mut live) = store.data_mut().watch.probes.take() else { return };
    live.take(&mut store);
    let full = live.pending.records.len() >= SHIPMENT_BYTES;
    store.data_mut().watch.probes = Some(live);
    if full {
        ship(store);
    }
}

/// Hands on what was recorded since the last time.
pub fn ship(mut store: StoreContextMut<'_, GuestState>) {
    let watch = &mut store.data_mut().watch;
    let boundary = if watch.records_boundary { watch.log.sums_if_due(watch.clock.now()) } else { None };
    ship_with(store, boundary);
}

/// Hands on all that was recorded, at the end.
pub fn ship_all(store: StoreContextMut<'_, GuestState>) {
    let watch = &store.data().watch;
    let boundary = watch.records_boundary.then(|| watch.log.sums());
    ship_with(store, boundary);
}

fn ship_with(mut store: StoreContextMut<'_, GuestState>, boundary: Option<BoundarySums>) {
    let mut shipment = Shipment::default();
    if let Some(mut live) = store.data_mut().watch.probes.take() {
        live.take(&mut store);
        let room = Vec::with_capacity(live.pending.records.capacity());
        shipment = std::mem::take(&mut live.pending);
        live.pending.records = room;
        live.shipped_nanos = store.data().watch.clock.now();
        store.data_mut().watch.probes = Some(live);
    }
    shipment.boundary = boundary;
    store.data().watch.messages.send(Message::Probes(shipment));
}
