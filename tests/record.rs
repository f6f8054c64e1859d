//! Each sample, recorded and reported by the command line, against the facts that its folder states.

use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wasmscope_tests::{sample_facts, sample_module, sample_names, wasmscope};

/// A recording of one module of a sample.
struct Recorded {
    _dir: TempDir,
    path: PathBuf,
    stdout: String,
}

impl Recorded {
    fn new(sample: &str, module: &str, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.wscope");
        let file = sample_module(sample, module);
        let mut words = vec!["record", text(&file), "-o", text(&path)];
        words.extend(more);
        let output = wasmscope(dir.path(), &words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sample}/{module}: {stderr}");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        Recorded { _dir: dir, path, stdout }
    }

    fn report(&self, view: &str) -> Value {
        let words = ["report", text(&self.path), "--view", view, "--json", "--all"];
        let output = wasmscope(self.path.parent().unwrap(), &words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["schema"], 1);
        report
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn rows<'a>(report: &'a Value, field: &str) -> &'a [Value] {
    report[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn each_sample_does_what_its_facts_say() {
    for sample in sample_names() {
        let facts = sample_facts(&sample);
        for module in rows(&facts, "modules") {
            let file = module["file"].as_str().unwrap();
            let invoke = invocation(&facts["invoke"]);
            let recorded =
                Recorded::new(&sample, file, &invoke.iter().map(String::as_str).collect::<Vec<_>>());
            check(&recorded, &facts["expect"][file], &format!("{sample}/{file}"));
        }
    }
}

fn invocation(invoke: &Value) -> Vec<String> {
    let Some(export) = invoke["export"].as_str() else { return Vec::new() };
    let args =
        rows(invoke, "args").iter().flat_map(|arg| ["--arg".to_owned(), arg.as_str().unwrap().to_owned()]);
    ["--invoke".to_owned(), export.to_owned()].into_iter().chain(args).collect()
}

fn check(recorded: &Recorded, expected: &Value, name: &str) {
    if let Some(wanted) = expected["stdout_contains"].as_str() {
        assert!(recorded.stdout.contains(wanted), "{name}: {}", recorded.stdout);
    }
    if let Some(imports) = expected["imports"].as_object() {
        check_imports(&recorded.report("boundary"), imports, name);
    }
    if expected["grows_at_least"].is_u64() {
        check_growth(&recorded.report("growth"), expected["grows_at_least"].as_u64().unwrap(), name);
    }
    if expected["heap"].is_object() {
        check_heap(&recorded.report("heap"), &expected["heap"], &expected["leaks"], name);
    }
    if let Some(shares) = expected["time_share"].as_object() {
        check_shares(&recorded.report("functions"), shares, name);
    }
    check_time(&recorded.report("summary"), &recorded.report("timeline"), name);
}

/// The parts of the time sum to the run, and each call that crossed is in the timeline.
fn check_time(summary: &Value, timeline: &Value, name: &str) {
    let time = &summary["time"];
    let nanos = |part: &str| time[part].as_u64().unwrap_or_else(|| panic!("{name}: no {part} in {time}"));
    let parts = ["guest", "host", "crossing", "engine", "recorder", "between"];
    let sum: u64 = parts.map(|part| nanos(&format!("{part}_nanos"))).iter().sum();
    assert_eq!(sum, nanos("run_nanos"), "{name}: {time}");
    assert_eq!(summary["run_nanos"], time["run_nanos"], "{name}");
    assert!(summary["own_cost"]["total_nanos"].as_u64().is_some_and(|nanos| nanos > 0), "{name}: {summary}");
    let calls = |row: &Value| row["spans"].as_u64().unwrap() + row["summed_calls"].as_u64().unwrap();
    let of_timeline: u64 = rows(timeline, "functions").iter().map(calls).sum();
    let of_summary = ["guest_to_host_calls", "host_to_guest_calls"].map(|way| summary[way].as_u64().unwrap());
    assert_eq!(of_timeline, of_summary.iter().sum::<u64>(), "{name}");
    let phases: Vec<_> =
        rows(timeline, "phases").iter().map(|span| span["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["parse", "rewrite", "compile", "instantiate", "run"], "{name}");
}

/// The number of boundary calls is exact, and no import is called that is not named.
fn check_imports(report: &Value, expected: &serde_json::Map<String, Value>, name: &str) {
    let imports = rows(report, "functions").iter().filter(|row| row["direction"] == "guest_to_host");
    let found: serde_json::Map<_, _> = imports
        .map(|row| {
            (
                format!("{}.{}", row["module"].as_str().unwrap(), row["name"].as_str().unwrap()),
                row["calls"].clone(),
            )
        })
        .collect();
    assert_eq!(&found, expected, "{name}");
    for row in rows(report, "functions").iter().filter(|row| row["direction"] == "guest_to_host") {
        let by_caller: u64 =
            rows(row, "callers").iter().map(|caller| caller["calls"].as_u64().unwrap()).sum();
        assert_eq!(row["calls"], by_caller, "{name}: the callers of {}", row["name"]);
        assert!(rows(row, "callers").iter().all(|caller| !rows(caller, "path").is_empty()), "{name}: {row}");
    }
}

fn check_growth(report: &Value, at_least: u64, name: &str) {
    let memory = &rows(report, "memories")[0];
    assert!(memory["granted"].as_u64().unwrap() >= at_least, "{name}: {memory}");
    let events = rows(report, "events");
    let grown: u64 =
        events.iter().map(|e| e["after_bytes"].as_u64().unwrap() - e["before_bytes"].as_u64().unwrap()).sum();
    assert_eq!(memory["final_bytes"], memory["initial_bytes"].as_u64().unwrap() + grown, "{name}");
    let times: Vec<_> = events.iter().map(|event| event["time_nanos"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{name}");
    assert!(events.iter().all(|event| path_names(event).contains("sbrk")), "{name}: {:?}", events.first());
}

fn check_heap(report: &Value, heap: &Value, leaks: &Value, name: &str) {
    let count = |field: &str| heap[field].as_u64().unwrap();
    let totals = &report["totals"];
    assert_eq!(totals["allocations"], count("mallocs") + count("callocs") + count("reallocs"), "{name}");
    assert_eq!(totals["frees"], count("frees") + count("reallocs"), "{name}: a realloc frees too");
    assert_eq!(
        (&report["live_blocks"], &report["live_bytes"]),
        (&heap["live_blocks"], &heap["live_bytes"]),
        "{name}"
    );
    for finding in ["double_frees", "unknown_frees", "addresses_reused"] {
        assert_eq!(report["findings"][finding], 0, "{name}: {finding}");
    }
    if leaks.is_object() {
        check_leak(report, leaks, name);
    }
}

/// A leak of N blocks is N blocks at the right line.
fn check_leak(report: &Value, leak: &Value, name: &str) {
    let is_at = |frame: &Value| {
        frame["name"] == leak["function"]
            && frame["line"] == leak["line"]
            && frame["file"].as_str().is_some_and(|file| file.ends_with(leak["file"].as_str().unwrap()))
    };
    let sites = rows(report, "sites").iter().filter(|site| rows(site, "path").iter().any(is_at));
    let sum = |field: &str| sites.clone().map(|site| site[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(
        (sum("blocks"), sum("bytes")),
        (leak["blocks"].as_u64().unwrap(), leak["bytes"].as_u64().unwrap()),
        "{name}"
    );
}

/// A loop that runs 3 times as long as another takes 75 % ± 5.
fn check_shares(report: &Value, shares: &serde_json::Map<String, Value>, name: &str) {
    let total = |function: &str| {
        let row =
            rows(report, "functions").iter().find(|row| row["name"] == function && row["kind"] == "wasm");
        row.map_or(0, |row| row["total"].as_u64().unwrap()) as f64
    };
    let sum: f64 = shares.keys().map(|function| total(function)).sum();
    for (function, expected) in shares {
        let share = total(function) / sum;
        assert!((share - expected.as_f64().unwrap()).abs() < 0.05, "{name}: {function} {share}");
    }
}

fn path_names(event: &Value) -> String {
    let names: Vec<_> = rows(event, "path").iter().filter_map(|frame| frame["name"].as_str()).collect();
    names.join(" ")
}

#[test]
fn two_runs_of_a_program_record_the_same_events() {
    let [first, second] =
        [(), ()].map(|()| Recorded::new("fragment", "before.wasm", &["--measure", "growth,heap"]));
    let without_times = |recorded: &Recorded| {
        let sites = recorded.report("heap")["sites"].clone();
        let growth = recorded.report("growth");
        let paths: Vec<_> = rows(&growth, "events").iter().map(|event| event["path"].clone()).collect();
        (sites, paths)
    };
    assert_eq!(without_times(&first), without_times(&second));
}

#[test]
fn inlined_functions_have_frames_and_files() {
    let report = Recorded::new("hotloop", "hotloop.wasm", &["--measure", "time"]).report("functions");
    let inlined: Vec<_> = rows(&report, "functions").iter().filter(|row| row["kind"] == "inlined").collect();
    let names: Vec<_> = inlined.iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&"mix"), "{names:?}");
    let is_c = |row: &&Value| row["file"].as_str().is_some_and(|file| file.ends_with(".c"));
    assert!(inlined.iter().all(is_c), "{inlined:?}");
}

#[test]
fn exports_agree_to_the_last_unit() {
    let recorded = Recorded::new("hotloop", "hotloop.wasm", &["--measure", "time"]);
    let total = recorded.report("functions")["total"].as_u64().unwrap();
    let dir = recorded.path.parent().unwrap();
    let export = |format| {
        let output = wasmscope(dir, &["export", text(&recorded.path), "--format", format]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let folded: u64 =
        export("folded").lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!(folded, total);
    let tree: Value = serde_json::from_str(&export("json")).unwrap();
    assert_eq!(rows(&tree, "nodes").iter().map(|node| node["self"].as_u64().unwrap()).sum::<u64>(), total);
    let svg = export("svg");
    assert!(svg.starts_with("<?xml") && svg.contains("long_loop") && svg.trim_end().ends_with("</svg>"));
    assert!(export("csv").lines().any(|line| line.contains("long_loop")));
}

#[test]
fn an_instrumented_module_is_valid_and_smaller_than_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (module, out) = (sample_module("json", "json.wasm"), dir.path().join("out.wasm"));
    let output = wasmscope(dir.path(), &["instrument", text(&module), "-o", text(&out)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (before, after) = (std::fs::read(&module).unwrap(), std::fs::read(&out).unwrap());
    let index = wasmscope_symbolize::ModuleIndex::parse(&after).unwrap();
    assert!(index.exports().iter().any(|export| &*export.name == "wasmscope:events"));
    assert!(after.len() < 2 * before.len());
}

#[test]
fn the_plan_is_explained_function_by_function() {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("fragment", "before.wasm");
    let output = wasmscope(dir.path(), &["instrument", text(&module), "--explain"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{said}");
    let line = |words: &[&str]| said.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(line(&["malloc", "allocates: its block is recorded"]), "{said}");
    assert!(line(&["sbrk", "memory.grow"]), "{said}");
    assert!(line(&["__wasi_fd_write", "1 call of imports"]), "{said}");
    assert!(!line(&["decode_page"]), "it computes, and leads to nothing: {said}");
}

#[test]
fn the_core_modules_of_a_component_are_instrumented_and_explained() {
    let dir = tempfile::tempdir().unwrap();
    let component = r#"(component
        (core module $m (memory (export "memory") 1)
          (func $fill (export "grow") (result i32) (memory.grow (i32.const 1))))
        (core instance $i (instantiate $m))
        (func (export "grow") (result u32) (canon lift (core func $i "grow"))))"#;
    std::fs::write(dir.path().join("part.wasm"), wat::parse_str(component).unwrap()).unwrap();
    let output = wasmscope(dir.path(), &["instrument", "part.wasm", "-o", "out.wasm", "--explain"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("core module 0: 1 function of 1 get"), "{said}");
    assert!(said.lines().any(|line| line.contains("fill") && line.contains("1 memory.grow")), "{said}");
    let written = std::fs::read(dir.path().join("out.wasm")).unwrap();
    assert!(wasmscope_instrument::is_component(&written));
    assert!(written.windows(16).any(|bytes| bytes == b"wasmscope:events"));
}

#[test]
fn an_export_is_called_many_times_after_a_warm_up() {
    let fib = ["--invoke", "fib", "--arg", "i32:15", "--measure", "time,boundary,calls"];
    let recorded = |more: &[&str]| Recorded::new("library", "library.wasm", &[&fib, more].concat());
    let summary = recorded(&["--times", "40", "--warm-up", "7"]).report("summary");
    let times = &summary["calls_of_export"];
    let nanos = ["min_nanos", "mean_nanos", "max_nanos"].map(|field| times[field].as_u64().unwrap());
    assert!(nanos[0] > 0 && nanos.is_sorted(), "{times}");
    assert_eq!((&times["calls"], &summary["host_to_guest_calls"]), (&40.into(), &40.into()));
    // A call of fib(15) makes 2 fib(16) - 1.
    assert_eq!(summary["calls"], 40 * (2 * 987 - 1));
    assert_eq!(summary["outcome"]["values"][0], "610");
    let phases: Vec<_> =
        rows(&summary, "phases").iter().map(|span| span["phase"].as_str().unwrap()).collect();
    assert!(phases.ends_with(&["warm-up", "run"]), "{phases:?}");
    let summary = recorded(&["--for", "300ms", "--warm-up", "100ms"]).report("summary");
    assert!(summary["run_nanos"].as_u64().unwrap() >= 300_000_000, "{summary}");
    assert_eq!(summary["calls_of_export"]["calls"], summary["host_to_guest_calls"]);
}

/// Each call keeps 24 bytes, and gives and takes back 100.
const KEEPER: &str = r#"(module (memory (export "memory") 1) (global $at (mut i32) (i32.const 1024))
    (func $malloc (export "malloc") (param i32) (result i32)
        (global.get $at) (global.set $at (i32.add (global.get $at) (i32.const 128))))
    (func $free (param i32))
    (func (export "run") (param i32 i32) (result i32)
        (drop (call $malloc (i32.const 24))) (call $free (call $malloc (i32.const 100))) (local.get 1)))"#;

#[test]
fn blocks_of_the_warm_up_are_live_and_in_no_sum() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keeper.wasm"), wat::parse_str(KEEPER).unwrap()).unwrap();
    std::fs::write(dir.path().join("data"), [0; 5]).unwrap();
    let words =
        ["record", "keeper.wasm", "--invoke", "run", "--arg", "file:data", "--warm-up", "3", "--times", "2"];
    let output = wasmscope(dir.path(), &words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("returned 5"), "{said}");
    let report = |more: &[&str]| -> Value {
        let words = [&["report", "keeper.wscope", "--json"], more].concat();
        serde_json::from_slice(&wasmscope(dir.path(), &words).stdout).unwrap()
    };
    let heap = report(&["--view", "heap"]);
    let (totals, allocated) = (&heap["totals"], 2 * 124);
    assert_eq!((&totals["allocations"], &totals["frees"]), (&4.into(), &2.into()), "{totals}");
    assert_eq!(totals["allocated_bytes"], allocated);
    assert_eq!(heap["live_bytes"], 5 + 5 * 24, "the file, and what each call kept");
    let weighed = |metric| report(&["--view", "calltree", "--metric", metric])["total"].clone();
    assert_eq!(weighed("allocations"), 4);
    assert_eq!(weighed("allocated"), allocated);
    assert_eq!(weighed("live"), 5 + 5 * 24);
}
