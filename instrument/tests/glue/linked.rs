//! Imports that come from another module.

use crate::common::{invoke, link, returned, run, stubbed, trapped, try_run, wat};
use std::time::Duration;
use wasmscope_instrument::recording::{Outcome, Recording, StackFrame};
use wasmscope_instrument::{Limits, RecordError, RunOptions, SamplerChoice, Unprovided, Value};
use wasmscope_symbolize::FuncIndex;

const LIBRARY: &str = r#"(module
    (global $ready (mut i32) (i32.const 0))
    (memory (export "memory") 1)
    (global (export "seven") i32 (i32.const 7))
    (func (export "_initialize") (global.set $ready (i32.const 1)))
    (func (export "ready") (result i32) (global.get $ready))
    (func (export "pair") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
    (func $work (export "work") (param i32) (local $at i32)
        (loop $again
            (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get 0)))))
    (func (export "forever") (loop $again (br $again)))
    (func (export "fail") unreachable))"#;

const PROGRAM: &str = r#"(module
    (import "lib" "ready" (func $ready (result i32)))
    (import "lib" "pair" (func $pair (param i64 f64) (result f64 i64)))
    (import "lib" "work" (func $work (param i32)))
    (import "lib" "forever" (func $forever))
    (import "lib" "fail" (func $fail))
    (import "lib" "seven" (global $seven i32))
    (import "lib" "memory" (memory 1))
    (func (export "run") (result i32 i32 f64 i64)
        (call $ready) (global.get $seven) (call $pair (i64.const 5) (f64.const 1.5)))
    (func $busy (export "busy") (param i32) (call $work (local.get 0)))
    (func (export "forever") (call $forever))
    (func (export "fail") (call $fail)))"#;

fn linked(options: RunOptions) -> RunOptions {
    RunOptions { links: vec![link("lib", wat(LIBRARY).bytes)], ..options }
}

#[test]
fn functions_globals_and_memories_come_from_a_link() {
    let (recording, _) = run(&wat(PROGRAM), &linked(invoke("run", &[])));
    assert_eq!(returned(&recording), ["1", "7", "1.5", "5"]);
    let calls: u64 =
        recording.crossings.functions.iter().filter(|row| row.func.0 < 5).map(|row| row.calls).sum();
    assert_eq!(calls, 2);
}

/// The share of the time in which `$work` was called by `$busy`, which was called from outside.
fn share_of_work(recording: &Recording) -> f64 {
    let total: u64 = recording.samples.weight_nanos.iter().sum();
    let is_work = |stack| {
        let mut frames = recording.stacks.frames(stack);
        let called = frames.next();
        let caller = frames.next();
        called == Some(StackFrame::Host { import: FuncIndex(2) })
            && matches!(caller, Some(StackFrame::Wasm { func: FuncIndex(6), .. }))
            && frames.next().is_none()
    };
    let rows = recording.samples.iter().filter(|(_, stack, _)| is_work(*stack));
    rows.map(|(_, _, weight)| weight).sum::<u64>() as f64 / total as f64
}

#[test]
fn time_in_a_link_is_that_of_the_import() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let options = RunOptions { sampler, ..linked(invoke("busy", &[Value::I32(100_000_000)])) };
        let (recording, _) = run(&wat(PROGRAM), &options);
        let share = share_of_work(&recording);
        assert!(share > 0.8, "{sampler:?}: {share}");
    }
}

#[test]
fn an_endless_loop_in_a_link_is_stopped() {
    let limits = Limits { time: Some(Duration::from_millis(300)), ..Limits::default() };
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let options = RunOptions { sampler, limits, ..linked(invoke("forever", &[])) };
        let (recording, _) = run(&wat(PROGRAM), &options);
        assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
        let left = recording.meta.warnings.iter().any(|warning| warning.contains("left behind"));
        assert!(!left, "{:?}", recording.meta.warnings);
    }
}

/// The frames of a trap in a link are the program's own, up to the call.
#[test]
fn a_trap_in_a_link_has_the_frames_of_the_program() {
    let (recording, _) = run(&wat(PROGRAM), &linked(invoke("fail", &[])));
    assert!(trapped(&recording).contains("unreachable"));
    let Outcome::Trapped { frames, .. } = &recording.outcome else { panic!() };
    assert_eq!(frames.iter().map(|frame| frame.func.0).collect::<Vec<_>>(), [8]);
}

/// What a link writes is the guest's output; what it imports comes from links before it, WASI and glue.
#[test]
fn a_link_imports_from_those_before_it() {
    let second = wat(r#"(module
        (import "lib" "ready" (func $ready (result i32)))
        (import "env" "emscripten_console_log" (func $log (param i32)))
        (memory (export "m") 1)
        (data (i32.const 16) "from a link\00")
        (func (export "f") (result i32) (call $log (i32.const 16)) (call $ready)))"#);
    let program = wat(
        r#"(module (import "two" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))"#,
    );
    let links = vec![link("lib", wat(LIBRARY).bytes), link("two", second.bytes)];
    let (recording, printed) = run(&program, &RunOptions { links: links.clone(), ..invoke("run", &[]) });
    assert_eq!((returned(&recording), printed.as_str()), (vec!["1".to_owned()], "from a link\n"));
    let links = links.into_iter().rev().collect();
    let error = try_run(&program, &RunOptions { links, ..invoke("run", &[]) }).unwrap_err();
    assert!(error.to_string().contains("two=two.wasm: nobody provides"), "{error}");
    assert!(error.to_string().contains("lib.ready"), "{error}");
}

#[test]
fn what_is_wrong_with_a_link_is_said() {
    let error = |links| {
        let options = RunOptions { links, ..invoke("run", &[]) };
        try_run(&wat(PROGRAM), &options).unwrap_err()
    };
    let broken = error(vec![link("lib", b"no module".to_vec())]);
    assert!(broken.to_string().starts_with("lib=lib.wasm: "), "{broken}");
    let empty = error(vec![link("lib", wat("(module)").bytes)]);
    assert!(empty.to_string().contains("lib.ready: function"), "{empty}");
    let text = LIBRARY.replace(r#"(export "ready") (result i32) (global.get $ready)"#, r#"(export "ready")"#);
    let other = error(vec![link("lib", wat(&text).bytes)]);
    assert!(matches!(other, RecordError::ImportMismatch { .. }), "{other}");
    assert!(other.to_string().contains("lib::ready"), "{other}");
}

/// Single imports may have a fate of their own.
#[test]
fn what_becomes_of_single_imports_can_be_told() {
    let program = wat(r#"(module (import "a" "f" (func $f)) (import "a" "g" (func $g))
        (func (export "f") (call $f)) (func (export "g") (call $g)))"#);
    let single = |name: &str, choice| vec![(name.to_owned(), choice)];
    let options = |export, single_imports| RunOptions { single_imports, ..stubbed(invoke(export, &[])) };
    let (recording, _) = run(&program, &options("f", single("a.g", Unprovided::Trap)));
    assert!(returned(&recording).is_empty());
    let (recording, _) = run(&program, &options("g", single("a.g", Unprovided::Trap)));
    assert_eq!(trapped(&recording), "a.g was called, which nobody provides");
    let error = try_run(&program, &options("f", single("a.g", Unprovided::Refuse))).unwrap_err().to_string();
    assert!(error.contains("a.g: function") && !error.contains("a.f"), "{error}");
}
