//! Events for Perfetto and `chrome://tracing`, in the JSON of "Trace Event Format": what ran when, calls across, phases,
//! and sizes of memory.

mod trace;

use super::in_time::{frame_steps, span_steps};
use super::json::kind_word;
use super::known_name;
use super::run_events::{Callee, RunEvents, SizeInTime, slice_end};
use crate::analysis::{CallTreeQuery, MergeBy, NodeId, StackSample, Stacks, time_stacks};
use crate::profile::{FrameId, FrameInfo, Profile};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::cmp::Reverse;
use std::ops::Range;
use trace::{Named, Trace};
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction, PhaseSpan};

/// The one process.
const PID: u32 = 1;

/// Perfetto refuses what lies deeper, and then takes the ends of that for the ends of what it knows.
const MOST_FRAMES: u32 = 512;

/// What stands on a line of its own.
#[derive(Clone, Copy)]
enum Track {
    Guest = 1,
    Calls,
    Phases,
}

impl Track {
    const ALL: [Track; 3] = [Track::Guest, Track::Calls, Track::Phases];

    const fn name(self) -> &'static str {
        match self {
            Track::Guest => "Guest",
            Track::Calls => "Imports and exports",
            Track::Phases => "Phases",
        }
    }
}

/// An event that neither begins nor ends.
#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    ph: &'static str,
    /// In microseconds, to the nanosecond.
    ts: f64,
    pid: u32,
    tid: u32,
    args: Args<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Args<'a> {
    Name(&'a str),
    Bytes(u64),
    #[serde(untagged)]
    Sums {
        calls: u64,
        nanos: u64,
    },
}

impl<'a> Event<'a> {
    fn new(ph: &'static str, name: &'a str, nanos: u64, track: Track, args: Args<'a>) -> Event<'a> {
        Event { name, ph, ts: nanos as f64 / 1e3, pid: PID, tid: track as u32, args }
    }
}

/// The run, or the part of it that `query` asks for. Samples tell of time alone, whatever is weighed.
pub(super) fn chrome(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let run = RunEvents::of(profile, query.time.clone());
    let mut trace = Trace::new();
    heads(&profile.recording().meta.module_name).for_each(|event| trace.event(&event));
    phases(&mut trace, &run);
    calls(&mut trace, &run);
    summed_calls(&mut trace, &run);
    run.sizes.iter().flat_map(sizes).for_each(|event| trace.event(&event));
    frames(&mut trace, profile, query);
    trace.finish()
}

/// What process and tracks are called.
fn heads(module: &str) -> impl Iterator<Item = Event<'_>> {
    let named = |name, track, value| Event::new("M", name, 0, track, Args::Name(value));
    let process = named("process_name", Track::Guest, module);
    let threads = Track::ALL.into_iter().map(move |track| named("thread_name", track, track.name()));
    [process].into_iter().chain(threads)
}

fn phases(trace: &mut Trace, run: &RunEvents) {
    let named = |phase: &PhaseSpan| Named::new(Track::Phases, phase.phase.name(), "phase");
    let named: Vec<_> = run.phases.iter().map(named).collect();
    let nanos = run.phases.iter().map(|phase| phase.start_nanos..phase.end_nanos);
    let mut phases: Vec<_> = nanos.zip(&named).collect();
    phases.sort_by_key(|(nanos, _)| (nanos.start, Reverse(nanos.end)));
    spans(trace, phases);
}

fn calls(trace: &mut Trace, run: &RunEvents) {
    let kind = |direction| match direction {
        Direction::GuestToHost => "import",
        Direction::HostToGuest => "export",
    };
    let names = run.names.iter();
    let named: FxHashMap<Callee, Named<'_>> =
        names.map(|(callee, name)| (*callee, Named::new(Track::Calls, name, kind(callee.0)))).collect();
    let span = |call: &CallSpan| {
        let end_nanos = call.start_nanos.saturating_add(call.duration_nanos);
        Some((call.start_nanos..end_nanos, named.get(&(call.direction, call.func))?))
    };
    spans(trace, run.calls.iter().filter_map(span).collect());
}

/// A counter for each function with what came back in slices of time, and zeros where nothing did.
fn summed_calls(trace: &mut Trace, run: &RunEvents) {
    for slices in run.slices.chunk_by(|a, b| (a.direction, a.func) == (b.direction, b.func)) {
        let callee = (slices[0].direction, slices[0].func);
        let name = format!("{}, summed", run.name(callee));
        let mut count = |nanos, args| trace.event(&Event::new("C", &name, nanos, Track::Calls, args));
        let mut next = slices.iter().skip(1);
        for slice in slices {
            let CallSlice { start_nanos, calls, total_nanos: nanos, .. } = *slice;
            count(start_nanos, Args::Sums { calls, nanos });
            let end_nanos = slice_end(slice);
            if next.next().is_none_or(|next| next.start_nanos > end_nanos) {
                count(end_nanos, Args::Sums { calls: 0, nanos: 0 });
            }
        }
    }
}

/// What takes no time begins and ends nothing: a clock may be coarse.
fn spans<'a>(trace: &mut Trace, spans: Vec<(Range<u64>, &'a Named<'a>)>) {
    let (moments, spans): (Vec<_>, Vec<_>) = spans.into_iter().partition(|(nanos, _)| nanos.is_empty());
    moments.iter().for_each(|(nanos, named)| trace.moment(named, nanos.start));
    span_steps(spans.into_iter()).for_each(|step| trace.step(step));
}

fn sizes(size: &SizeInTime) -> impl Iterator<Item = Event<'_>> {
    let event =
        |(nanos, bytes): &(u64, u64)| Event::new("C", &size.name, *nanos, Track::Guest, Args::Bytes(*bytes));
    size.points.iter().map(event)
}

fn frames(trace: &mut Trace, profile: &Profile, query: &CallTreeQuery) {
    let stacks = time_stacks(profile, query, MergeBy::Function);
    let named = |(frame, info): (FrameId, &FrameInfo)| {
        Named::new(Track::Guest, known_name(profile, frame), kind_word(info.kind))
    };
    let named: Vec<_> = profile.frames().iter().map(named).collect();
    let shown = shown(&stacks);
    let samples = stacks.samples(profile, query.time.clone());
    let samples = samples.map(|sample| StackSample { node: shown[sample.node.index()], ..sample });
    frame_steps(&stacks, samples)
        .for_each(|step| trace.step(step.map(|node| &named[stacks.frame(node).index()])));
}

/// By node: itself, or the innermost above it that is shown.
fn shown(stacks: &Stacks) -> Vec<NodeId> {
    let mut shown = vec![NodeId::ROOT];
    for node in stacks.nodes() {
        let above = shown[stacks.parent(node).index()];
        shown.push(if stacks.depth(node) > MOST_FRAMES { above } else { node });
    }
    shown
}
