//! Profiles that other tools wrote of programs that we know, from the file to the report. `tests/profiles/README.md`
//! says how they were made. `BLESS=1` writes the expected reports anew.

use crate::profile_proto::Profile;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use wasmscope_tests::{root, sample_module, wasmscope};

const PROFILES: [&str; 8] = [
    "fib.go.cpu.pb.gz",
    "fib.trace.json.gz",
    "hotloop.cpuprofile",
    "keep.go.heap.pb.gz",
    "stripped.cpuprofile",
    "words.firefox.json",
    "words.pb.gz",
    "python.speedscope.json",
];

fn profile(name: &str) -> PathBuf {
    root().join("tests/profiles").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn done(words: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = wasmscope(dir.path(), words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(words: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = wasmscope(dir.path(), words);
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.trim_end().lines().count(), 1, "{words:?}: {said}");
    said
}

fn summary(words: &[&str]) -> Value {
    let report = done(&[&["report"], words, &["--view", "summary", "--json"]].concat());
    serde_json::from_str(&report).unwrap()
}

/// The function with the most time of its own, and its share.
fn hottest(summary: &Value) -> (&str, f64) {
    let rows = summary["top_functions"].as_array().unwrap();
    (rows[0]["name"].as_str().unwrap(), rows[0]["self_share"].as_f64().unwrap())
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(profile(name)).unwrap()).unwrap()
}

fn sum(numbers: &Value) -> f64 {
    numbers.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).sum()
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&fs::read(profile(name)).unwrap()[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The sum of the values of one kind.
fn pprof_total(name: &str, kind: &str) -> u64 {
    let told = Profile::of(&fs::read(profile(name)).unwrap());
    let column = told.sample_type.iter().position(|of| told.text(of.r#type) == kind).unwrap();
    told.sample.iter().map(|sample| sample.value[column] as u64).sum()
}

#[test]
fn each_profile_reports_as_expected() {
    for name in PROFILES {
        let found = done(&["report", text(&profile(name))]);
        let path = profile("expected").join(format!("{name}.txt"));
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(expected, found, "{name} differs; BLESS=1 writes it anew");
    }
}

#[test]
fn totals_are_those_that_the_tools_tell() {
    let nanos = |name: &str| summary(&[text(&profile(name))])["sampled_nanos"].as_u64().unwrap();
    for name in ["hotloop.cpuprofile", "stripped.cpuprofile"] {
        assert_eq!(nanos(name), (sum(&json(name)["timeDeltas"]) * 1e3) as u64, "{name}");
    }
    // Two processes were sampled; one has the page, and so WebAssembly.
    let trace: Value = serde_json::from_slice(&unpacked("fib.trace.json.gz")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let pieces = || events.iter().filter(|event| event["name"] == "ProfileChunk");
    let page = pieces().find(|piece| piece.to_string().contains(r#""codeType":"wasm""#)).unwrap();
    let of_page = pieces().filter(|piece| piece["pid"] == page["pid"]);
    let deltas = of_page.map(|piece| &piece["args"]["data"]["timeDeltas"]);
    let micros: f64 = deltas.filter(|deltas| deltas.is_array()).map(sum).sum();
    assert_eq!(nanos("fib.trace.json.gz"), (micros * 1e3) as u64);
    // Each sample stands for as many intervals as it weighs.
    let firefox = json("words.firefox.json");
    let intervals = sum(&firefox["threads"][0]["samples"]["weight"]);
    let interval = firefox["meta"]["interval"].as_f64().unwrap();
    assert_eq!(nanos("words.firefox.json"), (intervals * interval * 1e6) as u64);
    let speedscope = json("python.speedscope.json");
    let seconds = sum(&speedscope["profiles"][0]["weights"]);
    assert_eq!(nanos("python.speedscope.json"), (seconds * 1e9).round() as u64);
    assert_eq!(nanos("words.pb.gz"), pprof_total("words.pb.gz", "wall"));
    assert_eq!(nanos("fib.go.cpu.pb.gz"), pprof_total("fib.go.cpu.pb.gz", "cpu"));
    let heap = profile("keep.go.heap.pb.gz");
    for (metric, kind) in [("allocated", "alloc_space"), ("live", "inuse_space")] {
        let folded = done(&["export", text(&heap), "--format", "folded", "--metric", metric, "-o", "-"]);
        let bytes = folded.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap());
        assert_eq!(bytes.sum::<u64>(), pprof_total("keep.go.heap.pb.gz", kind), "{metric}");
    }
}

#[test]
fn the_functions_of_the_sources_are_hot() {
    for (name, hot, least) in [
        ("hotloop.cpuprofile", "long_loop", 0.6),
        ("fib.trace.json.gz", "fib", 0.8),
        ("words.firefox.json", "memcmp", 0.2),
        ("words.pb.gz", "__emplace_unique_key_args", 0.15),
        ("fib.go.cpu.pb.gz", "main.fib", 0.8),
        ("python.speedscope.json", "busy", 0.9),
    ] {
        let summary = summary(&[text(&profile(name))]);
        let (found, share) = hottest(&summary);
        assert!(found.contains(hot) && share > least, "{name}: {found} has {share}");
    }
}

#[test]
fn the_module_gives_names_and_lines() {
    let (stripped, module) = (profile("stripped.cpuprofile"), sample_module("hotloop", "hotloop.wasm"));
    let words = [text(&stripped), "--symbols", text(&module)];
    let summary = summary(&words);
    assert_eq!(hottest(&summary).0, "long_loop");
    let row = &summary["top_functions"][0];
    assert_eq!((row["file"].as_str(), row["line"].as_u64()), (Some("hotloop.c"), Some(30)), "{row}");
    assert_eq!(summary["module"], "hotloop.wasm");
    for name in ["words.firefox.json", "words.pb.gz"] {
        let (path, module) = (profile(name), sample_module("words", "words.wasm"));
        let report = done(&["report", text(&path), "--symbols", text(&module)]);
        assert!(report.contains("words.cpp:") && !report.contains("not found"), "{report}");
    }
}

#[test]
fn what_is_no_module_of_the_profile_is_refused() {
    let path = profile("words.pb.gz");
    let other = sample_module("hotloop", "hotloop.wasm");
    let said = refused(&["report", text(&path), "--symbols", text(&other)]);
    assert!(
        said.contains("hotloop.wasm: only 4 of the 33 functions of the profile are in this module"),
        "{said}"
    );
    let said = refused(&["report", text(&path), "--symbols", text(&profile("README.md"))]);
    assert!(said.contains("README.md: an imported profile has no module that this could explain"), "{said}");
}

#[test]
fn an_imported_profile_is_saved_as_a_recording() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    fs::copy(profile("stripped.cpuprofile"), file("a.cpuprofile")).unwrap();
    let (from, plain, whole) = (file("a.cpuprofile"), file("plain.wscope"), file("whole.wscope"));
    let module = sample_module("hotloop", "hotloop.wasm");
    done(&["pack", text(&from), "-o", text(&plain)]);
    done(&["pack", text(&plain), "--symbols", text(&module), "-o", text(&whole)]);
    let names = |path: &Path| hottest(&summary(&[text(path)])).0.to_owned();
    assert_eq!((names(&plain), names(&whole)), ("wasm-function[8]".to_owned(), "long_loop".to_owned()));
    assert_eq!(summary(&[text(&whole)])["imported_from"], "a Chrome CPU profile");
    assert!(done(&["report", text(&whole), "--view", "module"]).contains("hotloop.wasm"));
    // Also over itself; but never over what the other tool wrote.
    done(&["pack", text(&plain), "--symbols", text(&module)]);
    assert_eq!(names(&plain), "long_loop");
    let said = refused(&["pack", text(&from)]);
    assert!(said.contains("it is no recording; name another one"), "{said}");
    assert_eq!(fs::read(&from).unwrap(), fs::read(profile("stripped.cpuprofile")).unwrap());
}

#[test]
fn views_that_need_a_module_say_that_there_is_none() {
    let path = profile("stripped.cpuprofile");
    let module = done(&["report", text(&path), "--view", "module"]);
    assert_eq!(module, "The profile was imported, and has no module; --symbols FILE.wasm names it.\n");
    let advice = done(&["report", text(&path), "--view", "advice"]);
    assert_eq!(advice, "Nothing was looked for: the profile was imported, and has no module.\n");
    for format in ["svg", "folded", "html", "json"] {
        let out = done(&["export", text(&path), "--format", format, "-o", "-"]);
        assert!(out.contains("wasm-function[8]"), "{format}");
    }
}

#[test]
fn half_of_a_profile_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    for name in PROFILES {
        let bytes = fs::read(profile(name)).unwrap();
        let half = dir.path().join(format!("half.{name}"));
        fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
        let said = refused(&["report", text(&half)]);
        assert!(said.contains(name) && said.contains("save it anew"), "{said}");
    }
}

/// What we write in the formats that we read says the same when it is opened again: each call path with its time.
#[test]
fn what_is_exported_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let does = |words: &[&str]| {
        let output = wasmscope(dir.path(), words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    does(&["record", text(&sample_module("hotloop", "hotloop.wasm")), "-q", "-o", "run.wscope"]);
    let folded = |file: &str| {
        let told = does(&["export", file, "--format", "folded", "--metric", "time"]);
        let mut paths: Vec<(String, u64)> = told
            .lines()
            // Between samples, where a format has them one by one, nobody looked.
            .filter(|line| !line.starts_with("(no stack) "))
            .map(|line| {
                line.rsplit_once(' ').map(|(path, nanos)| (path.to_owned(), nanos.parse().unwrap())).unwrap()
            })
            .collect();
        paths.sort();
        paths
    };
    let recorded = folded("run.wscope");
    assert!(recorded.len() > 3, "{recorded:?}");
    for format in ["folded", "speedscope", "speedscope-evented", "firefox", "pprof"] {
        let file = format!("again.{format}");
        does(&["export", "run.wscope", "--format", format, "--metric", "time", "-o", &file]);
        let again = folded(&file);
        let names = |paths: &[(String, u64)]| paths.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&again), names(&recorded), "{format}");
        for ((path, again), (_, recorded)) in again.iter().zip(&recorded) {
            // Some formats count microseconds with decimals.
            assert!(again.abs_diff(*recorded) <= 1, "{format}: {path} {again} {recorded}");
        }
    }
}
