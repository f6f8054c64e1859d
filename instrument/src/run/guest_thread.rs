//! The guest's own thread: its ticks, the call, and the end of all waiting where the run is to be stopped.
//!
//! The guest runs on a stack of its own, which the engine makes. A host call that has to wait therefore gives the
//! thread back to us, and we wait for the stop flag along with it. Where the flag is raised first, the call is
//! abandoned, and the guest with it; its memories and what its probes recorded stay.

use super::compiled::{CompiledGuest, GuestCode, Places};
use super::ending::{live_calls, outcome};
use super::engine::engine_failed;
use super::final_image::ship_images;
use super::guest::{GuestState, Stopped, Watch, on_crossing, on_epoch};
use super::guest_memories::PagesSeen;
use super::link::Linking;
use super::live_probes::{
    LiveInstance, LiveProbes, answers, set_clock, ship_all, ship_counters, ship_depths,
};
use super::measured::{MeasuredFrom, begin_measuring};
use super::message::{Message, MessageSender};
use super::outer_stacks::OuterStacks;
use super::output::OutputBuffer;
use super::pacer::Pacer;
use super::prepare::ticks_by_epochs;
use super::residency::Residency;
use super::stop::StopFlag;
use super::target::{Linked, Target, mistaken};
use super::{Guest, Limits, Observer, RunOptions};
use crate::clock::RecordingClock;
use crate::probes::{CLOCK_ADDRESS, MEMORY_EXPORT, STACK_ADDRESS, START_EXPORT};
use crate::recording::{Outcome, Phase};
use crate::sample::{SignalSampler, Signals, Ticker};
use crate::{Measure, RecordError};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;
use wasmtime::{AsContextMut, Instance, Memory, Store, component};

/// Ticks a second where no samples are taken: often enough for the clock and for stopping.
const IDLE_RATE_HZ: u32 = 200;

/// So many ticks may all fall beside a program that runs on a busy machine.
const FEW_TICKS: u64 = 100;

/// How the run ended, and sentences about what could not be measured.
pub type Ending = (Outcome, Vec<String>);

/// The guest's thread, which gives how the run ended. Dropped, it goes on by itself.
pub type GuestThread = JoinHandle<Result<Ending, RecordError>>;

/// A run that is ready to begin.
pub struct GuestRun {
    live: LiveGuest,
    compiled: Arc<CompiledGuest>,
    linked: Linked,
    bytes: Arc<[u8]>,
    limits: Limits,
    rate_hz: u32,
    output: Arc<OutputBuffer>,
}

impl GuestRun {
    /// Links the guest's imports and builds its world.
    pub fn prepare(
        compiled: &Arc<CompiledGuest>,
        guest: &Guest,
        target: &Target,
        options: &RunOptions,
        observer: &Arc<dyn Observer>,
        clock: &RecordingClock,
        messages: MessageSender,
    ) -> Result<Self, RecordError> {
        let records_time = options.measures.has(Measure::Time);
        let rate_hz = if records_time { options.rate_hz } else { IDLE_RATE_HZ };
        let linked = target.link(compiled, options)?;
        let sampler = signal_sampler(compiled, &linked, options, records_time, clock);
        let pacer = match &sampler {
            Some(sampler) => Pacer::Signal { sampler: Arc::clone(sampler), records_time },
            None => Pacer::Epoch {
                period_nanos: records_time.then(|| 1_000_000_000 / u64::from(rate_hz.max(1))),
                last_nanos: 0,
            },
        };
        let mut watch = Watch::new(compiled, options, clock, pacer, messages);
        watch.measured = Arc::new(MeasuredFrom::new(linked.has_warm_up()));
        if watch.records_growth || watch.keeps_image {
            watch.memories.residency = Residency::open().map(Arc::new);
        }
        let (state, output) = GuestState::new(&guest.name, watch, compiled, options, observer)?;
        let mut store = Store::new(&compiled.engine, state);
        store.limiter(|state| &mut state.limit);
        store.call_hook(on_crossing);
        if let Some(fuel) = options.limits.fuel {
            store.set_fuel(fuel).map_err(engine_failed)?;
        }
        if sampler.is_none() {
            store.epoch_deadline_callback(on_epoch);
            store.set_epoch_deadline(1);
        }
        Ok(GuestRun {
            live: LiveGuest { store, sampler },
            compiled: Arc::clone(compiled),
            linked,
            bytes: Arc::clone(&guest.bytes),
            limits: options.limits,
            rate_hz,
            output,
        })
    }

