//! At the edges: full buffers, used-up budgets, huge functions.

use crate::guest::{Guest, Host, validate};
use wasmscope_instrument::probes::PROBE_MAXIMUM_PAGES;
use wasmscope_instrument::recording::HeapOp;
use wasmscope_instrument::{Measure, MeasureSet, Plan, RewriteError, rewrite};
use wasmscope_symbolize::{CodeOffset, ModuleIndex};
use wasmtime::Val;

const HEAP: MeasureSet = MeasureSet::NONE.with(Measure::Heap);

const CHURN: &str = r#"(module (func $malloc (param i32) (result i32) (local.get 0))
    (func $run (export "run") (param i32)
      (loop $l (drop (call $malloc (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

#[test]
fn a_full_buffer_is_drained_by_the_host() {
    let (_, recorded) = Guest::new(CHURN).record(HEAP, Host::Drains, "run", &[Val::I32(10_000)]);
    assert_eq!((recorded.heap.len(), recorded.dropped), (10_000, 0));
    assert_eq!(recorded.drains, 10_000 / ((65_536 - 64) / 24));
    assert!(recorded.heap.iter().zip((1..=10_000).rev()).all(|(event, size)| event.size == size));
}

#[test]
fn addresses_of_64_bits_are_kept_whole() {
    let wide = r#"(module (memory i64 1) (func $malloc (param i64) (result i64) (i64.const 0x1_0000_0008))
        (func $free (param i64))
        (func $realloc (param i64 i64) (result i64) (i64.const 0x2_0000_0010))
        (func (export "run") (drop (call $malloc (i64.const 0x3_0000_0001)))
          (drop (call $realloc (i64.const 0x1_0000_0008) (i64.const 7))) (call $free (i64.const 0x2_0000_0010))))"#;
    let (_, recorded) = Guest::new(wide).record(HEAP, Host::Absent, "run", &[]);
    let events: Vec<_> = recorded.heap.iter().map(|e| (e.op, e.address, e.size, e.old_address)).collect();
    let expected = [
        (HeapOp::Alloc, 0x1_0000_0008, 0x3_0000_0001, 0),
        (HeapOp::Realloc, 0x2_0000_0010, 7, 0x1_0000_0008),
        (HeapOp::Free, 0x2_0000_0010, 0, 0),
    ];
    assert_eq!(events, expected);
}

#[test]
fn without_a_host_the_buffer_grows_and_then_drops() {
    const ROOM: usize = ((PROBE_MAXIMUM_PAGES as usize * 65_536) - 64) / 24;
    let (_, recorded) = Guest::new(CHURN).record(HEAP, Host::Absent, "run", &[Val::I32(ROOM as i32 + 5)]);
    assert_eq!((recorded.heap.len(), recorded.dropped), (ROOM, 5));
    assert_eq!(recorded.heap.get(ROOM - 1).unwrap().size, 6);
    assert_eq!(recorded.heap.get(0).unwrap().op, HeapOp::Alloc);
}

#[test]
fn past_the_budget_every_measure_leaves_the_guest_alone() {
    let guest = Guest::new(&doubling(20));
    let alone = Measure::ALL.map(|measure| MeasureSet::NONE.with(measure));
    for measures in alone.into_iter().chain([MeasureSet::ALL]) {
        let (result, _) = guest.record(measures, Host::Drains, "run", &[]);
        assert_eq!(result, guest.run("run", &[]), "{measures}");
    }
}

/// Each function of a level calls both of the next: 2^n paths.
fn doubling(levels: usize) -> String {
    let level = |n: usize| {
        let calls = |m: usize| format!("(call $a{m}) (call $b{m})");
        let body = if n == 0 {
            "(drop (call $malloc (i32.const 1))) (drop (call $realloc (i32.const 8) (i32.const 2)))"
                .to_owned()
        } else {
            calls(n - 1)
        };
        format!("(func $a{n} {body}) (func $b{n} {body})")
    };
    let levels_text: String = (0..levels).map(level).collect();
    format!(
        r#"(module (func $malloc (param i32) (result i32) (i32.const 8))
        (func $realloc (param i32 i32) (result i32) (call $malloc (local.get 1)))
        {levels_text} (func $run (export "run") (call $a{}) (call $b{})))"#,
        levels - 1,
        levels - 1
    )
}

#[test]
fn past_the_budget_contexts_are_counted_and_events_stay_exact() {
    let guest = Guest::new(&doubling(20));
    let (outcome, recorded) = guest.record(HEAP, Host::Drains, "run", &[]);
    assert_eq!(outcome, "[]");
    assert!(recorded.overflowed > 0);
    assert!(recorded.contexts.len() > 500_000, "{}", recorded.contexts.len());
    // Each of 2^20 leaves allocates once and reallocates once, whatever the reallocation does inside.
    assert_eq!(recorded.heap.len(), 2 << 20);
    let reallocs = recorded.heap.op.iter().filter(|op| **op == HeapOp::Realloc).count();
    assert_eq!(reallocs, 1 << 20);
    assert!(recorded.heap.context.first().unwrap().is_some());
    assert!(recorded.heap.context.last().unwrap().is_none());
}

#[test]
fn a_function_of_too_many_locals_is_left_alone() {
    let locals = "(local i64) ".repeat(49_990);
    let wat = format!(
        r#"(module (memory 1) (func $huge {locals} (call $leaf) (call $leaf)) (func $leaf (drop (memory.grow (i32.const 0))))
        (func $run (export "run") (call $huge) (call $leaf)))"#
    );
    let guest = Guest::new(&wat);
    let plan = guest.plan(MeasureSet::default());
    assert!(plan.warnings().iter().any(|warning| warning.contains("50") || warning.contains("locals")));
    let (_, recorded) = guest.record(MeasureSet::default(), Host::Absent, "run", &[]);
    assert_eq!(recorded.growth.len(), 3);
    assert_eq!(guest.path(&recorded, recorded.growth[2].context), "run/leaf");
}

#[test]
fn thousands_of_locals_are_no_hindrance() {
    let locals = "(local i32 i64 f32) ".repeat(3_000);
    let wat = format!(
        r#"(module (memory 1) (func $malloc (param i32) (result i32) {locals} (local.set 9000 (f32.const 1))
          (i32.add (local.get 0) (memory.grow (i32.const 0))))
        (func $run (export "run") (drop (call $malloc (i32.const 5)))))"#
    );
    let guest = Guest::new(&wat);
    let (_, recorded) = guest.record(MeasureSet::default(), Host::Absent, "run", &[]);
    assert_eq!(guest.heap_lines(&recorded), ["run/malloc +6:5"]);
}

