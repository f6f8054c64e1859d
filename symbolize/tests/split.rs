//! Split debug information: with its `.dwo` files, or their `.dwp`, a module reads as if it had never been split.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{split_path, stripped, with_files};
use wasmscope_symbolize::{
    CodeOffset, Frame, Location, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols, Warning,
};

fn with_split(bytes: &[u8], split: &[Vec<u8>]) -> Symbols {
    let split = split.iter().map(|file| Arc::from(file.as_slice())).collect();
    with_files(bytes, SymbolFiles { split, ..SymbolFiles::default() })
}

fn whole(bytes: &[u8]) -> Symbols {
    with_files(bytes, SymbolFiles::default())
}

/// The frames at each offset, and where each function is declared and what it is called.
fn assert_same(split: &Symbols, whole: &Symbols) {
    let functions = whole.module().functions();
    for (function, other) in functions.iter().zip(split.module().functions()) {
        assert_eq!(function.body, other.body, "the code is another");
        let index = function.index;
        assert_eq!(split.name(index), whole.name(index));
        assert_eq!(split.declaration(index), whole.declaration(index), "{}", whole.name(index).name.full);
    }
    let expected = all_frames(whole);
    assert!(expected.iter().any(|frames| frames.len() > 2));
    for (at, (found, expected)) in all_frames(split).iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "the {at}th offset of code");
    }
}

/// The frames at each offset of the module.
fn all_frames(symbols: &Symbols) -> Vec<Vec<Frame>> {
    let bodies = symbols.module().functions().iter().filter_map(|function| function.body.clone());
    bodies.flat_map(|body| body.start.0..body.end.0).map(|at| symbols.frames(CodeOffset(at))).collect()
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(split_path(name)).unwrap()
}

fn objects(version: u32) -> [Vec<u8>; 2] {
    ["digest", "runs"].map(|name| read(&format!("{name}{version}.dwo")))
}

fn module(kind: &str, version: u32) -> Vec<u8> {
    read(&format!("{kind}{version}.wasm"))
}

#[test]
fn with_its_objects_or_their_package_a_module_reads_as_if_it_were_whole() {
    for version in [4, 5] {
        let (bytes, whole) = (module("split", version), whole(&module("whole", version)));
        let [digest, runs] = objects(version);
        let package = read(&format!("split{version}.dwp"));
        for files in [vec![digest.clone(), runs.clone()], vec![runs, digest.clone()], vec![package, digest]] {
            let symbols = with_split(&bytes, &files);
            assert_eq!(symbols.warnings(), []);
            assert_same(&symbols, &whole);
        }
    }
}

#[test]
fn functions_have_the_names_of_their_split_units() {
    for version in [4, 5] {
        let whole = whole(&common::without(&module("whole", version), "name"));
        let symbols = with_split(&common::without(&module("split", version), "name"), &objects(version));
        assert_same(&symbols, &whole);
        let names =
            symbols.module().functions().iter().map(|function| &*symbols.name(function.index).name.full);
        assert!(names.collect::<Vec<_>>().contains(&"longest"));
    }
}

#[test]
fn the_files_are_named_once_each_as_where_they_were_made() {
    for version in [4, 5] {
        let names = |bytes: &[u8]| SymbolFileNames::of(bytes, &ModuleIndex::parse(bytes).unwrap()).split;
        let expected = ["digest", "runs"].map(|name| format!("./{name}{version}.dwo"));
        assert_eq!(names(&module("split", version)), expected);
        assert_eq!(names(&module("whole", version)), [""; 0]);
    }
}

#[test]
fn files_that_are_missing_are_told() {
    for version in [4, 5] {
        let bytes = module("split", version);
        let [digest, runs] = objects(version);
        let missing = |units, name| Warning::DwarfSplit { units, file: format!("{name}{version}.dwo") };
        assert_eq!(with_split(&bytes, &[]).warnings(), [missing(2, "digest")]);
        assert_eq!(with_split(&bytes, &[digest]).warnings(), [missing(1, "runs")]);
        let symbols = with_split(&bytes, &[runs]);
        assert_eq!(symbols.warnings(), [missing(1, "digest")]);
        assert!(symbols.has_lines() && all_frames(&symbols).iter().any(|frames| frames.len() > 1));
    }
}

