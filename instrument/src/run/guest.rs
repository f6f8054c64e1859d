//! The guest's side of a run: what the engine keeps for it, and what is noted when a call crosses.

use super::boundary_log::{BoundaryLog, Bytes, Callee, CrossingSite, Unsure};
use super::compiled::{HostCall, Places};
use super::goroutines::goroutine;
use super::limit::MemoryLimit;
use super::live_probes::{LiveProbes, answers, set_clock, ship, take_announcement};
use super::message::{Message, MessageSender, TracedSample};
use super::pacer::Pacer;
use super::stop::StopFlag;
use crate::clock::RecordingClock;
use crate::probes::{BytesRule, Call, Probes, SiteKind};
use crate::sample::Leaf;
use std::sync::Arc;
use wasmscope_symbolize::FuncIndex;
use wasmtime::{
    AsContext, AsContextMut, CallHook, Memory, Result, StoreContextMut, UpdateDeadline, WasmBacktrace,
};
use wasmtime_wasi::p1::WasiP1Ctx;

/// What the engine keeps for one guest.
pub struct GuestState {
    pub world: WasiP1Ctx,
    pub limit: MemoryLimit,
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
    /// The probes, once the guest is instantiated.
    pub probes: Option<LiveProbes>,
    /// The guest's own memory, once it is instantiated.
    pub memory: Option<Memory>,
    /// The function that the host is about to call.
    pub entering: Option<FuncIndex>,
    /// Calls through tables into the host, of which nobody can tell which import they reached.
    pub unknown_callees: u64,
    /// Is each call of an import announced by a probe, or is the boundary of no interest? Then what is not announced
    /// is the engine's own business.
    pub imports_announced: bool,
    /// Is the boundary recorded, or do crossings matter only for the time?
    pub records_boundary: bool,
}

/// More frames than this are cut off at the outer end of a sample's stack.
const MAX_SAMPLE_FRAMES: usize = 4_096;

/// The error that ends a run which is to be stopped.
#[derive(Debug, thiserror::Error)]
#[error("the run was stopped")]
pub struct Stopped;

type Guest<'a> = StoreContextMut<'a, GuestState>;

/// Called by the engine whenever a call crosses between guest and host.
pub fn on_crossing(mut store: Guest<'_>, kind: CallHook) -> Result<()> {
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
        send_sample(&store, Leaf::Guest, weight_nanos);
    }
    let now = store.data().watch.clock.now();
    set_clock(&mut store, now);
    match store.data().watch.stop.get() {
        Some(_) => Err(Stopped.into()),
        None => Ok(UpdateDeadline::Continue(1)),
    }
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
    let leaf = match store.data().watch.log.current() {
        Some((Callee::Import(site), _)) => Leaf::Import(site.import),
        _ => Leaf::Host,
    };
    if matches!(store.data().watch.log.current(), Some((Callee::Recorder, _))) {
        store.data_mut().watch.pacer.forget_outside_nanos();
    }
    note_outside_time(store, leaf);
    let bytes = bytes_crossed(store).map(|bytes| Unsure { bytes, answers: answers(store) });
    let Watch { log, clock, .. } = &mut store.data_mut().watch;
    let now = log.leave(bytes, clock);
    set_clock(store, now);
    let watch = &store.data().watch;
    let (due, stop) = (watch.is_shipment_due(now), watch.stop.get());
    if due {
        ship(store.as_context_mut());
        // That was our time, not the program's.
        store.data_mut().watch.pacer.forget_outside_nanos();
    }
    see_memory(store);
    store.data_mut().watch.pacer.enter_guest();
    if stop.is_some() { Err(Stopped.into()) } else { Ok(()) }
}

fn call_guest(store: &mut Guest<'_>) {
    note_outside_time(store, Leaf::Engine);
    see_memory(store);
    let Watch { log, clock, pacer, entering, .. } = &mut store.data_mut().watch;
    log.enter(entering.take().map_or(Callee::Other, Callee::Export), None, clock);
    pacer.call_guest();
}

fn return_from_guest(store: &mut Guest<'_>) {
    note_outside_time(store, Leaf::Engine);
    let Watch { log, clock, pacer, .. } = &mut store.data_mut().watch;
    log.leave(None, clock);
    pacer.leave_guest();
}

/// The guest is about to go on: its memory is where it stays until the next crossing. Growing is one, too.
fn see_memory(store: &Guest<'_>) {
    let watch = &store.data().watch;
    if let Some(memory) = watch.memory {
        watch.pacer.see_memory(memory, store);
    }
}

/// Credits the time that ticks found outside of guest code, if any, to `leaf` and the guest's stack.
fn note_outside_time(store: &mut Guest<'_>, leaf: Leaf) {
    let Watch { pacer, clock, .. } = &mut store.data_mut().watch;
    if let Some(weight_nanos) = pacer.take_outside_nanos(leaf, clock) {
        send_sample(store, leaf, weight_nanos);
    }
}

fn send_sample(store: &Guest<'_>, leaf: Leaf, weight_nanos: u64) {
    let watch = &store.data().watch;
    let (frames, goroutine) = (guest_frames(store), goroutine(store));
    let sample = TracedSample { time_nanos: watch.clock.now(), weight_nanos, leaf, frames, goroutine };
    watch.messages.send(Message::Sample(sample));
}

/// The guest's stack, innermost first, in terms of the compiled module.
fn guest_frames(store: impl AsContext) -> Vec<(FuncIndex, u32)> {
    let trace = WasmBacktrace::force_capture(store);
    let place = |frame: &wasmtime::FrameInfo| {
        Some((FuncIndex(frame.func_index()), u32::try_from(frame.module_offset()?).ok()?))
    };
    trace.frames().iter().take(MAX_SAMPLE_FRAMES).filter_map(place).collect()
}

/// Finds out which import is being called, from where, and how to learn the bytes that cross.
fn announced_call(store: &mut Guest<'_>) -> (Callee, Option<(BytesRule, u64)>) {
    match take_announcement(store) {
        Some(Call::Drain) => (Callee::Recorder, None),
        Some(Call::Import { site, context, argument }) => {
            let found = store.data().watch.probes.as_ref().and_then(|live| import_at(&live.layout, site));
            let Some((import, offset, rule)) = found else { return (Callee::Other, None) };
            let callee = CrossingSite { import, context: Some(context), offset: Some(offset) };
            (Callee::Import(callee), rule.map(|rule| (rule, argument)))
        }
        None => (unannounced_call(store), None),
    }
}

fn import_at(
    layout: &Probes,
    site: u32,
) -> Option<(FuncIndex, wasmscope_symbolize::CodeOffset, Option<BytesRule>)> {
    let site = layout.site(site)?;
    match site.kind {
        SiteKind::Import { import, bytes } => Some((import, site.offset, bytes)),
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
    let Some((func, offset)) = guest_frames(&*store).first().copied() else { return Callee::Other };
    let watch = &mut store.data_mut().watch;
    match watch.places.call_at(func, offset) {
        Some(HostCall::Import(import)) => {
            let offset = watch.places.original(func, offset);
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
    fn is_shipment_due(&self, now_nanos: u64) -> bool {
        self.probes.as_ref().is_some_and(|probes| probes.is_shipment_due(now_nanos))
    }
}
