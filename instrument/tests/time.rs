//! Where the time of a run goes, of guests whose split is known by construction.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use wasmscope_instrument::recording::{Direction, Outcome, Phase, PhaseSpan, Recording, StackFrame, read};
use wasmscope_instrument::{
    Guest, Invocation, MeasureSet, Nobody, RunOptions, SamplerChoice, Unprovided, record,
};

/// Tries for a run that adds up.
const TRIES: usize = 5;

/// Runs a module until a busy machine did not take the processor away just outside of all calls, which is nobody's
/// time. What is measured wrongly does not add up in any run.
fn run(text: &str, sampler: SamplerChoice) -> Recording {
    let mut recording = run_once(text, sampler);
    for _ in 1..TRIES {
        if Sums::of(&recording).add_up() {
            break;
        }
        recording = run_once(text, sampler);
    }
    recording
}

fn run_once(text: &str, sampler: SamplerChoice) -> Recording {
    let guest =
        Guest { bytes: wat::parse_str(text).unwrap().into(), name: "test.wasm".into(), path: String::new() };
    let mut file = Vec::new();
    let options = RunOptions {
        invoke: Some(Invocation::once("run", &[])),
        measures: MeasureSet::default(),
        unprovided: Unprovided::Stub,
        sampler,
        ..RunOptions::default()
    };
    let outcome = record(&guest, &options, Arc::new(Nobody), &mut file).unwrap();
    assert_eq!(outcome, Outcome::Returned { values: Vec::new() });
    read(&file).unwrap()
}

