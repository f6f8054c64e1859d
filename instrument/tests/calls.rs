//! An export that is called many times, after a warm-up, with files as arguments.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::run;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmscope_instrument::recording::{Direction, HeapOp, Outcome, Phase, Recording};
use wasmscope_instrument::{
    Argument, Guest, Invocation, Limits, MeasureSet, Nobody, RecordError, Repeat, RunOptions, SamplerChoice,
    Value, record,
};

fn wat(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "test.wasm".into(), path: String::new() }
}

fn library() -> Guest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/library/library.wasm");
    let bytes = std::fs::read(&file).unwrap();
    Guest { bytes: bytes.into(), name: "library.wasm".into(), path: String::new() }
}

/// Calls of `export` with all measures.
fn calls(export: &str, args: &[Value], warm_up: Repeat, repeat: Repeat) -> RunOptions {
    RunOptions {
        measures: MeasureSet::ALL,
        invoke: Some(Invocation { warm_up, repeat, ..Invocation::once(export, args) }),
        ..RunOptions::default()
    }
}

fn refused(guest: &Guest, options: &RunOptions) -> RecordError {
    record(guest, options, Arc::new(Nobody), Vec::new()).unwrap_err()
}

fn phase(recording: &Recording, phase: Phase) -> Option<(u64, u64)> {
    let span = recording.phases.iter().find(|span| span.phase == phase)?;
    Some((span.start_nanos, span.end_nanos))
}

/// Calls of functions, and executed instructions.
fn counts(recording: &Recording) -> (u64, u64) {
    let length = |start: u32, end: u32| u64::from(end - start);
    let instructions =
        recording.instructions.iter().map(|(_, start, end, count)| length(start.0, end.0) * count);
    (recording.counts.calls.iter().sum(), instructions.sum())
}

fn exports_called(recording: &Recording) -> u64 {
    let rows = recording.crossings.functions.iter();
    rows.filter(|row| row.direction == Direction::HostToGuest).map(|row| row.calls).sum()
}

/// Naive `fib(n)` makes `2 fib(n + 1) - 1` calls.
const FIB_20_CALLS: u64 = 2 * 10_946 - 1;

#[test]
fn all_calls_are_measured_and_none_of_the_warm_up() {
    let fib =
        |warm_up, repeat| calls("fib", &[Value::I32(20)], Repeat::Times(warm_up), Repeat::Times(repeat));
    let once = run(&library(), &fib(0, 1));
    for (warm_up, repeat) in [(0, 1), (0, 5), (3, 1), (3, 5)] {
        let recording = run(&library(), &fib(warm_up, repeat));
        assert_eq!(recording.outcome, Outcome::Returned { values: vec!["6765".into()] });
        let (called, executed) = counts(&recording);
        assert_eq!(called, repeat * FIB_20_CALLS, "{warm_up} {repeat}");
        assert_eq!(executed, repeat * counts(&once).1, "{warm_up} {repeat}");
        assert_eq!(exports_called(&recording), repeat);
        let accessed = |recording: &Recording| recording.accesses.iter().map(|(_, r, w)| r + w).sum::<u64>();
        assert_eq!(accessed(&recording), repeat * accessed(&once));
        let times = recording.calls.unwrap();
        let (from, to) = phase(&recording, Phase::Run).unwrap();
        assert_eq!(times.calls, repeat);
        assert!(times.min_nanos <= times.mean_nanos() && times.mean_nanos() <= times.max_nanos);
        assert!(times.min_nanos > 0 && times.total_nanos <= to - from, "{times:?}");
        assert_eq!(phase(&recording, Phase::WarmUp).map(|(_, end)| end), (warm_up > 0).then_some(from));
        assert_eq!(recording.measured_from_nanos(), if warm_up > 0 { from } else { 0 });
        assert!(warm_up == 0 || recording.samples.time_nanos.iter().all(|time| *time >= from));
    }
}

#[test]
fn calls_go_on_for_the_time_that_was_asked_for() {
    let [short, long] = [100, 400].map(|millis| Repeat::For(Duration::from_millis(millis)));
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let options = RunOptions { sampler, ..calls("fib", &[Value::I32(12)], short, long) };
        let recording = run(&library(), &options);
        for (phase_of, least) in [(Phase::WarmUp, 100), (Phase::Run, 400)] {
            let (from, to) = phase(&recording, phase_of).unwrap();
            assert!(to - from >= least * 1_000_000, "{phase_of:?}: {}", to - from);
        }
        let times = recording.calls.unwrap();
        assert!(times.calls > 10, "{times:?}");
        assert_eq!(exports_called(&recording), times.calls);
        let (from, to) = phase(&recording, Phase::Run).unwrap();
        let sampled: u64 = recording.samples.weight_nanos.iter().sum();
        assert!(sampled <= (to - from) * 11 / 10, "{sampled} of {}", to - from);
        assert!(recording.samples.time_nanos.iter().all(|time| *time >= from));
    }
    // At least one call, however short the time.
    let recording =
        run(&library(), &calls("fib", &[Value::I32(5)], Repeat::Times(0), Repeat::For(Duration::ZERO)));
    assert_eq!(recording.calls.unwrap().calls, 1);
}

