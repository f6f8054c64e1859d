//! The probes of a guest that is running: their memories, read from the guest's thread.

use super::boundary_log::BoundarySums;
use super::guest::{GuestState, calls_host};
use super::message::{Message, Shipment, Taken};
use super::probe_bytes::ProbeBytes;
use crate::component::{Probed, ViewedMemory};
use crate::probes::{
    self, ACCESSED_EXPORT, ACCESSES_EXPORT, CONTEXTS_EXPORT, Call, ContextReader, EVENTS_EXPORT, HOST_EXPORT,
    LOWEST_EXPORT, LiveCall, Probes, access_counter_bytes, clear_accesses, clear_counters, read_accesses,
};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{
    AsContext, AsContextMut, Caller, Extern, Func, Global, Instance, Memory, Ref, SharedMemory, Store,
    StoreContextMut, Val, component,
};

/// What was recorded is handed on at least this often, as far as the guest gives occasion.
const SHIPMENT_NANOS: u64 = Duration::from_millis(200).as_nanos() as u64;

/// Records that are handed on at once: waking the collector for each buffer would cost more than the records.
const SHIPMENT_BYTES: usize = 1 << 20;

/// The memory whose accesses are counted.
enum Accessed {
    Own(Memory),
    Shared(SharedMemory),
    /// That of a core module in a component: it is no larger than the largest memory of the guest's.
    Hidden,
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
            Accessed::Hidden => store.data().limit.largest_bytes,
        }
    }
}

/// The probes of a guest: those of one instance, or of several in a component.
pub struct LiveProbes {
    instances: Vec<LiveInstance>,
    in_component: bool,
    /// By instance and site, whether the call there leads to the host.
    calls_host: FxHashMap<(usize, u32), bool>,
    shipped_nanos: u64,
}

/// The probes of one core instance.
pub struct LiveInstance {
    /// The number of its core module.
    pub module: usize,
    /// Where things are.
    pub layout: Arc<Probes>,
    events: ProbeBytes,
    contexts: ProbeBytes,
    /// The counters of accesses, and the memory whose they are.
    accesses: Option<(ProbeBytes, Accessed)>,
    /// Bytes of the contexts memory that were taken.
    nodes_taken: usize,
    /// The lowest pointer of the shadow stack so far, where that is measured and can be seen.
    lowest: Option<Global>,
    /// What was taken and not handed on.
    pending: Taken,
    /// Records for which there was no room.
    dropped: u64,
}

impl LiveInstance {
    fn new(
        module: usize,
        layout: &Arc<Probes>,
        events: ProbeBytes,
        contexts: ProbeBytes,
        accesses: Option<(ProbeBytes, Accessed)>,
    ) -> Self {
        let (layout, pending) = (Arc::clone(layout), Taken::default());
        LiveInstance {
            module,
            layout,
            events,
            contexts,
            accesses,
            nodes_taken: 0,
            lowest: None,
            pending,
            dropped: 0,
        }
    }

    /// The bytes of its memory of events.
    pub fn events<'a>(&self, store: &'a impl AsContext<Data = GuestState>) -> &'a [u8] {
        self.events.bytes(store)
    }

    /// Takes what is new out of the two memories.
    fn take(&mut self, store: &mut StoreContextMut<'_, GuestState>) {
        let nodes = probes::nodes_from(self.contexts.bytes(store), self.nodes_taken);
        self.nodes_taken += nodes.len();
        self.pending.nodes.extend_from_slice(nodes);
        self.dropped = probes::take_records(self.events.bytes_mut(store), &mut self.pending.records);
    }
}

