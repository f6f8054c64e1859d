//! What a crossing takes that is watched, with its bar; `!` marks what misses it. Each way of running takes its turn in
//! each round, and the quickest counts: what disturbs a round only makes it longer.
//! `cargo bench -p wasmscope-instrument --bench crossing`

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::sync::Arc;
use support::{Bare, mark, quickest};
use wasmscope_instrument::recording::{Phase, Recording, read};
use wasmscope_instrument::{Guest, Invocation, Measure, MeasureSet, Nobody, RunOptions, record};

const ROUNDS: usize = 9;
const CROSSINGS: u32 = 300_000;

/// Calls an import that does next to nothing.
const CROSSES: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (local $n i32)
        (local.set $n (i32.const 300000))
        (loop $l
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn main() {
    let ways: [(&str, Option<&[Measure]>); 4] = [
        ("bare engine", None),
        ("nothing measured", Some(&[])),
        ("boundary", Some(&[Measure::Boundary])),
        ("time and boundary", Some(&[Measure::Time, Measure::Boundary])),
    ];
    let guest = guest(CROSSES);
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| ways.map(|(_, measures)| run_nanos(&guest, measures) / f64::from(CROSSINGS)))
        .collect();
    let each = |way: usize| quickest(rounds.iter().map(|round| round[way]));
    for (way, (name, _)) in ways.iter().enumerate() {
        println!("a crossing, {name:18} {:6.1} ns", each(way));
    }
    for (name, other) in [("bare engine", 0), ("nothing measured", 1)] {
        let added = each(2) - each(other);
        println!("boundary beyond {name:16} {added:6.1} ns{} (bar 60)", mark(added > 60.0));
    }
    let recording = recorded(&guest, &[Measure::Boundary]);
    println!("calibrated: {:?}", recording.calibration);
}

/// How long `run` takes, in nanoseconds; in the bare engine where nothing is to be recorded.
fn run_nanos(guest: &Guest, measures: Option<&[Measure]>) -> f64 {
    let Some(measures) = measures else {
        return Bare::new(&guest.bytes).call::<_, ()>("run", ()).as_nanos() as f64;
    };
    let recording = recorded(guest, measures);
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
    (run.end_nanos - run.start_nanos) as f64
}

fn recorded(guest: &Guest, measures: &[Measure]) -> Recording {
    let measures = measures.iter().fold(MeasureSet::NONE, |set, measure| set.with(*measure));
    let invoke = Some(Invocation::once("run", &[]));
    let mut file = Vec::new();
    record(guest, &RunOptions { measures, invoke, ..RunOptions::default() }, Arc::new(Nobody), &mut file)
        .unwrap();
    read(&file).unwrap()
}

fn guest(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "bench.wasm".into(), path: String::new() }
}
