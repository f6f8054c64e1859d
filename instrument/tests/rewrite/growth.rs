//! Growth: when, where, by whom.

use crate::guest::{Guest, Host};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmscope_symbolize::MemoryIndex;
use wasmtime::Val;

const GROWTH: MeasureSet = MeasureSet::NONE.with(Measure::Growth);

fn lines(wat: &str, host: Host, args: &[Val]) -> Vec<String> {
    let guest = Guest::new(wat);
    let (_, recorded) = guest.record(GROWTH, host, "run", args);
    let line = |event: &wasmscope_instrument::recording::GrowthEvent| {
        let MemoryIndex(memory) = event.memory;
        let sign = if event.granted { "" } else { "!" };
        let path = guest.path(&recorded, event.context);
        format!("{path} {memory}: {}+{}{sign}", event.before_pages, event.asked_pages)
    };
    recorded.growth.iter().map(line).collect()
}

#[test]
fn each_growth_is_recorded_with_its_path() {
    let wat = r#"(module (memory 1 4) (memory $b i64 0 100)
        (func $leaf (param i32) (drop (memory.grow (local.get 0))))
        (func $mid (param i32) (call $leaf (local.get 0)) (drop (memory.grow $b (i64.const 7))))
        (func $run (export "run") (call $mid (i32.const 2)) (call $leaf (i32.const 5)) (call $mid (i32.const 0))))"#;
    let expected = [
        "run/mid/leaf 0: 1+2",
        "run/mid 1: 0+7",
        "run/leaf 0: 3+5!",
        "run/mid/leaf 0: 3+0",
        "run/mid 1: 7+7",
    ];
    assert_eq!(lines(wat, Host::Absent, &[]), expected);
    assert_eq!(lines(wat, Host::Drains, &[]), expected);
}

#[test]
fn calls_from_different_places_are_told_apart_by_their_call_site() {
    let wat = r#"(module (memory 1) (func $leaf (drop (memory.grow (i32.const 0))))
        (func $run (export "run") (call $leaf) (call $leaf)))"#;
    let guest = Guest::new(wat);
    let (_, recorded) = guest.record(GROWTH, Host::Absent, "run", &[]);
    let sites: Vec<_> = recorded.growth.iter().map(|event| event.context).collect();
    assert_eq!(recorded.contexts.len(), 3);
    assert_ne!(sites[0], sites[1]);
    let call_sites: Vec<_> = recorded.contexts.call_site.iter().flatten().collect();
    let opcodes = call_sites.iter().map(|at| guest.bytes[guest.index.file_offset(**at).unwrap().0 as usize]);
    assert_eq!(opcodes.collect::<Vec<_>>(), [0x10, 0x10]);
}

#[test]
fn recursion_ends_in_the_ancestor() {
    let wat = r#"(module (memory 1)
        (func $a (param i32) (drop (memory.grow (i32.const 0)))
          (if (local.get 0) (then (call $b (i32.sub (local.get 0) (i32.const 1))))))
        (func $b (param i32) (drop (memory.grow (i32.const 0)))
          (if (local.get 0) (then (call $a (i32.sub (local.get 0) (i32.const 1))))))
        (func $run (export "run") (param i32) (call $a (local.get 0))))"#;
    let found = lines(wat, Host::Drains, &[Val::I32(9_999)]);
    assert_eq!(found.len(), 10_000);
    for (at, line) in found.iter().enumerate() {
        assert_eq!(line, if at % 2 == 0 { "run/a 0: 1+0" } else { "run/a/b 0: 1+0" });
    }
}

#[test]
fn an_indirect_call_of_many_targets_makes_one_context_each() {
    let targets: String =
        (0..100).map(|n| format!("(func $t{n} (drop (memory.grow (i32.const 0))))")).collect();
    let elements: String = (0..100).map(|n| format!(" $t{n}")).collect();
    let wat = format!(
        r#"(module (memory 1) (table funcref (elem {elements})) {targets}
        (func $run (export "run") (local $i i32) (loop $l
          (call_indirect (i32.rem_u (local.get $i) (i32.const 100)))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))))"#
    );
    let guest = Guest::new(&wat);
    let (_, recorded) = guest.record(GROWTH, Host::Drains, "run", &[]);
    assert_eq!(recorded.contexts.len(), 101);
    for (at, event) in recorded.growth.iter().enumerate() {
        assert_eq!(guest.path(&recorded, event.context), format!("run/t{}", at % 100));
    }
    assert_eq!(recorded.growth.len(), 1000);
}

#[test]
fn a_function_of_very_many_calls_has_a_slot_per_callee() {
    let calls = "(call $a) (call $b) (call_indirect (i32.const 0))".repeat(400);
    let wat = format!(
        r#"(module (memory 1) (table funcref (elem $b))
        (func $a (drop (memory.grow (i32.const 0)))) (func $b (call $a))
        (func $run (export "run") {calls}))"#
    );
    let guest = Guest::new(&wat);
    let (_, recorded) = guest.record(GROWTH, Host::Drains, "run", &[]);
    assert_eq!(recorded.growth.len(), 1200);
    // run, run/a, run/b, run/b/a, and b with a for each of 256 indirect calls.
    assert_eq!(recorded.contexts.len(), 4 + 2 * 256);
    for (at, event) in recorded.growth.iter().enumerate() {
        assert_eq!(guest.path(&recorded, event.context), if at % 3 == 0 { "run/a" } else { "run/b/a" });
    }
}

#[test]
fn the_start_function_and_callbacks_are_entered_by_the_host() {
    let wat = r#"(module (func $cb (import "env" "call:back")) (memory 1) (start $init)
        (func $init (drop (memory.grow (i32.const 1))))
        (func $back (export "back") (drop (memory.grow (i32.const 2))))
        (func $run (export "run") (call $cb) (drop (memory.grow (i32.const 3))) (call $back)))"#;
    let expected = ["init 0: 1+1", "back 0: 2+2", "run 0: 4+3", "run/back 0: 7+2"];
    assert_eq!(lines(wat, Host::Absent, &[]), expected);
}

#[test]
fn functions_that_cannot_grow_a_memory_are_left_alone() {
    let wat = r#"(module (memory 1) (func $pure (param i32) (result i32) (local.get 0))
        (func $run (export "run") (drop (call $pure (memory.grow (i32.const 0))))))"#;
    let guest = Guest::new(wat);
    let rewritten = guest.rewritten(GROWTH);
    let pure = guest.index.functions()[0].body.clone().unwrap();
    let body = &guest.bytes[guest.index.file_offset(pure.start).unwrap().0 as usize..][..4];
    assert!(rewritten.wasm.windows(4).any(|window| window == body));
    assert_eq!(rewritten.probes.sites().len(), 1);
    assert!(rewritten.probes.call_sites(guest.index.functions()[1].index).is_empty());
}
