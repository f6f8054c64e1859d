//! The collector's side of a run: takes samples and events from the guest's thread, writes them, and watches for
//! the reasons to stop.

use super::compiled::Places;
use super::guest_thread::GuestRun;
use super::message::{Message, Shipment, TracedSample};
use super::output::OutputBuffer;
use super::page_log::PageLog;
use super::probe_log::ProbeLog;
use super::sample_log::SampleLog;
use super::stop::{StopFlag, StopReason};
use super::{Limits, LiveCounts, Observer};
use crate::clock::RecordingClock;
use crate::recording::{Batch, Calibration, Direction, LOST_CALLS, Meta, Phase, PhaseSpan, Writer};
use crate::sample::{CodeMap, SignalSampler};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long the collector sleeps where nothing happens.
const POLL: Duration = Duration::from_millis(10);
/// How often what was collected is written.
const WRITE: Duration = Duration::from_millis(250);
/// Heap operations that may wait to be written: some ten megabytes.
const MAX_HEAP_EVENTS: usize = 1 << 18;
/// Stretches of memory content that may: some four megabytes.
const MAX_IMAGE_PARTS: usize = 4;
/// How long samples are taken before limits are looked at again: a guest with deep stacks may make them faster than we
/// take them.
const TURN: Duration = Duration::from_millis(100);
/// How long a sample waits for elder ones that the guest's thread took at the same time and has not handed over yet.
const SETTLE_NANOS: u64 = Duration::from_millis(100).as_nanos() as u64;

/// How long a guest that is asked to stop may take. One that waits in the host or runs its own code takes a tick; one
/// that reads from a pipe in a granted folder, or fills memory in bulk and does little else, may never be reached.
const GRACE: Duration = Duration::from_secs(2);

/// How much of a run was collected.
pub enum Collected {
    /// All of it: the guest's thread has gone.
    All,
    /// What came until the guest should have stopped, for this reason.
    UntilStopped(StopReason),
}

/// Collects one run.
pub struct Collector<'a, W: Write> {
    writer: Writer<W>,
    observer: &'a dyn Observer,
    clock: RecordingClock,
    limits: Limits,
    stop: Arc<StopFlag>,
    sampler: Option<Arc<SignalSampler>>,
    samples: SampleLog,
    probes: ProbeLog,
    pages: PageLog,
    output: Arc<OutputBuffer>,
    batch: Batch,
    counts: LiveCounts,
    phase: Option<(Phase, u64)>,
    /// When the guest's code could first run: its start function is under the time limit too.
    guest_began: Option<u64>,
    lost_calls: u64,
    stop_requested: Option<Instant>,
    /// Has the guest ended? Then only what it recorded is still coming.
    has_ended: bool,
    failure: Option<io::Error>,
}

impl<'a, W: Write> Collector<'a, W> {
    /// Begins to collect.
    pub fn new(writer: Writer<W>, observer: &'a dyn Observer, clock: RecordingClock, limits: Limits) -> Self {
        let stop = Arc::<StopFlag>::default();
        let output = Arc::new(OutputBuffer::new(None, Arc::clone(&stop)));
        Collector {
            writer,
            observer,
            clock,
            limits,
            stop,
            sampler: None,
            samples: SampleLog::default(),
            probes: ProbeLog::default(),
            pages: PageLog::default(),
            output,
            batch: Batch::default(),
            counts: LiveCounts::default(),
            phase: None,
            guest_began: None,
            lost_calls: 0,
            stop_requested: None,
            has_ended: false,
            failure: None,
        }
    }

    /// Says how the guest is stopped, where the samples are that signals took, how the probes are laid out, and where
    /// the guest's output waits.
    pub fn watch(&mut self, run: &GuestRun) {
        self.stop = run.stop();
        self.sampler = run.sampler();
        self.output = run.output();
        self.samples.measure(run.measured(), run.outer_stacks());
        self.probes = ProbeLog::new(run.probed(), &run.places());
        self.pages = PageLog::new(run.residency());
    }

    /// Sentences about what is missing, if anything is.
    pub fn losses(&self) -> Vec<String> {
        let samples = self.sampler.as_ref().map_or(0, |sampler| sampler.lost_samples());
        let losses = [
            (samples, "samples found no room; their time went to the samples after them"),
            (self.lost_calls, LOST_CALLS),
        ];
        let some = losses.iter().filter(|(count, _)| *count > 0);
        some.map(|(count, what)| format!("{count} {what}")).collect()
    }

    /// Notes what measuring costs, if that is known.
    pub fn calibrate(&mut self, calibration: Option<Calibration>) {
        self.batch.calibration = calibration;
    }

    /// The head has changed.
    pub fn note_meta(&mut self, meta: Meta) {
        self.batch.meta = Some(meta);
    }

    /// A phase begins, and the one before ends.
    pub fn begin_phase(&mut self, phase: Phase, now_nanos: u64) {
        self.end_phase(now_nanos);
        self.phase = Some((phase, now_nanos));
        if phase == Phase::Instantiate {
            self.guest_began = Some(now_nanos);
            self.probes.begin(now_nanos);
        }
        self.observer.phase(phase);
    }

    /// The last phase ends.
    pub fn end_phase(&mut self, end_nanos: u64) {
        if let Some((phase, start_nanos)) = self.phase.take() {
            self.batch.phases.push(PhaseSpan { phase, start_nanos, end_nanos });
        }
    }

