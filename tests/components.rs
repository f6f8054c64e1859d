//! Components by the command line.

use std::fs;
use std::path::Path;
use wasmscope_tests::wasmscope;

/// A library that counts the bytes of a text and keeps a copy of it.
const LIBRARY: &str = r#"(component $library
    (core module $program
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 1024))
        (func $malloc (param $size i32) (result i32)
            (global.get $next) (global.set $next (i32.add (global.get $next) (local.get $size))))
        (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $malloc (local.get 3)))
        (func $count (export "count") (param i32 i32) (result i32) (drop (call $malloc (i32.const 24))) (local.get 1))
        (func (export "fail") unreachable))
    (core instance $i (instantiate $program))
    (alias core export $i "memory" (core memory $memory))
    (func $count (param "text" string) (result u32)
        (canon lift (core func $i "count") (memory $memory) (realloc (func $i "cabi_realloc"))))
    (func $fail (canon lift (core func $i "fail")))
    (instance $texts (export "count" (func $count)))
    (export "demo:text/stats@1.0.0" (instance $texts))
    (export "fail" (func $fail)))"#;

fn library(dir: &Path) {
    fs::write(dir.join("library.wasm"), wat::parse_str(LIBRARY).unwrap()).unwrap();
}

fn said(output: &std::process::Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_in_a_component_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path());
    let (text, _) = said(&wasmscope(dir.path(), &["info", "library.wasm"]));
    let line = |words: &[&str]| text.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(line(&["a component, a library"]), "{text}");
    assert!(line(&["demo:text/stats@1.0.0#count", "(text: string) -> u32"]), "{text}");
    assert!(line(&["program", "4"]), "{text}");
    let (json, _) = said(&wasmscope(dir.path(), &["info", "library.wasm", "--json"]));
    let info: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&info["is_component"], &info["is_command"]), (&true.into(), &false.into()));
    assert_eq!(info["core_modules"][0]["name"], "program");
}

#[test]
fn a_component_is_called_recorded_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path());
    let call = r#"demo:text/stats#count("a \"text\"")"#;
    let words = ["record", "library.wasm", "--invoke", call, "--times", "3", "-o", "run.wscope"];
    let output = wasmscope(dir.path(), &words);
    let (_, note) = said(&output);
    assert!(output.status.success() && note.contains("returned 8"), "{note}");
    let (heap, _) = said(&wasmscope(dir.path(), &["report", "run.wscope", "--view", "heap"]));
    assert!(heap.contains("6 allocations"), "the text and the block, three times: {heap}");
    assert!(heap.contains("24 B  realloc"), "what the canonical ABI allocates: {heap}");
    let (wat, _) =
        said(&wasmscope(dir.path(), &["report", "run.wscope", "--view", "wat", "--function", "count"]));
    assert!(wat.contains("i32.const 24"), "{wat}");
}

#[test]
fn what_goes_wrong_in_a_component_is_said() {
    let dir = tempfile::tempdir().unwrap();
    library(dir.path());
    let run = |words: &[&str]| {
        wasmscope(dir.path(), &[&["record", "library.wasm", "-o", "run.wscope"], words].concat())
    };
    for (words, sentence) in [
        (&[][..], "the component is no command"),
        (&["--invoke", "sum(1)"], "demo:text/stats@1.0.0#count(text: string) -> u32"),
        (&["--invoke", "count(1)"], "count(text: string) -> u32"),
        (&["--invoke", "count", "--arg", "i32:3"], "in parentheses"),
    ] {
        let output = run(words);
        let (_, note) = said(&output);
        assert!(!output.status.success() && note.contains(sentence), "{words:?}: {note}");
        assert!(!dir.path().join("run.wscope").exists(), "{words:?}");
    }
    let output = run(&["--invoke", "fail"]);
    let (_, note) = said(&output);
    assert!(note.contains("unreachable"), "{note}");
    assert!(dir.path().join("run.wscope").exists());
}
