//! The guest's side of a run: what the engine keeps for it, and what is noted when a call crosses.

use super::boundary_log::{BoundaryLog, Bytes, Callee, CrossingSite, InstanceNode, Unsure};
use super::compiled::{HostCall, Places};
use super::glue;
use super::goroutines::goroutine;
use super::guest_memories::GuestMemories;
use super::limit::GrowthLimit;
use super::live_probes::{
    LiveInstance, LiveProbes, answers, set_clock, shadow_stack_pointer, ship, take_announcement,
};
use super::measured::MeasuredFrom;
use super::message::{HostGrowth, Message, MessageSender, TracedSample};
use super::outer_stacks::OuterStacks;
use super::pacer::Pacer;
use super::stop::StopFlag;
use crate::clock::RecordingClock;
use crate::probes::{BytesRule, Call, SiteKind};
use crate::recording::{CallTimes, RunTime};
use crate::sample::{CompiledPlace, Depths, Leaf, StackBounds};
use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, FuncIndex};
use wasmtime::{
    AsContext, AsContextMut, CallHook, Memory, Result, StoreContextMut, UpdateDeadline, WasmBacktrace,
};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxView, WasiView};

/// What the engine keeps for one guest.
pub struct GuestState {
    pub world: WasiP1Ctx,
    pub glue: glue::State,
    pub limit: GrowthLimit,
    pub watch: Watch,
}

/// What notes the guest's crossings and the time outside of its code.
pub struct Watch {
    pub clock: RecordingClock,
    pub log: BoundaryLog,
    pub pacer: Pacer,
    pub stop: Arc<StopFlag>,
    pub messages: MessageSender,
    pub places: Arc<Places>,
    /// When the measured part of the run begins.
    pub measured: Arc<MeasuredFrom>,
    /// The measured calls so far of the export that the run is about.
    pub calls: CallTimes,
    /// The probes, once the guest is instantiated. Boxed: each crossing takes them out for a moment.
    pub probes: Option<Box<LiveProbes>>,
    /// The guest's own memory, once it is instantiated.
    pub memory: Option<Memory>,
    /// All of its memories that can be seen.
    pub memories: GuestMemories,
    /// The function that the host is about to call.
    pub entering: Option<FuncIndex>,
    /// Calls through tables into the host, of which nobody can tell which import they reached.
    pub unknown_callees: u64,
    /// How many calls go on that lead into linked modules: what happens in these is the business of the call.
    pub abroad: u32,
    /// The stacks that the guest was on when the host called it again, outermost first.
    pub stacks: Vec<StackBounds>,
    /// The calls that waited there.
    pub outer_stacks: OuterStacks,
    /// How deep the shadow stack was at each tick, where that is measured.
    pub depths: Arc<Depths>,
    /// Growths that the host was asked for and that were not handed on.
    pub growths: Vec<HostGrowth>,
    /// Is each call of an import announced by a probe, or is the boundary of no interest? Then what is not announced
    /// is the engine's own business.
    pub imports_announced: bool,
    /// Are the calls made that the run is about, rather than what readies the guest for them?
    pub is_calling: bool,
    /// Is the boundary recorded, or do crossings matter only for the time?
    pub records_boundary: bool,
    /// Is growth recorded?
    pub records_growth: bool,
    /// Is what stands in memory at the end recorded?
    pub keeps_image: bool,
}

/// More frames than this are cut off at the outer end of a sample's stack.
const MAX_SAMPLE_FRAMES: usize = 4_096;

/// The error that ends a run which is to be stopped.
#[derive(Debug, thiserror::Error)]
#[error("the run was stopped")]
pub struct Stopped;

type Guest<'a> = StoreContextMut<'a, GuestState>;

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.world.ctx()
    }
}

