//! What samples cost, and what watching the boundary costs programs that hardly cross it: each program in the bare
//! engine and recorded by turns, as ratios of the quickest runs by wall-clock time, compilation not counted: what
//! disturbs a run only makes it longer. `!` marks what misses its bar.
//! `cargo bench -p wasmscope-instrument --bench sampling`; words on the command line choose programs.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::path::Path;
use std::sync::Arc;
use support::{Bare, geometric_mean, mark, quickest, words};
use wasmscope_instrument::recording::{Phase, read};
use wasmscope_instrument::{Guest, Measure, MeasureSet, Nobody, RunOptions, record};

/// Rounds of each program.
const ROUNDS: usize = 11;

/// A way of recording, and the mean ratio that it may cost.
struct Way {
    name: &'static str,
    measure: Measure,
    rate_hz: u32,
    bar: f64,
}

const WAYS: [Way; 3] = [
    Way { name: "boundary", measure: Measure::Boundary, rate_hz: 1_000, bar: 1.01 },
    Way { name: "1 kHz", measure: Measure::Time, rate_hz: 1_000, bar: 1.03 },
    Way { name: "4 kHz", measure: Measure::Time, rate_hz: 4_000, bar: 1.10 },
];

fn main() {
    print!("{:14} {:>9}", "program", "bare ms");
    WAYS.iter().for_each(|way| print!(" {:>18}", way.name));
    println!();
    let words = words();
    let is_chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(&**word));
    let chosen = support::programs().filter(|(name, _)| is_chosen(name));
    let ratios: Vec<_> = chosen.map(|(name, module)| measure(&name, &module)).collect();
    if ratios.is_empty() {
        return;
    }
    let column = |way: usize| ratios.iter().map(|ratios| ratios[way]).collect::<Vec<_>>();
    print!("{:24}", "geometric mean");
    for (at, way) in WAYS.iter().enumerate() {
        let mean = geometric_mean(&column(at));
        print!(" {:>18}", format!("{mean:.3} (bar {:.2}){}", way.bar, mark(mean > way.bar)));
    }
    println!();
}

/// Prints the ratios of one program, and gives them.
fn measure(name: &str, module: &Path) -> [f64; WAYS.len()] {
    let guest = Guest {
        bytes: std::fs::read(module).unwrap().into(),
        name: format!("{name}.wasm"),
        path: String::new(),
    };
    let bare = Bare::new(&guest.bytes);
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| (bare.run(None).as_nanos() as f64, WAYS.map(|way| recorded_nanos(&guest, &way))))
        .collect();
    let bare_nanos = quickest(rounds.iter().map(|(bare, _)| *bare));
    let ratios =
        std::array::from_fn(|way| quickest(rounds.iter().map(|(_, recorded)| recorded[way])) / bare_nanos);
    print!("{name:14} {:9.1}", bare_nanos / 1e6);
    ratios.iter().for_each(|ratio| print!(" {ratio:18.3}"));
    println!();
    ratios
}

fn recorded_nanos(guest: &Guest, way: &Way) -> f64 {
    let measures = MeasureSet::NONE.with(way.measure);
    let options = RunOptions { measures, rate_hz: way.rate_hz, ..RunOptions::default() };
    let mut file = Vec::new();
    record(guest, &options, Arc::new(Nobody), &mut file).unwrap();
    let recording = read(&file).unwrap();
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
    (run.end_nanos - run.start_nanos) as f64
}
