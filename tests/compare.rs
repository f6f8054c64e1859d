//! Two builds compared by the command line, and what scripts see of it.

use roxmltree::Document;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use wasmscope_tests::{root, sample_module, wasmscope};

const COUNTS: &str = "boundary,growth,calls,instructions";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, words: &[&str]) -> Output {
        wasmscope(self.path(), words)
    }

    /// What is written where all goes well.
    fn does(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn code(&self, words: &[&str]) -> Option<i32> {
        let output = self.run(words);
        assert!(!stderr(&output).contains("panicked"), "{words:?}: {}", stderr(&output));
        output.status.code()
    }

    /// The sentence of what can't be done.
    fn refuses(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(
            (output.status.code(), output.stdout.len()),
            (Some(2), 0),
            "{words:?}: {}",
            stderr(&output)
        );
        stderr(&output)
    }

    /// Records a sample's module with counts.
    fn record(&self, sample: &str, module: &str, output: &str) {
        let module = sample_module(sample, module);
        self.does(&["record", text(&module), "-q", "--measure", COUNTS, "-o", output]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The row of the function with this short name.
fn function<'a>(document: &'a Value, name: &str) -> &'a Value {
    let is_it = |row: &&Value| [&row["old"], &row["new"]].iter().any(|of| of["name"] == name);
    document["functions"].as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn two_builds_are_told_apart_in_each_form() {
    let folder = Folder::new();
    folder.record("chatty", "before.wasm", "old.wscope");
    folder.record("chatty", "after.wasm", "new.wscope");
    let both = ["diff", "old.wscope", "new.wscope"];

    let document = json(&folder.does(&[&both[..], &["--json", "--metric", "calls"]].concat()));
    assert_eq!((&document["schema"], &document["kind"]), (&1.into(), &"wasmscope-compare".into()));
    let put = function(&document, "put");
    assert_eq!(
        (&put["certainty"], &put["self"]["old"], &put["self"]["new"]),
        (&"gone".into(), &16_100.into(), &0.into())
    );
    assert_eq!(put["self"]["verdict"], "exact");
    assert_eq!(function(&document, "escape_time")["self"]["difference"], 0);
    assert_eq!(document["gone_functions"][0]["name"], "put");
    let write = &document["boundary"][0];
    assert_eq!((&write["name"], &write["calls"]["difference"]), (&"fd_write".into(), &(100 - 16_100).into()));
    // The first thing that is told is the largest of what surely changed.
    let changes: Vec<i64> = document["functions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["self"]["difference"].as_i64())
        .collect();
    assert!(changes.windows(2).all(|pair| pair[0].abs() >= pair[1].abs()), "{changes:?}");

    let table = folder.does(&both);
    assert!(
        table.contains("\nInstructions: ")
            && table.contains("gone")
            && table.contains("wasi_snapshot_preview1.fd_write"),
        "{table}"
    );
    let markdown = folder.does(&[&both[..], &["--markdown"]].concat());
    assert!(
        markdown.starts_with("**Instructions: ")
            && markdown.contains("<details>")
            && markdown.contains("| put |"),
        "{markdown}"
    );
    assert!(markdown.len() < 4_000, "{markdown}");

    folder.does(&[&both[..], &["--svg", "-o", "diff.svg"]].concat());
    let svg = std::fs::read_to_string(folder.path().join("diff.svg")).unwrap();
    let picture = Document::parse(&svg).unwrap();
    let titled = |wanted: &str| {
        let titles = picture.descendants().filter(|node| node.has_tag_name("title"));
        titles.filter_map(|title| title.text()).find(|title| title.starts_with(wanted)).map(str::to_owned)
    };
    assert!(titled("put\n-").unwrap().ends_with("gone"), "{:?}", titled("put\n-"));
    let gone = picture.descendants().filter(|node| node.attribute("class") == Some("f only-old"));
    assert!(gone.filter_map(|node| node.attribute("data-n")).any(|name| name == "put gone"));
}

#[test]
fn the_exit_code_says_whether_it_became_worse() {
    let folder = Folder::new();
    folder.record("chatty", "before.wasm", "chatty.wscope");
    folder.record("chatty", "after.wasm", "batched.wscope");
    let fail_over =
        |old, new, percent| folder.code(&["diff", old, new, "--metric", "crossings", "--fail-over", percent]);
    assert_eq!(fail_over("chatty.wscope", "batched.wscope", "0"), Some(0));
    // 300 calls became 16,300.
    assert_eq!(fail_over("batched.wscope", "chatty.wscope", "5000"), Some(1));
    assert_eq!(fail_over("batched.wscope", "chatty.wscope", "5400"), Some(0));
    assert_eq!(folder.code(&["diff", "batched.wscope", "chatty.wscope"]), Some(0));
    assert_eq!(fail_over("batched.wscope", "batched.wscope", "0"), Some(0));
    assert_eq!(fail_over("batched.wscope", "missing.wscope", "0"), Some(2));
    assert_eq!(fail_over("batched.wscope", "chatty.wscope", "much"), Some(2));
    // Times of one run each tell nothing, and must not pass for a success.
    let module = sample_module("hotloop", "hotloop.wasm");
    folder.does(&["record", text(&module), "-q", "--measure", "time", "-o", "timed.wscope"]);
    let timed = ["diff", "timed.wscope", "timed.wscope", "--fail-over", "5"];
    assert_eq!(folder.code(&timed), Some(2));
    assert!(stderr(&folder.run(&timed)).contains("--measure instructions"));
}

#[test]
fn builds_are_run_by_turns_and_what_was_recorded_stays() {
    let folder = Folder::new();
    let module = sample_module("library", "library.wasm");
    let module = text(&module);
    let how = ["--measure", "time,instructions,calls", "--invoke", "fib", "--arg", "i32:15"];
    let words = [&["compare", module, module, "--runs", "2", "-o", "turns", "--json"][..], &how].concat();
    let output = folder.run(&words);
    assert!(output.status.success(), "{}", stderr(&output));
    let document = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!((&document["old"]["recordings"], &document["new"]["recordings"]), (&2.into(), &2.into()));
    assert_eq!(
        (&document["total"]["difference"], &document["total"]["verdict"]),
        (&0.into(), &"exact".into())
    );
    let told = stderr(&output);
    let order: Vec<_> =
        told.lines().filter(|line| line.contains(", run ")).map(|line| line.contains("new build")).collect();
    assert_eq!(order, [false, true, true, false], "{told}");
    // The same once more, of what was left.
    let again = json(&folder.does(&["diff", "turns", "--json"]));
    assert_eq!(again, document);
    let refused = folder.refuses(&words);
    assert!(refused.contains("turns: there are recordings in this folder already"), "{refused}");
    let listed = std::fs::read_dir(folder.path().join("turns")).unwrap().count();
    assert_eq!(listed, 4);
}

#[test]
fn what_can_not_be_compared_is_told_with_its_place() {
    let folder = Folder::new();
    folder.record("chatty", "after.wasm", "a.wscope");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::create_dir(at("mixed")).unwrap();
    std::fs::copy(at("a.wscope"), at("mixed/1.wscope")).unwrap();
    folder.record("hotloop", "hotloop.wasm", "mixed/2.wscope");
    std::fs::write(at("text.wscope"), "nothing").unwrap();
    let recorded = std::fs::read(at("a.wscope")).unwrap();
    let library = sample_module("library", "library.wasm");
    let before = sample_module("chatty", "before.wasm");
    for (words, sentence) in [
        (&["diff", "a.wscope"][..], "a.wscope: one recording; name another one"),
        (&["diff", "a.wscope", "missing.wscope"], "missing.wscope: "),
        (&["diff", "a.wscope", "text.wscope"], "text.wscope: neither a WebAssembly module"),
        (
            &["diff", "a.wscope", text(&before)],
            "this is a module; `wasmscope record` makes a recording of it",
        ),
        (&["diff", "a.wscope", "empty"], "empty: there are no recordings"),
        (&["diff", "empty"], "empty: no recordings of the old build in this folder"),
        (
            &["diff", "a.wscope", "mixed"],
            "recordings of the new build are of different modules: number 2 is of hotloop.wasm",
        ),
        (&["diff", "a.wscope", "a.wscope", "--metric", "time"], "time was not recorded of both builds"),
        (&["diff", "a.wscope", "a.wscope", "-o", "a.wscope"], "a.wscope: this is the file that is read"),
        (&["diff", "a.wscope", "a.wscope", "--old-symbols", "empty"], "empty: nothing in this folder"),
        (&["compare", text(&before), "missing.wasm"], "missing.wasm: "),
        (&["compare", text(&before), "a.wscope"], "a.wscope: this is a recording"),
        (&["compare", text(&before), text(&library), "--runs", "1", "-o", "out"], "exports no `_start`"),
        (&["compare", text(&library), text(&before), "--runs", "1", "--invoke", "fib"], "`fib` takes (i32)"),
    ] {
        let refused = folder.refuses(words);
        assert!(refused.contains(sentence), "{words:?}: {refused}");
        assert_eq!(
            refused.trim_end().lines().filter(|line| !line.contains(", run ")).count(),
            1,
            "{words:?}: {refused}"
        );
    }
    assert_eq!(std::fs::read(at("a.wscope")).unwrap(), recorded);
}

#[test]
fn other_arguments_and_measures_are_remarked() {
    let folder = Folder::new();
    let library = sample_module("library", "library.wasm");
    for (output, argument, measures) in
        [("a.wscope", "i32:10", "calls"), ("b.wscope", "i32:12", "calls,instructions")]
    {
        folder.does(&[
            "record",
            text(&library),
            "-q",
            "--measure",
            measures,
            "--invoke",
            "fib",
            "--arg",
            argument,
            "-o",
            output,
        ]);
    }
    let table = folder.does(&["diff", "a.wscope", "b.wscope"]);
    for note in [
        "note: both builds are the same module",
        "note: not the same was measured: calls of the old build, calls,instructions of the new one",
        "note: they were not asked to do the same: `fib(10)` of the old build, `fib(12)` of the new one",
    ] {
        assert!(table.contains(note), "{table}");
    }
}

/// The fields of the JSON are those that its description names.
#[test]
fn the_json_is_as_described() {
    let folder = Folder::new();
    folder.record("chatty", "after.wasm", "a.wscope");
    let document = json(&folder.does(&["diff", "a.wscope", "a.wscope", "--json"]));
    let described = std::fs::read_to_string(root().join("app/JSON.md")).unwrap();
    let part = described.split("\n## ").find(|part| part.starts_with("diff --json")).unwrap();
    let mut keys = Vec::new();
    names(&document, &mut keys);
    for key in keys {
        assert!(part.contains(&format!("`{key}`")), "{key}");
    }
}

fn names(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            keys.push(key.clone());
            names(value, keys);
        }),
        Value::Array(values) => values.iter().for_each(|value| names(value, keys)),
        _ => {}
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_there() {
    let folder = Folder::new();
    let library: PathBuf = sample_module("library", "library.wasm");
    let mut child = std::process::Command::new(wasmscope_tests::program())
        .args([
            "compare",
            text(&library),
            text(&library),
            "--runs",
            "50",
            "-o",
            "turns",
            "--measure",
            "calls",
        ])
        .args(["--invoke", "fib", "--arg", "i32:24"])
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let second = folder.path().join("turns/new-2.wscope");
    let begun = std::time::Instant::now();
    while !second.exists() && begun.elapsed().as_secs() < 120 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let stopped =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Half a run is none.
    let document = json(&folder.does(&["diff", "turns", "--json"]));
    assert_eq!(
        (&document["total"]["difference"], &document["total"]["verdict"]),
        (&json("0"), &json("\"exact\""))
    );
    assert!(!folder.path().join("turns/new-50.wscope").exists());
}