/// Called by the engine whenever a call crosses between guest and host.
pub fn on_crossing(mut store: Guest<'_>, kind: CallHook) -> Result<()> {
    if store.data().watch.abroad > 0 {
        return stop_if_asked(&store);
    }
    match kind {
        CallHook::CallingHost => call_host(&mut store),
        CallHook::ReturningFromHost => return return_from_host(&mut store),
        CallHook::CallingWasm => call_guest(&mut store),
        CallHook::ReturningFromWasm => return_from_guest(&mut store),
    }
    Ok(())
}

/// Called by the engine at the guest's first check after an epoch.
pub fn on_epoch(store: Guest<'_>) -> Result<UpdateDeadline> {
    let mut store = store;
    let Watch { pacer, clock, .. } = &mut store.data_mut().watch;
    if let Some(weight_nanos) = pacer.take_epoch_nanos(clock) {
        let leaf = if store.data().watch.abroad > 0 { store.data().watch.called() } else { Leaf::Guest };
        send_sample(&mut store, leaf, weight_nanos);
    }
    let now = store.data().watch.clock.now();
    set_clock(&mut store, now);
    if let Some(pointer) = shadow_stack_pointer(&store) {
        store.data().watch.depths.tick(now, pointer);
    }
    stop_if_asked(&store).map(|()| UpdateDeadline::Continue(1))
}

fn stop_if_asked(store: &Guest<'_>) -> Result<()> {
    let stop = store.data().watch.stop.get();
    if stop.is_some() { Err(Stopped.into()) } else { Ok(()) }
}

fn call_host(store: &mut Guest<'_>) {
    note_outside_time(store, Leaf::Engine);
    let (callee, bytes) = announced_call(store);
    let answers = answers(store);
    let Watch { log, clock, pacer, .. } = &mut store.data_mut().watch;
    pacer.leave_guest();
    log.settle(answers);
    log.enter(callee, bytes, clock);
}

fn return_from_host(store: &mut Guest<'_>) -> Result<()> {
    let leaf = store.data().watch.called();
    let bytes = bytes_crossed(store).map(|bytes| Unsure { bytes, answers: answers(store) });
    let Watch { log, clock, pacer, .. } = &mut store.data_mut().watch;
    let recorder_before = log.time().recorder_nanos;
    let now = log.leave(bytes, clock);
    match log.time().recorder_nanos - recorder_before {
        0 => {}
        nanos => pacer.skip(nanos),
    }
    // Behind the end of the call: what follows is our time, not the host's.
    note_outside_time(store, leaf);
    set_clock(store, now);
    if store.data().watch.is_shipment_due(now) {
        let began_nanos = store.data().watch.clock.now();
        ship(store.as_context_mut());
        store.data_mut().watch.exclude_since(began_nanos);
    }
    see_memory(store);
    store.data_mut().watch.pacer.enter_guest();
    stop_if_asked(store)
}

fn call_guest(store: &mut Guest<'_>) {
    note_outside_time(store, Leaf::Engine);
    see_memory(store);
    enter_stack(store);
    let Watch { log, clock, entering, .. } = &mut store.data_mut().watch;
    let now = log.enter(Callee::Guest(entering.take()), None, clock);
    // What the call does to memory is of its time, not of that before it.
    set_clock(store, now);
}

/// Tells the sampler of the stack that the guest is called on, and of the calls that wait below it.
fn enter_stack(store: &mut Guest<'_>) {
    let began_nanos = store.data().watch.clock.now();
    let Watch { log, pacer, .. } = &store.data().watch;
    let frames =
        if log.is_inside() && pacer.samples_by_signal() { guest_frames(&*store) } else { Vec::new() };
    let watch = &mut store.data_mut().watch;
    watch.stacks.push(watch.pacer.stack());
    watch.pacer.call_guest(watch.outer_stacks.id(frames));
    watch.exclude_since(began_nanos);
}

fn return_from_guest(store: &mut Guest<'_>) {
    let Watch { log, clock, .. } = &mut store.data_mut().watch;
    log.leave(None, clock);
    note_outside_time(store, Leaf::Engine);
    let Watch { pacer, stacks, .. } = &mut store.data_mut().watch;
    pacer.leave_guest();
    stacks.pop().iter().for_each(|stack| pacer.return_to(stack));
}