#[test]
fn what_was_instrumented_is_refused() {
    let guest = Guest::new(CHURN);
    let twice = Guest::from_bytes(guest.rewritten(HEAP).wasm);
    let error = Plan::new(&twice.bytes, &twice.index, |_| "".into(), HEAP).unwrap_err();
    assert!(matches!(error, RewriteError::AlreadyInstrumented { .. }), "{error}");
}

#[test]
fn an_unknown_instruction_is_named_with_its_place() {
    let mut bytes = wat::parse_str("(module (func) (func (nop) (nop)))").unwrap();
    let at = bytes.windows(2).position(|window| window == [1, 1]).unwrap();
    bytes[at] = 0xff;
    let index = ModuleIndex::parse(&bytes).unwrap();
    let offset = index.code_offset(wasmscope_symbolize::FileOffset(at as u64)).unwrap();
    let error = Plan::new(&bytes, &index, |_| "".into(), HEAP).unwrap_err();
    assert!(matches!(error, RewriteError::Body { at, .. } if at == offset), "{error}");
    assert!(error.to_string().contains(&offset.to_string()), "{error}");
}

#[test]
fn sections_that_tell_code_offsets_are_dropped_and_others_kept() {
    let wat = r#"(module (@custom "first" (before first) "1") (memory 1)
        (func (export "run") (drop (memory.grow (i32.const 1)))) (@custom ".debug_info" "x") (@custom "last" "2"))"#;
    let guest = Guest::new(wat);
    let rewritten = Guest::from_bytes(guest.rewritten(MeasureSet::default()).wasm);
    let names: Vec<_> =
        rewritten.index.sections().iter().filter(|s| s.id == 0).map(|s| s.name.to_string()).collect();
    assert_eq!(names, ["first", "metadata.code.branch_hint", "last"]);
    assert_eq!(rewritten.index.sections()[0].id, 0);
}

#[test]
fn a_module_without_events_stays_as_it_is() {
    let guest = Guest::new(r#"(module (func (export "run")))"#);
    let rewritten = rewrite(&guest.bytes, &guest.index, &guest.plan(MeasureSet::default())).unwrap();
    validate(&rewritten.wasm);
    assert_eq!(rewritten.wasm, *guest.bytes);
    assert!(rewritten.probes.is_empty());
    assert_eq!(rewritten.offsets.original(CodeOffset(3)), Some(CodeOffset(3)));
}
