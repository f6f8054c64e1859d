//! The house in order: what the tree may hold, and what its sources may not.

use crate::layers::sources;
use std::fs;
use std::path::Path;
use wasmscope_tests::{root, sample_names};

const ROOT: &[&str] = &[
    ".ci",
    ".git",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "app",
    "assets",
    "clippy.toml",
    "deny.toml",
    "instrument",
    "rustfmt.toml",
    "samples",
    "symbolize",
    "target",
    "tests",
];

const CRATES: &[&str] = &["symbolize", "instrument", "app", "tests"];

#[test]
fn the_root_holds_what_it_should() {
    let entries = fs::read_dir(root()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strangers: Vec<_> = names.filter(|name| !ROOT.contains(&name.as_str())).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn files_stay_small() {
    for source in all_sources() {
        let lines = fs::read_to_string(&source).unwrap().lines().count();
        assert!(lines <= 600, "{}: {lines} lines are two rooms in one", source.display());
    }
}

#[test]
fn unsafe_code_lives_where_it_must() {
    const WITH_UNSAFE: &[&str] = &[
        "instrument/src/run/code_cache.rs",
        "instrument/src/run/probe_bytes.rs",
        "instrument/src/sample/signal.rs",
    ];
    for source in all_sources().into_iter().filter(|path| !path.ends_with("tests/tidy.rs")) {
        let text = fs::read_to_string(&source).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let has_unsafe = code.clone().any(|line| line.contains("unsafe {") || line.contains("unsafe fn"));
        let relative = source.strip_prefix(root()).unwrap();
        let may_have = WITH_UNSAFE.iter().any(|allowed| relative == Path::new(allowed));
        assert!(!has_unsafe || may_have, "{}", source.display());
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["TO", "FIX"].map(|start| format!("{start}{}", if start == "TO" { "DO" } else { "ME" }));
    let macros =
        ["to", "unimplemen"].map(|start| format!("{start}{}", if start == "to" { "do!(" } else { "ted!(" }));
    for source in all_sources() {
        let text = fs::read_to_string(&source).unwrap();
        for word in words.iter().chain(&macros) {
            assert!(!text.contains(word.as_str()), "{}: {word}", source.display());
        }
    }
}

#[test]
fn each_sample_has_its_source_its_module_and_its_story() {
    let names = sample_names();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let folder = root().join("samples").join(&name);
        let facts = wasmscope_tests::sample_facts(&name);
        assert!(folder.join("README.md").exists(), "{name} has no README.md");
        for module in facts["modules"].as_array().unwrap() {
            let file = folder.join(module["file"].as_str().unwrap());
            let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let index = wasmscope_symbolize::ModuleIndex::parse(&bytes).unwrap();
            assert!(index.custom_section(".debug_line").is_some(), "{} has no line table", file.display());
        }
    }
}

fn all_sources() -> Vec<std::path::PathBuf> {
    CRATES.iter().flat_map(|name| sources(&root().join(name))).collect()
}