/// The guest is about to go on: its memory is where it stays until the next crossing. Growing is one, too.
fn see_memory(store: &mut Guest<'_>) {
    let growths = store.data().limit.growths;
    if store.data().watch.memories.is_outgrown(growths) {
        let mut memories = std::mem::take(&mut store.data_mut().watch.memories);
        memories.see(growths, &*store);
        store.data_mut().watch.memories = memories;
    }
    let watch = &store.data().watch;
    if let Some(memory) = watch.memory {
        watch.pacer.see_memory(memory, &*store);
    }
}

/// Credits the time that ticks found outside of guest code, if any, to `leaf` and the guest's stack.
fn note_outside_time(store: &mut Guest<'_>, leaf: Leaf) {
    let Watch { pacer, clock, .. } = &mut store.data_mut().watch;
    if let Some(weight_nanos) = pacer.take_outside_nanos(leaf, clock) {
        send_sample(store, leaf, weight_nanos);
    }
}

fn send_sample(store: &mut Guest<'_>, leaf: Leaf, weight_nanos: u64) {
    let time_nanos = store.data().watch.clock.now();
    let (frames, goroutine) = (guest_frames(&*store), goroutine(store));
    let watch = &mut store.data_mut().watch;
    let sample = TracedSample { time_nanos, weight_nanos, leaf, frames, goroutine };
    watch.messages.send(Message::Sample(sample));
    watch.exclude_since(time_nanos);
}

/// The guest's stack, innermost first, in terms of the compiled module.
fn guest_frames(store: impl AsContext<Data = GuestState>) -> Vec<CompiledPlace> {
    let trace = WasmBacktrace::force_capture(&store);
    let places = &store.as_context().data().watch.places;
    let own = trace.frames().iter().filter(|frame| places.has(frame));
    own.take(MAX_SAMPLE_FRAMES).filter_map(CompiledPlace::of_frame).collect()
}

/// Is the import that an instance announced at `site` the host's, which is being called now? Then the innermost code is
/// that call, or a function behind it that only calls on through a table, as it is put in front of adapters.
pub fn calls_host(store: impl AsContext<Data = GuestState>, live: &LiveInstance, site: u32) -> bool {
    let frames = guest_frames(&store);
    let places = &store.as_context().data().watch.places;
    let Some((import, offset, _)) = import_at(live, places, site) else { return false };
    // Of a tail call nothing is left on the stack. They are rare, and most of them are made by what calls the host on.
    if offset.is_some_and(|offset| places.is_tail_call(offset)) {
        return true;
    }
    let calls_on = |place: &&CompiledPlace| {
        places.module(place.function) != Some(live.module)
            && places.call_at(**place) == Some(HostCall::ByReference)
    };
    let between = frames.iter().take_while(calls_on).count();
    frames.get(between).and_then(|place| places.call_at(*place)) == Some(HostCall::Import(import))
}

/// Finds out which import is being called, from where, and how to learn the bytes that cross.
fn announced_call(store: &mut Guest<'_>) -> (Callee, Option<(BytesRule, u64)>) {
    match take_announcement(store) {
        Some((_, Call::Drain)) => (Callee::Recorder, None),
        Some((instance, Call::Import { site, context, argument })) => {
            let watch = &store.data().watch;
            let live = watch.probes.as_ref().and_then(|probes| probes.instances().get(instance));
            let found = live.and_then(|live| import_at(live, &watch.places, site));
            let Some((import, offset, rule)) = found else { return (Callee::Other, None) };
            let context = Some(InstanceNode { instance, node: context });
            let callee = CrossingSite { import, context, offset };
            (Callee::Import(callee), rule.map(|rule| (rule, argument)))
        }
        None => (unannounced_call(store), None),
    }
}