/// Ten times 20 ms of sleep, and some work.
const SLEEPS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\2a") (data (i32.const 16) "\01") (data (i32.const 24) "\00\2d\31\01")
    (func $compute (local $n i32)
        (local.set $n (i32.const 20000000))
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "run") (local $n i32)
        (local.set $n (i32.const 10))
        (loop $l
            (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96)))
            (call $compute)
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// Nothing but work.
const COMPUTES: &str = r#"(module
    (func (export "run") (local $n i32)
        (local.set $n (i32.const 300000000))
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// Hardly anything but calls of an import.
const CROSSES: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (local $n i32)
        (local.set $n (i32.const 200000))
        (loop $l
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// Work that is called by way of the host.
const REENTERS: &str = r#"(module
    (import "env" "invoke_v" (func $invoke (param i32)))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) $inner)
    (func (export "setThrew") (param i32 i32))
    (func (export "stackSave") (result i32) (i32.const 0))
    (func (export "stackRestore") (param i32))
    (func $inner (local $n i32)
        (local.set $n (i32.const 20000000))
        (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "run") (local $n i32)
        (local.set $n (i32.const 20))
        (loop $l
            (call $invoke (i32.const 0))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// As the first, in a component.
const COMPONENT: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $q))
        (export "pollable" (type $r (eq $q)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $r))))))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $drop (canon resource.drop $pollable))
    (core module $main
        (import "host" "block" (func $block (param i32)))
        (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
        (import "host" "drop" (func $drop (param i32)))
        (func $compute (local $n i32)
            (local.set $n (i32.const 20000000))
            (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "run") (local $n i32) (local $p i32)
            (local.set $n (i32.const 10))
            (loop $l
                (call $block (local.tee $p (call $subscribe (i64.const 20000000))))
                (call $drop (local.get $p))
                (call $compute)
                (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (core instance $m (instantiate $main (with "host" (instance
        (export "block" (func $block)) (export "subscribe" (func $subscribe)) (export "drop" (func $drop))))))
    (func (export "run") (canon lift (core func $m "run"))))"#;

const SAMPLERS: [SamplerChoice; 2] = [SamplerChoice::Auto, SamplerChoice::Epoch];

/// Where the samples of the run were, in nanoseconds.
#[derive(Debug, Default)]
struct Sampled {
    guest: u64,
    imports: u64,
    engine: u64,
}

fn sampled(recording: &Recording) -> Sampled {
    let began = phase(recording, Phase::Run).start_nanos;
    let mut sampled = Sampled::default();
    for (_, stack, weight) in recording.samples.iter().filter(|(time, ..)| *time >= began) {
        match recording.stacks.frames(stack).next().unwrap() {
            StackFrame::Wasm { .. } => sampled.guest += weight,
            StackFrame::Host { .. } => sampled.imports += weight,
            StackFrame::Engine => sampled.engine += weight,
        }
    }
    sampled
}

fn phase(recording: &Recording, phase: Phase) -> &PhaseSpan {
    recording.phases.iter().find(|span| span.phase == phase).unwrap()
}

fn run_nanos(recording: &Recording) -> u64 {
    let run = phase(recording, Phase::Run);
    run.end_nanos - run.start_nanos
}

/// Is `part` this share of `whole`, more or less?
#[track_caller]
fn assert_share(part: u64, whole: u64, share: f64, tolerance: f64) {
    let found = part as f64 / whole as f64;
    assert!((found - share).abs() <= tolerance, "{part} of {whole} is {found:.3}, not {share}");
}

/// Nanoseconds of a run.
#[derive(Debug)]
struct Sums {
    wall: u64,
    /// In the guest, its imports, the engine and the recorder.
    inside: u64,
    /// By the recorder, which takes no samples of itself.
    recorder: u64,
    /// What samples stand for.
    sampled: u64,
}

impl Sums {
    fn of(recording: &Recording) -> Self {
        let (time, samples) = (recording.time.unwrap(), sampled(recording));
        Sums {
            wall: run_nanos(recording),
            inside: time.guest_nanos + time.import_nanos + time.engine_nanos + time.recorder_nanos,
            recorder: time.recorder_nanos,
            sampled: samples.guest + samples.imports + samples.engine,
        }
    }

    /// What was measured exactly fills the run, less what setting up a call takes, and samples agree with it, but that
    /// the first and the last tick fall beside the run.
    fn add_up(&self) -> bool {
        let Sums { wall, inside, recorder, sampled } = *self;
        let is_share = |part: u64, whole: u64, tolerance: f64| {
            (part as f64 - whole as f64).abs() <= tolerance * whole as f64
        };
        inside <= wall && is_share(inside, wall, 0.02) && is_share(sampled, wall - recorder, 0.05)
    }
}

#[track_caller]
fn assert_adds_up(recording: &Recording) {
    let sums = Sums::of(recording);
    assert!(sums.add_up(), "{sums:?}");
}

#[test]
fn a_guest_that_sleeps_and_computes_shows_how_long_it_did_either() {
    for sampler in SAMPLERS {
        let recording = run(SLEEPS, sampler);
        assert_adds_up(&recording);
        let (time, wall) = (recording.time.unwrap(), run_nanos(&recording));
        assert!(time.import_nanos >= 10 * 20_000_000, "ten sleeps of 20 ms: {time:?}");
        let poll = &recording.crossings.functions[0];
        assert_eq!((poll.calls, poll.self_nanos), (10, time.import_nanos));
        let samples = sampled(&recording);
        assert_share(samples.imports, wall, time.import_nanos as f64 / wall as f64, 0.05);
        assert_share(samples.guest, wall, time.guest_nanos as f64 / wall as f64, 0.05);
    }
}

#[test]
fn a_guest_that_only_computes_is_all_guest() {
    for sampler in SAMPLERS {
        let recording = run(COMPUTES, sampler);
        assert_adds_up(&recording);
        let time = recording.time.unwrap();
        assert_eq!(time.import_nanos, 0);
        assert_share(time.guest_nanos, run_nanos(&recording) - time.recorder_nanos, 1.0, 0.02);
    }
}

#[test]
fn many_cheap_calls_add_up_too() {
    for sampler in SAMPLERS {
        let recording = run(CROSSES, sampler);
        assert_adds_up(&recording);
        let (time, sizes) = (recording.time.unwrap(), &recording.crossings.functions[0]);
        assert_eq!((sizes.calls, sizes.self_nanos), (200_000, time.import_nanos));
        assert!(time.crossings >= 200_000, "{time:?}");
    }
}

#[test]
fn a_component_that_sleeps_shows_how_long() {
    for sampler in SAMPLERS {
        let recording = run(COMPONENT, sampler);
        assert_adds_up(&recording);
        let time = recording.time.unwrap();
        // The time to wait begins before the call that waits.
        assert!(time.import_nanos + time.recorder_nanos >= 10 * 20_000_000, "{time:?}");
        assert!(time.guest_nanos > 0, "{time:?}");
        let samples = sampled(&recording);
        assert_share(samples.imports, time.import_nanos, 1.0, 0.08);
    }
}

/// The host calls the guest within a call of the guest's: the function at the other end is seen with all that led to
/// it.
#[test]
fn a_call_back_keeps_the_whole_stack() {
    for sampler in SAMPLERS {
        let recording = run(REENTERS, sampler);
        assert_adds_up(&recording);
        let frames = |stack| recording.stacks.frames(stack).map(func).collect::<Vec<_>>();
        let inner: Vec<_> = recording
            .samples
            .iter()
            .map(|(_, stack, _)| frames(stack))
            .filter(|f| f[0] == Some(INNER))
            .collect();
        let whole = [Some(INNER), Some(INVOKE), Some(OUTER)];
        assert!(inner.len() >= 20, "{}", inner.len());
        assert!(inner.iter().all(|frames| *frames == whole), "{inner:?}");
        let time = recording.time.unwrap();
        let invoke = recording.crossings.functions.iter().find(|row| row.func.0 == INVOKE).unwrap();
        assert_eq!(invoke.calls, 20);
        assert!(invoke.self_nanos < time.guest_nanos / 4, "what it called back is the guest's: {invoke:?}");
    }
}

/// The functions of [`REENTERS`].
const INVOKE: u32 = 0;
const INNER: u32 = 4;
const OUTER: u32 = 5;

fn func(frame: StackFrame) -> Option<u32> {
    match frame {
        StackFrame::Wasm { func, .. } | StackFrame::Host { import: func } => Some(func.0),
        StackFrame::Engine => None,
    }
}

#[test]
fn each_call_is_a_span_until_there_are_too_many() {
    let recording = run(CROSSES, SamplerChoice::Auto);
    let run = phase(&recording, Phase::Run);
    let (kept, summed) =
        (recording.spans.len() as u64, recording.slices.iter().map(|s| s.calls).sum::<u64>());
    assert_eq!(kept + summed, 200_001, "200,000 calls of the import, and that of the export");
    let total = recording.crossings.functions[0].total_nanos;
    let imports = recording.spans.iter().filter(|span| span.direction == Direction::GuestToHost);
    let of_spans: u64 = imports.map(|span| span.duration_nanos).sum();
    assert_eq!(of_spans + recording.slices.iter().map(|slice| slice.total_nanos).sum::<u64>(), total);
    // In the order in which they came back; the export's own, which was long, last.
    let mut ends = recording.spans.iter().map(|span| span.start_nanos + span.duration_nanos);
    assert!(ends.clone().is_sorted() && ends.next_back().unwrap() <= run.end_nanos);
    let outermost = recording.spans.last().unwrap();
    assert_eq!((outermost.direction, outermost.depth), (Direction::HostToGuest, 0));
    assert!(recording.spans.iter().all(|span| span == outermost || span.depth == 1));
    assert!(outermost.start_nanos >= run.start_nanos);
}

#[test]
fn a_run_has_phases_one_after_another_from_the_beginning() {
    let recording = run(COMPUTES, SamplerChoice::Auto);
    let phases: Vec<_> = recording.phases.iter().map(|span| span.phase).collect();
    assert_eq!(phases, [Phase::Parse, Phase::Rewrite, Phase::Compile, Phase::Instantiate, Phase::Run]);
    assert_eq!(recording.phases[0].start_nanos, 0);
    assert!(recording.phases.windows(2).all(|pair| pair[0].end_nanos <= pair[1].start_nanos));
}

#[test]
fn what_measuring_costs_is_known() {
    let recording = run(CROSSES, SamplerChoice::Auto);
    let (time, costs) = (recording.time.unwrap(), recording.calibration.unwrap());
    assert!(costs.crossing_nanos > costs.bare_crossing_nanos, "{costs:?}");
    assert!(time.ticks > 0 && time.handler_nanos > 0, "{time:?}");
    // A program that does nothing but cross takes what so many crossings do, and what the import does besides.
    let crossings = costs.crossing_nanos * 200_000.0;
    assert!(crossings < run_nanos(&recording) as f64 * 1.5, "{crossings} {costs:?}");
    assert!(crossings > run_nanos(&recording) as f64 * 0.1, "{crossings} {costs:?}");
}
