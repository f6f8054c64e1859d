//! Real modules for browsers and libraries. Where one export after another has to be called, a small program does it
//! that imports them.

use crate::common::{invoke, link, returned, run, stubbed, try_run, wat};
use std::path::PathBuf;
use wasmscope_instrument::recording::Recording;
use wasmscope_instrument::{Guest, RunOptions, Value, missing_imports};
use wasmscope_symbolize::ModuleIndex;

/// A module of the corpus, or `None` with a word about it.
fn real(path: &str) -> Option<Guest> {
    let Some(dir) = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from).filter(|dir| dir.is_dir()) else {
        eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
        return None;
    };
    let bytes = std::fs::read(dir.join(path)).unwrap();
    Some(Guest { bytes: bytes.into(), name: path.into(), path: String::new() })
}

fn missing(guest: &Guest) -> Vec<String> {
    let missing = missing_imports(&ModuleIndex::parse(&guest.bytes).unwrap(), &[]).unwrap();
    missing.iter().map(|import| import.name.to_string()).collect()
}

fn run_driver(driver: &str, name: &str, library: Guest) -> (Recording, String) {
    let links = vec![link(name, library.bytes)];
    run(&wat(driver), &stubbed(RunOptions { links, ..invoke("run", &[]) }))
}

#[test]
fn what_real_modules_lack_is_their_own() {
    for (path, expected) in [
        ("modules/brotli-wasm-bindgen.wasm", &[][..]),
        ("toolchains/em-leaky.wasm", &[]),
        ("toolchains/as-nbody-O3-stripped.wasm", &[]),
        ("toolchains/rust-particles-bindgen.wasm", &["__wbg_plot_86a11e994a472ee5"]),
        (
            "modules/quickjs-debug-emptymap.wasm",
            &[
                "qts_host_call_function",
                "qts_host_interrupt_handler",
                "qts_host_load_module_source",
                "qts_host_normalize_module",
                "qts_host_ref_free",
            ],
        ),
        (
            "modules/web-tree-sitter-debug.wasm",
            &[
                "tree_sitter_log_callback",
                "tree_sitter_parse_callback",
                "tree_sitter_progress_callback",
                "tree_sitter_query_progress_callback",
            ],
        ),
        ("modules/tree-sitter-javascript-sidemodule.wasm", &["iswspace", "iswalpha"]),
    ] {
        let Some(guest) = real(path) else { return };
        assert_eq!(missing(&guest), expected, "{path}");
    }
}

#[test]
fn an_emscripten_program_runs_to_its_end() {
    for path in ["em-leaky", "em-leaky-emmalloc", "em-leaky-sepdwarf", "em-leaky-srcmap"] {
        let Some(guest) = real(&format!("toolchains/{path}.wasm")) else { return };
        let (recording, printed) = run(&guest, &invoke("main", &[Value::I32(0), Value::I32(0)]));
        assert_eq!(returned(&recording), ["0"], "{path}");
        assert!(printed.contains("live=105 log=470"), "{printed}");
        assert!(!recording.heap.is_empty());
    }
}

/// 100,000 bytes of text, compressed, decompressed and compared.
#[test]
fn brotli_gives_back_what_it_was_given() {
    let Some(library) = real("modules/brotli-wasm-bindgen.wasm") else { return };
    let driver = r#"(module
        (import "brotli" "memory" (memory 1))
        (import "brotli" "__wbindgen_malloc" (func $malloc (param i32) (result i32)))
        (import "brotli" "compress" (func $compress (param i32 i32 i32 i32)))
        (import "brotli" "decompress" (func $decompress (param i32 i32 i32)))
        (func $fill (param $to i32) (local $at i32)
            (loop $again
                (i32.store8 (i32.add (local.get $to) (local.get $at))
                    (i32.rem_u (i32.mul (local.get $at) (local.get $at)) (i32.const 251)))
                (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 100000)))))
        (func $is_same (param $a i32) (param $b i32) (result i32) (local $at i32)
            (loop $again
                (if (i32.ne (i32.load8_u (i32.add (local.get $a) (local.get $at)))
                            (i32.load8_u (i32.add (local.get $b) (local.get $at)))) (then (return (i32.const 0))))
                (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 100000))))
            (i32.const 1))
        (func (export "run") (result i32 i32 i32 i32) (local $answer i32) (local $text i32) (local $given i32) (local $packed i32)
            (local.set $answer (call $malloc (i32.const 16)))
            (local.set $text (call $malloc (i32.const 100000)))
            (local.set $given (call $malloc (i32.const 100000)))
            (call $fill (local.get $text))
            (call $fill (local.get $given))
            (call $compress (local.get $answer) (local.get $given) (i32.const 100000) (i32.const 128))
            (local.set $packed (i32.load offset=4 (local.get $answer)))
            (i32.load offset=12 (local.get $answer))
            (i32.and (i32.gt_u (local.get $packed) (i32.const 0)) (i32.lt_u (local.get $packed) (i32.const 50000)))
            (call $decompress (local.get $answer) (i32.load (local.get $answer)) (local.get $packed))
            (i32.load offset=4 (local.get $answer))
            (call $is_same (i32.load (local.get $answer)) (local.get $text))))"#;
    let (recording, _) = run_driver(driver, "brotli", library);
    assert_eq!(returned(&recording), ["0", "1", "100000", "1"]);
}