    /// The flag by which the run is stopped.
    pub fn stop(&self) -> Arc<StopFlag> {
        Arc::clone(&self.live.store.data().watch.stop)
    }

    /// Where the collector finds the samples that signals took.
    pub fn sampler(&self) -> Option<Arc<SignalSampler>> {
        self.live.sampler.clone()
    }

    /// Who tells of the pages of the guest's memories, where that is to be recorded.
    pub fn residency(&self) -> Option<Arc<Residency>> {
        let watch = &self.live.store.data().watch;
        watch.memories.residency.clone().filter(|_| watch.records_growth)
    }

    /// When the measured part of the run begins.
    pub fn measured(&self) -> Arc<MeasuredFrom> {
        Arc::clone(&self.live.store.data().watch.measured)
    }

    /// The stacks on which the guest waits while the host calls it again.
    pub fn outer_stacks(&self) -> OuterStacks {
        self.live.store.data().watch.outer_stacks.clone()
    }

    /// Where the guest's output waits to be recorded.
    pub fn output(&self) -> Arc<OutputBuffer> {
        Arc::clone(&self.output)
    }

    /// The core module of each instance that has probes, and how they are laid out.
    pub fn probed(&self) -> Vec<(usize, Arc<crate::probes::Probes>)> {
        let CompiledGuest { code, probes, probed, .. } = &*self.compiled;
        let layout = |module: usize| Some((module, Arc::clone(probes.get(module)?)));
        match code {
            GuestCode::Module(_) => layout(0).into_iter().collect(),
            GuestCode::Component(_) => probed.iter().filter_map(|probed| layout(probed.module)).collect(),
        }
    }

    /// The way back to the original.
    pub fn places(&self) -> Arc<Places> {
        Arc::clone(&self.live.store.data().watch.places)
    }

    /// Runs the guest on the calling thread.
    fn run(mut self) -> Result<Ending, RecordError> {
        let no_runtime = |error| RecordError::Engine { message: format!("nothing to wait with: {error}") };
        let runtime = Builder::new_current_thread().enable_time().build().map_err(no_runtime)?;
        let Watch { pacer, clock, .. } = &mut self.live.store.data_mut().watch;
        pacer.begin(clock);
        let ticks = start_ticks(&self)?;
        let result = runtime.block_on(self.call_or_stop());
        let touched = self.live.end();
        drop(ticks);
        // What the guest began in the background, nobody waits for.
        runtime.shutdown_background();
        let failed_call = self.failed_call();
        let GuestRun { live: LiveGuest { store, .. }, linked, limits, .. } = &mut self;
        if !store.data().watch.is_measured() {
            begin_measuring(store);
        }
        let answers = answers(&store.as_context_mut());
        let Watch { log, clock, .. } = &mut store.data_mut().watch;
        log.settle(answers);
        log.leave_all(clock);
        let time = store.data().watch.time();
        store.data().watch.messages.send(Message::Time(time));
        ship_all(store.as_context_mut());
        ship_depths(store);
        ship_counters(store, live_calls(&result, &store.data().watch.places));
        let watch = &store.data().watch;
        let result = match result {
            Err(error) if error.is::<RecordError>() => {
                return Err(error.downcast().unwrap_or_else(engine_failed));
            }
            result => result,
        };
        let mut outcome = outcome(result, linked.is_command(), watch.stop.get(), limits, &watch.places);
        if !linked.is_command() {
            watch.messages.send(Message::Calls(watch.calls));
        }
        if let Outcome::Trapped { message, .. } = &mut outcome {
            message.insert_str(0, &failed_call);
        }
        let touched = touched.filter(|_| watch.keeps_image);
        let left_out = touched.map_or(0, |touched| ship_images(store, &touched));
        Ok((outcome, self.notes(left_out)))
    }

    /// The flag is looked at only while the guest waits: while it runs, ticks and crossings look at it.
    async fn call_or_stop(&mut self) -> wasmtime::Result<Vec<String>> {
        let stop = self.stop();
        tokio::select! {
            biased;
            result = self.call() => result,
            () = stop.raised() => Err(Stopped.into()),
        }
    }

