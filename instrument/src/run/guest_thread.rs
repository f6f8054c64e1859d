//! The guest's own thread: the timer, the call, and the end of all waiting where the run is to be stopped.
//!
//! The guest runs on a stack of its own, which the engine makes. A host call that has to wait therefore gives the thread
//! back to us, and we wait for the stop flag along with it. Where the flag is raised first, the call is abandoned, and
//! the guest with it; its memories and what its probes recorded stay.

use super::boundary_log::BoundaryLog;
use super::compiled::CompiledGuest;
use super::ending::{live_calls, outcome};
use super::guest::{GuestState, Stopped, Watch, on_crossing, on_epoch};
use super::imports::Stubs;
use super::invoke::Entry;
use super::limit::MemoryLimit;
use super::link::{is_old, link};
use super::live_probes::{LiveProbes, answers, set_clock, ship_all, ship_counters};
use super::message::{Message, MessageSender};
use super::output::OutputBuffer;
use super::pacer::Pacer;
use super::prepare::ticks_by_epochs;
use super::stop::StopFlag;
use super::{Guest, Limits, Observer, RunOptions, wasi};
use crate::clock::RecordingClock;
use crate::probes::{
    ACCESSES_MAXIMUM_PAGES, CLOCK_ADDRESS, MEMORY_EXPORT, PROBE_MAXIMUM_PAGES, START_EXPORT,
};
use crate::recording::{Outcome, Phase};
use crate::sample::{EpochTicker, SignalSampler, SignalTimer};
use crate::{Measure, RecordError};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{AsContextMut, Instance, InstancePre, Store};

/// Ticks a second where no samples are taken: often enough for the clock and for stopping.
const IDLE_RATE_HZ: u32 = 200;

/// How the run ended, and sentences about what could not be measured.
pub type Ending = (Outcome, Vec<String>);

/// The guest's thread, which gives how the run ended. Dropped, it goes on by itself.
pub type GuestThread = JoinHandle<Result<Ending, RecordError>>;

/// A run that is ready to begin.
pub struct GuestRun {
    store: Store<GuestState>,
    instance: InstancePre<GuestState>,
    entry: Entry,
    limits: Limits,
    rate_hz: u32,
    sampler: Option<Arc<SignalSampler>>,
    layout: Arc<crate::probes::Probes>,
    output: Arc<OutputBuffer>,
    stubs: Stubs,
}

impl GuestRun {
    /// Links the guest's imports and builds its world.
    pub fn prepare(
        compiled: &CompiledGuest,
        guest: &Guest,
        entry: &Entry,
        options: &RunOptions,
        observer: &Arc<dyn Observer>,
        clock: &RecordingClock,
        messages: MessageSender,
    ) -> Result<Self, RecordError> {
        let records_boundary = options.measures.has(Measure::Boundary);
        let records_time = options.measures.has(Measure::Time);
        let rate_hz = if records_time { options.rate_hz } else { IDLE_RATE_HZ };
        let sampler = signal_sampler(compiled, options, records_time, clock);
        let pacer = match &sampler {
            Some(sampler) => Pacer::Signal { sampler: Arc::clone(sampler), records_time },
            None => Pacer::Epoch {
                period_nanos: records_time.then(|| 1_000_000_000 / u64::from(rate_hz.max(1))),
                last_nanos: 0,
            },
        };
        let output = Arc::new(OutputBuffer::default());
        let world = wasi::make_world(
            &guest.name,
            &options.program,
            observer,
            &output,
            !is_old(&compiled.places.index),
        )?;
        let watch = Watch {
            clock: clock.clone(),
            log: BoundaryLog::default(),
            pacer,
            stop: Arc::new(StopFlag::default()),
            messages,
            places: Arc::clone(&compiled.places),
            probes: None,
            memory: None,
            entering: None,
            unknown_callees: 0,
            imports_announced: !records_boundary || compiled.places.index.imported_function_count() == 0,
            records_boundary,
        };
        let limit = memory_limit(&compiled.places.index, &options.limits);
        let mut store = Store::new(&compiled.engine, GuestState { world, limit, watch });
        store.limiter(|state| &mut state.limit);
        store.call_hook(on_crossing);
        if sampler.is_none() {
            store.epoch_deadline_callback(on_epoch);
            store.set_epoch_deadline(1);
        }
        let (instance, stubs) = link(compiled, &mut store, options.unprovided)?;
        let layout = Arc::clone(&compiled.probes);
        Ok(GuestRun {
            store,
            instance,
            entry: entry.clone(),
            limits: options.limits,
            rate_hz,
            sampler,
            layout,
            output,
            stubs,
        })
    }

    /// The flag by which the run is stopped.
    pub fn stop(&self) -> Arc<StopFlag> {
        Arc::clone(&self.store.data().watch.stop)
    }

    /// Where the collector finds the samples that signals took.
    pub fn sampler(&self) -> Option<Arc<SignalSampler>> {
        self.sampler.clone()
    }

    /// Where the guest's output waits to be recorded.
    pub fn output(&self) -> Arc<OutputBuffer> {
        Arc::clone(&self.output)
    }

    /// How the probes are laid out.
    pub fn layout(&self) -> Arc<crate::probes::Probes> {
        Arc::clone(&self.layout)
    }

