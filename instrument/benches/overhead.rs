//! What the default measures cost: each sample bare and recorded by turns, in the same process and engine version.
//! The ratio is of the run alone, compilation not counted. `cargo bench -p wasmscope-instrument --bench overhead`
//!
//! Also what `record` takes beyond the program's own run, for a module of about one megabyte.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmscope_instrument::recording::{Phase, Recording, read};
use wasmscope_instrument::{Guest, Invocation, Measure, MeasureSet, Nobody, RunOptions, Value, record};
use wasmtime::{Config, Engine, Linker, Module, Store};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::WasiP1Ctx;

/// Pairs of runs of each program; the median pair counts.
const PAIRS: usize = 9;

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

fn main() {
    println!(
        "{:24} {:11} {:>9} {:>9} {:>7} {:>7} {:>7}",
        "program", "load", "bare", "recorded", "ratio", "time", "bar"
    );
    for program in PROGRAMS {
        measure(program);
    }
    start_up("json/json.wasm");
}

fn measure(program: &Program) {
    let guest = guest(program.module);
    let bare = Bare::new(&guest, program);
    let all = MeasureSet::default();
    let time = MeasureSet::NONE.with(Measure::Time);
    let pairs: Vec<_> = (0..PAIRS)
        .map(|_| (bare.run(), recorded_run(&guest, program, all), recorded_run(&guest, program, time)))
        .collect();
    let millis = |d: Duration| d.as_secs_f64() * 1e3;
    let bare_millis = median(pairs.iter().map(|(bare, ..)| millis(*bare)));
    let recorded_millis = median(pairs.iter().map(|(_, all, _)| millis(*all)));
    let ratio = median(pairs.iter().map(|(bare, all, _)| millis(*all) / millis(*bare)));
    let time_ratio = median(pairs.iter().map(|(bare, _, time)| millis(*time) / millis(*bare)));
    let Program { module, load, bar, .. } = program;
    let verdict = if ratio <= *bar { "" } else { "  missed" };
    println!(
        "{module:24} {load:11} {bare_millis:6.1} ms {recorded_millis:6.1} ms {ratio:7.3} {time_ratio:7.3} {bar:7.2}{verdict}"
    );
}

/// The module as it is, in an engine with its default settings.
struct Bare {
    linker: Linker<WasiP1Ctx>,
    module: Module,
    invoke: Option<(&'static str, i32)>,
}

impl Bare {
    fn new(guest: &Guest, program: &Program) -> Self {
        let engine = Engine::new(&Config::new()).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |world| world).unwrap();
        let module = Module::new(&engine, &guest.bytes).unwrap();
        Bare { linker, module, invoke: program.invoke }
    }

    fn run(&self) -> Duration {
        let mut store = Store::new(self.linker.engine(), WasiCtxBuilder::new().build_p1());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        let began = Instant::now();
        match self.invoke {
            Some((export, n)) => {
                let func = instance.get_typed_func::<i32, i32>(&mut store, export).unwrap();
                func.call(&mut store, n).map(drop).unwrap();
            }
            None => {
                instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ()).unwrap()
            }
        }
        began.elapsed()
    }
}

fn recorded_run(guest: &Guest, program: &Program, measures: MeasureSet) -> Duration {
    let invoke =
        program.invoke.map(|(export, n)| Invocation { export: export.to_owned(), args: vec![Value::I32(n)] });
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
    let again = median((0..PAIRS).map(|_| beyond()));
    let kilobytes = guest.bytes.len() / 1000;
    println!(
        "beyond the run, {module} of {kilobytes} kB: {first:.0} ms at first, {again:.0} ms again (bar 500)"
    );
}

fn guest(module: &str) -> Guest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(module);
    Guest { bytes: std::fs::read(path).unwrap().into(), name: module.to_owned(), path: String::new() }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
