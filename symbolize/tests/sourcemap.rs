//! Source maps, made by hand: which line is told for which code, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Segment, json, mappings, vlq};
use wasmscope_symbolize::{
    CodeOffset, FuncIndex, Location, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols, Warning,
};

/// Each body begins with a byte for its locals; its instructions are at 1, 3, 5 and 6.
const TEXT: &str = "(module
    (func (result i32) i32.const 1 i32.const 2 i32.add)
    (func (result i32) i32.const 3 i32.const 4 i32.mul)
    (func (result i32) i32.const 5 i32.const 6 i32.sub))";

/// How far apart the bodies begin: a size field and seven bytes.
const BODY: u32 = 8;

/// A module whose bodies begin at the offset that comes with it, in the file.
fn module() -> (Vec<u8>, u32) {
    let bytes = wat::parse_str(TEXT).unwrap();
    let module = ModuleIndex::parse(&bytes).unwrap();
    let first = module.functions()[0].body.clone().unwrap().start;
    (bytes, u32::try_from(module.file_offset(first).unwrap().0).unwrap())
}

/// The module with `url` as that of its source map.
fn with_url(mut bytes: Vec<u8>, url: &str) -> Vec<u8> {
    let leb = |mut value: usize| {
        let mut bytes = Vec::new();
        while value > 127 {
            bytes.push(value as u8 | 128);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    let name = "sourceMappingURL";
    let data = [&leb(name.len()), name.as_bytes(), &leb(url.len()), url.as_bytes()].concat();
    bytes.push(0);
    bytes.extend(leb(data.len()));
    bytes.extend(data);
    bytes
}

fn symbols(bytes: Vec<u8>, map: Option<&str>) -> Symbols {
    let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    let source_map = map.map(|map| map.as_bytes().into());
    Symbols::with_files(bytes.into(), module, SymbolFiles { source_map, ..SymbolFiles::default() })
}

/// The symbols of the module with a map of these mappings, whose columns count from the first body.
fn mapped(segments: &[Segment]) -> Symbols {
    let (bytes, first) = module();
    let moved: Vec<Segment> = segments.iter().map(|(at, place)| (at + i64::from(first), *place)).collect();
    symbols(bytes, Some(&json(&["a.ts", "b.ts"], &mappings(&moved))))
}

/// File, line and column of the code at `at` bytes behind the start of the first body.
fn place(symbols: &Symbols, at: u32) -> Option<(String, u32, u32)> {
    let first = symbols.module().functions()[0].body.clone().unwrap().start;
    let frames = symbols.frames(CodeOffset(first.0 + at));
    assert_eq!(frames.len(), 1, "{at}");
    shown(frames[0].location.clone())
}

fn shown(location: Option<Location>) -> Option<(String, u32, u32)> {
    location.map(|Location { file, line, column }| (file.to_string(), line, column))
}

fn at(file: &str, line: u32, column: u32) -> Option<(String, u32, u32)> {
    Some((file.to_owned(), line, column))
}

#[test]
fn code_has_the_place_of_the_mapping_before_it() {
    let symbols = mapped(&[(0, Some((0, 9, 0))), (3, Some((1, 4, 2))), (5, Some((0, 9, 7)))]);
    assert!(symbols.has_lines());
    assert_eq!(symbols.warnings(), []);
    for (offset, expected) in [
        (0, at("a.ts", 10, 1)),
        (2, at("a.ts", 10, 1)),
        (3, at("b.ts", 5, 3)),
        (4, at("b.ts", 5, 3)),
        (5, at("a.ts", 10, 8)),
        (6, at("a.ts", 10, 8)),
    ] {
        assert_eq!(place(&symbols, offset), expected, "{offset}");
    }
}

#[test]
fn mappings_end_where_the_function_does_and_where_they_are_ended() {
    let inside = i64::from(BODY) + 3;
    let symbols = mapped(&[(0, Some((0, 1, 1))), (5, None), (inside, Some((1, 1, 1)))]);
    assert_eq!(place(&symbols, 3), at("a.ts", 2, 2));
    assert_eq!(place(&symbols, 5), None);
    assert_eq!(place(&symbols, BODY), None);
    assert_eq!(place(&symbols, BODY + 6), at("b.ts", 2, 2));
    assert_eq!(place(&symbols, 2 * BODY + 6), None);
    assert_eq!(shown(symbols.declaration(FuncIndex(1))), at("b.ts", 2, 2));
    assert_eq!(shown(symbols.declaration(FuncIndex(2))), None);
}

#[test]
fn of_several_mappings_of_one_offset_the_last_counts() {
    let symbols = mapped(&[(3, Some((0, 1, 1))), (3, Some((1, 2, 2))), (1, Some((0, 5, 5)))]);
    assert_eq!(place(&symbols, 1), at("a.ts", 6, 6));
    assert_eq!(place(&symbols, 3), at("b.ts", 3, 3));
}

#[test]
fn a_map_in_its_url_is_read() {
    let (bytes, first) = module();
    let map = json(&["a.ts"], &mappings(&[(first.into(), Some((0, 0, 0)))]));
    let percent: String = map.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let bytes = with_url(bytes, &format!("data:application/json,{percent}"));
    let index = ModuleIndex::parse(&bytes).unwrap();
    assert_eq!(SymbolFileNames::of(&bytes, &index), SymbolFileNames::default());
    let symbols = symbols(bytes, None);
    assert_eq!(place(&symbols, 0), at("a.ts", 1, 1));
    assert_eq!(symbols.warnings(), []);
}

#[test]
fn a_map_elsewhere_is_told_until_it_is_given() {
    let (bytes, first) = module();
    let url = "http://localhost:8000/out/m.wasm.map";
    let bytes = with_url(bytes, url);
    let index = ModuleIndex::parse(&bytes).unwrap();
    let names = SymbolFileNames { source_map: Some(url.to_owned()), ..SymbolFileNames::default() };
    assert_eq!(SymbolFileNames::of(&bytes, &index), names);
    let without = symbols(bytes.clone(), None);
    assert!(!without.has_lines());
    assert_eq!(without.warnings(), [Warning::SourceMapElsewhere { url: url.to_owned() }]);
    let map = json(&["a.ts"], &mappings(&[(first.into(), Some((0, 0, 0)))]));
    let with = symbols(bytes, Some(&map));
    assert_eq!(place(&with, 0), at("a.ts", 1, 1));
    assert_eq!(with.warnings(), []);
}

#[test]
fn paths_are_below_the_root_and_texts_come_along() {
    let (bytes, first) = module();
    let places = [0, 1, 3, 5, 6].map(|at| i64::from(first) + at);
    let segments: Vec<Segment> =
        places.iter().zip(0i64..).map(|(at, source)| (*at, Some((source, 0, 0)))).collect();
    let map = format!(
        r#")]}}'{{"x":1}}
        {{"version":3,"sourceRoot":"./out/","sources":["a.ts","~lib/rt.ts","/b.ts","file:///c.ts",null],
        "sourcesContent":["let a;",null,"let b;"],"names":["n"],"mappings":"{}"}}"#,
        mappings(&segments)
    );
    let symbols = symbols(bytes, Some(&map));
    for (offset, path) in [(0, "out/a.ts"), (1, "~lib/rt.ts"), (3, "/b.ts"), (5, "/c.ts")] {
        assert_eq!(place(&symbols, offset), at(path, 1, 1));
    }
    assert_eq!(place(&symbols, 6), None);
    assert_eq!(symbols.warnings(), [Warning::SourceMapStray { count: 1 }]);
    let texts = ["out/a.ts", "~lib/rt.ts", "/b.ts", "/c.ts", "a.ts"].map(|path| symbols.source(path));
    assert_eq!(texts, [Some("let a;"), None, Some("let b;"), None, None]);
}

#[test]
fn a_map_of_parts_is_put_together() {
    let (bytes, first) = module();
    let part = |column: u32, file: &str, text: &str, line: i64| {
        let map = json(&[file], &mappings(&[(0, Some((0, line, 0)))]));
        let map = map.replacen('{', &format!("{{\"sourcesContent\":[{text}],"), 1);
        format!(r#"{{"offset":{{"line":0,"column":{column}}},"map":{map}}}"#)
    };
    let parts = [
        part(first, "a.ts", "null", 1),
        part(first + BODY, "b.ts", "\"let b;\"", 2),
        part(first + 2 * BODY, "a.ts", "\"let a;\"", 3),
        r#"{"offset":{"line":0,"column":0},"url":"x.map"}"#.to_owned(),
    ];
    let symbols = symbols(bytes, Some(&format!(r#"{{"version":3,"sections":[{}]}}"#, parts.join(","))));
    assert_eq!(place(&symbols, 1), at("a.ts", 2, 1));
    assert_eq!(place(&symbols, BODY + 1), at("b.ts", 3, 1));
    assert_eq!(place(&symbols, 2 * BODY + 1), at("a.ts", 4, 1));
    assert_eq!(symbols.source("a.ts"), Some("let a;"));
    assert!(matches!(symbols.warnings(), [Warning::SourceMapBroken { .. }]), "{:?}", symbols.warnings());
}

#[test]
fn an_empty_map_is_told() {
    let (bytes, first) = module();
    let from_nowhere = mappings(&[(first.into(), None)]);
    for map in [json(&[], ""), "{}".to_owned(), json(&["a.ts"], &from_nowhere)] {
        let symbols = symbols(bytes.clone(), Some(&map));
        assert!(!symbols.has_lines());
        assert_eq!(place(&symbols, 1), None);
        assert_eq!(symbols.warnings(), [Warning::SourceMapEmpty]);
    }
}

#[test]
fn a_map_of_another_build_is_refused() {
    // In the middle of instructions; then in no function at all; then on a line that a module has not.
    let misplaced = mapped(&[(2, Some((0, 1, 1))), (3, Some((0, 2, 1))), (4, Some((0, 3, 1)))]);
    assert_eq!(misplaced.warnings(), [Warning::SourceMapForeign { stray: 2, mappings: 3 }]);
    let outside = mapped(&[(1, Some((0, 1, 1))), (900, Some((0, 1, 1))), (901, Some((0, 1, 1)))]);
    assert_eq!(outside.warnings(), [Warning::SourceMapForeign { stray: 2, mappings: 3 }]);
    let (bytes, first) = module();
    let lines = format!(";{}", mappings(&[(first.into(), Some((0, 0, 0)))]));
    let script = symbols(bytes, Some(&json(&["a.js"], &lines)));
    assert_eq!(script.warnings(), [Warning::SourceMapForeign { stray: 1, mappings: 1 }]);
    for symbols in [misplaced, outside, script] {
        assert!(!symbols.has_lines());
        assert_eq!(place(&symbols, 3), None);
    }
}

#[test]
fn mappings_that_cannot_be_are_left_out() {
    let huge = i64::from(u32::MAX);
    let symbols = mapped(&[
        (-999, Some((0, 1, 1))),
        (0, Some((0, 1, 1))),
        (1, Some((2, 1, 1))),
        (3, Some((0, -1, 1))),
        (5, Some((0, 1, huge))),
        (6, Some((0, huge, 1))),
        (i64::from(BODY), Some((1, 1, 1))),
    ]);
    assert_eq!(symbols.warnings(), [Warning::SourceMapStray { count: 5 }]);
    assert_eq!(place(&symbols, 0), at("a.ts", 2, 2));
    for offset in [1, 3, 5, 6] {
        assert_eq!(place(&symbols, offset), None, "{offset}");
    }
    assert_eq!(place(&symbols, BODY), at("b.ts", 2, 2));
}

#[test]
fn what_comes_before_a_break_is_kept() {
    let (bytes, first) = module();
    let broken = format!("{},?", mappings(&[(first.into(), Some((0, 0, 0)))]));
    let symbols = symbols(bytes, Some(&json(&["a.ts"], &broken)));
    assert_eq!(place(&symbols, 6), at("a.ts", 1, 1));
    assert!(
        matches!(symbols.warnings(), [Warning::SourceMapBroken { message }] if message.contains("character"))
    );
}

#[test]
fn what_is_no_map_is_told() {
    for (map, expected) in [
        ("", "EOF"),
        ("[1", "EOF"),
        ("7", "invalid type"),
        (r#"{"version":2,"mappings":"A"}"#, "version 2"),
        (r#"{"version":3,"mappings":7}"#, "invalid type"),
        (r#"{"version":3,"sources":[7],"mappings":""}"#, "invalid type"),
        (")]}'", "EOF"),
    ] {
        let symbols = symbols(module().0, Some(map));
        let [Warning::SourceMapBroken { message }] = symbols.warnings() else { panic!("{map}") };
        assert!(message.contains(expected), "{map}: {message}");
    }
    let inline = symbols(with_url(module().0, "data:;base64,???"), None);
    assert!(matches!(inline.warnings(), [Warning::SourceMapBroken { .. }]));
    let deep = "[".repeat(1 << 20);
    let nested = format!(r#"{{"version":3,"x":{deep}"#);
    for map in [deep, nested] {
        assert!(matches!(symbols(module().0, Some(&map)).warnings(), [Warning::SourceMapBroken { .. }]));
    }
}

/// With debug information of its own a function has no use for the map.
#[test]
fn debug_information_goes_first() {
    let Some(path) = common::sample("hotloop/hotloop.wasm") else { return };
    let bytes = std::fs::read(path).unwrap();
    let plain = symbols(with_url(bytes.clone(), "hotloop.wasm.map"), None);
    assert!(plain.has_lines());
    assert!(!plain.warnings().iter().any(|warning| matches!(warning, Warning::SourceMapElsewhere { .. })));
    let module = plain.module();
    let bodies = module.functions().iter().filter_map(|function| function.body.clone());
    let bodies: Vec<_> = bodies.collect();
    let column = |body: &std::ops::Range<CodeOffset>| module.file_offset(body.start).unwrap().0 as i64;
    let segments: Vec<Segment> = bodies.iter().map(|body| (column(body), Some((0, 0, 0)))).collect();
    let both = symbols(bytes, Some(&json(&["map.ts"], &mappings(&segments))));
    let (mut by_dwarf, mut by_map) = (0, 0);
    for body in bodies {
        for offset in (body.start.0..body.end.0).map(CodeOffset) {
            let (expected, found) = (plain.frames(offset), both.frames(offset));
            let file = found.last().and_then(|frame| frame.location.as_ref()).map(|place| &*place.file);
            if file == Some("map.ts") {
                by_map += 1;
                assert_eq!(expected.last().and_then(|frame| frame.location.as_ref()), None);
            } else {
                by_dwarf += 1;
                assert_eq!(expected, found);
            }
        }
    }
    assert!(by_dwarf > 0 && by_map > 0, "{by_dwarf} {by_map}");
}

/// Damage that the document survives hits the mappings, and the rest of it.
#[test]
fn damaged_maps_do_no_harm() {
    let (bytes, first) = module();
    let segments: Vec<Segment> =
        (0..20).map(|at| (i64::from(first) + at, (at % 5 > 0).then_some((at % 2, at, at)))).collect();
    let plain = json(&["a.ts", "b.ts"], &mappings(&segments));
    let offset = r#"{"offset":{"line":0,"column":1}"#;
    let parts = format!(r#"{{"version":3,"sections":[{offset},"map":{plain}}},{offset},"map":{plain}}}]}}"#);
    let mut random = common::Lcg(5);
    let started = Instant::now();
    for map in [plain, parts] {
        for len in 0..map.len() {
            exercise(&bytes, &map.as_bytes()[..len]);
        }
        for _ in 0..4000 {
            let mut damaged = map.clone().into_bytes();
            for _ in 0..=random.below(4) {
                let at = random.below(damaged.len());
                let letters = b"AZaz09+/,;g\"{}[]-1";
                let any = [random.below(256) as u8, letters[random.below(letters.len())]];
                damaged[at] = any[random.below(2)];
            }
            exercise(&bytes, &damaged);
        }
    }
    for numbers in [-1, i64::from(u32::MAX), -(1 << 34) + 1, (1 << 34) - 1] {
        let segment = vlq(numbers).repeat(4);
        exercise(&bytes, json(&["a.ts"], &[segment.as_str(); 1000].join(",")).as_bytes());
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

/// Asks everything there is to ask.
fn exercise(bytes: &[u8], map: &[u8]) {
    let module = Arc::new(ModuleIndex::parse(bytes).unwrap());
    let files = SymbolFiles { source_map: Some(map.into()), ..SymbolFiles::default() };
    let symbols = Symbols::with_files(bytes.into(), module, files);
    for function in symbols.module().functions() {
        symbols.declaration(function.index);
        let body = function.body.clone().unwrap();
        for offset in body.start.0..body.end.0 {
            let frames = symbols.frames(CodeOffset(offset));
            let place = frames[0].location.as_ref();
            assert!(place.is_none_or(|place| place.line > 0 && place.column > 0));
            place.map(|place| symbols.source(&place.file));
        }
    }
    symbols.warnings().iter().for_each(|warning| assert!(!warning.to_string().is_empty()));
}
