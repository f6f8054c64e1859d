//! Events for Perfetto and `chrome://tracing`, in the JSON of "Trace Event Format": what ran when, calls across, phases,
//! and sizes of memory.

use super::in_time::{FrameEvent, frame_events};
use super::json::kind_word;
use super::lazy::Lazy;
use super::run_events::{RunEvents, SizeInTime};
use super::{json_file, known_name};
use crate::analysis::{CallTreeQuery, MergeBy, Metric, Stacks, stacks};
use crate::profile::Profile;
use serde::Serialize;
use wasmscope_instrument::recording::{CallSpan, Direction, PhaseSpan};

/// The one process.
const PID: u32 = 1;

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<E> {
    display_time_unit: &'static str,
    trace_events: E,
}

#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    ph: &'static str,
    /// In microseconds, to the nanosecond.
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Args<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Args<'a> {
    Name(&'a str),
    Bytes(u64),
}

impl<'a> Event<'a> {
    fn new(ph: &'static str, name: &'a str, nanos: u64, track: Track) -> Event<'a> {
        let tid = track as u32;
        Event { name, cat: None, ph, ts: micros(nanos), dur: None, pid: PID, tid, args: None }
    }

    fn complete(name: &'a str, start_nanos: u64, nanos: u64, track: Track) -> Event<'a> {
        Event { dur: Some(micros(nanos)), ..Event::new("X", name, start_nanos, track) }
    }
}

/// The run, or the part of it that `query` asks for. Samples tell of time alone, whatever is weighed.
pub(super) fn chrome(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let query = CallTreeQuery { metric: Metric::Time, ..query.clone() };
    let stacks = stacks(profile, &query, MergeBy::Function);
    let run = RunEvents::of(profile, query.time.clone());
    let module = &profile.recording().meta.module_name;
    let events = || {
        let samples = stacks.samples(profile, query.time.clone());
        let frames = frame_events(&stacks, samples).map(|event| frame(profile, &stacks, event));
        let calls = run.calls.iter().map(|call| self::call(&run, call));
        let phases = run.phases.iter().map(phase);
        heads(module).chain(phases).chain(calls).chain(run.sizes.iter().flat_map(sizes)).chain(frames)
    };
    json_file(&File { display_time_unit: "ns", trace_events: Lazy(events) })
}

/// What process and tracks are called.
fn heads(module: &str) -> impl Iterator<Item = Event<'_>> {
    let named =
        |name, track, value| Event { args: Some(Args::Name(value)), ..Event::new("M", name, 0, track) };
    let process = named("process_name", Track::Guest, module);
    let threads = Track::ALL.into_iter().map(move |track| named("thread_name", track, track.name()));
    [process].into_iter().chain(threads)
}

/// Some readers ask for names also where a frame ends.
fn frame<'a>(profile: &'a Profile, stacks: &Stacks, event: FrameEvent) -> Event<'a> {
    let frame = stacks.frame(event.node);
    let name = known_name(profile, frame);
    if !event.begins {
        return Event::new("E", name, event.nanos, Track::Guest);
    }
    let cat = Some(kind_word(profile.frames().get(frame).kind));
    Event { cat, ..Event::new("B", name, event.nanos, Track::Guest) }
}

fn call<'a>(run: &'a RunEvents, call: &CallSpan) -> Event<'a> {
    let cat = match call.direction {
        Direction::GuestToHost => "import",
        Direction::HostToGuest => "export",
    };
    let event = Event::complete(run.name(call), call.start_nanos, call.duration_nanos, Track::Calls);
    Event { cat: Some(cat), ..event }
}

fn phase(phase: &PhaseSpan) -> Event<'_> {
    let nanos = phase.end_nanos.saturating_sub(phase.start_nanos);
    Event::complete(phase.phase.name(), phase.start_nanos, nanos, Track::Phases)
}

fn sizes(size: &SizeInTime) -> impl Iterator<Item = Event<'_>> {
    size.points.iter().map(|(nanos, bytes)| Event {
        args: Some(Args::Bytes(*bytes)),
        ..Event::new("C", &size.name, *nanos, Track::Guest)
    })
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}
