//! Modules that are large, deep or full.

use crate::behaviour::check;
use crate::guest::{Guest, validate};
use wasmscope_instrument::{MeasureSet, rewrite};
use wasmtime::Val;

#[test]
fn a_start_function_with_imports_and_a_table_full_of_functions() {
    let entries = "$grow $f $twice $f ".repeat(2_500);
    let wat = format!(
        r#"(module (type $t (func (result i32))) (import "env" "memory" (memory 1))
            (func $f (import "env" "f") (result i32)) (table 10000 funcref) (elem (i32.const 0) {entries})
            (global $sum (mut i32) (i32.const 0)) (start $twice_of_all)
            (func $grow (type $t) (memory.grow (i32.const 0)))
            (func $twice (type $t) (i32.add (call $grow) (call $f)))
            (func $twice_of_all (local $at i32)
              (loop
                (global.set $sum (i32.add (global.get $sum) (call_indirect (type $t) (local.get $at))))
                (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 10000)))))
            (func (export "run") (param i32) (result i32 i32)
              (global.get $sum) (call_indirect (type $t) (i32.mul (local.get 0) (i32.const 1999)))))"#
    );
    check("a full table", &wat, &[Val::I32(5)]);
}

#[test]
fn references_to_functions_with_probes_are_called() {
    let wat = r#"(module (type $t (func (param i32) (result i32))) (memory 1) (elem declare func $a $b)
        (func $a (type $t) (i32.add (local.get 0) (memory.grow (i32.const 1))))
        (func $b (type $t) (return_call_ref $t (memory.grow (i32.const 1)) (ref.func $a)))
        (func (export "run") (param i32) (result i32 i32) (local $f (ref null $t))
          (local.set $f (ref.func $a))
          (if (local.get 0) (then (local.set $f (ref.func $b))))
          (call_ref $t (i32.const 40) (local.get $f)) (call_ref $t (i32.const 2) (ref.func $b))))"#;
    check("references", wat, &[Val::I32(0)]);
    check("references", wat, &[Val::I32(1)]);
}

#[test]
fn mutual_recursion_goes_as_deep_as_before() {
    let wat = r#"(module (memory 1)
        (func $even (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (call $odd (i32.sub (local.get 0) (i32.const 1))))
            (else (memory.grow (i32.const 1)))))
        (func $odd (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $even (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const -1))))
        (func (export "run") (param i32) (result i32) (call $even (local.get 0))))"#;
    check("recursion", wat, &[Val::I32(10_000)]);
    check("recursion", wat, &[Val::I32(10_001)]);
}

/// Up to the limit that engines share, and at it: there is no room for a local of ours, and the function is left
/// alone.
#[test]
fn as_many_locals_as_there_may_be() {
    for (count, is_left) in [(49_000, false), (49_999, true)] {
        let locals = "i64 ".repeat(count);
        let wat = format!(
            r#"(module (memory 1) (func (export "run") (param i32) (result i32) (local {locals})
                (local.set {count} (i64.const 3)) (i32.add (memory.grow (local.get 0)) (i32.const 1))))"#
        );
        check("locals", &wat, &[Val::I32(1)]);
        let warnings = Guest::new(&wat).plan(MeasureSet::default()).warnings().join(" ");
        assert_eq!(warnings.contains("too large for probes"), is_left, "{count}: {warnings}");
    }
}

#[test]
fn bodies_of_a_mebibyte() {
    let body = "(drop (memory.grow (i32.const 0))) (global.set $g (i32.add (global.get $g) (i32.const 1)))";
    let body = body.repeat(90_000);
    let wat = format!(
        r#"(module (memory 1) (global $g (mut i32) (i32.const 0))
            (func (export "run") (param i32) (result i32) {body} (global.get $g)))"#
    );
    let guest = Guest::new(&wat);
    assert!(guest.bytes.len() > 1 << 20);
    let rewritten = rewrite(&guest.bytes, &guest.index, &guest.plan(MeasureSet::ALL)).unwrap();
    validate(&rewritten.wasm);
}
