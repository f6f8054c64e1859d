//! What is wrong gets one clear sentence on standard error and a failing exit code; nothing panics, nothing is lost.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use wasmscope_tests::{program, sample_module, wasmscope};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs the program in a folder with the files that the cases name.
fn refused(words: &[&str], sentence: &str) {
    let dir = tempfile::tempdir().unwrap();
    let module = fs::read(sample_module("library", "library.wasm")).unwrap();
    fs::write(dir.path().join("library.wasm"), &module).unwrap();
    fs::write(dir.path().join("cut.wasm"), &module[..module.len() / 2]).unwrap();
    fs::write(dir.path().join("text.wasm"), "(module)").unwrap();
    fs::write(dir.path().join("newer.wscope"), b"wscope\r\n\xff\x00\x00\x00 and more than the head of it")
        .unwrap();
    let unknown = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0c\x01\x03env\x04draw\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\x01\x0a\x04\x01\x02\0\x0b";
    fs::write(dir.path().join("unknown.wasm"), unknown).unwrap();
    let before = listing(dir.path());
    let output = wasmscope(dir.path(), words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{words:?} was taken");
    assert!(stderr.contains(sentence), "{words:?}: {stderr}");
    assert!(!stderr.contains("panicked"), "{words:?}: {stderr}");
    assert!(stderr.trim_end().lines().count() == 1 || output.status.code() == Some(2), "{words:?}: {stderr}");
    assert_eq!(listing(dir.path()), before, "{words:?} left something behind");
}

fn listing(dir: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(dir).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = entries.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn each_mistake_has_its_sentence() {
    for (words, sentence) in [
        (&["record", "missing.wasm"][..], "missing.wasm: "),
        (&["record", "text.wasm"], "text.wasm: "),
        (&["record", "cut.wasm"], "cut.wasm: "),
        (&["record", "unknown.wasm"], "env.draw: function"),
        (&["record", "unknown.wasm", "--link", "env"], "NAME=FILE"),
        (&["record", "unknown.wasm", "--link", "env=missing.wasm"], "missing.wasm: "),
        (&["record", "unknown.wasm", "--link", "env=library.wasm"], "env.draw: function"),
        (&["record", "unknown.wasm", "--imports", "stub,env.draw=refuse"], "env.draw: function"),
        (&["record", "unknown.wasm", "--imports", "env.draw=nothing"], "none of refuse, stub and trap"),
        (&["record", "library.wasm"], "exports no `_start`"),
        (&["record", "library.wasm", "--invoke", "fob"], "no exported function `fob`"),
        (&["record", "library.wasm", "--invoke", "fib"], "`fib` takes (i32)"),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "i64:3"], "was given (i64)"),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "thirty"], "TYPE:VALUE"),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "--dir", "nowhere"], "nowhere: "),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "--stdin", "nothing"], "nothing: "),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "--stdin", "."], "is a directory"),
        (
            &["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "-o", "no/where.wscope"],
            "no/where.wscope",
        ),
        (
            &["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "-o", "./library.wasm"],
            "the module itself",
        ),
        (
            &["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "-o", "cut.wasm"],
            "it is no recording",
        ),
        (&["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "--max-memory", "1K"], "asks for"),
        (
            &["record", "library.wasm", "--invoke", "fib", "--arg", "i32:3", "--max-stack", "1K"],
            "a stack of 1024 bytes can't be had",
        ),
        (&["record", "library.wasm", "--measure", ""], "is not a measure"),
        (
            &["instrument", "library.wasm", "--measure", "growth", "-o", "library.wasm"],
            "the file that is read",
        ),
        (&["record", "library.wasm", "--measure", "heat"], "`heat` is not a measure"),
        (&["report", "missing.wscope"], "missing.wscope: "),
        (&["report", "library.wasm"], "wasmscope record"),
        (&["report", "newer.wscope"], "newer"),
        (&["export", "cut.wasm", "--format", "svg"], "cut.wasm: "),
        (&["info", "text.wasm"], "text.wasm: "),
        (&["symbolize", "missing.wasm", "1"], "missing.wasm: "),
        (&["symbolize", "cut.wasm", "1"], "cut.wasm: "),
        (&["instrument", "cut.wasm", "-o", "out.wasm"], "cut.wasm: "),
    ] {
        refused(words, sentence);
    }
}

#[test]
fn a_recording_cut_in_the_middle_shows_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("whole.wscope");
    let module = sample_module("fragment", "before.wasm");
    assert!(wasmscope(dir.path(), &["record", text(&module), "-o", text(&recording)]).status.success());
    let bytes = fs::read(&recording).unwrap();
    let cut = dir.path().join("cut.wscope");
    fs::write(&cut, &bytes[..bytes.len() * 19 / 20]).unwrap();
    let output = wasmscope(dir.path(), &["report", text(&cut)]);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("before.wasm") && said.contains("damaged at byte"), "{said}");
}

#[test]
fn a_killed_recorder_leaves_a_recording() {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("library", "library.wasm");
    let mut recorder = Command::new(program())
        .args(["record", text(&module), "--invoke", "spin_forever", "-o", "killed.wscope"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(3));
    recorder.kill().unwrap();
    recorder.wait().unwrap();
    let files: Vec<_> = listing(dir.path());
    let output = wasmscope(dir.path(), &["report", &files[0], "--view", "functions", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let spinning = &report["functions"][0];
    assert_eq!(spinning["name"], "spin_forever", "{files:?}");
    assert!(spinning["self"].as_u64().unwrap() > 500_000_000, "{spinning}");
}

#[test]
fn who_waits_for_input_that_never_comes_ends_at_the_time_limit() {
    let dir = tempfile::tempdir().unwrap();
    let reader = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\20\00\00\00\05\00\00\00")
        (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;
    fs::write(dir.path().join("reader.wasm"), wat::parse_str(reader).unwrap()).unwrap();
    let mut recorder = Command::new(program())
        .args(["record", "reader.wasm", "--timeout", "300ms"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let input = recorder.stdin.take();
    assert_eq!(recorder.wait().unwrap().code(), Some(124));
    drop(input);
    let output = wasmscope(dir.path(), &["report", "reader.wscope", "--view", "boundary", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report.to_string().contains("fd_read"), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("library", "library.wasm");
    let words = ["record", text(&module), "--invoke", "fib", "--arg", "i32:20", "-o", "/dev/full"];
    let output = wasmscope(dir.path(), &words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("No space left") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn what_the_program_did_is_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let library = sample_module("library", "library.wasm");
    let code = |more: &[&str]| {
        let words = [&["record", text(&library), "-o", "run.wscope"], more].concat();
        wasmscope(dir.path(), &words).status.code()
    };
    assert_eq!(code(&["--invoke", "fib", "--arg", "i32:5"]), Some(0));
    assert_eq!(code(&["--invoke", "trap_now"]), Some(134));
    assert_eq!(code(&["--invoke", "spin_forever", "--timeout", "200ms"]), Some(124));
    assert_eq!(code(&["--invoke", "spin_forever", "--fuel", "100000"]), Some(124));
    assert_eq!(code(&["--invoke", "fib", "--arg", "i32:5", "--fuel", "100000"]), Some(0));
}

#[test]
fn quiet_means_quiet() {
    let dir = tempfile::tempdir().unwrap();
    let library = sample_module("library", "library.wasm");
    let output =
        wasmscope(dir.path(), &["record", "-q", text(&library), "--invoke", "fib", "--arg", "i32:5"]);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    assert!(dir.path().join("library.wscope").exists());
}
