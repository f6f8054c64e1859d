//! What Emscripten's and Go's modules need besides functions.

use crate::common::{invoke, returned, run, stubbed, trapped, try_run, wat};
use wasmscope_instrument::recording::ContextId;
use wasmscope_instrument::{Measure, MeasureSet, RecordError, RunOptions, Value};
use wasmscope_symbolize::FuncIndex;

/// The memory is imported, so that WASI has to find it though the module does not export it.
const IMPORTS_MEMORY: &str = r#"(module
    (import "env" "memory" (memory 1 10))
    (import "env" "__indirect_function_table" (table 1 funcref))
    (import "env" "emscripten_resize_heap" (func $resize (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (data (i32.const 16) "text\n")
    (data (i32.const 32) "\10\00\00\00\05\00\00\00")
    (func $grow (result i32) (call $resize (i32.const 100000)))
    (func (export "run") (result i32 i32 i32)
        (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 48))
        (call $grow)
        (memory.size)))"#;

#[test]
fn an_imported_memory_is_made_and_found() {
    let time = MeasureSet::NONE.with(Measure::Time);
    for measures in [MeasureSet::default(), time] {
        let options = RunOptions { measures, ..invoke("run", &[]) };
        let (recording, printed) = run(&wat(IMPORTS_MEMORY), &options);
        assert_eq!(returned(&recording), ["0", "1", "2"]);
        assert_eq!(printed, "text\n");
    }
}

#[test]
fn growth_that_the_host_is_asked_for_is_recorded() {
    let (recording, _) = run(&wat(IMPORTS_MEMORY), &invoke("run", &[]));
    let [growth] = recording.growth.as_slice() else { panic!("{:?}", recording.growth) };
    assert_eq!((growth.before_pages, growth.asked_pages, growth.granted), (1, 1, true));
    assert!(growth.site.is_some());
    let context = growth.context.unwrap();
    let func = |context: ContextId| recording.contexts.func.get(context.0 as usize).copied();
    assert_eq!(func(context), Some(FuncIndex(2)));
}

/// Sets its stack up as a main module that is linked dynamically, and calls its initialiser first.
#[test]
fn a_module_that_is_linked_dynamically_finds_its_places() {
    let guest = wat(r#"(module
        (@custom "dylink.0" (before first) "\01\04\80\20\04\00")
        (import "env" "memory" (memory 32))
        (import "env" "__stack_pointer" (global $stack (mut i32)))
        (import "env" "__memory_base" (global $data i32))
        (import "env" "__table_base" (global $table i32))
        (import "GOT.mem" "__heap_base" (global $heap (mut i32)))
        (import "GOT.mem" "__stack_low" (global $low (mut i32)))
        (global $ready (mut i32) (i32.const 0))
        (func (export "__wasm_call_ctors") (global.set $ready (i32.const 1)))
        (func (export "run") (result i32 i32 i32 i32 i32)
            (global.get $data) (global.get $table) (global.get $low)
            (i32.eq (global.get $heap) (global.get $stack)) (global.get $ready)))"#);
    let (recording, _) = run(&guest, &invoke("run", &[]));
    assert_eq!(returned(&recording), ["1024", "1", "5120", "1", "1"]);
}

/// `$main` calls `$jump` by way of `invoke_vi`; it jumps where its argument is not 0.
const JUMPS: &str = r#"(module
    (import "env" "invoke_vi" (func $invoke (param i32 i32)))
    (import "env" "_emscripten_throw_longjmp" (func $throw))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 2 funcref)
    (elem (i32.const 1) $jump)
    (global $stack (mut i32) (i32.const 1000))
    (global $threw (mut i32) (i32.const 0))
    (func (export "emscripten_stack_get_current") (result i32) (global.get $stack))
    (func (export "_emscripten_stack_restore") (param i32) (global.set $stack (local.get 0)))
    (func (export "setThrew") (param i32 i32) (global.set $threw (local.get 0)))
    (func $jump (param i32)
        (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
        (if (local.get 0) (then (call $throw))))
    (func (export "run") (param i32) (result i32 i32)
        (call $invoke (i32.const 1) (local.get 0))
        (global.get $stack) (global.get $threw))
    (func (export "lost") (call $throw)))"#;

#[test]
fn a_long_jump_ends_in_the_call_that_waits_for_it() {
    for (argument, expected) in [(0, ["984", "0"]), (1, ["1000", "1"])] {
        let (recording, _) = run(&wat(JUMPS), &invoke("run", &[Value::I32(argument)]));
        assert_eq!(returned(&recording), expected);
    }
    let (recording, _) = run(&wat(JUMPS), &invoke("lost", &[]));
    assert_eq!(trapped(&recording), "a long jump leads to no call that waits for one");
}

/// After a call that came back by way of the host the guest is on its first stack again: samples have whole stacks.
#[test]
fn samples_are_whole_after_a_call_back() {
    let guest = wat(r#"(module
        (import "env" "invoke_v" (func $invoke (param i32)))
        (memory (export "memory") 1)
        (table (export "__indirect_function_table") 2 funcref)
        (elem (i32.const 1) $back)
        (func $back)
        (func $work (local $at i32)
            (loop $again
                (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 200000000)))))
        (func (export "run") (call $invoke (i32.const 1)) (call $work)))"#);
    let (recording, _) = run(&guest, &invoke("run", &[]));
    let depths: Vec<_> =
        recording.samples.iter().map(|(_, stack, _)| recording.stacks.frames(stack).count()).collect();
    let whole = depths.iter().filter(|depth| **depth >= 2).count();
    assert!(depths.len() > 20 && whole * 10 > depths.len() * 9, "{whole} of {}", depths.len());
}

#[test]
fn what_a_browser_would_have_done_is_said() {
    let guest = wat(r#"(module
        (import "env" "__syscall_openat" (func $open (param i32 i32 i32 i32) (result i32)))
        (import "env" "__syscall_dup" (func $dup (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32)
            (call $open (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (func (export "idle")))"#);
    let said = |export| {
        let (recording, _) = run(&guest, &invoke(export, &[]));
        recording.meta.warnings.iter().filter(|warning| warning.contains("file system")).count()
    };
    assert_eq!((said("run"), said("idle")), (1, 0));
}

#[test]
fn go_for_browsers_is_refused_with_a_hint() {
    for module in ["go", "gojs"] {
        let text = format!(
            r#"(module (import "{module}" "runtime.wasmExit" (func (param i32))) (func (export "run")))"#
        );
        let error = try_run(&wat(&text), &stubbed(invoke("run", &[]))).unwrap_err();
        assert!(matches!(error, RecordError::GoForBrowsers), "{error}");
        assert!(error.to_string().contains("GOOS=wasip1 GOARCH=wasm"), "{error}");
    }
}
