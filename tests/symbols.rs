//! `--symbols`: what a stripped module's reports say with the build that it was made of.

use serde_json::Value;
use std::path::Path;
use wasmscope_tests::{sample_module, wasmscope, without_custom_sections};

/// What the program writes, and whether it could do it.
fn said(dir: &Path, words: &[&str]) -> (bool, String) {
    let output = wasmscope(dir, words);
    let text = if output.status.success() { &output.stdout } else { &output.stderr };
    (output.status.success(), String::from_utf8_lossy(text).into_owned())
}

/// What the program says beside its results, and whether it could do it.
fn told(dir: &Path, words: &[&str]) -> (bool, String) {
    let output = wasmscope(dir, words);
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn done(dir: &Path, words: &[&str]) -> String {
    let (success, text) = said(dir, words);
    assert!(success, "{words:?}: {text}");
    text
}

/// A folder with the sample as it is in `whole`, and stripped.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(sample_module("json", "json.wasm")).unwrap();
    std::fs::create_dir(dir.path().join("whole")).unwrap();
    std::fs::write(dir.path().join("json.wasm"), without_custom_sections(&bytes)).unwrap();
    std::fs::write(dir.path().join("whole/json.wasm"), bytes).unwrap();
    dir
}

/// A report without what the clock said, which differs from run to run.
fn without_clock(mut report: Value) -> Value {
    for row in report["functions"].as_array_mut().into_iter().flatten() {
        assert!(row["probe_nanos"].take().is_u64());
    }
    report
}

#[test]
fn a_stripped_module_reports_as_the_build_it_was_made_of() {
    let dir = folder();
    let measures = ["--measure", "heap,instructions", "-q"];
    let record = |words: &[&str]| done(dir.path(), &[&["record"], words, &measures].concat());
    record(&["whole/json.wasm", "-o", "whole.wscope"]);
    record(&["json.wasm", "-o", "stripped.wscope", "--symbols", "whole/json.wasm"]);
    for view in ["functions", "lines"] {
        for metric in ["instructions", "allocated"] {
            let report = |file, more: &[&str]| -> Value {
                let words = ["report", file, "--view", view, "--metric", metric, "--json"];
                let report = serde_json::from_str(&done(dir.path(), &[&words, more].concat())).unwrap();
                without_clock(report)
            };
            let expected = report("whole.wscope", &[]);
            assert!(expected.to_string().contains("json"), "{expected}");
            for symbols in ["whole/json.wasm", "whole"] {
                assert_eq!(report("stripped.wscope", &["--symbols", symbols]), expected, "{view} {metric}");
            }
            assert_ne!(report("stripped.wscope", &[]), expected, "{view} {metric}");
        }
    }
    let folded = ["-f", "folded", "--metric", "instructions"];
    let export = |words: &[&str]| done(dir.path(), &[&["export"], words, &folded].concat());
    assert_eq!(export(&["stripped.wscope", "--symbols", "whole"]), export(&["whole.wscope"]));
}

#[test]
fn info_and_symbolize_take_names_and_lines_from_elsewhere() {
    let dir = folder();
    let info = |words: &[&str]| -> Value {
        serde_json::from_str(&done(dir.path(), &[&["info", "--json"], words].concat())).unwrap()
    };
    let (found, expected) = (info(&["json.wasm", "--symbols", "whole"]), info(&["whole/json.wasm"]));
    assert_eq!(found["functions"], expected["functions"]);
    assert_eq!((&found["has_lines"], &found["warnings"]), (&expected["has_lines"], &expected["warnings"]));
    let place = |words: &[&str]| done(dir.path(), &[&["symbolize"], words, &["0x1000"]].concat());
    assert_eq!(place(&["json.wasm", "--symbols", "whole/json.wasm"]), place(&["whole/json.wasm"]));

    std::fs::write(dir.path().join("json.symbols"), "3:from_the_map\\20here").unwrap();
    let named = info(&["json.wasm", "--symbols", "."]);
    assert_eq!(named["functions"][3]["name"], "from_the_map here");
}

#[test]
fn what_lies_beside_a_stripped_module_under_the_usual_names_is_found() {
    let dir = folder();
    let whole = dir.path().join("whole/json.wasm");
    let place = |module: &str| done(dir.path(), &["symbolize", module, "0x1000"]);
    let expected = place("whole/json.wasm");
    assert_ne!(place("json.wasm"), expected);
    std::fs::copy(&whole, dir.path().join("json.debug.wasm")).unwrap();
    assert_eq!(place("json.wasm"), expected);
    // What has names and lines of its own needs none.
    std::fs::write(dir.path().join("whole/json.symbols"), "3:stale").unwrap();
    assert_eq!(place("whole/json.wasm"), expected);
    let info = done(dir.path(), &["info", "--json", "whole/json.wasm"]);
    assert!(!info.contains("stale"), "{info}");
}