#[test]
fn calls_that_are_too_short_to_be_seen_end_at_the_time_limit() {
    let guest = wat("(module (func (export \"run\")))");
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        for (warm_up, repeat) in
            [(0, u64::MAX), (u64::MAX, 1)].map(|(w, r)| (Repeat::Times(w), Repeat::Times(r)))
        {
            let limits = Limits { time: Some(Duration::from_millis(200)), ..Limits::default() };
            let recording =
                run(&guest, &RunOptions { sampler, limits, ..calls("run", &[], warm_up, repeat) });
            assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{}", recording.outcome);
            assert!(!recording.meta.warnings.iter().any(|warning| warning.contains("left behind")));
            let is_measured = warm_up.is_never();
            assert_eq!(recording.calls.unwrap().calls > 100, is_measured, "{:?}", recording.calls);
            assert_eq!(counts(&recording).0 > 100, is_measured);
        }
    }
}

#[test]
fn a_trap_says_in_which_call_it_was() {
    let guest = wat(r#"(module (global $n (mut i32) (i32.const 0)) (func (export "run") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (if (i32.eq (global.get $n) (i32.const 4)) (then unreachable)) (global.get $n)))"#);
    let ending = |warm_up, repeat| {
        let recording = run(&guest, &calls("run", &[], Repeat::Times(warm_up), Repeat::Times(repeat)));
        (recording.outcome.to_string(), recording.calls.unwrap().calls, counts(&recording).0)
    };
    let unreachable = "wasm `unreachable` instruction executed";
    assert_eq!(ending(0, 9), (format!("trapped: in call 4: {unreachable}"), 3, 4));
    assert_eq!(ending(2, 9), (format!("trapped: in call 2: {unreachable}"), 1, 2));
    assert_eq!(ending(9, 9), (format!("trapped: in call 4 of the warm-up: {unreachable}"), 0, 0));
    assert_eq!(ending(2, 1), ("returned 3".to_owned(), 1, 1), "the last call's results");
}

#[test]
fn what_the_warm_up_leaves_in_memory_is_known() {
    let guest = wat(r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (memory (export "memory") 1) (global $at (mut i32) (i32.const 1024))
        (func $malloc (param i32) (result i32)
            (global.set $at (i32.add (global.get $at) (i32.const 64))) (global.get $at))
        (func (export "run") (drop (call $malloc (i32.const 40))) (drop (memory.grow (i32.const 1)))
            (drop (call $yield))))"#);
    let recording = run(&guest, &calls("run", &[], Repeat::Times(3), Repeat::Times(2)));
    let from = recording.measured_from_nanos();
    assert_eq!(
        recording.heap.iter().map(|event| event.time_nanos >= from).collect::<Vec<_>>(),
        [false, false, false, true, true]
    );
    assert_eq!(recording.growth.iter().filter(|event| event.time_nanos >= from).count(), 2);
    let imports = recording.crossings.functions.iter().filter(|row| row.direction == Direction::GuestToHost);
    assert_eq!(imports.map(|row| row.calls).sum::<u64>(), 2);
    assert_eq!(recording.crossings.sites.iter().map(|site| site.calls).sum::<u64>(), 2);
}

/// A module whose `export` sums the bytes of a buffer and adds a number, with `allocators` over a bump pointer.
fn summing(ty: &str, allocators: &str) -> Guest {
    let memory = if ty == "i64" { "i64 2" } else { "2" };
    wat(&format!(
        r#"(module (memory (export "memory") {memory}) (global $at (mut {ty}) ({ty}.const 0x8000))
        (global $pinned (export "pinned") (mut {ty}) ({ty}.const 0))
        (func $bump (param $size {ty}) (result {ty})
            (global.get $at) (global.set $at ({ty}.add (global.get $at) (local.get $size))))
        {allocators}
        (func (export "sum") (param $at {ty}) (param $n {ty}) (param $more i64) (result i64)
            (block $end (loop $l
                (br_if $end ({ty}.eqz (local.get $n)))
                (local.set $more (i64.add (local.get $more) (i64.extend_i32_u (i32.load8_u (local.get $at)))))
                (local.set $at ({ty}.add (local.get $at) ({ty}.const 1)))
                (local.set $n ({ty}.sub (local.get $n) ({ty}.const 1)))
                (br $l)))
            (local.get $more)))"#
    ))
}