/// The same module measured itself: it compresses 4,096 bytes of its own data.
#[test]
fn brotli_is_measured_while_it_compresses() {
    let Some(guest) = real("modules/brotli-wasm-bindgen.wasm") else { return };
    let args = [64, 1_048_576, 4_096, 128].map(Value::I32);
    let (recording, _) = run(&guest, &invoke("compress", &args));
    assert!(returned(&recording).is_empty());
    assert!(recording.crossings.functions.iter().any(|row| row.calls > 0), "no helper was called");
    assert!(recording.samples.iter().count() > 0);
}

#[test]
fn quickjs_evaluates_a_script() {
    let Some(library) = real("modules/quickjs-debug-emptymap.wasm") else { return };
    let driver = r#"(module
        (import "quickjs" "memory" (memory 1))
        (import "quickjs" "malloc" (func $malloc (param i32) (result i32)))
        (import "quickjs" "QTS_NewRuntime" (func $runtime (result i32)))
        (import "quickjs" "QTS_NewContext" (func $context (param i32 i32) (result i32)))
        (import "quickjs" "QTS_Eval" (func $eval (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "quickjs" "QTS_GetFloat64" (func $number (param i32 i32) (result f64)))
        (data $script "let s = 0; for (let i = 1; i <= 1000; i++) s += i * Math.sqrt(4); s\00")
        (data $name "a.js\00")
        (func (export "run") (result f64) (local $script i32) (local $name i32) (local $context i32)
            (local.set $script (call $malloc (i32.const 100)))
            (local.set $name (call $malloc (i32.const 8)))
            (memory.init $script (local.get $script) (i32.const 0) (i32.const 68))
            (memory.init $name (local.get $name) (i32.const 0) (i32.const 5))
            (local.set $context (call $context (call $runtime) (i32.const 0)))
            (call $number (local.get $context)
                (call $eval (local.get $context) (local.get $script) (i32.const 67) (local.get $name) (i32.const 0) (i32.const 0)))))"#;
    let (recording, _) = run_driver(driver, "quickjs", library);
    assert_eq!(returned(&recording), ["1001000"]);
}

/// It is linked dynamically: memory, table, stack and heap are made for it.
#[test]
fn tree_sitter_sets_itself_up() {
    let Some(guest) = real("modules/web-tree-sitter-debug.wasm") else { return };
    let (recording, _) = run(&guest, &stubbed(invoke("ts_init", &[])));
    let address: i64 = returned(&recording)[0].parse().unwrap();
    assert!(address > 1_024, "{address}");
    let (recording, _) = run(&guest, &stubbed(invoke("ts_parser_new_wasm", &[])));
    assert!(!recording.heap.is_empty());
    let error = try_run(&guest, &invoke("ts_init", &[])).unwrap_err().to_string();
    assert!(error.contains("env.tree_sitter_log_callback: function"), "{error}");
}

/// What the grammar lacks comes from the parser's exports.
#[test]
fn a_grammar_runs_with_what_the_parser_exports() {
    let Some(grammar) = real("modules/tree-sitter-javascript-sidemodule.wasm") else { return };
    let Some(parser) = real("modules/web-tree-sitter-debug.wasm") else { return };
    let options =
        RunOptions { links: vec![link("env", parser.bytes)], ..invoke("tree_sitter_javascript", &[]) };
    let (recording, _) = run(&grammar, &stubbed(options));
    let language: i64 = returned(&recording)[0].parse().unwrap();
    assert!(language >= 1_024, "{language}");
}

/// The energy of the planets stays what it was.
#[test]
fn an_assemblyscript_library_runs_its_steps() {
    for path in ["toolchains/as-nbody-incremental-debug.wasm", "toolchains/as-nbody-O3-stripped.wasm"] {
        let Some(library) = real(path) else { return };
        let driver = r#"(module
            (import "nbody" "init" (func $init (param i32)))
            (import "nbody" "energy" (func $energy (result f64)))
            (import "nbody" "run" (func $run (param i32) (result f64)))
            (func (export "run") (result f64 f64)
                (call $init (i32.const 5))
                (call $energy)
                (drop (call $run (i32.const 1000)))
                (call $energy)))"#;
        let (recording, _) = run_driver(driver, "nbody", library);
        let energies: Vec<f64> = returned(&recording).iter().map(|value| value.parse().unwrap()).collect();
        assert!((energies[0] - energies[1]).abs() < 0.05 * energies[0].abs(), "{path}: {energies:?}");
    }
}

/// A program of wasm-bindgen's with references: it draws by a function of its own JavaScript, which is stubbed.
#[test]
fn particles_move_and_are_drawn() {
    let Some(library) = real("toolchains/rust-particles-bindgen.wasm") else { return };
    let driver = r#"(module
        (import "particles" "world_new" (func $new (param i32) (result i32)))
        (import "particles" "world_step" (func $step (param i32 f64)))
        (import "particles" "world_draw_chatty" (func $draw (param i32)))
        (func (export "run") (local $world i32) (local $at i32)
            (local.set $world (call $new (i32.const 1000)))
            (loop $again
                (call $step (local.get $world) (f64.const 0.01))
                (call $draw (local.get $world))
                (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 10))))))"#;
    let (recording, printed) = run_driver(driver, "particles", library);
    assert!(returned(&recording).is_empty());
    let plotted = recording.meta.warnings.iter().find(|warning| warning.contains("__wbg_plot_"));
    assert!(plotted.is_some_and(|warning| warning.contains("10000 times")), "{plotted:?} {printed}");
}
