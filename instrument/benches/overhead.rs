//! What the default measures cost: each sample bare and recorded by turns, in the same process and engine version.
//! The ratio is of the run alone, compilation not counted; `!` marks one above
//! its bar. `cargo bench -p wasmscope-instrument --bench overhead`
//!
//! Also what `record` takes beyond the program's own run, for a module of about one megabyte.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Bare, mark, median, repository, words};
use wasmscope_instrument::recording::{Phase, Recording, read};
use wasmscope_instrument::{Guest, Invocation, Measure, MeasureSet, Nobody, RunOptions, Value, record};

/// Rounds of runs of each program; the median of the ratios counts.
const ROUNDS: usize = 7;

struct Program {
    module: &'static str,
    load: &'static str,
    /// The ratio that the default measures may cost.
    bar: f64,
    invoke: Option<(&'static str, i32)>,
}

const PROGRAMS: &[Program] = &[
    Program { module: "hotloop/hotloop.wasm", load: "compute", bar: 1.10, invoke: None },
    Program { module: "simd/simd.wasm", load: "compute", bar: 1.10, invoke: None },
    Program { module: "library/library.wasm", load: "calls", bar: 1.10, invoke: Some(("fib", 37)) },
    Program { module: "json/json.wasm", load: "allocation", bar: 1.30, invoke: None },
    Program { module: "words/words.wasm", load: "allocation", bar: 1.30, invoke: None },
    Program { module: "fragment/before.wasm", load: "allocation", bar: 1.30, invoke: None },
    Program { module: "chatty/before.wasm", load: "crossings", bar: 1.30, invoke: None },
];

/// What is measured, and the column it has.
const COLUMNS: [(&str, &[Measure]); 8] = [
    ("default", &[Measure::Time, Measure::Boundary, Measure::Growth, Measure::Heap]),
    ("time", &[Measure::Time]),
    ("boundary", &[Measure::Boundary]),
    ("growth", &[Measure::Growth]),
    ("heap", &[Measure::Heap]),
    ("calls", &[Measure::Calls]),
    ("counts", &[Measure::Calls, Measure::Instructions]),
    ("none", &[]),
];

fn main() {
    print!("{:22} {:11} {:>9} {:>5}", "program", "load", "bare", "bar");
    COLUMNS.iter().for_each(|(name, _)| print!(" {name:>8}"));
    println!();
    // Words on the command line choose among the programs.
    let words = words();
    let is_chosen =
        |program: &&Program| words.is_empty() || words.iter().any(|word| program.module.contains(word));
    PROGRAMS.iter().filter(is_chosen).for_each(measure);
    start_up("json/json.wasm");
}

fn measure(program: &Program) {
    let Program { module, load, bar, .. } = program;
    let guest = guest(module);
    let bare = Bare::new(&guest.bytes);
    let rounds: Vec<_> = (0..ROUNDS).map(|_| round(&guest, program, &bare)).collect();
    let bare_millis = median(rounds.iter().map(|(bare, _)| bare.as_secs_f64() * 1e3));
    print!("{module:22} {load:11} {bare_millis:6.1} ms {bar:5.2}");
    for column in 0..COLUMNS.len() {
        let ratio =
            median(rounds.iter().map(|(bare, recorded)| recorded[column].as_secs_f64() / bare.as_secs_f64()));
        let missed = column == 0 && ratio > *bar;
        print!(" {ratio:7.3}{}", mark(missed));
    }
    println!();
}

/// One run bare and one with each set of measures.
fn round(guest: &Guest, program: &Program, bare: &Bare) -> (Duration, [Duration; COLUMNS.len()]) {
    let set =
        |measures: &[Measure]| measures.iter().fold(MeasureSet::NONE, |set, measure| set.with(*measure));
    (bare.run(program.invoke), COLUMNS.map(|(_, measures)| recorded_run(guest, program, set(measures))))
}

fn recorded_run(guest: &Guest, program: &Program, measures: MeasureSet) -> Duration {
    let invoke = program.invoke.map(|(export, n)| Invocation::once(export, &[Value::I32(n)]));
    let recording = recorded(guest, &RunOptions { measures, invoke, ..RunOptions::default() });
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
    Duration::from_nanos(run.end_nanos - run.start_nanos)
}

fn recorded(guest: &Guest, options: &RunOptions) -> Recording {
    let mut file = Vec::new();
    record(guest, options, Arc::new(Nobody), &mut file).unwrap();
    read(&file).unwrap()
}

/// From the call of `record` to the finished recording, less the run, with the machine code at hand.
fn start_up(module: &str) {
    let guest = guest(module);
    let cache = tempfile::tempdir().unwrap();
    let options = RunOptions { cache_dir: Some(cache.path().to_owned()), ..RunOptions::default() };
    let beyond = || {
        let began = Instant::now();
        let recording = recorded(&guest, &options);
        let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
        began.elapsed().as_secs_f64() * 1e3 - (run.end_nanos - run.start_nanos) as f64 / 1e6
    };
    let first = beyond();
    // The engine's cache is written by a thread of its own.
    std::thread::sleep(Duration::from_secs(1));
    let again = median((0..ROUNDS).map(|_| beyond()));
    let kilobytes = guest.bytes.len() / 1000;
    println!(
        "beyond the run, {module} of {kilobytes} kB: {first:.0} ms at first, {again:.0} ms again (bar 500)"
    );
}

fn guest(module: &str) -> Guest {
    let path = repository("samples").join(module);
    Guest { bytes: std::fs::read(path).unwrap().into(), name: module.to_owned(), path: String::new() }
}
