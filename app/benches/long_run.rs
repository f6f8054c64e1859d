//! What a long run takes: bytes on disk for each heap operation, and memory, for a program that does
//! little else than to allocate blocks of random sizes and free them in random order, on thousands of call paths.
//!
//! `cargo bench -p wasmscope --bench long_run [-- MILLIONS]`; a number of millions of operations, 50 unless told
//! otherwise. What counts is that memory is the same for ten times as many.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

use std::sync::Arc;
use std::time::Instant;
use wasmscope::pipeline::record_to;
use wasmscope_instrument::recording::{Outcome, Phase, read_file};
use wasmscope_instrument::{Guest, Invocation, Nobody, RunOptions, Value};

const DEFAULT_MILLIONS: i32 = 50;
/// What an operation and all else in the recording may take on disk, by operation.
const BAR_BYTES_AN_OPERATION: f64 = 12.0;
/// What recording may take in memory. The guest itself touches next to nothing.
const BAR_BYTES: u64 = 300 << 20;

/// Keeps some of 32,768 blocks alive: each turn picks one of them at random, frees it if it is there, and otherwise
/// makes it anew, 1 to 2,048 bytes long, below eleven calls that each go one of two ways. Blocks stand at random
/// places, so that addresses are as hard to pack as they can be.
const PROGRAM: &str = r#"(module
    (memory (export "memory") 1024)
    (global $seed (mut i64) (i64.const 1))
    (func $random (param $limit i32) (result i32)
        (global.set $seed (i64.add (i64.mul (global.get $seed) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
        (i32.rem_u (i32.wrap_i64 (i64.shr_u (global.get $seed) (i64.const 33))) (local.get $limit)))
    (func $malloc (export "malloc") (param $size i32) (result i32)
        (i32.add (i32.const 1048576) (i32.shl (call $random (i32.const 3932160)) (i32.const 4))))
    (func $free (export "free") (param i32))
    FUNCTIONS
    (func (export "run") (param $millions i32)
        (local $turn i32) (local $slot i32)
        (local.set $turn (i32.mul (local.get $millions) (i32.const 1000000)))
        (loop $next
            (local.set $slot (i32.shl (call $random (i32.const 32768)) (i32.const 2)))
            (if (i32.load (local.get $slot))
                (then
                    (call $free (i32.load (local.get $slot)))
                    (i32.store (local.get $slot) (i32.const 0)))
                (else (i32.store (local.get $slot) (call $left1 (i32.const 11) (call $random (i32.const 2048))))))
            (br_if $next (local.tee $turn (i32.sub (local.get $turn) (i32.const 1)))))))"#;

/// [`PROGRAM`] with the functions in which it calls `$malloc`: each calls one of two others, so that there is a call
/// path a leaf.
fn program() -> String {
    let function = |number: i32| {
        let call = |callee: i32| {
            format!(
                "(call $left{callee} (i32.sub (local.get $depth) (i32.const 1)) \
                 (i32.shr_u (local.get $path) (i32.const 1)))"
            )
        };
        let (odd, even) = (call(2 * number), call(2 * number + 1));
        let next =
            format!("(if (result i32) (i32.and (local.get $path) (i32.const 1)) (then {odd}) (else {even}))");
        let leaf = "(call $malloc (i32.add (call $random (i32.const 2048)) (i32.const 1)))";
        let body = if number < 1 << 11 {
            format!("(if (result i32) (local.get $depth) (then {next}) (else {leaf}))")
        } else {
            leaf.to_owned()
        };
        format!("(func $left{number} (param $depth i32) (param $path i32) (result i32) {body})\n")
    };
    PROGRAM.replace("FUNCTIONS", &(1..1 << 12).map(function).collect::<String>())
}

fn main() {
    let millions = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(DEFAULT_MILLIONS);
    let bytes = wat::parse_str(program()).unwrap();
    let guest = Guest { bytes: bytes.into(), name: "long.wasm".into(), path: String::new() };
    let invoke = Some(Invocation::once("run", &[Value::I32(millions)]));
    let options = RunOptions { invoke, ..RunOptions::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wscope");
    let began = Instant::now();
    let outcome = record_to(&path, &guest, &options, Arc::new(Nobody));
    assert_eq!(outcome.unwrap(), Outcome::Returned { values: Vec::new() });
    let took = began.elapsed().as_secs_f64();
    let peak = peak_bytes();
    let stored = path.metadata().unwrap().len();
    let recording = read_file(&path).unwrap();
    assert_eq!((recording.heap.len(), &recording.damage), (millions as usize * 1_000_000, &None));
    let each = stored as f64 / recording.heap.len() as f64;
    println!("{millions} million operations in {} call paths, {took:.1} s", recording.contexts.len());
    println!("{each:8.2} bytes an operation {}", mark(each > BAR_BYTES_AN_OPERATION));
    println!("{:8.1} MiB at most in memory {}", peak as f64 / f64::from(1 << 20), mark(peak > BAR_BYTES));
    let run = recording.phases.iter().find(|span| span.phase == Phase::Run).unwrap();
    let run_seconds = (run.end_nanos - run.start_nanos) as f64 / 1e9;
    println!(
        "{:8.0} operations and {:.0} samples a second",
        recording.heap.len() as f64 / run_seconds,
        recording.samples.len() as f64 / run_seconds
    );
}

/// What marks a figure that misses its bar.
fn mark(missed: bool) -> char {
    if missed { '!' } else { ' ' }
}

/// The most memory that this process ever had.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
