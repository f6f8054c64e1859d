//! The shadow stack: how deep it gets, and by which call path.

use crate::guest::{Guest, Host};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmtime::Val;

const STACK: MeasureSet = MeasureSet::NONE.with(Measure::Stack);

/// What compilers put at a function's start and end that has `bytes` of its own on the stack.
fn framed(bytes: u32, body: &str) -> String {
    let enter = format!("(global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const {bytes}))))");
    format!("(local $fp i32) {enter} {body} (global.set $sp (i32.add (local.get $fp) (i32.const {bytes})))")
}

/// Path and bytes of the stack at each record.
fn lines(guest: &Guest, host: Host, args: &[Val]) -> Vec<String> {
    let (_, recorded) = guest.record(STACK, host, "run", args);
    let top = guest.plan_top(STACK);
    let line = |low: &wasmscope_instrument::recording::StackLow| {
        format!("{} {}", guest.path(&recorded, low.context), top - low.pointer)
    };
    recorded.lows.iter().map(line).collect()
}

fn program() -> String {
    let leaf = framed(160, "");
    let small = framed(16, "");
    let mid = framed(320, "(call $leaf) (call $small)");
    let run = framed(32, "(call $leaf) (call $small) (call $mid) (call $leaf) (call $mid)");
    format!(
        r#"(module (memory 2) (global $sp (mut i32) (i32.const 65536))
        (func $leaf {leaf}) (func $small {small}) (func $mid {mid}) (func $run (export "run") {run}))"#
    )
}

#[test]
fn each_deeper_moment_is_recorded_with_its_path() {
    // 32 bytes of the first function are less than is told, and 16 of another one never are the deepest.
    let expected = ["run/leaf 192", "run/mid 352", "run/mid/leaf 512"];
    let guest = Guest::new(&program());
    for host in [Host::Absent, Host::Drains] {
        assert_eq!(lines(&guest, host, &[]), expected);
    }
}

#[test]
fn a_deep_recursion_is_told_to_64_bytes() {
    let down = "(if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1)))))";
    let text = format!(
        r#"(module (memory 2) (global $other (mut i32) (i32.const 5)) (global $sp (mut i32) (i32.const 65536))
        (export "__stack_pointer" (global $sp))
        (func $down (export "run") (param $n i32) {}))"#,
        framed(48, down)
    );
    let lines = lines(&Guest::new(&text), Host::Drains, &[Val::I32(99)]);
    let depths: Vec<u64> =
        lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    // A hundred frames; of each two of them one is 64 bytes deeper than what was told.
    assert_eq!(depths, (1..=50).map(|two| 96 * two).collect::<Vec<_>>());
}

#[test]
fn a_stack_pointer_is_known_by_name_or_by_what_functions_do_with_it() {
    let find = |text: &str| Guest::new(text).plan(STACK).warnings().is_empty();
    assert!(find(&program()));
    let global = "(memory 1) (global $sp (mut i32) (i32.const 1024))";
    for (body, is_known) in [
        (r#"(export "__stack_pointer" (global $sp))"#, true),
        ("(func (global.set $sp (i32.add (global.get $sp) (i32.const 1))))", false),
        (r#"(global i32 (i32.const 7)) (export "__stack_pointer" (global 1))"#, false),
        ("", false),
    ] {
        assert_eq!(find(&format!("(module {global} {body})")), is_known, "{body}");
    }
}

#[test]
fn stacks_of_64_bits_are_told() {
    let text = r#"(module (memory i64 2) (global $sp (mut i64) (i64.const 131072))
        (func $leaf (local $fp i64)
            (global.set $sp (local.tee $fp (i64.sub (global.get $sp) (i64.const 4096))))
            (global.set $sp (i64.add (local.get $fp) (i64.const 4096))))
        (func $run (export "run") (call $leaf)))"#;
    assert_eq!(lines(&Guest::new(text), Host::Drains, &[]), ["run/leaf 4096"]);
}
