//! Each line of each table: what it answers, and that it is used for no other type.

use crate::common::{invoke, returned, run, trapped, try_run, wat};
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{RecordError, missing_imports};
use wasmscope_symbolize::ModuleIndex;

const BINDGEN: &str = "./x_bg.js";

/// A module that imports one function and calls it: `ty` is its type in the text format, `args` what it is called with.
/// At 16 stands "text" with a zero, at 32 the same as AssemblyScript has it, `malloc` gives out from 4096.
fn module(import: (&str, &str), ty: &str, args: &str, then: &str) -> String {
    let result = ty.split_once("(result").map_or(String::new(), |(_, result)| format!("(result{result}"));
    let (from, name) = import;
    format!(
        r#"(module
        (import "{from}" "{name}" (func $f {ty}))
        (memory (export "memory") 1 4)
        (table (export "__wbindgen_externrefs") 4 externref)
        (func (export "__wbindgen_malloc") (param i32 i32) (result i32) (i32.const 4096))
        (data (i32.const 16) "text\00")
        (data (i32.const 28) "\08\00\00\00t\00e\00x\00t\00")
        (func (export "run") {} (call $f {args}) {then}))"#,
        if then.is_empty() { result } else { "(result i32)".to_owned() },
    )
}

const I: &str = "(param i32)";
const II: &str = "(param i32 i32)";

