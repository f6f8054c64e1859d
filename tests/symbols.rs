//! `--symbols`: what a stripped module's reports say with the build that it was made of.

use serde_json::Value;
use std::path::Path;
use wasmscope_symbolize::ModuleIndex;
use wasmscope_tests::{sample_module, wasmscope};

/// The module without its custom sections.
fn stripped(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let kept = module.sections().iter().filter(|section| section.id != 0);
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat())
}

/// What the program writes, and whether it could do it.
fn said(dir: &Path, words: &[&str]) -> (bool, String) {
    let output = wasmscope(dir, words);
    let text = if output.status.success() { &output.stdout } else { &output.stderr };
    (output.status.success(), String::from_utf8_lossy(text).into_owned())
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
    std::fs::write(dir.path().join("json.wasm"), stripped(&bytes)).unwrap();
    std::fs::write(dir.path().join("whole/json.wasm"), bytes).unwrap();
    dir
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
                serde_json::from_str(&done(dir.path(), &[&words, more].concat())).unwrap()
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