    /// Runs the guest on the calling thread.
    fn run(mut self) -> Result<Ending, RecordError> {
        let no_runtime = |error| RecordError::Engine { message: format!("nothing to wait with: {error}") };
        let runtime = Builder::new_current_thread().enable_time().build().map_err(no_runtime)?;
        let Watch { pacer, clock, .. } = &mut self.store.data_mut().watch;
        pacer.begin(clock);
        let ticks = start_ticks(&self)?;
        let result = runtime.block_on(self.call_or_stop());
        drop(ticks);
        // What the guest began in the background, nobody waits for.
        runtime.shutdown_background();
        let watch = &self.store.data().watch;
        watch.messages.send(Message::End(watch.clock.now()));
        let GuestRun { store, entry, limits, .. } = &mut self;
        let answers = answers(&store.as_context_mut());
        let Watch { log, clock, .. } = &mut store.data_mut().watch;
        log.settle(answers);
        log.leave_all(clock);
        ship_all(store.as_context_mut());
        ship_counters(store, live_calls(&result, &store.data().watch.places));
        let watch = &store.data().watch;
        let outcome = outcome(result, entry, watch.stop.get(), limits, &watch.places);
        Ok((outcome, self.notes()))
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
        let instance = self.instantiate().await?;
        self.begin_phase(Phase::Run);
        self.entry.call(&mut self.store, &instance).await
    }

    async fn instantiate(&mut self) -> wasmtime::Result<Instance> {
        self.begin_phase(Phase::Instantiate);
        let Self { store, instance, sampler, layout, .. } = self;
        let instance = instance.instantiate_async(&mut *store).await?;
        let probes = LiveProbes::bind(layout, &instance, store);
        if let (Some(sampler), Some(probes)) = (sampler, &probes) {
            sampler.keep_clock(probes.events(), &*store, CLOCK_ADDRESS as usize);
            sampler.follow_goroutines(probes.events(), &*store);
        }
        let memory = instance.get_memory(&mut *store, MEMORY_EXPORT);
        let watch = &mut store.data_mut().watch;
        let now = watch.clock.now();
        watch.imports_announced |= probes.is_some() && layout.escaping_imports().is_empty();
        watch.probes = probes;
        watch.memory = memory;
        set_clock(&mut store.as_context_mut(), now);
        self.start(&instance).await?;
        Ok(instance)
    }

    /// Calls the start function where the engine did not: its probes can be read now, and still when it traps.
    async fn start(&mut self, instance: &Instance) -> wasmtime::Result<()> {
        let Some(start) = instance.get_func(&mut self.store, START_EXPORT) else { return Ok(()) };
        let watch = &mut self.store.data_mut().watch;
        watch.entering = watch.places.index.start();
        start.call_async(&mut self.store, &[], &mut []).await
    }

    fn begin_phase(&self, phase: Phase) {
        let watch = &self.store.data().watch;
        watch.messages.send(Message::Phase(phase, watch.clock.now()));
    }

    fn notes(&self) -> Vec<String> {
        let watch = &self.store.data().watch;
        let overflowed = watch.probes.as_ref().map_or(0, |probes| probes.overflowed_contexts(&self.store));
        let dropped = watch.probes.as_ref().map_or(0, |probes| probes.dropped);
        let no_room = if self.layout.has_counters() {
            "calls found no room in the table of contexts: they and what they did are not in the counts"
        } else {
            "calls found no room in the table of contexts: their call paths are missing"
        };
        let counted = [
            (watch.unknown_callees, "calls of imports through a table could not be told apart"),
            (u64::from(overflowed), no_room),
            (dropped, "events found no room and are missing"),
            (watch.log.pathless_calls, "calls of imports found no room for their call paths"),
        ];
        let counted = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        self.stubs.note().into_iter().chain(counted).collect()
    }
}

/// What makes the guest's thread tick while it lives.
trait Ticks {}
impl Ticks for SignalTimer {}
impl Ticks for EpochTicker {}

fn start_ticks(run: &GuestRun) -> Result<Box<dyn Ticks>, RecordError> {
    let no_timer = |error| RecordError::Engine { message: format!("no timer for samples: {error}") };
    match &run.sampler {
        Some(sampler) => Ok(Box::new(sampler.start(run.rate_hz).map_err(no_timer)?)),
        None => Ok(Box::new(EpochTicker::start(run.store.engine().clone(), run.rate_hz).map_err(no_timer)?)),
    }
}

fn memory_limit(index: &ModuleIndex, limits: &Limits) -> MemoryLimit {
    let is_free = |pages: &u64| !index.memories().iter().any(|memory| memory.maximum_pages == Some(*pages));
    let maxima = [PROBE_MAXIMUM_PAGES, ACCESSES_MAXIMUM_PAGES];
    let probe_pages = maxima.map(|pages| Some(u64::from(pages)).filter(is_free));
    MemoryLimit { bytes: limits.memory_bytes, probe_pages }
}

fn signal_sampler(
    compiled: &CompiledGuest,
    options: &RunOptions,
    records_time: bool,
    clock: &RecordingClock,
) -> Option<Arc<SignalSampler>> {
    let code = if ticks_by_epochs(options) { None } else { compiled.native_code() }?;
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
