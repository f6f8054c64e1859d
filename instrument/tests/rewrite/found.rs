//! What the official suite and generated modules found: each was once changed by its probes.

use crate::behaviour::check;
use crate::guest::Guest;
use wasmscope_instrument::{MeasureSet, Plan, RewriteError};
use wasmscope_symbolize::ModuleIndex;
use wasmtime::Val;

#[test]
fn what_was_found_behaves_as_before() {
    for (name, wat) in MODULES {
        check(name, wat, &[Val::I32(5)]);
    }
}

/// An index one past the module's own would name an item of ours.
#[test]
fn modules_that_are_not_valid_stay_so() {
    let bodies = [
        "(drop (memory.grow 1 (i32.const 1))) (drop (i32.load 2 (i32.const 0)))",
        "(drop (memory.grow (i32.const 1))) (global.set 0 (i32.const 0))",
        "(drop (memory.grow (i32.const 1))) (call 9)",
        "(drop (memory.grow (i32.const 1))) (local.set 3 (i32.const 0))",
    ];
    for body in bodies {
        let bytes = wat::parse_str(format!("(module (memory 1) (func {body}))")).unwrap();
        let index = ModuleIndex::parse(&bytes).unwrap();
        let plan = Plan::new(&bytes, &index, |_| "".into(), MeasureSet::default());
        assert!(matches!(plan, Err(RewriteError::Body { .. })), "{body}: {plan:?}");
    }
}

#[test]
fn an_address_of_another_width_than_the_memory_is_no_allocators() {
    for (memory, ty) in [("(memory 1)", "i64"), ("(memory i64 1)", "i32"), ("", "i32")] {
        let wat = format!(
            "(module {memory} (func $posix_memalign (param {ty} {ty} {ty}) (result i32) (i32.const 0)))"
        );
        let plan = Guest::new(&wat).plan(MeasureSet::default());
        assert!(plan.allocators().is_empty(), "{wat}");
        assert!(plan.warnings().iter().any(|warning| warning.contains("posix_memalign")), "{wat}");
    }
}

const MODULES: &[(&str, &str)] = &[
    (
        "a block that was never stored, where no memory is",
        r#"(module (memory 1)
            (func $posix_memalign (param i32 i32 i32) (result i32) (i32.const 0))
            (func (export "run") (param i32) (result i32)
              (call $posix_memalign (i32.const 0xfffd) (i32.const 16) (i32.const 8))
              (i32.add (call $posix_memalign (i32.const -1) (i32.const 16) (i32.const 8)))))"#,
    ),
    (
        "the same with 64-bit addresses and small pages",
        r#"(module (memory i64 3 (pagesize 1))
            (func $posix_memalign (param i64 i64 i64) (result i32) (i32.const 0))
            (func (export "run") (param i32) (result i32)
              (call $posix_memalign (i64.const 0) (i64.const 16) (i64.const 8))
              (i32.add (call $posix_memalign (i64.const -1) (i64.const 16) (i64.const 8)))))"#,
    ),
    (
        "a reference to a function that nothing but its export declares",
        r#"(module (memory 1)
            (func $grow (export "grow") (result i32) (memory.grow (i32.const 1)))
            (func (export "run") (param i32) (result i32) (ref.is_null (ref.func $grow))))"#,
    ),
];