impl LiveProbes {
    fn new(instances: Vec<LiveInstance>, in_component: bool) -> Self {
        LiveProbes { instances, in_component, calls_host: FxHashMap::default(), shipped_nanos: 0 }
    }

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
        let counters = instance.get_memory(&mut *store, ACCESSES_EXPORT).map(ProbeBytes::Exported);
        let accesses = counters.zip(Accessed::find(instance, store));
        let (events, contexts) = (ProbeBytes::Exported(events), ProbeBytes::Exported(contexts));
        let mut live = LiveInstance::new(0, layout, events, contexts, accesses);
        live.lowest = instance.get_global(&mut *store, LOWEST_EXPORT);
        let instances = vec![live];
        Some(LiveProbes::new(instances, false))
    }

    /// Finds the probes of the core instances of `instance`, which are made of the core modules in `probed` and laid
    /// out as in `layouts`. They can't call us: their buffers are large, and emptied whenever a call crosses and it is
    /// time.
    pub async fn bind_component(
        layouts: &[Arc<Probes>],
        probed: &[Probed],
        instance: &component::Instance,
        store: &mut Store<GuestState>,
    ) -> wasmtime::Result<Option<Self>> {
        let mut instances = Vec::new();
        // The views are larger than what else may be passed between host and guest, but nothing of them is copied.
        let most_bytes = store.hostcall_fuel();
        store.set_hostcall_fuel(usize::MAX);
        for (number, Probed { module, with_accesses }) in probed.iter().enumerate() {
            let contexts = ProbeBytes::view(ViewedMemory::Contexts, number, instance, store).await?;
            let events = ProbeBytes::view(ViewedMemory::Events, number, instance, store).await?;
            let accesses = match with_accesses {
                true => ProbeBytes::view(ViewedMemory::Accesses, number, instance, store).await?,
                false => None,
            };
            let accesses = accesses.map(|counters| (counters, Accessed::Hidden));
            if let (Some(layout), Some(events), Some(contexts)) = (layouts.get(*module), events, contexts) {
                instances.push(LiveInstance::new(*module, layout, events, contexts, accesses));
            }
        }
        store.set_hostcall_fuel(most_bytes);
        Ok((!instances.is_empty()).then(|| LiveProbes::new(instances, true)))
    }

    /// The probes of each instance.
    pub fn instances(&self) -> &[LiveInstance] {
        &self.instances
    }

    /// Is it time to hand on what was recorded?
    pub fn is_shipment_due(&self, now_nanos: u64) -> bool {
        now_nanos.saturating_sub(self.shipped_nanos) >= SHIPMENT_NANOS
    }

    /// How often a function was entered past the budget of contexts.
    pub fn overflowed_contexts(&self, store: &Store<GuestState>) -> u64 {
        let overflowed = |live: &LiveInstance| ContextReader::overflowed(live.contexts.bytes(store));
        self.instances.iter().map(|live| u64::from(overflowed(live))).sum()
    }

    /// Records for which there was no room.
    pub fn dropped(&self) -> u64 {
        self.instances.iter().map(|live| live.dropped).sum()
    }

    fn take(&mut self, store: &mut StoreContextMut<'_, GuestState>) {
        self.instances.iter_mut().for_each(|live| live.take(store));
    }

    fn is_full(&self) -> bool {
        self.instances.iter().any(|live| live.pending.records.len() >= SHIPMENT_BYTES)
    }
}

/// Hands on the counters, once everything else was.
pub fn ship_counters(store: &Store<GuestState>, live: Vec<LiveCall>) {
    let watch = &store.data().watch;
    let Some(probes) = &watch.probes else { return };
    if probes.instances.iter().any(|live| live.layout.has_counters()) {
        let nodes = |live: &LiveInstance| {
            let memory = live.contexts.bytes(store);
            memory.get(..probes::nodes_end(&live.layout, memory)).unwrap_or(memory).to_vec()
        };
        let memories = probes.instances.iter().map(nodes).collect();
        watch.messages.send(Message::Counters(memories, live));
    }
    // The first memory of the guest is the one that is shown.
    if let Some((counters, accessed)) = probes.instances.iter().find_map(|live| live.accesses.as_ref()) {
        let bytes = access_counter_bytes(accessed.bytes(store));
        let counters = counters.bytes(store);
        let counters = counters.get(..bytes).unwrap_or(counters);
        watch.messages.send(Message::Accesses(read_accesses(counters)));
    }
}

/// Hands on how deep the shadow stack was, where that was measured.
pub fn ship_depths(store: &mut Store<GuestState>) {
    let Some(probes) = store.data_mut().watch.probes.take() else { return };
    let watches = |live: &&LiveInstance| live.layout.stack_pointer().is_some();
    if let Some(live) = probes.instances.iter().find(watches) {
        let lowest = live.lowest.map(|global| match global.get(&mut *store) {
            Val::I64(pointer) => pointer as u64,
            pointer => u64::from(pointer.i32().unwrap_or(0).cast_unsigned()),
        });
        let watch = &store.data().watch;
        watch.messages.send(Message::Stack { lowest, depths: watch.depths.rows() });
    }
    store.data_mut().watch.probes = Some(probes);
}

