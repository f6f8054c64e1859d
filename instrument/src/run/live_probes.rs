//! The probes of a guest that is running: its two probe memories, read from the guest's thread.

use super::guest::GuestState;
use super::message::Message;
use crate::probes::{self, CONTEXTS_EXPORT, Call, ContextReader, EVENTS_EXPORT, HOST_EXPORT, Probes};
use crate::recording::Batch;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{AsContextMut, Caller, Func, Instance, Memory, Ref, Store, StoreContextMut};

/// What was recorded is handed on at least this often, as far as the guest gives occasion.
const SHIPMENT_NANOS: u64 = Duration::from_millis(200).as_nanos() as u64;

/// The probes of one instance.
pub struct LiveProbes {
    /// Where things are.
    pub layout: Arc<Probes>,
    events: Memory,
    contexts: Memory,
    reader: ContextReader,
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
            Func::wrap(&mut *store, |mut caller: Caller<'_, GuestState>| ship(caller.as_context_mut()));
        host.set(&mut *store, 0, Ref::Func(Some(drain))).ok()?;
        let layout = Arc::clone(layout);
        let reader = ContextReader::default();
        Some(LiveProbes { layout, events, contexts, reader, shipped_nanos: 0, dropped: 0 })
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

    fn collect(&mut self, store: &mut StoreContextMut<'_, GuestState>) -> Batch {
        let mut batch = Batch::default();
        self.reader.read(&self.layout, self.contexts.data(&*store), &mut batch.contexts);
        let memory = self.events.data_mut(&mut *store);
        self.dropped = probes::drain(&self.layout, memory, &self.reader, &mut batch.growth, &mut batch.heap);
        batch
    }
}

/// Takes the words by which the guest announced that it calls the host.
pub fn take_announcement(store: &mut StoreContextMut<'_, GuestState>) -> Option<Call> {
    let events = store.data().watch.probes.as_ref()?.events;
    probes::take_crossing(events.data_mut(store))
}

/// Sets the time that the events to come will carry.
pub fn set_clock(store: &mut StoreContextMut<'_, GuestState>, nanos: u64) {
    let events = store.data().watch.probes.as_ref().map(LiveProbes::events);
    if let Some(events) = events {
        probes::set_clock(events.data_mut(store), nanos);
    }
}

/// Hands on what was recorded since the last time.
pub fn ship(mut store: StoreContextMut<'_, GuestState>) {
    let taken = store.data_mut().watch.probes.take();
    let mut batch = Batch::default();
    if let Some(mut live) = taken {
        batch = live.collect(&mut store);
        let watch = &mut store.data_mut().watch;
        live.shipped_nanos = watch.clock.now();
        batch.crossings = watch.records_boundary.then(|| watch.log.table(|node| live.reader.id(node)));
        watch.probes = Some(live);
    } else {
        let watch = &store.data().watch;
        batch.crossings = watch.records_boundary.then(|| watch.log.table(|_| None));
    }
    store.data().watch.messages.send(Message::Batch(Box::new(batch)));
}
