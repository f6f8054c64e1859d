//! The boundary: which import was called, from where, with how many bytes.

use crate::guest::{Guest, Host};
use wasmscope_instrument::probes::{BytesRule, SiteKind};
use wasmscope_instrument::{Measure, MeasureSet};

const BOUNDARY: MeasureSet = MeasureSet::NONE.with(Measure::Boundary);

#[test]
fn each_call_of_an_import_is_announced() {
    let guest = Guest::new(
        r#"(module (func $f (import "env" "f") (param i32)) (func $g (import "env" "g")) (table funcref (elem $g))
        (func $leaf (call $f (i32.const 1)) (call $g))
        (func $tail (return_call $g))
        (func $run (export "run") (call $leaf) (call $tail) (call $f (i32.const 2)) (call_indirect (i32.const 0))))"#,
    );
    let (_, recorded) = guest.record(BOUNDARY, Host::Absent, "run", &[]);
    let expected = ["run/leaf -> f", "run/leaf -> g", "run/tail -> g", "run -> f"];
    assert_eq!(guest.call_lines(&recorded), expected);
    // The call through the table is not announced; the host is told that there may be such.
    let escaping = guest.rewritten(BOUNDARY).probes.escaping_imports().to_vec();
    assert_eq!(escaping, [guest.index.functions()[1].index]);
}

#[test]
fn the_host_learns_where_the_number_of_bytes_is() {
    let guest = Guest::new(
        r#"(module
        (func $write (import "wasi_snapshot_preview1" "fd_write") (param i32 i32 i32 i32) (result i32))
        (func $recv (import "wasi_snapshot_preview1" "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32))
        (func $random (import "wasi_unstable" "random_get") (param i32 i32) (result i32))
        (func $other (import "env" "fd_write") (param i32 i32 i32 i32) (result i32))
        (memory 1)
        (func $run (export "run")
          (drop (call $write (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))
          (drop (call $recv (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)))
          (drop (call $random (i32.const 1) (i32.const 7)))
          (drop (call $other (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)))))"#,
    );
    let (_, recorded) = guest.record(BOUNDARY, Host::Absent, "run", &[]);
    let arguments: Vec<_> = recorded.calls.iter().map(|(_, _, argument)| *argument).collect();
    assert_eq!(arguments[..3], [4, 5, 7]);
    let probes = guest.rewritten(BOUNDARY).probes;
    let rules = probes.sites().iter().map(|site| match site.kind {
        SiteKind::Import { bytes, .. } => bytes,
        SiteKind::Grow(_) => None,
    });
    let expected =
        [Some(BytesRule::OutByResult), Some(BytesRule::InByResult), Some(BytesRule::InByArgument), None];
    assert_eq!(rules.collect::<Vec<_>>(), expected);
}

#[test]
fn the_host_calls_back_through_a_table() {
    let guest = Guest::new(
        r#"(module (func $f (import "env" "f")) (func $cb (import "env" "call:back"))
        (table (export "table") funcref (elem $inner))
        (func $inner (call $f))
        (func $back (export "back") (call_indirect (i32.const 0)))
        (func $run (export "run") (call $cb) (call $inner) (call $cb) (call $inner)))"#,
    );
    let (_, recorded) = guest.record(BOUNDARY, Host::Absent, "run", &[]);
    let expected =
        ["run -> cb", "back/inner -> f", "run/inner -> f", "run -> cb", "back/inner -> f", "run/inner -> f"];
    assert_eq!(guest.call_lines(&recorded), expected);
}