/// The pointer of the shadow stack as it is, where it is measured; 0 before it was first set.
pub fn shadow_stack_pointer(store: &StoreContextMut<'_, GuestState>) -> Option<u64> {
    let probes = store.data().watch.probes.as_ref()?;
    let live = probes.instances.iter().find(|live| live.layout.stack_pointer().is_some())?;
    Some(probes::stack_pointer(live.events.bytes(store)))
}

/// Sets all counters to 0.
pub fn reset_counters(store: &mut Store<GuestState>) {
    let Some(probes) = store.data_mut().watch.probes.take() else { return };
    for live in &probes.instances {
        if live.layout.has_counters() {
            clear_counters(&live.layout, live.contexts.bytes_mut(&mut *store));
        }
        if let Some((counters, accessed)) = &live.accesses {
            let bytes = access_counter_bytes(accessed.bytes(store));
            let counters = counters.bytes_mut(&mut *store);
            let end = bytes.min(counters.len());
            clear_accesses(&mut counters[..end]);
        }
    }
    store.data_mut().watch.probes = Some(probes);
}

/// Takes the words by which the guest announced that it calls the host, with the number of the instance that did.
pub fn take_announcement(store: &mut StoreContextMut<'_, GuestState>) -> Option<(usize, Call)> {
    let mut probes = store.data_mut().watch.probes.take()?;
    let call = match probes.instances.as_slice() {
        [live] if !probes.in_component => {
            probes::take_crossing(live.events.bytes_mut(store)).map(|call| (0, call))
        }
        _ => announcement_in_component(&mut probes, store),
    };
    store.data_mut().watch.probes = Some(probes);
    call
}

/// Calls between core modules of a component are announced too, and then no host is called: their words wait until the
/// next call that crosses. Whether a call instruction leads to the host never changes, so that the engine's stack has
/// to tell it only once.
fn announcement_in_component(
    probes: &mut LiveProbes,
    store: &mut StoreContextMut<'_, GuestState>,
) -> Option<(usize, Call)> {
    let mut crossing = None;
    for (number, live) in probes.instances.iter().enumerate() {
        let Some(call) = probes::take_crossing(live.events.bytes_mut(store)) else { continue };
        let Call::Import { site, .. } = call else { continue };
        let calls_host = || calls_host(&*store, live, site);
        if *probes.calls_host.entry((number, site)).or_insert_with(calls_host) {
            crossing = Some((number, call));
        }
    }
    crossing
}

/// How many calls whose bytes are counted came back to the guest without an error.
pub fn answers(store: &StoreContextMut<'_, GuestState>) -> u32 {
    let Some(probes) = &store.data().watch.probes else { return 0 };
    let answers = probes.instances.iter().map(|live| probes::answers(live.events.bytes(store)));
    answers.fold(0, u32::wrapping_add)
}

/// Sets the time that the events to come will carry.
pub fn set_clock(store: &mut StoreContextMut<'_, GuestState>, nanos: u64) {
    let Some(probes) = store.data_mut().watch.probes.take() else { return };
    for live in &probes.instances {
        probes::set_clock(live.events.bytes_mut(store), nanos);
    }
    store.data_mut().watch.probes = Some(probes);
}

/// Called by the guest when the buffer of events is full.
fn drain(mut store: StoreContextMut<'_, GuestState>) {
    let Some(mut live) = store.data_mut().watch.probes.take() else { return };
    live.take(&mut store);
    let full = live.is_full();
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
    let mut shipment = Shipment { boundary, ..Shipment::default() };
    if let Some(mut live) = store.data_mut().watch.probes.take() {
        live.take(&mut store);
        shipment.instances = live.instances.iter_mut().map(|live| live.pending.hand_on()).collect();
        live.shipped_nanos = store.data().watch.clock.now();
        store.data_mut().watch.probes = Some(live);
    }
    let watch = &mut store.data_mut().watch;
    shipment.growths = std::mem::take(&mut watch.growths);
    (shipment.spans, shipment.slices) = watch.log.take_spans();
    watch.messages.send(Message::Probes(shipment));
}