    async fn call(&mut self) -> wasmtime::Result<Vec<String>> {
        let GuestRun { live, linked, compiled, bytes, .. } = self;
        live.begin_phase(Phase::Instantiate);
        match linked {
            Linked::Module { linking, entry } => {
                let instance = live.instantiate(linking, compiled, bytes).await?;
                live.begin_phase(if entry.warm_up.is_never() { Phase::Run } else { Phase::WarmUp });
                let args = entry.prepare(&mut live.store, &instance).await?;
                if !entry.warm_up.is_never() {
                    entry.call(&mut live.store, &instance, &args, entry.warm_up).await?;
                    live.begin_measured();
                }
                entry.call(&mut live.store, &instance, &args, entry.repeat).await
            }
            Linked::Component { instance, entry, .. } => {
                let instance = live.instantiate_component(instance, compiled).await?;
                live.begin_phase(if entry.warm_up.is_never() { Phase::Run } else { Phase::WarmUp });
                if !entry.warm_up.is_never() {
                    entry.call(&mut live.store, &instance, entry.warm_up).await?;
                    live.begin_measured();
                }
                entry.call(&mut live.store, &instance, entry.repeat).await
            }
        }
    }

    /// Which call of several it was that did not come back, as the beginning of a sentence.
    fn failed_call(&self) -> String {
        let watch = &self.live.store.data().watch;
        let number = watch.calls.calls + 1;
        match self.linked.is_repeated() && watch.is_calling {
            false => String::new(),
            true if watch.is_measured() => format!("in call {number}: "),
            true => format!("in call {number} of the warm-up: "),
        }
    }

    /// Sentences about what is missing, with so many bytes of the memories' content.
    fn notes(&self, unkept_bytes: u64) -> Vec<String> {
        let watch = &self.live.store.data().watch;
        let overflowed =
            watch.probes.as_ref().map_or(0, |probes| probes.overflowed_contexts(&self.live.store));
        let dropped = watch.probes.as_ref().map_or(0, |probes| probes.dropped());
        let no_room = if self.compiled.probes.iter().any(|layout| layout.has_counters()) {
            "calls found no room in the table of contexts: they and what they did are not in the counts"
        } else {
            "calls found no room in the table of contexts: their call paths are missing"
        };
        let due = watch.time().guest_nanos / (1_000_000_000 / u64::from(self.rate_hz.max(1)));
        let unsampled = watch.pacer.samples_by_signal() && watch.time().ticks == 0 && due > FEW_TICKS;
        let counted = [
            (
                if unsampled { due } else { 0 },
                "samples were due and none was taken: no signal reaches the program",
            ),
            (watch.unknown_callees, "calls of imports through a table could not be told apart"),
            (overflowed, no_room),
            (unkept_bytes, "bytes of memory were not kept: a recording holds 256 MiB that are not zeros"),
            (dropped, "events found no room and are missing"),
            (watch.log.pathless_calls, "calls of imports found no room for their call paths"),
            (
                watch.outer_stacks.lost(),
                "calls back into the program found no room for the stack below: their samples begin there",
            ),
        ];
        let counted = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        self.linked.sentences().into_iter().chain(counted).collect()
    }
}

/// The guest in its store.
struct LiveGuest {
    store: Store<GuestState>,
    sampler: Option<Arc<SignalSampler>>,
}

impl LiveGuest {
    async fn instantiate(
        &mut self,
        linking: &mut Linking,
        compiled: &CompiledGuest,
        bytes: &[u8],
    ) -> wasmtime::Result<Instance> {
        let GuestCode::Module(module) = &compiled.code else { return Err(mistaken().into()) };
        let store = &mut self.store;
        let instance = linking.instantiate(store, module, &compiled.places.index, bytes).await?;
        let probes = compiled.probes.first().and_then(|layout| LiveProbes::bind(layout, &instance, store));
        let memory = instance.get_memory(&mut *store, MEMORY_EXPORT);
        self.keep_probes(probes, memory);
        self.keep_memories(&instance, &compiled.places);
        self.start(&instance).await?;
        Ok(instance)
    }

    async fn instantiate_component(
        &mut self,
        instance: &component::InstancePre<GuestState>,
        compiled: &CompiledGuest,
    ) -> wasmtime::Result<component::Instance> {
        let instance = instance.instantiate_async(&mut self.store).await?;
        let CompiledGuest { probes, probed, .. } = compiled;
        let probes = LiveProbes::bind_component(probes, probed, &instance, &mut self.store).await?;
        self.keep_probes(probes, None);
        Ok(instance)
    }