#[test]
fn what_is_answered_is_told() {
    for (import, ty, args, expected) in [
        (("env", "Math.sin"), "(param f64) (result f64)", "(f64.const 0)", "0"),
        (("env", "Math.pow"), "(param f64 f64) (result f64)", "(f64.const 2) (f64.const 10)", "1024"),
        (("env", "Math.fround"), "(param f64) (result f32)", "(f64.const 0.1)", "0.1"),
        (("Math", "max"), "(param f64 f64) (result f64)", "(f64.const 2) (f64.const 3)", "3"),
        (("env", "emscripten_math_floor"), "(param f64) (result f64)", "(f64.const 2.5)", "2"),
        ((BINDGEN, "__wbg_floor_0123456789abcdef"), "(param f64) (result f64)", "(f64.const 2.5)", "2"),
        (("env", "emscripten_resize_heap"), "(param i32) (result i32)", "(i32.const 131072)", "1"),
        (("env", "emscripten_resize_heap"), "(param i32) (result i32)", "(i32.const 262145)", "0"),
        (("env", "emscripten_get_heap_max"), "(result i32)", "", "262144"),
        (
            ("env", "emscripten_memcpy_big"),
            "(param i32 i32 i32) (result i32)",
            "(i32.const 64) (i32.const 16) (i32.const 4)",
            "64",
        ),
        (("env", "_emscripten_get_now_is_monotonic"), "(result i32)", "", "1"),
        (("env", "emscripten_get_now_res"), "(result f64)", "", "1000"),
        (("env", "getentropy"), "(param i32 i32) (result i32)", "(i32.const 0) (i32.const 8)", "0"),
        (("env", "getTempRet0"), "(result i32)", "", "0"),
        (("env", "_setitimer_js"), "(param i32 f64) (result i32)", "(i32.const 0) (f64.const 1)", "0"),
        (("env", "emscripten_num_logical_cores"), "(result i32)", "", "1"),
        (("env", "emscripten_has_asyncify"), "(result i32)", "", "0"),
        (("env", "_emscripten_sanitizer_get_option"), "(param i32) (result i32)", "(i32.const 16)", "0"),
        (("env", "_emscripten_sanitizer_use_colors"), "(result i32)", "", "0"),
        (("env", "emscripten_stack_snapshot"), "(result i32)", "", "0"),
        (
            ("env", "emscripten_stack_unwind_buffer"),
            "(param i32 i32 i32) (result i32)",
            "(i32.const 0) (i32.const 0) (i32.const 0)",
            "0",
        ),
        (("env", "emscripten_return_address"), "(param i32) (result i32)", "(i32.const 0)", "0"),
        (("env", "emscripten_pc_get_line"), "(param i32) (result i32)", "(i32.const 0)", "0"),
        (
            ("env", "__syscall_openat"),
            "(param i32 i32 i32 i32) (result i32)",
            "(i32.const 0) (i32.const 16) (i32.const 0) (i32.const 0)",
            "-44",
        ),
        (("env", "__syscall_dup"), "(param i32) (result i32)", "(i32.const 0)", "-52"),
        (("env", "_mmap_js"), "(param i32 i64) (result i32)", "(i32.const 0) (i64.const 0)", "-52"),
        (
            ("wbg", "__wbindgen_string_new"),
            "(param i32 i32) (result i32)",
            "(i32.const 16) (i32.const 4)",
            "132",
        ),
        (
            ("wbg", "__wbindgen_error_new"),
            "(param i32 i32) (result i32)",
            "(i32.const 16) (i32.const 4)",
            "132",
        ),
        (("wbg", "__wbindgen_number_new"), "(param f64) (result i32)", "(f64.const 1)", "132"),
        (("wbg", "__wbindgen_bigint_from_i64"), "(param i64) (result i32)", "(i64.const 1)", "132"),
        (("wbg", "__wbindgen_bigint_from_u64"), "(param i64) (result i32)", "(i64.const 1)", "132"),
        (("wbg", "__wbindgen_memory"), "(result i32)", "", "132"),
        (("wbg", "__wbindgen_object_clone_ref"), "(param i32) (result i32)", "(i32.const 129)", "132"),
        (("wbg", "__wbindgen_is_undefined"), "(param i32) (result i32)", "(i32.const 128)", "1"),
        (("wbg", "__wbindgen_is_null"), "(param i32) (result i32)", "(i32.const 129)", "1"),
        (("wbg", "__wbindgen_is_object"), "(param i32) (result i32)", "(i32.const 129)", "0"),
        (("wbg", "__wbindgen_is_falsy"), "(param i32) (result i32)", "(i32.const 131)", "1"),
        (("wbg", "__wbindgen_not"), "(param i32) (result i32)", "(i32.const 130)", "0"),
        (("wbg", "__wbindgen_is_function"), "(param i32) (result i32)", "(i32.const 128)", "0"),
        (("wbg", "__wbindgen_is_string"), "(param i32) (result i32)", "(i32.const 128)", "0"),
        (
            ("wbg", "__wbindgen_jsval_eq"),
            "(param i32 i32) (result i32)",
            "(i32.const 128) (i32.const 129)",
            "0",
        ),
        (
            ("wbg", "__wbindgen_jsval_loose_eq"),
            "(param i32 i32) (result i32)",
            "(i32.const 128) (i32.const 129)",
            "1",
        ),
        (("wbg", "__wbindgen_boolean_get"), "(param i32) (result i32)", "(i32.const 130)", "1"),
        (("wbg", "__wbindgen_boolean_get"), "(param i32) (result i32)", "(i32.const 128)", "2"),
        (
            (BINDGEN, "__wbg___wbindgen_boolean_get_0123456789abcdef"),
            "(param externref) (result i32)",
            "(ref.null extern)",
            "16777215",
        ),
        (("wbg", "__wbindgen_as_number"), "(param i32) (result f64)", "(i32.const 130)", "1"),
        (("wbg", "__wbg_crypto_0123456789abcdef"), "(param i32) (result i32)", "(i32.const 128)", "132"),
        (("wbg", "__wbg_self_0123456789abcdef"), "(result i32)", "", "132"),
        (("wbg", "__wbg_newwithlength_0123456789abcdef"), "(param i32) (result i32)", "(i32.const 8)", "132"),
        (
            ("wbg", "__wbg_getTimezoneOffset_0123456789abcdef"),
            "(param i32) (result f64)",
            "(i32.const 128)",
            "0",
        ),
    ] {
        let (recording, _) = run(&wat(&module(import, ty, args, "")), &invoke("run", &[]));
        assert_eq!(returned(&recording), [expected], "{import:?}");
    }
}

#[test]
fn clocks_and_chance_go_on() {
    for (import, least, most) in [
        (("env", "seed"), 0.0, 1e13),
        (("env", "Math.random"), 0.0, 1.0),
        (("env", "Date.now"), 1.6e12, 1e13),
        (("env", "performance.now"), 0.0, 1e5),
        (("env", "emscripten_get_now"), 0.0, 1e5),
        (("env", "emscripten_performance_now"), 0.0, 1e5),
        (("env", "emscripten_date_now"), 1.6e12, 1e13),
        ((BINDGEN, "__wbg_now_0123456789abcdef"), 1.6e12, 1e13),
        ((BINDGEN, "__wbg_random_0123456789abcdef"), 0.0, 1.0),
    ] {
        let (recording, _) = run(&wat(&module(import, "(result f64)", "", "")), &invoke("run", &[]));
        let value: f64 = returned(&recording)[0].parse().unwrap();
        assert!((least..most).contains(&value), "{import:?}: {value}");
    }
}

