//! A rewritten module does what the original does, whatever it is made of.

use crate::guest::{Guest, Host};
use wasmscope_instrument::{Measure, MeasureSet};
use wasmtime::Val;

/// Runs `run` of each module both ways, with each measure alone and with all of them, with and without a host.
pub fn check(name: &str, wat: &str, args: &[Val]) {
    let guest = Guest::new(wat);
    let expected = guest.run("run", args);
    let alone = Measure::ALL.map(|measure| MeasureSet::NONE.with(measure));
    for measures in alone.into_iter().chain([MeasureSet::ALL]) {
        for host in [Host::Absent, Host::Drains] {
            let (found, _) = guest.record(measures, host, "run", args);
            assert_eq!(found, expected, "{name} with {measures}, {host:?}");
        }
    }
}

#[test]
fn modules_of_all_kinds_behave_as_before() {
    for (name, wat) in MODULES {
        check(name, wat, &[Val::I32(5)]);
        check(name, wat, &[Val::I32(0)]);
    }
}

/// Each exports `run`, from i32 to whatever, and most grow a memory somewhere.
const MODULES: &[(&str, &str)] = &[
    (
        "no memory at all",
        r#"(module (func $f (import "env" "f") (param i32))
            (func (export "run") (param i32) (result i32) (call $f (local.get 0)) (i32.add (local.get 0) (i32.const 1))))"#,
    ),
    ("nothing to measure", r#"(module (func (export "run") (param i32) (result i32) (local.get 0)))"#),
    (
        "start function",
        r#"(module (memory 1) (global $g (mut i32) (i32.const 0)) (start $init)
            (func $init (global.set $g (memory.grow (i32.const 2))))
            (func (export "run") (param i32) (result i32 i32) (global.get $g) (memory.size)))"#,
    ),
    (
        "imports of all kinds",
        r#"(module (import "env" "memory" (memory 1)) (import "env" "table" (table 4 funcref))
            (import "env" "global" (global $g i32)) (func $f (import "env" "f") (param i64 f32) (result f64))
            (elem (i32.const 1) $f $grow)
            (type $t (func (result i32)))
            (func $grow (result i32) (memory.grow (global.get $g)))
            (func (export "run") (param i32) (result f64 i32 i32)
              (call_indirect (param i64 f32) (result f64) (i64.const 1) (f32.const 2) (i32.const 1))
              (call_indirect (type $t) (i32.const 2)) (memory.size)))"#,
    ),
    (
        "several values and nested returns",
        r#"(module (memory 1)
            (func $malloc (export "malloc") (param i32) (result i32)
              (block (loop (block (br_if 2 (i32.eqz (local.get 0))) (return (i32.mul (local.get 0) (i32.const 8))))))
              (if (result i32) (memory.grow (i32.const 1)) (then (return (i32.const 3))) (else (br 1 (i32.const 4)))))
            (func $two (param i32) (result i32 i64) (drop (call $malloc (local.get 0))) (i32.const 1) (i64.const 2))
            (func (export "run") (param i32) (result i32 i64 i32) (call $two (local.get 0)) (call $malloc (local.get 0))))"#,
    ),
    (
        "br_table out of an allocator",
        r#"(module (memory 1)
            (func $malloc (param i32) (result i32)
              (block $b (result i32)
                (block (result i32) (br_table 0 1 2 $b (i32.const 16) (local.get 0))) (drop) (i32.const 24))
              (i32.add (i32.const 8)))
            (func (export "run") (param i32) (result i32 i32 i32) (call $malloc (local.get 0)) (call $malloc (i32.const 1))
              (call $malloc (i32.const 2))))"#,
    ),
    (
        "tail calls",
        r#"(module (memory 1) (table funcref (elem $even $odd))
            (type $t (func (param i32) (result i32)))
            (func $even (type $t) (if (result i32) (i32.eqz (local.get 0)) (then (memory.grow (i32.const 1)))
              (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
            (func $odd (type $t) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 99))
              (else (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
            (func $malloc (type $t) (block (br_if 0 (i32.const 1))) (return_call $calloc_like (local.get 0)))
            (func $calloc_like (type $t) (i32.add (local.get 0) (i32.const 64)))
            (func $dlmalloc (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
            (func $emmalloc_malloc (type $t) (return_call_ref $t (local.get 0) (ref.func $calloc_like)))
            (elem declare func $calloc_like)
            (func (export "run") (param i32) (result i32 i32 i32 i32) (call $even (i32.const 1000000)) (call $malloc (local.get 0))
              (call $dlmalloc (local.get 0)) (call $emmalloc_malloc (local.get 0))))"#,
    ),
    (
        "indirect calls of many targets",
        r#"(module (memory 1) (table funcref (elem $a $b $c $d)) (type $t (func (param i32) (result i32)))
            (func $a (type $t) (memory.grow (local.get 0))) (func $b (type $t) (call $a (i32.const 1)))
            (func $c (type $t) (i32.const 7)) (func $d (type $t) (call $b (call $a (i32.const 0))))
            (func (export "run") (param i32) (result i32) (local $i i32) (local $sum i32)
              (loop $l
                (local.set $sum (i32.add (local.get $sum)
                  (call_indirect (type $t) (local.get 0) (i32.and (local.get $i) (i32.const 3)))))
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
              (local.get $sum)))"#,
    ),
    (
        "an indirect call of the wrong type traps",
        r#"(module (memory 1) (table funcref (elem $a)) (func $a (drop (memory.grow (i32.const 1))))
            (func (export "run") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))"#,
    ),
    (
        "recursion, mutual and deep",
        r#"(module (memory 1)
            (func $down (param i32) (result i32) (if (result i32) (local.get 0)
              (then (i32.add (i32.const 1) (call $other (i32.sub (local.get 0) (i32.const 1))))) (else (memory.grow (i32.const 1)))))
            (func $other (param i32) (result i32) (if (result i32) (local.get 0)
              (then (i32.add (i32.const 2) (call $down (i32.sub (local.get 0) (i32.const 1))))) (else (memory.grow (i32.const 2)))))
            (func (export "run") (param i32) (result i32) (call $down (i32.add (local.get 0) (i32.const 10000)))))"#,
    ),
    (
        "an exported function that is also called from inside",
        r#"(module (memory 1) (func $f (export "f") (export "again") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "run") (param i32) (result i32 i32) (call $f (local.get 0)) (call $f (i32.const 1))))"#,
    ),
    (
        "vectors and bulk memory",
        r#"(module (memory 1) (data $d "abcdefgh")
            (func $v (param v128) (result v128) (drop (memory.grow (i32.const 1))) (i32x4.add (local.get 0) (local.get 0)))
            (func (export "run") (param i32) (result i32 i32)
              (memory.init $d (i32.const 8) (i32.const 0) (i32.const 8)) (memory.fill (i32.const 32) (i32.const 3) (i32.const 9))
              (memory.copy (i32.const 64) (i32.const 8) (i32.const 8)) (data.drop $d)
              (i32x4.extract_lane 1 (call $v (v128.load (i32.const 64)))) (i32.load (i32.const 36))))"#,
    ),
    (
        "an allocator whose tail call throws past its own handler",
        r#"(module (tag $e) (memory 1)
            (func $thrower (param i32) (result i32) (throw $e))
            (func $malloc (param i32) (result i32)
              (block $h (try_table (catch_all $h) (return_call $thrower (local.get 0)))) (i32.const 42))
            (func $calloc (param i32 i32) (result i32)
              (block $h (try_table (catch_all $h) (drop (call $thrower (local.get 0))))) (return_call $thrower (i32.const 1)))
            (func (export "run") (param i32) (result i32)
              (block $h (result i32)
                (block $caught (try_table (catch_all $caught) (br $h (call $malloc (local.get 0)))))
                (block $again (try_table (catch_all $again) (br $h (call $calloc (local.get 0) (i32.const 1)))))
                (i32.const 7))))"#,
    ),
    (
        "exceptions",
        r#"(module (memory 1) (tag $e (param i32))
            (func $throw (param i32) (if (local.get 0) (then (throw $e (local.get 0)))) (drop (memory.grow (i32.const 1))))
            (func $malloc (param i32) (result i32)
              (block $h (result i32) (try_table (catch $e $h) (call $throw (local.get 0)) (return (i32.const 8))) (i32.const 1))
              (throw $e))
            (func (export "run") (param i32) (result i32)
              (block $h (result i32 exnref)
                (try_table (catch_ref $e $h) (return (call $malloc (local.get 0)))) (unreachable))
              (drop) (i32.add (i32.const 100))))"#,
    ),
    (
        "64-bit memory",
        r#"(module (memory i64 1) (memory $small 1 2)
            (func $malloc (param i64) (result i64) (i64.mul (local.get 0) (i64.const 16)))
            (func $posix_memalign (param i64 i64 i64) (result i32) (i64.store (local.get 0) (local.get 2)) (i32.const 0))
            (func (export "run") (param i32) (result i64 i32 i32 i32 i64) (memory.grow (i64.const 3)) (memory.grow $small (i32.const 1))
              (memory.grow $small (i32.const 1)) (call $posix_memalign (i64.const 8) (i64.const 16) (i64.const 40))
              (call $malloc (i64.const 5))))"#,
    ),
    (
        "code that can't be reached",
        r#"(module (func $f (import "env" "f") (param i32)) (memory 1)
            (func $malloc (param i32) (result i32) (return (i32.const 8)) (return) (memory.grow) (call $f (i32.const 1)) (br 0))
            (func (export "run") (param i32) (result i32) (call $malloc (local.get 0)) (if (i32.const 0) (then
              (unreachable) (memory.grow) (drop) (call $f) (return_call $malloc)))))"#,
    ),
    (
        "a trap in the middle",
        r#"(module (func $f (import "env" "f") (param i32)) (memory 1)
            (func $malloc (param i32) (result i32) (drop (memory.grow (i32.const 1))) (call $f (i32.const 2)) (unreachable))
            (func (export "run") (param i32) (result i32) (call $malloc (local.get 0))))"#,
    ),
    (
        "references to functions, given to the host",
        r#"(module (type $t (func (param i32) (result i32)))
            (func $f (import "env" "f") (param funcref)) (memory 1) (table (export "table") 2 funcref) (elem declare func $g)
            (global $ref (ref $t) (ref.func $g))
            (func $g (type $t) (memory.grow (local.get 0)))
            (func (export "run") (param i32) (result i32 i32) (call $f (ref.func $g)) (table.set (i32.const 0) (ref.func $g))
              (call_ref $t (local.get 0) (global.get $ref)) (call_indirect (type $t) (i32.const 1) (i32.const 0))))"#,
    ),
    (
        "types with subtypes",
        r#"(module (memory 1) (rec (type $s (sub (func (result i32)))) (type $t (sub $s (func (result i32)))))
            (table funcref (elem $f)) (func $f (type $t) (memory.grow (i32.const 1)))
            (func (export "run") (param i32) (result i32) (call_indirect (type $s) (i32.const 0))))"#,
    ),
    (
        "the host calls back",
        r#"(module (func $cb (import "env" "call:back")) (memory 1)
            (func (export "back") (drop (memory.grow (i32.const 1))))
            (func (export "run") (param i32) (result i32) (call $cb) (memory.size)))"#,
    ),
];