#[test]
fn files_of_another_build_are_told_and_not_used() {
    for version in [4, 5] {
        let bytes = module("split", version);
        let [digest, runs] = objects(version);
        let other = of_another_build(&digest, &bytes, version);
        let symbols = with_split(&bytes, &[runs.clone(), other.clone()]);
        let name = format!("digest{version}.dwo");
        let expected = [
            Warning::DwarfSplit { units: 1, file: name.clone() },
            Warning::DwarfSplitForeign { files: 1, first: name },
        ];
        assert_eq!(symbols.warnings(), expected);
        let without = with_split(&bytes, std::slice::from_ref(&runs));
        assert_eq!(all_frames(&symbols), all_frames(&without));
        // Nobody misses anything where the right one is there too.
        assert_eq!(with_split(&bytes, &[other, digest, runs]).warnings(), []);
    }
}

/// The object of the module's first unit, with another id.
fn of_another_build(object: &[u8], bytes: &[u8], version: u32) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let info = module.custom_section(".debug_info").unwrap().data.start.0 as usize;
    // In DWARF 5 it is in the header; before that, an attribute behind the code of the entry and those of 4 bytes for
    // lines, folder and name.
    let id = if version == 5 { info + 12 } else { info + 11 + 1 + 3 * 4 };
    let at = object.windows(8).position(|other| other == &bytes[id..id + 8]).unwrap();
    let mut changed = object.to_vec();
    changed[at] ^= 1;
    changed
}

#[test]
fn files_that_are_none_are_told() {
    let bytes = module("split", 5);
    let [digest, runs] = objects(5);
    let symbols = with_split(&bytes, &[b"\x7fELF".to_vec(), digest, runs, module("whole", 5)]);
    let [warning] = symbols.warnings() else { panic!("{:?}", symbols.warnings()) };
    assert!(matches!(warning, Warning::DwarfSplitBroken { files: 2, message } if message.contains("native")));
    assert_same(&symbols, &whole(&module("whole", 5)));
}

#[test]
fn skeletons_may_be_in_the_debug_file_or_the_twin() {
    let (bytes, whole) = (module("split", 5), whole(&module("whole", 5)));
    let split: Vec<Arc<[u8]>> = objects(5).iter().map(|file| Arc::from(file.as_slice())).collect();
    let of_debug_file = SymbolFiles {
        debug_file: Some(common::without(&bytes, "name").into()),
        split: split.clone(),
        ..SymbolFiles::default()
    };
    let of_twin = SymbolFiles { twin: Some(bytes.clone().into()), split, ..SymbolFiles::default() };
    for files in [of_debug_file, of_twin] {
        let symbols = with_files(&stripped(&bytes), files);
        assert_eq!(symbols.warnings(), []);
        assert_eq!(places(&symbols), places(&whole));
    }
}

/// Where the frames of each offset are; stripped modules have no names.
fn places(symbols: &Symbols) -> Vec<Vec<Option<Location>>> {
    let places = |frames: Vec<Frame>| frames.into_iter().map(|frame| frame.location).collect();
    all_frames(symbols).into_iter().map(places).collect()
}

#[test]
fn split_modules_of_the_corpus_read_like_the_whole_ones() {
    let Some(dir) = common::corpus() else { return };
    let read = |path: &str| std::fs::read(dir.join(path)).unwrap();
    let objects: Vec<Vec<u8>> = dwo_files(&dir.join("inputs/split-dwo"));
    assert_eq!(objects.len(), 8);
    let symbols = with_split(&read("modules/bzip2-clang22-split-dwarf5.wasm"), &objects);
    assert_eq!(symbols.warnings(), []);
    assert_same(&symbols, &whole(&read("modules/bzip2-clang22-O2-dwarf5.wasm")));
    let leaky = read("toolchains/c-leaky-split-clang19.wasm");
    let symbols = with_split(&leaky, &[read("toolchains/c-leaky-split-clang19.wasm-leaky.dwo")]);
    assert_eq!(symbols.warnings(), []);
    assert_same(&symbols, &whole(&read("toolchains/c-leaky-clang19.wasm")));
}

fn dwo_files(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|ending| ending == "dwo"))
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}