#[test]
fn what_is_written_stands_in_the_memory() {
    let text = "(i32.load (i32.const 64))";
    for (import, ty, args, then, expected) in [
        (
            ("env", "emscripten_memcpy_js"),
            "(param i32 i32 i32)",
            "(i32.const 64) (i32.const 16) (i32.const 4)",
            text,
            i32::from_le_bytes(*b"text"),
        ),
        (
            ("env", "_emscripten_get_progname"),
            II,
            "(i32.const 64) (i32.const 5)",
            text,
            i32::from_le_bytes(*b"this"),
        ),
        (
            ("env", "_tzset_js"),
            "(param i32 i32 i32 i32)",
            "(i32.const 48) (i32.const 52) (i32.const 64) (i32.const 72)",
            text,
            i32::from_le_bytes(*b"UTC\0"),
        ),
        (
            ("env", "_localtime_js"),
            "(param i64 i32)",
            "(i64.const 951782400) (i32.const 64)",
            "(i32.load offset=12 (i32.const 64))",
            29,
        ),
        (
            ("env", "_gmtime_js"),
            "(param i64 i32)",
            "(i64.const 951782400) (i32.const 64)",
            "(i32.load offset=20 (i32.const 64))",
            100,
        ),
        (("wbg", "__wbindgen_number_get"), II, "(i32.const 64) (i32.const 128)", text, 0),
        (("wbg", "__wbindgen_bigint_get_as_i64"), II, "(i32.const 64) (i32.const 128)", text, 0),
        (("wbg", "__wbindgen_string_get"), II, "(i32.const 64) (i32.const 128)", text, 0),
        (
            ("wbg", "__wbindgen_debug_string"),
            II,
            "(i32.const 64) (i32.const 129)",
            "(i32.load (i32.const 4096))",
            i32::from_le_bytes(*b"null"),
        ),
        (
            ("wbg", "__wbindgen_json_serialize"),
            II,
            "(i32.const 64) (i32.const 130)",
            "(i32.load offset=4 (i32.const 64))",
            4,
        ),
        (("wbg", "__wbg_stack_0123456789abcdef"), II, "(i32.const 64) (i32.const 128)", text, 4_096),
        ((BINDGEN, "__wbindgen_init_externref_table"), "", "", "(table.size 0)", 8),
    ] {
        let (recording, _) = run(&wat(&module(import, ty, args, then)), &invoke("run", &[]));
        assert_eq!(returned(&recording), [expected.to_string()], "{import:?}");
    }
}

#[test]
fn what_is_printed_goes_to_the_guests_output() {
    let trace = "(param i32 i32 f64 f64 f64 f64 f64)";
    let numbers = "(f64.const 1.5) (f64.const 2) (f64.const 0) (f64.const 0) (f64.const 0)";
    for (import, ty, args, expected) in [
        (("env", "console.log"), I, "(i32.const 32)", "text\n"),
        (("env", "console.warn"), I, "(i32.const 32)", "text\n"),
        (("env", "console.assert"), II, "(i32.const 0) (i32.const 32)", "assertion failed: text\n"),
        (("env", "console.assert"), II, "(i32.const 1) (i32.const 32)", ""),
        (("env", "console.time"), I, "(i32.const 32)", ""),
        (("env", "trace"), trace, &format!("(i32.const 32) (i32.const 2) {numbers}"), "trace: text 1.5 2\n"),
        (("env", "emscripten_console_log"), I, "(i32.const 16)", "text\n"),
        (("env", "emscripten_console_error"), I, "(i32.const 16)", "text\n"),
        (("env", "emscripten_out"), I, "(i32.const 16)", "text\n"),
        (("env", "emscripten_errn"), II, "(i32.const 16) (i32.const 2)", "te\n"),
        ((BINDGEN, "__wbg_log_0123456789abcdef"), II, "(i32.const 16) (i32.const 4)", "text\n"),
        ((BINDGEN, "__wbg_error_0123456789abcdef"), I, "(i32.const 130)", "true\n"),
        ((BINDGEN, "__wbg_warn_0123456789abcdef"), "(param externref)", "(ref.null extern)", "null\n"),
    ] {
        let (recording, printed) = run(&wat(&module(import, ty, args, "")), &invoke("run", &[]));
        assert!(returned(&recording).is_empty());
        assert_eq!(printed, expected, "{import:?}");
    }
}