    /// Collects until the guest's thread has gone, or was asked to stop and does not.
    pub fn collect(
        &mut self,
        messages: &Receiver<Message>,
        code: CodeMap,
        places: &Arc<Places>,
    ) -> Collected {
        self.samples.bind(code, Arc::clone(places));
        let mut written = Instant::now();
        loop {
            match messages.recv_timeout(POLL) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.check_limits();
            self.pages.look(&self.clock, &mut self.batch.pages);
            if let Some(reason) = self.overdue() {
                self.take_native_samples();
                return Collected::UntilStopped(reason);
            }
            if written.elapsed() >= WRITE || self.is_full() {
                self.take_native_samples();
                self.write(self.clock.now());
                written = Instant::now();
            }
        }
        // What is left fits into the ring: the guest makes no more.
        while self.take_native_samples() {}
        Collected::All
    }

    /// Must what was collected be written, so that memory stays bounded?
    fn is_full(&self) -> bool {
        self.batch.heap.len() >= MAX_HEAP_EVENTS || self.batch.images.len() >= MAX_IMAGE_PARTS
    }

    /// Why the guest should have stopped long ago, if it should have and did not.
    fn overdue(&self) -> Option<StopReason> {
        let since = self.stop_requested.filter(|_| !self.has_ended)?;
        self.stop.get().filter(|_| since.elapsed() >= GRACE)
    }

    /// Writes all that is left, with the end.
    pub fn finish(mut self, end: Batch) -> io::Result<()> {
        let Batch { meta, outcome, .. } = end;
        self.batch.meta = meta.or(self.batch.meta.take());
        self.batch.outcome = outcome;
        self.end_phase(self.clock.now());
        self.write(u64::MAX);
        self.failure.map_or(Ok(()), Err)
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Phase(phase, at_nanos) => self.begin_phase(phase, at_nanos),
            Message::End(at_nanos) => {
                self.has_ended = true;
                self.pages.end();
                self.end_phase(at_nanos);
            }
            Message::Pages(seen) => self.pages.take(seen, self.has_ended, &mut self.batch.pages),
            Message::Probes(shipment) => self.take_shipment(shipment),
            Message::Counters(memory, live) => {
                self.lost_calls = self.probes.take_counters(&memory, &live, &mut self.batch);
            }
            Message::Stack { lowest, depths } => self.probes.take_depths(lowest, depths, &mut self.batch),
            Message::Image(part) => self.batch.images.push(part),
            Message::Calls(calls) => self.batch.calls = Some(calls),
            Message::Time(time) => self.batch.time = Some(time),
            Message::Accesses(accesses) => self.batch.accesses = accesses,
            Message::Sample(sample) => self.take_sample(&sample),
        }
    }

    fn take_shipment(&mut self, shipment: Shipment) {
        let (growth_before, heap_before) = (self.batch.growth.len(), self.batch.heap.len());
        self.probes.take(shipment, &mut self.batch);
        let growth = self.batch.growth.iter().skip(growth_before);
        self.counts.pages_grown += growth.map(|event| event.after_pages() - event.before_pages).sum::<u64>();
        self.counts.heap_events += (self.batch.heap.len() - heap_before) as u64;
        if let Some(table) = &self.batch.crossings {
            let imports = table.functions.iter().filter(|row| row.direction == Direction::GuestToHost);
            self.counts.crossings = imports.map(|row| row.calls).sum();
        }
    }

    fn take_sample(&mut self, sample: &TracedSample) {
        self.counts.samples += 1;
        self.samples.add_traced(sample);
    }

    /// Takes samples for one turn. Are there more?
    fn take_native_samples(&mut self) -> bool {
        let Some(sampler) = &self.sampler else { return false };
        let (mut buffer, until) = (Vec::new(), Instant::now() + TURN);
        while let Some(sample) = sampler.next_sample(&mut buffer) {
            self.counts.samples += 1;
            self.samples.add_native(&sample);
            if Instant::now() >= until {
                return true;
            }
        }
        false
    }

    fn check_limits(&mut self) {
        if self.observer.is_cancelled() {
            self.request_stop(StopReason::Cancelled);
        }
        let Some(began) = self.guest_began else { return };
        let elapsed = Duration::from_nanos(self.clock.now().saturating_sub(began));
        if self.limits.time.is_some_and(|limit| elapsed >= limit) {
            self.request_stop(StopReason::TimeLimit);
        }
    }

    fn request_stop(&mut self, reason: StopReason) {
        self.stop.set(reason);
        self.stop_requested.get_or_insert_with(Instant::now);
        if let Some(sampler) = &self.sampler {
            sampler.request_stop();
        }
    }

    /// Writes what was collected; samples younger than `now` may still get elder ones before them and are kept.
    fn write(&mut self, now_nanos: u64) {
        self.batch.samples = self.samples.take_until(now_nanos.saturating_sub(SETTLE_NANOS));
        self.batch.stacks = self.samples.take_stacks();
        self.batch.output = self.output.take();
        if let Some((Phase::Run, began)) = self.phase {
            self.counts.run_nanos = self.clock.now().saturating_sub(began);
        }
        self.observer.live(self.counts);
        if self.failure.is_none() {
            self.failure = self.writer.write(&self.batch).err();
            if self.failure.is_some() {
                self.request_stop(StopReason::WriteFailed);
            }
        }
        self.batch.clear();
    }
}