#[test]
fn what_has_no_symbols_of_the_module_is_told() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    std::fs::write(dir.path().join("notes"), "hello").unwrap();
    for (symbols, sentence) in [
        (
            "notes",
            "notes: neither another build of the module, nor its source map, symbol map or split DWARF",
        ),
        ("empty", "empty: nothing in this folder has the name or build id of json.wasm"),
        ("nowhere", "nowhere: No such file"),
    ] {
        let (success, text) = said(dir.path(), &["info", "json.wasm", "--symbols", symbols]);
        assert!(!success && text.contains(sentence), "{text}");
    }
}

#[test]
fn a_packed_recording_reads_the_same_where_nothing_else_is() {
    let dir = folder();
    let sources = format!("--sources={}", sample_module("json", "").display());
    let record = ["record", "json.wasm", "-o", "a.wscope", "--symbols", "whole", "--measure", "instructions"];
    let (success, told) = told(dir.path(), &[&record[..], &["--pack", &sources]].concat());
    assert!(success && told.contains("packed 1 symbol file and"), "{told}");
    assert!(
        told.contains("not found: ") && told.contains("source files, such as"),
        "Rust's library is not there: {told}"
    );

    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(dir.path().join("a.wscope"), elsewhere.path().join("a.wscope")).unwrap();
    let report = |dir: &Path, words: &[&str]| done(dir, &[&["report", "a.wscope", "--json"], words].concat());
    let functions = ["--view", "functions"];
    let expected = report(dir.path(), &[&functions[..], &["--symbols", "whole"]].concat());
    assert!(expected.contains("json::parse"), "{expected}");
    assert_eq!(report(elsewhere.path(), &functions), expected);

    let view = report(elsewhere.path(), &["--view", "source", "--file", "src/parse.rs"]);
    let view: Value = serde_json::from_str(&view).unwrap();
    let text = std::fs::read_to_string(sample_module("json", "src/parse.rs")).unwrap();
    let lines = view["lines"].as_array().unwrap();
    assert!(text.lines().eq(lines.iter().map(|line| line["text"].as_str().unwrap())));
    let executed: u64 = lines.iter().map(|line| line["self"].as_u64().unwrap()).sum();
    assert!(executed > 1_000_000, "{executed}");
}

#[test]
fn a_recording_is_packed_later_and_once() {
    let dir = folder();
    done(dir.path(), &["record", "json.wasm", "-o", "a.wscope", "--measure", "instructions", "-q"]);
    let size = |file: &str| std::fs::metadata(dir.path().join(file)).unwrap().len();
    let before = size("a.wscope");
    done(dir.path(), &["pack", "a.wscope", "--symbols", "whole", "-o", "b.wscope"]);
    assert_eq!(size("a.wscope"), before);
    let packed = size("b.wscope");
    assert!(packed > before);
    done(dir.path(), &["pack", "b.wscope", "--symbols", "whole"]);
    assert_eq!(size("b.wscope"), packed, "it was there already");

    std::fs::write(dir.path().join("mine"), "not a recording").unwrap();
    let (success, sentence) = said(dir.path(), &["pack", "a.wscope", "-o", "mine"]);
    assert!(!success && sentence.contains("it is no recording"), "{sentence}");
    assert_eq!(std::fs::read(dir.path().join("mine")).unwrap(), b"not a recording");
}

#[test]
fn a_source_file_is_shown_with_its_costs() {
    let dir = folder();
    done(dir.path(), &["record", "whole/json.wasm", "-o", "a.wscope", "--measure", "instructions", "-q"]);
    let shown = done(dir.path(), &["report", "a.wscope", "--view", "source", "--file", "parse.rs"]);
    assert!(
        shown.starts_with("src/parse.rs: Instructions") || shown.starts_with("./src/parse.rs: Instructions"),
        "{shown}"
    );
    assert!(shown.lines().any(|line| line.contains("fn ") && line.contains("parse")), "{shown}");
    for (file, sentence) in [
        ("nowhere.rs", "no file `nowhere.rs` has a part in this; --view lines tells those that have"),
        ("mod.rs", "write more of the path"),
    ] {
        let (success, text) = said(dir.path(), &["report", "a.wscope", "--view", "source", "--file", file]);
        assert!(!success && text.contains(sentence), "{text}");
    }
}