#[test]
fn what_ends_a_program_says_why() {
    let four = "(param i32 i32 i32 i32)";
    for (import, ty, args, expected) in [
        (
            ("env", "abort"),
            four,
            "(i32.const 32) (i32.const 32) (i32.const 3) (i32.const 7)",
            "abort: text in text:3:7",
        ),
        (("env", "abort"), "", "", "abort was called"),
        (("env", "_abort_js"), "", "", "abort was called"),
        (
            ("env", "__assert_fail"),
            four,
            "(i32.const 16) (i32.const 16) (i32.const 9) (i32.const 0)",
            "assertion failed: text, at text:9, ",
        ),
        (("env", "segfault"), "", "", "segmentation fault: an access of address 0 or past the memory"),
        (("env", "alignfault"), "", "", "alignment fault"),
        (("env", "_emscripten_throw_longjmp"), "", "", "a long jump leads to no call that waits for one"),
        (
            ("env", "emscripten_longjmp"),
            II,
            "(i32.const 0) (i32.const 0)",
            "a long jump leads to no call that waits for one",
        ),
        (
            ("env", "__cxa_throw"),
            "(param i32 i32 i32)",
            "(i32.const 0) (i32.const 0) (i32.const 0)",
            "a C++ exception was thrown, and nothing catches it",
        ),
        (("env", "invoke_v"), I, "(i32.const 5)", "invoke_v: no function 5 in the program's table"),
        (
            ("env", "emscripten_memcpy_js"),
            "(param i32 i32 i32)",
            "(i32.const -1) (i32.const 16) (i32.const 4)",
            "emscripten_memcpy_js: a pointer leads out of the memory",
        ),
        (("wbg", "__wbindgen_throw"), II, "(i32.const 16) (i32.const 4)", "text"),
        (
            ("wbg", "__wbindgen_throw"),
            II,
            "(i32.const 16) (i32.const -1)",
            "__wbindgen_throw: a pointer leads out of the memory",
        ),
        (("wbg", "__wbindgen_rethrow"), I, "(i32.const 128)", "undefined"),
    ] {
        let (recording, _) = run(&wat(&module(import, ty, args, "")), &invoke("run", &[]));
        assert_eq!(trapped(&recording), expected, "{import:?}");
    }
    for name in ["exit", "_exit", "emscripten_force_exit"] {
        let (recording, _) = run(&wat(&module(("env", name), I, "(i32.const 3)", "")), &invoke("run", &[]));
        assert_eq!(recording.outcome, Outcome::Exited { code: 3 });
    }
}

#[test]
fn what_only_has_to_be_there_does_nothing() {
    for (import, ty, args) in [
        (("env", "emscripten_notify_memory_growth"), I, "(i32.const 0)"),
        (("env", "setTempRet0"), I, "(i32.const 0)"),
        (("env", "_emscripten_runtime_keepalive_clear"), "", ""),
        (("env", "_embind_register_void"), II, "(i32.const 0) (i32.const 16)"),
        (("env", "_embind_finalize_value_object"), I, "(i32.const 0)"),
        (("wbg", "__wbindgen_object_drop_ref"), I, "(i32.const 500)"),
        (("wbg", "__wbg_getRandomValues_0123456789abcdef"), II, "(i32.const 64) (i32.const 8)"),
    ] {
        let (recording, _) = run(&wat(&module(import, ty, args, "")), &invoke("run", &[]));
        assert!(returned(&recording).is_empty(), "{import:?}");
    }
}

#[test]
fn another_type_or_module_is_missing() {
    for (import, ty, args) in [
        (("env", "abort"), I, "(i32.const 0)"),
        (("env", "seed"), "(result f32)", ""),
        (("env", "emscripten_resize_heap"), "(param i64) (result i32)", "(i64.const 0)"),
        (("a", "emscripten_get_now"), "(result f64)", ""),
        (("env", "__wbindgen_throw"), II, "(i32.const 0) (i32.const 0)"),
        (("wbg", "__wbg_plot_0123456789abcdef"), II, "(i32.const 0) (i32.const 0)"),
        (("./x.js", "__wbindgen_throw"), II, "(i32.const 0) (i32.const 0)"),
    ] {
        let guest = wat(&module(import, ty, args, ""));
        let missing = missing_imports(&ModuleIndex::parse(&guest.bytes).unwrap(), &[]).unwrap();
        assert_eq!(missing.len(), 1, "{import:?}");
        let error = try_run(&guest, &invoke("run", &[])).unwrap_err();
        assert!(matches!(error, RecordError::UnknownImports { .. }), "{error}");
    }
}