    /// From now on the probes are read, and told the time.
    fn keep_probes(&mut self, probes: Option<LiveProbes>, memory: Option<Memory>) {
        let Self { store, sampler, .. } = self;
        if let (Some(sampler), Some(probes)) = (sampler, &probes) {
            let events = || probes.instances().iter().map(|live| live.events(&*store));
            sampler.keep_clocks(events(), CLOCK_ADDRESS as usize);
            events().take(1).for_each(|events| sampler.follow_goroutines(events));
            let watches = |live: &&LiveInstance| live.layout.stack_pointer().is_some();
            if let Some(live) = probes.instances().iter().find(watches) {
                let depths = &store.data().watch.depths;
                sampler.watch_stack(live.events(&*store), STACK_ADDRESS as usize, depths);
            }
        }
        let escaping = |live: &LiveInstance| !live.layout.escaping_imports().is_empty();
        let watch = &mut store.data_mut().watch;
        let now = watch.clock.now();
        watch.imports_announced |=
            probes.as_ref().is_some_and(|probes| !probes.instances().iter().any(escaping));
        watch.probes = probes.map(Box::new);
        watch.memory = memory;
        set_clock(&mut store.as_context_mut(), now);
    }

    /// From now on it is known where the guest's memories are.
    fn keep_memories(&mut self, instance: &Instance, places: &Places) {
        let mut memories = std::mem::take(&mut self.store.data_mut().watch.memories);
        memories.find(instance, &mut self.store, places);
        let watch = &mut self.store.data_mut().watch;
        if watch.records_growth
            && let Some(seen) = memories.first_touched(watch.clock.now())
        {
            watch.messages.send(Message::Pages(seen));
        }
        watch.memories = memories;
    }

    /// The run is over. Gives the pages that were touched, if anybody wants to know.
    fn end(&self) -> Option<PagesSeen> {
        let watch = &self.store.data().watch;
        let now = watch.clock.now();
        watch.messages.send(Message::End(now));
        if !(watch.records_growth || watch.keeps_image) {
            return None;
        }
        let seen = watch.memories.last_touched(now, &self.store)?;
        if watch.records_growth {
            watch.messages.send(Message::Pages(seen.clone()));
        }
        Some(seen)
    }

    /// Calls the start function where the engine did not: its probes can be read now, and still when it traps.
    async fn start(&mut self, instance: &Instance) -> wasmtime::Result<()> {
        let Some(start) = instance.get_func(&mut self.store, START_EXPORT) else { return Ok(()) };
        let watch = &mut self.store.data_mut().watch;
        watch.entering = watch.places.index.start();
        start.call_async(&mut self.store, &[], &mut []).await
    }

    /// The warm-up is over.
    fn begin_measured(&mut self) {
        let now = begin_measuring(&mut self.store);
        self.begin_phase_at(Phase::Run, now);
    }

    fn begin_phase(&mut self, phase: Phase) {
        self.begin_phase_at(phase, self.store.data().watch.clock.now());
    }

    fn begin_phase_at(&mut self, phase: Phase, now_nanos: u64) {
        if phase == Phase::Run {
            self.store.data_mut().watch.log.begin_run();
        }
        self.store.data().watch.messages.send(Message::Phase(phase, now_nanos));
    }
}

/// What makes the guest's thread tick while it lives.
trait Ticks {}
impl Ticks for Signals {}
impl Ticks for Ticker {}

fn start_ticks(run: &GuestRun) -> Result<Box<dyn Ticks>, RecordError> {
    let no_ticks = |error| RecordError::Engine { message: format!("no thread that ticks: {error}") };
    match &run.live.sampler {
        Some(sampler) => Ok(Box::new(sampler.start(run.rate_hz).map_err(no_ticks)?)),
        None => {
            let engine = run.live.store.engine().clone();
            let ticker = Ticker::start(run.rate_hz, move || engine.increment_epoch());
            Ok(Box::new(ticker.map_err(no_ticks)?))
        }
    }
}

fn signal_sampler(
    compiled: &CompiledGuest,
    linked: &Linked,
    options: &RunOptions,
    records_time: bool,
    clock: &RecordingClock,
) -> Option<Arc<SignalSampler>> {
    let code = if ticks_by_epochs(options) { None } else { compiled.native_code(linked.modules()) }?;
    let goroutines = compiled.places.goroutines.as_ref().map(|goroutines| Arc::clone(&goroutines.frames));
    SignalSampler::new(code, records_time, clock.clone(), goroutines)
}

/// Starts the guest's thread.
pub fn spawn(run: GuestRun) -> Result<GuestThread, RecordError> {
    let builder = thread::Builder::new().name("wasm guest".into());
    let failed = |error| RecordError::Engine { message: format!("no thread for the guest: {error}") };
    builder.spawn(move || run.run()).map_err(failed)
}

/// Waits for its end.
pub fn join(thread: GuestThread) -> Result<Ending, RecordError> {
    let lost = |_| Err(RecordError::Engine { message: "the guest's thread died".to_owned() });
    thread.join().unwrap_or_else(lost)
}
