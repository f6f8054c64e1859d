//! What is known of the samples: names, files, lines and inlined calls.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, Symbols};

fn function(symbols: &Symbols, short: &str) -> Option<FuncIndex> {
    let functions = symbols.module().functions();
    functions.iter().map(|f| f.index).find(|index| &*symbols.name(*index).name.short == short)
}

/// The frames at every offset of a function.
fn frames(symbols: &Symbols, index: FuncIndex) -> Vec<Vec<Frame>> {
    let body = symbols.module().functions()[index.index()].body.clone().unwrap();
    (body.start.0..body.end.0).map(|at| symbols.frames(CodeOffset(at))).collect()
}

/// The inlined functions met anywhere in a function, each chain joined from the outside in.
fn chains(symbols: &Symbols, index: FuncIndex) -> Vec<String> {
    let chain = |frames: Vec<Frame>| {
        frames.iter().rev().map(|f| f.name.short.to_string()).collect::<Vec<_>>().join(">")
    };
    let mut chains: Vec<_> = frames(symbols, index).into_iter().map(chain).collect();
    chains.sort();
    chains.dedup();
    chains
}

fn check(name: &str, source: &str) {
    let Some(path) = common::sample(name) else { return };
    let symbols = common::symbols(&path);
    assert!(symbols.has_lines(), "{name}");
    assert!(symbols.warnings().is_empty(), "{name}: {:?}", symbols.warnings());
    let mut own = 0;
    for function in symbols.module().functions() {
        let Some(place) = symbols.declaration(function.index) else { continue };
        if !place.file.ends_with(source) {
            continue;
        }
        own += 1;
        assert!(place.line > 0, "{name}: {place:?}");
        for chain in frames(&symbols, function.index) {
            let outermost = chain.last().unwrap();
            assert_eq!(outermost.name.full, symbols.name(function.index).name.full);
            if let Some(location) = &outermost.location {
                assert!(
                    location.line == 0 || location.line >= place.line,
                    "{name}: {outermost:?} in {place:?}"
                );
            }
        }
        eprintln!(
            "{name}: {} at {}:{}: {:?}",
            symbols.name(function.index).name.short,
            place.file,
            place.line,
            chains(&symbols, function.index)
        );
    }
    assert!(own > 0, "{name} has no function of {source}");
}

#[test]
fn own_functions_are_declared_in_their_source() {
    check("hotloop/hotloop.wasm", "hotloop.c");
    check("words/words.wasm", "words.cpp");
    check("chatty/before.wasm", "chatty.c");
    check("fragment/before.wasm", "fragment.c");
    check("library/library.wasm", "library.c");
    check("simd/simd.wasm", "simd.c");
    check("json/json.wasm", "parse.rs");
}

#[test]
fn rust_names_are_short() {
    let Some(path) = common::sample("json/json.wasm") else { return };
    let symbols = common::symbols(&path);
    let function = symbols.module().functions().iter().map(|f| symbols.name(f.index));
    let own: Vec<_> = function.filter(|name| name.name.short.starts_with("json::")).collect();
    assert!(!own.is_empty());
    assert!(
        own.iter().all(|name| !name.name.short.contains('<') && !name.name.full.contains("17h")),
        "{own:?}"
    );
}

#[test]
fn inlined_helpers_are_seen_inside_their_callers() {
    let Some(path) = common::sample("hotloop/hotloop.wasm") else { return };
    let symbols = common::symbols(&path);
    for name in ["short_loop", "long_loop"] {
        let function = function(&symbols, name).unwrap();
        let expected = [name.to_owned(), format!("{name}>mix"), format!("{name}>mix>rotate")];
        assert_eq!(chains(&symbols, function), expected);
    }
}