/// A string goes to JavaScript and back, and is gone when its handle is let go.
#[test]
fn a_text_comes_back_by_its_handle() {
    let guest = wat(r#"(module
        (import "wbg" "__wbindgen_string_new" (func $new (param i32 i32) (result i32)))
        (import "wbg" "__wbindgen_string_get" (func $get (param i32 i32)))
        (import "wbg" "__wbindgen_object_drop_ref" (func $drop (param i32)))
        (import "wbg" "__wbindgen_is_undefined" (func $is_undefined (param i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "text")
        (func (export "__wbindgen_malloc") (param i32) (result i32) (i32.const 4096))
        (func (export "run") (result i32 i32 i32) (local $text i32)
            (local.set $text (call $new (i32.const 16) (i32.const 4)))
            (call $get (i32.const 64) (local.get $text))
            (call $drop (local.get $text))
            (i32.load (i32.load (i32.const 64)))
            (i32.load (i32.const 68))
            (call $is_undefined (local.get $text))))"#);
    let (recording, _) = run(&guest, &invoke("run", &[]));
    assert_eq!(returned(&recording), [i32::from_le_bytes(*b"text").to_string(), "4".into(), "1".into()]);
}

/// The same with references, which the engine collects: a great many of them have room one after another.
#[test]
fn texts_are_collected_where_they_are_references() {
    let guest = wat(r#"(module
        (import "./x_bg.js" "__wbg___wbindgen_string_new_0123456789abcdef"
            (func $new (param i32 i32) (result externref)))
        (import "./x_bg.js" "__wbg_length_0123456789abcdef" (func $length (param externref) (result i32)))
        (memory (export "memory") 40)
        (func (export "run") (result i32) (local $at i32) (local $sum i32)
            (loop $again
                (local.set $sum (i32.add (local.get $sum) (call $length (call $new (i32.const 0) (i32.const 1000000)))))
                (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 300))))
            (local.get $sum)))"#);
    let (recording, _) = run(&guest, &invoke("run", &[]));
    assert_eq!(returned(&recording), ["300000000"]);
}

/// As `getrandom` does it: the way to `crypto`, an array, a part of it, random values, and into the memory.
#[test]
fn random_values_come_by_way_of_an_array() {
    let guest = wat(r#"(module
        (import "wbg" "__wbg_static_accessor_GLOBAL_THIS_0123456789abcdef" (func $global (result i32)))
        (import "wbg" "__wbg_crypto_0123456789abcdef" (func $crypto (param i32) (result i32)))
        (import "wbg" "__wbindgen_is_object" (func $is_object (param i32) (result i32)))
        (import "wbg" "__wbg_new_with_length_0123456789abcdef" (func $array (param i32) (result i32)))
        (import "wbg" "__wbg_subarray_0123456789abcdef" (func $part (param i32 i32 i32) (result i32)))
        (import "wbg" "__wbg_getRandomValues_0123456789abcdef" (func $fill (param i32 i32)))
        (import "wbg" "__wbindgen_memory" (func $memory (result i32)))
        (import "wbg" "__wbg_buffer_0123456789abcdef" (func $buffer (param i32) (result i32)))
        (import "wbg" "__wbg_new_0123456789abcdef" (func $view (param i32) (result i32)))
        (import "wbg" "__wbg_set_0123456789abcdef" (func $set (param i32 i32 i32)))
        (import "wbg" "__wbg_length_0123456789abcdef" (func $length (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "run") (result i32 i32 i32 i64) (local $crypto i32) (local $array i32)
            (local.set $crypto (call $crypto (call $global)))
            (call $is_object (local.get $crypto))
            (local.set $array (call $array (i32.const 100)))
            (call $fill (local.get $crypto) (call $part (local.get $array) (i32.const 0) (i32.const 8)))
            (call $set (call $view (call $buffer (call $memory))) (local.get $array) (i32.const 1000))
            (call $length (local.get $array))
            (i64.eqz (i64.load (i32.const 1000)))
            (i64.load (i32.const 1008))))"#);
    let (recording, _) = run(&guest, &invoke("run", &[]));
    assert_eq!(returned(&recording), ["1", "100", "0", "0"]);
}
