//! How long a large module takes until it runs: the first time, when it is compiled, and again, when its machine code
//! is in the cache; `!` marks what misses the bar. `cargo bench -p wasmscope-instrument --bench start_up [--
//! MEGABYTES|MODULE]`: without a module one is made up, of 68 MB unless another size is asked for.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{mark, words};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection, ValType,
};
use wasmscope_instrument::recording::{Phase, read};
use wasmscope_instrument::{Guest, Nobody, RunOptions, Unprovided, record};

const DEFAULT_MEGABYTES: usize = 68;
/// Until the guest runs, the second time.
const BAR_SECONDS: f64 = 2.0;

fn main() {
    let word = words().into_iter().next().unwrap_or_default();
    let path = Path::new(&word);
    let bytes = if path.is_file() {
        std::fs::read(path).unwrap()
    } else {
        made_up(word.parse().unwrap_or(DEFAULT_MEGABYTES) * 1_000_000)
    };
    let guest = Guest { bytes: bytes.into(), name: "large.wasm".to_owned(), path: String::new() };
    let cache = tempfile::tempdir().unwrap();
    for (name, rate_hz) in [("the first time", 1_000), ("again", 1_000), ("at another rate", 4_000)] {
        let seconds = start(&guest, cache.path(), rate_hz);
        let missed = name != "the first time" && seconds > BAR_SECONDS;
        let megabytes = guest.bytes.len() / 1_000_000;
        println!(
            "{megabytes} MB, {name:15} {seconds:7.2} s until it runs{} (bar {BAR_SECONDS} again)",
            mark(missed)
        );
    }
}

/// Seconds until the guest runs.
fn start(guest: &Guest, cache: &Path, rate_hz: u32) -> f64 {
    let options = RunOptions {
        cache_dir: Some(cache.to_owned()),
        rate_hz,
        unprovided: Unprovided::Stub,
        ..RunOptions::default()
    };
    let mut file = Vec::new();
    let began = Instant::now();
    record(guest, &options, Arc::new(Nobody), &mut file).unwrap();
    let whole = began.elapsed();
    let recording = read(&file).unwrap();
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
    let in_run = Duration::from_nanos(run.end_nanos - run.start_nanos);
    whole.saturating_sub(in_run).as_secs_f64()
}

/// A command of about so many bytes: functions of all sizes, of which one is called.
fn made_up(bytes: usize) -> Vec<u8> {
    let (mut types, mut functions, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    functions.function(0);
    let mut start = Function::new([]);
    start.instructions().end();
    code.function(&start);
    exports.export("_start", ExportKind::Func, 0);
    let mut random = 1_u32;
    while code.byte_len() < bytes {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        functions.function(1);
        code.function(&function(random));
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// Sums, products and choices; from ten to some hundred of them.
fn function(seed: u32) -> Function {
    let mut body = Function::new([]);
    let mut sink = body.instructions();
    sink.local_get(0);
    for turn in 0..10 + (seed >> 24) * (seed >> 30) {
        sink.local_get(0).i32_const((seed ^ turn) as i32).i32_mul().i32_add().local_tee(0);
        if turn % 8 == 7 {
            sink.if_(wasm_encoder::BlockType::Empty).local_get(0).i32_const(1).i32_shl().local_set(0).end();
            sink.local_get(0);
        }
    }
    sink.end();
    body
}
