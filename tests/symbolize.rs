//! `symbolize`, and the text of functions: what the command line says of places in the code.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, ModuleIndex, Symbols};
use wasmscope_tests::{program, sample_module, wasmscope};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The symbols of the sample, and an offset where two functions are inlined.
fn hotloop() -> (Symbols, CodeOffset) {
    let bytes: Arc<[u8]> = std::fs::read(sample_module("hotloop", "hotloop.wasm")).unwrap().into();
    let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    let symbols = Symbols::new(bytes, Arc::clone(&module));
    let bodies = module.functions().iter().filter_map(|function| function.body.clone());
    let mut offsets = bodies.flat_map(|body| body.start.0..body.end.0).map(CodeOffset);
    let inlined = offsets.find(|offset| symbols.frames(*offset).len() == 3).unwrap();
    (symbols, inlined)
}

/// Runs `symbolize` on the sample, with `input` to read.
fn symbolize(words: &[&str], input: &str) -> Output {
    let mut child = Command::new(program())
        .args(["symbolize", text(&sample_module("hotloop", "hotloop.wasm"))])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn frames_are_told_innermost_first() {
    let (symbols, offset) = hotloop();
    let frames = symbols.frames(offset);
    let place = |at: usize| {
        let place = frames[at].location.clone().unwrap();
        format!("{} at {}:{}:{}", frames[at].name.full, place.file, place.line, place.column)
    };
    let asked = format!("{:#x}", offset.0);
    let expected = format!("{asked}: {}\n (inlined by) {}\n (inlined by) {}\n", place(0), place(1), place(2));
    assert_eq!(said(&symbolize(&[&asked], "")), expected);
    assert_eq!(said(&symbolize(&[&offset.0.to_string()], "")), expected);
    // From the standard input, and by their place in the file.
    assert_eq!(said(&symbolize(&[], &format!("{asked}\n\n  {asked}\n"))), expected.repeat(2));
    let file = symbols.module().file_offset(offset).unwrap().0;
    let by_file = said(&symbolize(&["--file-offsets", &file.to_string()], ""));
    assert_eq!(by_file, expected.replacen(&asked, &format!("{file:#x}"), 1));
}

#[test]
fn what_is_no_place_is_told() {
    let outside = "0x0: in no function\n0xffffffffff: in no function\n";
    assert_eq!(said(&symbolize(&["0", "0xffffffffff"], "")), outside);
    let outside = said(&symbolize(&["--file-offsets", "0"], ""));
    assert_eq!(outside, "0x0: in no function\n");
    for (words, input) in [(&["1x"][..], ""), (&["--", "-1"], ""), (&[], "1x\n")] {
        let output = symbolize(words, input);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains("is not an offset; write a number such as 1234 or 0x4d2"), "{stderr}");
    }
}

#[test]
fn frames_as_json() {
    let (symbols, offset) = hotloop();
    let report: Value =
        serde_json::from_str(&said(&symbolize(&["--json", &offset.0.to_string(), "0"], ""))).unwrap();
    assert_eq!((&report["schema"], &report["module"]), (&1.into(), &"hotloop.wasm".into()));
    let [place, outside] = report["places"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!((&place["offset"], &place["code_offset"]), (&offset.0.into(), &offset.0.into()));
    assert_eq!(place["file_offset"], symbols.module().file_offset(offset).unwrap().0);
    assert_eq!(place["index"], symbols.module().function_at(offset).unwrap().0);
    let frames = symbols.frames(offset);
    for (told, frame) in place["frames"].as_array().unwrap().iter().zip(&frames) {
        let at = frame.location.as_ref().unwrap();
        assert_eq!((&told["name"], &told["inlined"]), (&(*frame.name.full).into(), &frame.inlined.into()));
        assert_eq!(
            (&told["file"], &told["line"], &told["column"]),
            (&(*at.file).into(), &at.line.into(), &at.column.into())
        );
    }
    assert_eq!(place["frames"].as_array().unwrap().len(), frames.len());
    assert!(outside["index"].is_null() && outside["frames"].as_array().unwrap().is_empty(), "{outside}");
}

#[test]
fn a_recorded_function_is_shown_as_text_with_its_costs() {
    let dir = tempfile::tempdir().unwrap();
    let module = sample_module("hotloop", "hotloop.wasm");
    let measures = ["--measure", "time,calls,instructions"];
    let words = [&["record", "-q", text(&module), "-o", "run.wscope"], &measures[..]].concat();
    said(&wasmscope(dir.path(), &words));
    let report = |more: &[&str]| {
        let words = [&["report", "run.wscope", "--view", "wat"], more].concat();
        wasmscope(dir.path(), &words)
    };
    let json: Value = serde_json::from_str(&said(&report(&["--function", "long_loop", "--json"]))).unwrap();
    assert_eq!((&json["name"], &json["problem"]), (&"long_loop".into(), &Value::Null));
    let lines = json["lines"].as_array().unwrap();
    let sum = |field: &str| lines.iter().filter_map(|line| line[field].as_u64()).sum::<u64>();
    // The functions view tells the same of the function, with what was inlined into it.
    let functions = said(&wasmscope(dir.path(), &["report", "run.wscope", "--view", "functions", "--json"]));
    let functions: Value = serde_json::from_str(&functions).unwrap();
    let row =
        functions["functions"].as_array().unwrap().iter().find(|row| row["name"] == "long_loop").unwrap();
    assert_eq!(sum("self_nanos"), row["total"].as_u64().unwrap());
    assert!(json["sampled_nanos"].as_u64().unwrap() >= sum("self_nanos"));
    let branch = lines.iter().find(|line| line["text"].as_str().unwrap().starts_with("br_if")).unwrap();
    assert!(branch["executed"].as_u64().unwrap() > 1_000_000, "{branch}");
    assert!(branch["frames"][0]["file"].as_str().unwrap().ends_with("hotloop.c"), "{branch}");
    // By index, as text.
    let index = json["index"].to_string();
    let text = said(&report(&["--function", &index]));
    assert!(
        text.contains("long_loop") && text.contains("loop ;; label = @1") && text.contains("hotloop.c:"),
        "{text}"
    );
    for (function, sentence) in
        [("no_such", "there is no function `no_such`"), ("9999", "there is no function 9999")]
    {
        let output = report(&["--function", function]);
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains("run.wscope: ") && stderr.contains(sentence), "{stderr}");
    }
    assert_eq!(report(&[]).status.code(), Some(2), "the function is not named");
}