fn sum_of(file: &Path) -> RunOptions {
    let args = vec![Argument::File(file.to_owned()), Argument::Value(Value::I64(1000))];
    let mut options = calls("sum", &[], Repeat::Times(1), Repeat::Times(3));
    options.invoke.as_mut().unwrap().args = args;
    options
}

fn file(dir: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join("data.bin");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_file_is_filled_into_a_buffer_once_by_the_modules_own_allocator() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
    let sum = 1000 + bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    let path = file(&dir, &bytes);
    for (ty, allocators) in [
        ("i32", r#"(func $malloc (export "malloc") (param i32) (result i32) (call $bump (local.get 0)))"#),
        ("i64", r#"(func $malloc (export "malloc") (param i64) (result i64) (call $bump (local.get 0)))"#),
        (
            "i32",
            r#"(func (export "__wbindgen_malloc") (param i32 i32) (result i32) (call $bump (local.get 0)))"#,
        ),
        ("i32", r#"(func (export "__wbindgen_malloc") (param i32) (result i32) (call $bump (local.get 0)))"#),
        ("i32", r#"(func (export "alloc") (param i32) (result i32) (call $bump (local.get 0)))"#),
        (
            "i32",
            r#"(func (export "malloc") (param i64) (result i32) unreachable)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (if (i32.or (local.get 0) (local.get 1)) (then unreachable)) (call $bump (local.get 3)))"#,
        ),
        (
            "i32",
            r#"(func (export "__new") (param i32 i32) (result i32)
                (if (i32.ne (local.get 1) (i32.const 1)) (then unreachable)) (call $bump (local.get 0)))
            (func (export "__pin") (param i32) (result i32) (global.set $pinned (local.get 0)) (local.get 0))"#,
        ),
    ] {
        let recording = run(&summing(ty, allocators), &sum_of(&path));
        assert_eq!(recording.outcome, Outcome::Returned { values: vec![sum.to_string()] }, "{allocators}");
        assert_eq!(recording.meta.invoked, Some(format!("sum(file:{}, 1000)", path.display())));
        assert_eq!(recording.calls.unwrap().calls, 3);
        if allocators.starts_with("(func $malloc") {
            let events: Vec<_> = recording.heap.iter().map(|event| (event.op, event.size)).collect();
            assert_eq!(events, [(HeapOp::Alloc, 10_000)]);
        }
    }
}

#[test]
fn a_file_that_cannot_be_an_argument_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let malloc = r#"(func (export "malloc") (param i32) (result i32) (call $bump (local.get 0)))"#;
    let small = file(&dir, b"abc");
    let error = refused(&summing("i32", ""), &sum_of(&small)).to_string();
    assert!(error.ends_with("malloc, __wbindgen_malloc, __new, cabi_realloc, alloc, allocate"), "{error}");
    let error = refused(&wat("(module (func (export \"sum\") (param i32 i32 i64)))"), &sum_of(&small));
    assert!(matches!(error, RecordError::NoMemory), "{error}");
    let mut options = sum_of(&small);
    options.invoke.as_mut().unwrap().args.pop();
    let error = refused(&summing("i32", malloc), &options).to_string();
    assert_eq!(error, "`sum` takes (i32, i32, i64), but was given (i32, i32)");
    for (path, message) in [(dir.path().join("none"), "none: "), (dir.path().to_owned(), "is a directory")] {
        let error = refused(&summing("i32", malloc), &sum_of(&path)).to_string();
        assert!(error.contains(message), "{error}");
    }
    // The allocator promises what the memory does not have, or has nothing.
    let large = file(&dir, &[1; 200_000]);
    let none = r#"(func (export "malloc") (param i32) (result i32) (i32.const 0))"#;
    for allocator in [malloc, none] {
        let recording = run(&summing("i32", allocator), &sum_of(&large));
        let outcome = recording.outcome.to_string();
        assert!(outcome.contains("`malloc` gave no room for the 200000 bytes of "), "{outcome}");
    }
    let empty = file(&dir, b"");
    let recording = run(&summing("i32", none), &sum_of(&empty));
    assert_eq!(recording.outcome, Outcome::Returned { values: vec!["1000".into()] });
}
