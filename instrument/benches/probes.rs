//! What the injected code costs by itself: programs bare and rewritten by turns, in the same process and the same
//! engine. No sampling, no call hook, no recording: the rewritten module is only given a host function that empties
//! its buffer of events. `cargo bench -p wasmscope-instrument --bench probes`
//!
//! Words on the command line choose programs by a part of their name, or rows of [`SETS`] by their measures:
//! `-- fib markdown heap`. A figure behind which a `!` stands misses its bar.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use support::{corpus, geometric_mean, mark, median, thread_time, words};
use wasmscope_instrument::probes::{EVENTS_EXPORT, HOST_EXPORT, take_crossing, take_records};
use wasmscope_instrument::{MeasureSet, Plan, rewrite};
use wasmscope_symbolize::{ModuleIndex, Symbols};
use wasmtime::{Caller, Config, Engine, Func, Linker, Memory, Module, Ref, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

/// Pairs of runs of each program and set of measures; the median of their ratios counts.
const PAIRS: usize = 9;

/// A turn of a program takes at least so long: shorter ones run several times.
const TURN_MILLIS: f64 = 200.0;

/// Measures that are looked at together, and what they may cost.
struct Set {
    measures: &'static str,
    /// The geometric mean over all programs.
    mean: f64,
    /// The program that they cost most.
    worst: f64,
}

const SETS: &[Set] = &[
    Set { measures: "boundary,growth", mean: 1.01, worst: 1.03 },
    Set { measures: "heap", mean: 1.12, worst: 1.40 },
    Set { measures: "calls", mean: 1.17, worst: 1.60 },
    Set { measures: "calls,instructions", mean: 1.25, worst: 1.90 },
    Set { measures: "access", mean: 1.40, worst: 2.0 },
    // Nobody set an aim for it.
    Set { measures: "stack", mean: f64::INFINITY, worst: f64::INFINITY },
];

/// A module, and the folder that it is shown as its own.
struct Program {
    name: String,
    module: PathBuf,
    folder: Option<PathBuf>,
}

fn main() {
    let words = words();
    let is_set = |word: &str| SETS.iter().any(|set| set.measures == word);
    let (set_words, names): (Vec<_>, Vec<_>) = words.into_iter().partition(|word| is_set(word));
    let is_chosen =
        |chosen: &[String], name: &str| chosen.is_empty() || chosen.iter().any(|word| name.contains(&**word));
    let sets: Vec<_> = SETS.iter().filter(|set| is_chosen(&set_words, set.measures)).collect();
    let programs = programs().into_iter().filter(|program| is_chosen(&names, &program.name));
    print!("{:14} {:>9}", "program", "bare ms");
    sets.iter().for_each(|set| print!(" {:>20}", set.measures));
    println!();
    let ratios: Vec<_> = programs.map(|program| measure(&program, &sets)).collect();
    if !ratios.is_empty() {
        summary("geometric mean", &sets, &ratios, geometric_mean, |set| set.mean);
        summary(
            "worst",
            &sets,
            &ratios,
            |ratios| ratios.iter().copied().fold(0.0, f64::max),
            |set| set.worst,
        );
    }
}

fn programs() -> Vec<Program> {
    let own = |(name, module)| Program { name, module, folder: None };
    let mut programs: Vec<_> = support::programs().map(own).collect();
    programs.extend(corpus("a TinyGo program").map(|corpus| Program {
        name: "tinygo-json".to_owned(),
        module: corpus.join("modules/tinygo-json.wasm"),
        folder: Some(corpus.join("inputs/sg/tinygo")),
    }));
    programs
}

/// Prints the ratios of one program, and gives them.
fn measure(program: &Program, sets: &[&Set]) -> Vec<f64> {
    let bytes: Arc<[u8]> = std::fs::read(&program.module).unwrap().into();
    let engine = engine();
    let bare = Runner::new(&engine, &bytes, program.folder.clone());
    let instrumented = |set: &&Set| {
        let wasm = instrumented(&bytes, set.measures.parse().unwrap());
        Runner::new(&engine, &wasm, program.folder.clone())
    };
    let rewritten: Vec<_> = sets.iter().map(instrumented).collect();
    // The first run of each finds cold caches.
    let bare_millis = (0..3).map(|_| bare.run().as_secs_f64() * 1e3).fold(f64::MAX, f64::min);
    for runner in &rewritten {
        runner.run();
    }
    let runs = (TURN_MILLIS / bare_millis).ceil() as u32;
    let round = |number| -> Vec<_> {
        rewritten.iter().map(|runner| pair(&bare, runner, runs, number % 2 == 0)).collect()
    };
    let rounds: Vec<_> = (0..PAIRS).map(round).collect();
    let ratios: Vec<_> = (0..sets.len()).map(|set| median(rounds.iter().map(|round| round[set]))).collect();
    print!("{:14} {bare_millis:9.1}", program.name);
    ratios.iter().zip(sets).for_each(|(ratio, set)| print!(" {ratio:19.3}{}", mark(*ratio > set.worst)));
    println!();
    ratios
}

/// The ratio of the times that so many runs take. Which module comes first changes from pair to pair: whatever slows
/// the machine down meanwhile meets both.
fn pair(bare: &Runner, rewritten: &Runner, runs: u32, bare_first: bool) -> f64 {
    let turn = |runner: &Runner| (0..runs).map(|_| runner.run()).sum::<Duration>();
    let (bare, rewritten) = if bare_first {
        (turn(bare), turn(rewritten))
    } else {
        let rewritten = turn(rewritten);
        (turn(bare), rewritten)
    };
    rewritten.as_secs_f64() / bare.as_secs_f64()
}

fn summary(
    name: &str,
    sets: &[&Set],
    ratios: &[Vec<f64>],
    of: impl Fn(&[f64]) -> f64,
    bar: impl Fn(&Set) -> f64,
) {
    print!("{name:24}");
    for (at, set) in sets.iter().enumerate() {
        let column: Vec<_> = ratios.iter().map(|ratios| ratios[at]).collect();
        let (value, bar) = (of(&column), bar(set));
        print!(" {:>20}", format!("{value:.3} (bar {bar:.2}){}", mark(value > bar)));
    }
    println!();
}

fn instrumented(bytes: &Arc<[u8]>, measures: MeasureSet) -> Vec<u8> {
    let index = Arc::new(ModuleIndex::parse(bytes).unwrap());
    let symbols = Symbols::new(Arc::clone(bytes), Arc::clone(&index));
    let name_of = |func| Arc::clone(&symbols.name(func).raw);
    let plan = Plan::new(bytes, &index, name_of, measures).unwrap();
    rewrite(bytes, &index, &plan).unwrap().wasm
}

/// The settings with which guests are recorded, as far as they matter to the code.
fn engine() -> Engine {
    let mut config = Config::new();
    config
        .max_wasm_stack(1 << 20)
        .async_stack_size(2 << 20)
        .wasm_multi_memory(true)
        .wasm_branch_hinting(true);
    Engine::new(&config).unwrap()
}

/// A compiled module, ready to be run again and again.
struct Runner {
    linker: Linker<World>,
    module: Module,
    folder: Option<PathBuf>,
}

struct World {
    wasi: WasiP1Ctx,
    /// The events memory of a rewritten module.
    events: Option<Memory>,
    records: Vec<u8>,
}

impl Runner {
    fn new(engine: &Engine, wasm: &[u8], folder: Option<PathBuf>) -> Runner {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |world: &mut World| &mut world.wasi).unwrap();
        // Programs of the corpus tell a benchmark when they begin and end.
        linker.func_wrap("bench", "start", || {}).unwrap();
        linker.func_wrap("bench", "end", || {}).unwrap();
        Runner { linker, module: Module::new(engine, wasm).unwrap(), folder }
    }

    /// The time of the run alone.
    fn run(&self) -> Duration {
        let mut store = Store::new(self.linker.engine(), self.world());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        if let Some(host) = instance.get_table(&mut store, HOST_EXPORT) {
            store.data_mut().events = instance.get_memory(&mut store, EVENTS_EXPORT);
            let drain = Func::wrap(&mut store, drain);
            host.set(&mut store, 0, Ref::Func(Some(drain))).unwrap();
        }
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
        let began = thread_time();
        let ended = start.call(&mut store, ());
        let took = thread_time() - began;
        if let Err(error) = ended {
            assert_eq!(error.downcast_ref::<I32Exit>().map(|exit| exit.0), Some(0), "{error:#}");
        }
        took
    }

    fn world(&self) -> World {
        let mut wasi = WasiCtxBuilder::new();
        if let Some(folder) = &self.folder {
            wasi.preopened_dir(folder, ".", FsPerms::ReadOnly).unwrap();
        }
        World { wasi: wasi.build_p1(), events: None, records: Vec::new() }
    }
}

/// Empties the buffer of events.
fn drain(mut caller: Caller<'_, World>) {
    let Some(events) = caller.data().events else { return };
    let (memory, world) = events.data_and_store_mut(&mut caller);
    take_crossing(memory);
    world.records.clear();
    take_records(memory, &mut world.records);
}
