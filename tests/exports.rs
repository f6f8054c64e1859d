//! What is written for other programs, read by them where they are there, against what the reports say.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasmscope_tests::{sample_module, wasmscope};

struct Recorded {
    dir: tempfile::TempDir,
}

impl Recorded {
    fn new(sample: &str, file: &str) -> Self {
        let recorded = Recorded { dir: tempfile::tempdir().unwrap() };
        let module = sample_module(sample, file);
        recorded.does(&["record", text(&module), "-q", "-o", "run.wscope"]);
        recorded
    }

    fn does(&self, words: &[&str]) -> Vec<u8> {
        let output = wasmscope(self.dir.path(), words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn heap(&self) -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json"];
        serde_json::from_slice(&self.does(&words)).unwrap()
    }

    fn export(&self, format: &str) -> PathBuf {
        self.does(&["export", "run.wscope", "--format", format, "-o", format]);
        self.dir.path().join(format)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_heap_for_dhat_has_the_sums_of_the_report() {
    for (sample, file) in [("fragment", "before.wasm"), ("json", "json.wasm")] {
        let recorded = Recorded::new(sample, file);
        let (heap, path) = (recorded.heap(), recorded.export("dhat"));
        let dhat: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let points = dhat["pps"].as_array().unwrap();
        let sum =
            |key: &str| Value::from(points.iter().map(|point| point[key].as_u64().unwrap()).sum::<u64>());
        let totals = &heap["totals"];
        for (key, expected) in [
            ("tb", &totals["allocated_bytes"]),
            ("tbk", &totals["allocations"]),
            ("gb", &totals["peak_bytes"]),
            ("eb", &totals["end_bytes"]),
            ("ebk", &totals["end_blocks"]),
        ] {
            assert_eq!(&sum(key), expected, "{sample} {key}");
        }
        assert_eq!(&dhat["tg"], &totals["peak_nanos"]);
        let places = dhat["ftbl"].as_array().unwrap().len() as u64;
        let frames = || points.iter().flat_map(|point| point["fs"].as_array().unwrap());
        assert!(frames().all(|at| (1..places).contains(&at.as_u64().unwrap())), "{sample}");
    }
}

#[test]
fn massifs_reader_reads_the_heap_over_time() {
    let recorded = Recorded::new("json", "json.wasm");
    let (heap, path) = (recorded.heap(), recorded.export("massif"));
    let written = std::fs::read_to_string(&path).unwrap();
    let peak = heap["totals"]["peak_bytes"].as_u64().unwrap();
    assert!(
        written.contains(&format!("mem_heap_B={peak}\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=peak\n"))
    );
    let Ok(printed) = Command::new("ms_print").arg(&path).output() else {
        eprintln!("skipped: there is no ms_print (of Valgrind) to read it");
        return;
    };
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("(peak)") && printed.contains("json::parse::parse"), "{printed}");
}

#[test]
fn without_a_heap_there_is_none_to_write() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm");
    recorded.does(&[
        "record",
        text(&sample_module("hotloop", "hotloop.wasm")),
        "--measure",
        "time",
        "-q",
        "-o",
        "run.wscope",
    ]);
    for format in ["dhat", "massif"] {
        let output = wasmscope(recorded.dir.path(), &["export", "run.wscope", "--format", format]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains("no heap operations were recorded"), "{told}");
    }
}

#[test]
fn what_happened_between_two_moments_adds_up_to_the_whole() {
    let recorded = Recorded::new("fragment", "before.wasm");
    let between = |from: &str, until: &str| -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json", "--between", from, until];
        serde_json::from_slice(&recorded.does(&words)).unwrap()
    };
    let sum = |report: &Value, part: &str| -> u64 {
        report["paths"].as_array().unwrap().iter().map(|path| path[part]["blocks"].as_u64().unwrap()).sum()
    };
    let heap = recorded.heap();
    let middle = format!("{}ms", heap["totals"]["peak_nanos"].as_u64().unwrap() / 1_000_000);
    let (all, first, second) = (between("0", "1h"), between("0", &middle), between(&middle, "1h"));
    for part in ["allocated", "freed"] {
        assert_eq!(sum(&first, part) + sum(&second, part), sum(&all, part), "{part}");
    }
    assert_eq!(sum(&all, "kept"), heap["leaked_blocks"].as_u64().unwrap());
    assert_eq!(sum(&all, "allocated"), heap["totals"]["allocations"].as_u64().unwrap());
    let at = |moment: &str| -> Value {
        let words = ["report", "run.wscope", "--view", "heap", "--json", "--at", moment];
        serde_json::from_slice(&recorded.does(&words)).unwrap()
    };
    assert_eq!(at("peak")["live_bytes"], heap["totals"]["peak_bytes"]);
    assert_eq!(at("end")["live_bytes"], heap["live_bytes"]);
}

/// The n-th call of `frame` hands out n blocks.
const FRAMES: &str = r#"(module
    (memory (export "memory") 1)
    (global $end (mut i32) (i32.const 1024)) (global $calls (mut i32) (i32.const 0))
    (func $malloc (export "malloc") (param $size i32) (result i32)
        (global.get $end) (global.set $end (i32.add (global.get $end) (i32.const 16))))
    (func $free (export "free") (param i32))
    (func (export "frame") (local $left i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.set $left (global.get $calls))
        (loop $next
            (drop (call $malloc (i32.const 10)))
            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#;

#[test]
fn calls_are_moments_of_the_heap() {
    let recorded = Recorded { dir: tempfile::tempdir().unwrap() };
    std::fs::write(recorded.dir.path().join("frames.wasm"), wat::parse_str(FRAMES).unwrap()).unwrap();
    recorded.does(&["record", "frames.wasm", "-q", "-o", "run.wscope", "--invoke", "frame", "--times", "5"]);
    let heap = |words: &[&str]| -> Value {
        let report = ["report", "run.wscope", "--view", "heap", "--json"];
        serde_json::from_slice(&recorded.does(&[&report, words].concat())).unwrap()
    };
    for number in 1..=5u64 {
        let (begin, end) = (format!("frame#{number}"), format!("frame#{number}.end"));
        let before = number * (number - 1) / 2;
        assert_eq!(heap(&["--at", &begin])["live_blocks"], before, "{begin}");
        assert_eq!(heap(&["--at", &end])["live_blocks"], before + number, "{end}");
        let uses = heap(&["--between", &begin, &end]);
        assert_eq!(uses["paths"][0]["kept"]["blocks"], number, "{begin}: {uses}");
    }
    for (words, told) in [
        (["--at", "frame#6"].as_slice(), "frame#6: it was called 5 times"),
        (&["--at", "fame#1"], "`fame`"),
        (&["--between", "frame#3", "frame#2"], "takes the earlier time first"),
    ] {
        let words = [&["report", "run.wscope", "--view", "heap"], words].concat();
        let output = wasmscope(recorded.dir.path(), &words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(told), "{words:?}: {error}");
    }
}