#[test]
fn what_would_be_asked_for_in_vain_is_refused() {
    let dir = folder();
    done(dir.path(), &["record", "whole/json.wasm", "-o", "a.wscope", "--measure", "growth", "-q"]);
    for (words, sentence) in [
        (["--view", "lines", "--file", "a.c"], "--file and --sources say something to --view source only"),
        (["--view", "heap", "--sources", "."], "--file and --sources say something to --view source only"),
        (["--view", "lines", "--budget", "5"], "--budget says something to --view timeline only"),
        (["--view", "timeline", "--budget", "0"], "`0` is not a number of milliseconds, such as 16.6"),
        (["--view", "lines", "--function", "1"], "--function says something to --view wat only"),
    ] {
        let (success, text) = said(dir.path(), &[&["report", "a.wscope"], &words[..]].concat());
        assert!(!success && text.contains(sentence), "{text}");
    }
}

#[test]
fn split_debug_information_is_found_beside_the_module_or_where_the_user_says() {
    let dir = tempfile::tempdir().unwrap();
    for (folder, names) in [
        ("bare", &["whole5.wasm", "split5.wasm"][..]),
        ("beside", &["split5.wasm", "digest5.dwo", "runs5.dwo"]),
        ("packed", &["split5.wasm", "split5.dwp"]),
        ("elsewhere", &["digest5.dwo", "runs5.dwo"]),
    ] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
        for name in names {
            let file = wasmscope_tests::root().join("symbolize/tests/split").join(name);
            std::fs::copy(file, dir.path().join(folder).join(name)).unwrap();
        }
    }
    let place = |words: &[&str]| done(dir.path(), &[&["symbolize"], words, &["0x30"]].concat());
    let expected = place(&["bare/whole5.wasm"]);
    assert!(expected.contains("rotate") && expected.contains("mix"), "{expected}");
    assert_ne!(place(&["bare/split5.wasm"]), expected);
    assert_eq!(place(&["beside/split5.wasm"]), expected);
    assert_eq!(place(&["packed/split5.wasm"]), expected);
    for symbols in ["elsewhere", "elsewhere/digest5.dwo", "packed/split5.dwp", "packed", "beside/split5.wasm"]
    {
        assert_eq!(place(&["bare/split5.wasm", "--symbols", symbols]), expected, "{symbols}");
    }
}

/// A custom section that is one string.
fn named(section: &str, text: &str) -> Vec<u8> {
    let leb = |value: usize| vec![value as u8 | 0x80, (value >> 7) as u8];
    let contents = [vec![section.len() as u8], section.into(), leb(text.len()), text.into()].concat();
    [vec![0], leb(contents.len()), contents].concat()
}

#[test]
fn a_module_can_not_have_other_files_packed() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("key"), "very secret").unwrap();
    std::fs::write(path("config.json"), r#"{"token":"very secret"}"#).unwrap();
    let plain = without_custom_sections(&std::fs::read(sample_module("hotloop", "hotloop.wasm")).unwrap());
    let sections =
        [named("external_debug_info", &path("key")), named("sourceMappingURL", &path("config.json"))];
    std::fs::write(path("a.wasm"), [plain, sections.concat()].concat()).unwrap();
    let (success, told) = told(dir.path(), &["record", "a.wasm", "--pack"]);
    assert!(
        success && told.contains("packed 0 symbol files") && told.contains("left out: 2 files"),
        "{told}"
    );
    let recording = wasmscope_instrument::recording::read_file(Path::new(&path("a.wscope"))).unwrap();
    assert_eq!(recording.attachments, []);
}

#[test]
fn sources_are_found_from_whatever_folder_the_recording_is_read() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("whole/src")).unwrap();
    let text = std::fs::read(sample_module("json", "src/parse.rs")).unwrap();
    std::fs::write(dir.path().join("whole/src/parse.rs"), [b"// mine\n", &text[..]].concat()).unwrap();
    // Not the sample any more, whose text the program carries.
    let module = std::fs::read(dir.path().join("whole/json.wasm")).unwrap();
    std::fs::write(dir.path().join("whole/json.wasm"), [&module[..], &[0, 2, 1, b'x']].concat()).unwrap();
    done(dir.path(), &["record", "whole/json.wasm", "-o", "a.wscope", "--measure", "instructions", "-q"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let recording = dir.path().join("a.wscope").display().to_string();
    let shown = done(elsewhere.path(), &["report", &recording, "--view", "source", "--file", "src/parse.rs"]);
    assert!(shown.contains("// mine"), "{shown}");
}
