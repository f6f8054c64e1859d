//! Source maps that real tools wrote, against a second decoder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::sync::Arc;

use wasmscope_symbolize::{
    CodeOffset, Location, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols, Warning,
};

/// How many code offsets of a module are looked up.
const PROBES: usize = 1000;

/// A module of AssemblyScript's compiler, whose maps come from Binaryen, and one of Emscripten's.
const MODULES: [&str; 2] = ["toolchains/as-nbody-incremental-debug.wasm", "toolchains/em-leaky-srcmap.wasm"];

#[test]
fn every_offset_has_the_place_that_the_map_tells() {
    let Some(dir) = common::corpus() else { return };
    for name in MODULES {
        let (symbols, map) = read(&dir, name);
        assert_eq!(symbols.warnings(), [], "{name}");
        let expected = decode(&map);
        let bodies: Vec<_> = symbols.module().functions().iter().filter_map(|f| f.body.clone()).collect();
        let mut random = common::Lcg(3);
        let mut known = 0;
        for _ in 0..PROBES {
            let body = &bodies[random.below(bodies.len())];
            let at = CodeOffset(body.start.0 + random.below((body.end.0 - body.start.0) as usize) as u32);
            let file = |offset| symbols.module().file_offset(offset).unwrap().0 as i64;
            let before = expected.iter().rfind(|segment| segment[0] <= file(at));
            let before = before.filter(|segment| segment[0] >= file(body.start));
            let place = before.and_then(|segment| place(&map, segment));
            let found = symbols.frames(at).pop().unwrap().location;
            assert_eq!(found.map(|Location { file, line, column }| (file.to_string(), line, column)), place);
            known += usize::from(before.is_some_and(|segment| segment.len() > 1));
        }
        assert!(known > PROBES / 4, "{name}: only {known}");
        eprintln!("{name}: {known} of {PROBES} offsets have a line");
    }
}

#[test]
fn texts_in_the_map_are_those_of_its_sources() {
    let Some(dir) = common::corpus() else { return };
    let (symbols, map) = read(&dir, MODULES[0]);
    let sources = map["sources"].as_array().unwrap();
    for (source, text) in sources.iter().zip(map["sourcesContent"].as_array().unwrap()) {
        assert_eq!(symbols.source(&path(&map, source.as_str().unwrap())), text.as_str());
    }
}

/// The map of one build says nothing of another, stripped or not.
#[test]
fn the_map_of_another_build_is_refused() {
    let Some(dir) = common::corpus() else { return };
    for (module, map) in [(MODULES[0], MODULES[1]), ("toolchains/em-leaky.wasm", MODULES[1])] {
        let (bytes, index) = open(&dir, module);
        let source_map = Some(std::fs::read(dir.join(format!("{map}.map"))).unwrap().into());
        let symbols = Symbols::with_files(bytes, index, SymbolFiles { source_map, ..SymbolFiles::default() });
        let foreign = |warning: &Warning| matches!(warning, Warning::SourceMapForeign { .. });
        assert!(symbols.warnings().iter().any(foreign), "{module}: {:?}", symbols.warnings());
    }
}

fn open(dir: &Path, name: &str) -> (Arc<[u8]>, Arc<ModuleIndex>) {
    let bytes = std::fs::read(dir.join(name)).unwrap();
    let module = ModuleIndex::parse(&bytes).unwrap();
    (bytes.into(), module.into())
}

/// A module with the map that lies beside it.
fn read(dir: &Path, name: &str) -> (Symbols, serde_json::Value) {
    let (bytes, module) = open(dir, name);
    let url = SymbolFileNames::of(&bytes, &module).source_map.unwrap();
    let json = std::fs::read(dir.join(name).with_file_name(url)).unwrap();
    let map = serde_json::from_slice(&json).unwrap();
    let files = SymbolFiles { source_map: Some(json.into()), ..SymbolFiles::default() };
    (Symbols::with_files(bytes, module, files), map)
}

fn place(map: &serde_json::Value, segment: &[i64]) -> Option<(String, u32, u32)> {
    let [_, source, line, column] = *segment.get(..4)? else { return None };
    let source = map["sources"][source as usize].as_str().unwrap();
    Some((path(map, source), line as u32 + 1, column as u32 + 1))
}

fn path(map: &serde_json::Value, source: &str) -> String {
    match map["sourceRoot"].as_str() {
        Some(root) if !source.starts_with("~lib/") => format!("{}/{source}", root.trim_start_matches("./")),
        _ => source.to_owned(),
    }
}

/// The segments, as columns and places from 0.
fn decode(map: &serde_json::Value) -> Vec<Vec<i64>> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sums = [0; 5];
    let segment = |text: &str| {
        let (mut numbers, mut bits, mut width) = (Vec::new(), 0i64, 0);
        for digit in text.chars().map(|char| digits.find(char).unwrap() as i64) {
            bits += digit % 32 * (1 << width);
            width += 5;
            if digit < 32 {
                let sum = &mut sums[numbers.len()];
                *sum += bits / 2 * (1 - bits % 2 * 2);
                numbers.push(*sum);
                (bits, width) = (0, 0);
            }
        }
        numbers
    };
    map["mappings"].as_str().unwrap().split(',').map(segment).collect()
}