fn import_at(
    live: &LiveInstance,
    places: &Places,
    site: u32,
) -> Option<(FuncIndex, Option<CodeOffset>, Option<BytesRule>)> {
    let site = live.layout.site(site)?;
    match site.kind {
        SiteKind::Import { import, bytes } => {
            let import = places.whole_function(live.module, import)?;
            Some((import, places.whole_offset(live.module, site.offset), bytes))
        }
        SiteKind::Grow(_) => None,
    }
}

/// No probe announced the call: it is the engine's own (`memory.grow`, a bulk copy), or there are no probes yet (the
/// start function runs), none at all, or the call went through a table. The engine's stack tells the calling
/// instruction. That is slow, and rare where calls are counted.
fn unannounced_call(store: &mut Guest<'_>) -> Callee {
    let watch = &mut store.data_mut().watch;
    if watch.imports_announced {
        return Callee::Other;
    }
    let began_nanos = watch.clock.now();
    let frames = guest_frames(&*store);
    let watch = &mut store.data_mut().watch;
    watch.exclude_since(began_nanos);
    let Some(place) = frames.first().copied() else { return Callee::Other };
    match watch.places.call_at(place) {
        Some(HostCall::Import(import)) => {
            let offset = watch.places.original(place);
            Callee::Import(CrossingSite { import, context: None, offset })
        }
        Some(HostCall::ByReference) => {
            watch.unknown_callees += 1;
            Callee::Other
        }
        None => Callee::Other,
    }
}

/// The bytes that crossed with the call that comes back now, where the ABI tells, if it comes back without an error.
fn bytes_crossed(store: &mut Guest<'_>) -> Option<Bytes> {
    let watch = &store.data().watch;
    let (_, (rule, argument)) = watch.log.current().and_then(|(callee, rule)| Some((callee, rule?)))?;
    let result = || {
        let memory = watch.memory?.data(&*store);
        let word = memory.get(usize::try_from(argument).ok()?..)?.first_chunk()?;
        Some(u64::from(u32::from_le_bytes(*word)))
    };
    match rule {
        BytesRule::InByArgument => Some(Bytes::In(argument)),
        BytesRule::InByResult => result().map(Bytes::In),
        BytesRule::OutByResult => result().map(Bytes::Out),
    }
}

impl Watch {
    /// The recorder itself was at work since then: nobody else has that time.
    fn exclude_since(&mut self, began_nanos: u64) {
        let nanos = self.clock.now().saturating_sub(began_nanos);
        self.log.exclude(nanos);
        self.pacer.skip(nanos);
    }

    /// What the guest called that has not come back.
    fn called(&self) -> Leaf {
        match self.log.current() {
            Some((Callee::Import(site), _)) => Leaf::Import(site.import),
            _ => Leaf::Host,
        }
    }

    /// The host grew the guest's memory, or could not, since the guest asked for it.
    pub fn note_growth(&mut self, before_pages: u64, asked_pages: u64, granted: bool) {
        let site = match self.log.current() {
            Some((Callee::Import(site), _)) => Some(site),
            _ => None,
        };
        if self.records_growth && self.abroad == 0 {
            let (context, site) = (site.and_then(|site| site.context), site.and_then(|site| site.offset));
            let time_nanos = self.clock.now();
            self.growths.push(HostGrowth { time_nanos, before_pages, asked_pages, granted, context, site });
        }
    }

    /// Where the time of the run went so far.
    pub fn time(&self) -> RunTime {
        let (handler_nanos, ticks) = self.pacer.handled();
        RunTime { handler_nanos, ticks, ..self.log.time() }
    }

    /// Is the warm-up over, if there is one?
    pub fn is_measured(&self) -> bool {
        self.measured.has(self.clock.now())
    }

    /// Is it time to hand on what was recorded?
    pub fn is_shipment_due(&self, now_nanos: u64) -> bool {
        self.probes.as_ref().is_some_and(|probes| probes.is_shipment_due(now_nanos))
    }
}
