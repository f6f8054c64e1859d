//! Stripped modules, read with another build of them, or with their symbol map.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Lcg, json, mappings, sample, stripped, with_files};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex, NameSource, SymbolFiles, Symbols, Warning};

fn with_twin(bytes: &[u8], twin: &[u8]) -> Symbols {
    with_files(bytes, SymbolFiles { twin: Some(twin.into()), ..SymbolFiles::default() })
}

/// The symbols of one module as text, stripped, with those of the other.
fn texts(ours: &str, theirs: &str) -> Symbols {
    with_twin(&stripped(&wat::parse_str(ours).unwrap()), &wat::parse_str(theirs).unwrap())
}

fn names(symbols: &Symbols) -> Vec<&str> {
    symbols.module().functions().iter().map(|function| &*symbols.name(function.index).name.full).collect()
}

#[test]
fn with_its_twin_a_stripped_module_reads_like_it() {
    for name in ["json/json.wasm", "hotloop/hotloop.wasm"] {
        let Some(path) = sample(name) else { return };
        let twin = std::fs::read(path).unwrap();
        let whole = with_files(&twin, SymbolFiles::default());
        let symbols = with_twin(&stripped(&twin), &twin);
        assert_eq!(names(&symbols), names(&whole));
        assert!(symbols.has_lines() && whole.has_lines());
        assert_eq!(symbols.warnings(), whole.warnings());
        for function in whole.module().functions() {
            assert_eq!(symbols.declaration(function.index), whole.declaration(function.index));
            let Some(body) = function.body.clone() else { continue };
            let code = symbols.module().function(function.index).unwrap().body.clone().unwrap();
            for at in (0..body.end.0 - body.start.0).step_by(7) {
                let (ours, theirs) = (CodeOffset(code.start.0 + at), CodeOffset(body.start.0 + at));
                assert_eq!(symbols.frames(ours), whole.frames(theirs), "{name}: {theirs}");
            }
        }
    }
}

#[test]
fn the_text_of_functions_has_the_names_of_the_twin() {
    let text =
        "(module (memory $heap 1) (func $add (param $left i32) (result i32) local.get $left i32.load))";
    let symbols = texts(text, text);
    let lines: Vec<_> =
        symbols.disassemble(FuncIndex(0)).unwrap().into_iter().map(|line| line.text).collect();
    assert!(lines.concat().contains("$add") && lines.concat().contains("local.get $left"), "{lines:?}");
}

/// The module with each function's size in five bytes, as linkers write it.
fn padded(bytes: &[u8]) -> Vec<u8> {
    let wide = |value: u32| {
        let byte = |shift: u32| (value >> shift) as u8 & 0x7f | if shift < 28 { 0x80 } else { 0 };
        [0, 7, 14, 21, 28].map(byte)
    };
    let module = ModuleIndex::parse(bytes).unwrap();
    let code = module.sections().iter().find(|section| &*section.name == "code").unwrap();
    let mut contents = vec![module.functions().len() as u8];
    for function in module.functions() {
        let body = function.body.clone().unwrap();
        let place = |offset| module.file_offset(offset).unwrap().0 as usize;
        contents.extend(wide(body.end.0 - body.start.0));
        contents.extend(&bytes[place(body.start)..place(body.end)]);
    }
    let (header, end) = (code.header.0 as usize, code.contents.end.0 as usize);
    [&bytes[..header], &[10], &wide(contents.len() as u32), &contents, &bytes[end..]].concat()
}

#[test]
fn lines_are_found_where_the_same_code_lies_elsewhere() {
    let twin = wat::parse_str("(module (func $a nop nop) (func $b nop nop nop))").unwrap();
    let module = ModuleIndex::parse(&twin).unwrap();
    let body = module.functions()[1].body.clone().unwrap();
    let first = module.file_offset(body.start).unwrap().0 as i64;
    let map = json(&["a.ts"], &mappings(&[(first + 1, Some((0, 4, 0))), (first + 3, Some((0, 6, 0)))]));
    let url = format!("data:application/json,{}", map.replace('%', "%25").replace('"', "%22"));
    let section = [&[16][..], b"sourceMappingURL", &[url.len() as u8 | 128, (url.len() >> 7) as u8]].concat();
    let section = [section, url.clone().into_bytes()].concat();
    let header = [0, section.len() as u8 | 128, (section.len() >> 7) as u8];
    let twin = [&twin[..], &header, &section].concat();

    let symbols = with_twin(&padded(&stripped(&twin)), &twin);
    assert_eq!(symbols.warnings(), []);
    let ours = symbols.module().functions()[1].body.clone().unwrap();
    assert_ne!(ours, body);
    let line = |at| symbols.frames(CodeOffset(ours.start.0 + at))[0].location.as_ref().map(|at| at.line);
    assert_eq!([1, 2, 3].map(line), [Some(5), Some(5), Some(7)]);
    assert_eq!(symbols.declaration(FuncIndex(1)).unwrap().line, 5);
    assert_eq!(symbols.declaration(FuncIndex(0)), None);
    assert_eq!(names(&symbols), ["a", "b"]);
}

/// Six operators with a constant.
const MIX: &str = "(param i32) (result i32) local.get 0 i32.const 77 i32.mul i32.const 9 i32.xor";
const MAX: &str = "(param i32) (result i32) local.get 0 i32.const 78 i32.mul i32.const 9 i32.xor";

#[test]
fn in_changed_code_functions_are_found_by_import_export_and_shape() {
    let theirs = format!(
        r#"(module (import "env" "f" (func $host)) (func $dead nop) (func $run (export "go") call $host nop)
            (func $mix {MIX}) (func $max {MAX}) (func $twice1 {MIX} drop i32.const 1)
            (func $twice2 {MIX} drop i32.const 1))"#
    );
    let ours = format!(
        r#"(module (import "env" "f" (func)) (func (export "go") call 0) (func {MAX}) (func {MIX})
            (func {MIX} drop i32.const 1) (func nop))"#
    );
    let symbols = texts(&ours, &theirs);
    // Of the two that are the same, ours has one: what merges them keeps the first.
    assert_eq!(names(&symbols), ["host", "run", "max", "mix", "twice1", "func[5]"]);
    let sources = [2, 5].map(|index| symbols.name(FuncIndex(index)).source);
    assert_eq!(sources, [NameSource::Twin, NameSource::Index]);
    assert_eq!(symbols.warnings(), [Warning::TwinChanged { matched: 4, functions: 5 }]);
}

#[test]
fn of_changed_code_no_lines_are_told() {
    let Some(path) = sample("json/json.wasm") else { return };
    let twin = std::fs::read(path).unwrap();
    let mut ours = stripped(&twin);
    let module = ModuleIndex::parse(&ours).unwrap();
    let longest =
        module.functions().iter().filter_map(|f| f.body.clone()).max_by_key(|b| b.end.0 - b.start.0);
    let end = module.file_offset(longest.unwrap().end).unwrap().0 as usize;
    // The `end` of one function becomes an `unreachable`.
    ours[end - 1] = 0;
    let symbols = with_twin(&ours, &twin);
    assert!(!symbols.has_lines());
    assert!(symbols.module().functions().iter().all(|f| symbols.declaration(f.index).is_none()));
    let warnings = symbols.warnings();
    let [Warning::TwinChanged { matched, functions }] = warnings else { panic!("{warnings:?}") };
    assert!(matched * 10 > functions * 9, "{warnings:?}");
}

/// Modules as text, ours as a tool left it. `@a` to `@f` stand for code that no other function has.
fn check(ours: &str, theirs: &str, expected: &[&str]) {
    let fill = |text: &str, code: fn(u32) -> String| {
        let letters = ('a'..='f').enumerate();
        letters.fold(text.to_owned(), |text, (at, letter)| {
            text.replace(&format!("@{letter}"), &code(1111 * (at as u32 + 1)))
        })
    };
    let whole =
        |n| format!("i32.const {n} i32.const 1 i32.add drop i32.const 7{n} i32.load offset={n} drop nop");
    let optimised = |n| format!("nop i32.const {n} drop i32.const 7{n} i32.load offset={n} drop");
    assert_eq!(names(&texts(&fill(ours, optimised), &fill(theirs, whole))), expected, "{ours}");
}

#[test]
fn functions_are_found_by_rare_constants_wherever_they_are() {
    check(
        "(module (memory 1) (func @d) (func @a) (func @e) (func @b))",
        "(module (memory 1) (func $a @a) (func $b @b) (func $c @c) (func $d @d))",
        &["d", "a", "func[2]", "b"],
    );
}

#[test]
fn what_calls_and_what_is_called_tells_functions_apart() {
    check(
        "(module (memory 1) (func @a call 2) (func i32.const 50 drop call 4 nop)
            (func i32.const 50 drop call 5 nop) (func @b call 1) (func @d) (func @c))",
        "(module (memory 1) (func $a @a call $x i32.const 3 drop) (func $x i32.const 50 drop call $c)
            (func $b @b call $y) (func $y i32.const 50 drop call $d) (func $c @c) (func $d @d))",
        &["a", "y", "x", "b", "d", "c"],
    );
}

#[test]
fn functions_that_are_alike_in_all_are_not_told() {
    check(
        "(module (memory 1) (func @a) (func @b))",
        "(module (memory 1) (func $a1 @a i32.const 1 drop) (func $a2 @a i32.const 2 drop) (func $b @b))",
        &["func[0]", "b"],
    );
}

#[test]
fn among_functions_that_are_alike_the_order_tells() {
    check(
        "(module (memory 1) (func @b) (func @a))",
        "(module (memory 1) (func $a1 @a i32.const 1 drop) (func $b @b) (func $a2 @a i32.const 2 drop))",
        &["b", "a2"],
    );
}

#[test]
fn the_start_function_and_those_in_tables_are_found() {
    check(
        "(module (table 3 funcref) (elem (i32.const 1) 1 0) (start 2) (func) (func (param i32)) (func))",
        "(module (table 3 funcref) (elem (i32.const 1) $one $two) (start $go) (func $dead nop)
            (func $go nop nop) (func $one (param i32)) (func $two))",
        &["two", "one", "go"],
    );
}

#[test]
fn a_type_in_the_table_tells_that_functions_have_moved_on() {
    check(
        "(module (table 3 funcref) (elem (i32.const 1) 2 1) (start 0) (func) (func (param i32))
            (func (param i32)))",
        "(module (table 3 funcref) (elem (i32.const 1) $one $two) (start $go) (func $go nop nop)
            (func $one (param i32)) (func $two (param i64)))",
        &["go", "func[1]@table[0][2]", "func[2]@table[0][1]"],
    );
}

#[test]
fn of_functions_that_were_merged_the_first_one_is_told() {
    check(
        "(module (memory 1) (func @b call 1) (func @a))",
        "(module (memory 1) (func $b @b call $a2) (func $a1 @a) (func $a2 @a))",
        &["b", "a1"],
    );
}

#[test]
fn what_is_called_alone_tells_functions_apart_too() {
    check(
        "(module (memory 1) (func @c) (func i32.const 50 drop nop call 2) (func @d)
            (func i32.const 50 drop nop call 0))",
        "(module (memory 1) (func $x i32.const 50 drop call $c) (func $y i32.const 50 drop call $d)
            (func $c @c) (func $d @d))",
        &["c", "y", "d", "x"],
    );
}

#[test]
fn one_constant_is_not_enough() {
    let others = "(func)".repeat(30);
    for (code, expected) in
        [("i32.const 100 drop", "func[0]"), ("i32.const 100 drop i32.const 101 drop", "a")]
    {
        let symbols = texts(
            &format!("(module (func {code} nop) {others})"),
            &format!("(module (func $a {code}) {others})"),
        );
        assert_eq!(names(&symbols)[0], expected);
    }
}

#[test]
fn of_two_that_may_be_the_same_function_neither_is() {
    check(
        "(module (memory 1) (func @a nop) (func @a nop nop))",
        "(module (memory 1) (func $a @a) (func $b @b))",
        &["func[0]", "func[1]"],
    );
}

#[test]
fn calls_alone_are_not_enough_where_code_was_inlined() {
    let theirs = |code| {
        format!(
            "(module (memory 1) (func $a @a call $f call $sole) (func $b @b call $f) (func $f {code}) (func $sole @c))"
        )
    };
    let ours = |code| format!("(module (memory 1) (func @a call 2 call 2) (func @b call 2) (func {code}))");
    check(&ours("i32.const 50 drop nop"), &theirs("i32.const 50 drop"), &["a", "b", "f"]);
    check(&ours("i32.const 1 drop nop"), &theirs("i32.const 1 drop"), &["a", "b", "func[2]"]);
}

#[test]
fn what_was_inlined_is_not_taken_for_the_function_around_it() {
    // $part and $inner are called in one place each. What is left is $w with its own constants, while nothing of $v
    // tells whether it is $v or $inner.
    check(
        "(module (memory 1) (func @a call 1 call 2 call 2 call 1) (func @b @c @e) (func @d))",
        "(module (memory 1) (func $a @a call $w call $v call $v call $w) (func $w @b call $part)
            (func $part @c @e) (func $v i32.const 1 drop call $inner) (func $inner @d))",
        &["a", "w", "func[2]"],
    );
}

#[test]
fn a_lost_argument_asks_for_more_agreement() {
    let name = |params: &str, ours: &[u32], theirs: &[u32]| {
        let code =
            |constants: &[u32]| constants.iter().map(|c| format!("i32.const {c} drop ")).collect::<String>();
        let ours = format!(r#"(module (func (export "m") call 1) (func {}))"#, code(ours));
        let argument = if params.is_empty() { "" } else { "i32.const 1" };
        let theirs = format!(
            r#"(module (func $m (export "m") {argument} call $f) (func $f {params} {}))"#,
            code(theirs)
        );
        names(&texts(&ours, &theirs))[1].to_owned()
    };
    let (some, more) = ([100, 201, 202], [100, 301, 302]);
    assert_eq!(name("", &some, &more), "f");
    assert_eq!(name("(param i32)", &some, &more), "func[1]");
    assert_eq!(name("(param i32)", &[100, 101, 102, 201], &[100, 101, 102, 301]), "f");
}

/// The module's own names are what `wasm-opt` kept, those told are found in the sample that it was made of.
fn share_found(optimised: &str, whole: &str) -> Option<(usize, usize)> {
    let path = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twin").join(name);
    let (named, twin) = (std::fs::read(path(optimised)).unwrap(), std::fs::read(sample(whole)?).unwrap());
    let truth = with_files(&named, SymbolFiles::default());
    let told = with_twin(&stripped(&named), &twin);
    let defined = truth.module().functions().iter().filter(|function| function.body.is_some());
    let (mut found, mut all) = (0, 0);
    for function in defined {
        let (name, truth) = (told.name(function.index), truth.name(function.index));
        assert_eq!(truth.source, NameSource::NameSection);
        all += 1;
        if name.source == NameSource::Twin {
            // Names that stand there more than once get a number.
            let once = truth.raw.trim_end_matches(|digit: char| digit.is_ascii_digit());
            let is_same = *name.raw == *truth.raw || *name.raw == *once.trim_end_matches(['_', '.']);
            assert!(is_same, "{optimised}: {} is told to be {}", truth.raw, name.raw);
            found += 1;
        }
    }
    Some((found, all))
}

#[test]
fn after_an_optimiser_most_functions_are_found_and_none_is_another() {
    for (optimised, whole, least_percent) in [
        ("fragment-O2.wasm", "fragment/before.wasm", 80),
        ("fragment-Os.wasm", "fragment/before.wasm", 72),
        ("json-O3.wasm", "json/json.wasm", 88),
    ] {
        let Some((found, all)) = share_found(optimised, whole) else { return };
        assert!(found * 100 >= all * least_percent, "{optimised}: {found} of {all}");
    }
}

#[test]
fn another_type_is_another_function() {
    let symbols = texts(
        r#"(module (func (export "go") (param i32)))"#,
        r#"(module (func $a (export "go") (param i64)) (func $b))"#,
    );
    assert_eq!((names(&symbols), symbols.warnings()), (vec!["go"], [Warning::TwinForeign].as_slice()));
}

#[test]
fn what_is_no_module_is_told() {
    let ours = wat::parse_str("(module (func))").unwrap();
    let symbols = with_twin(&ours, b"\x7fELF");
    assert_eq!(names(&symbols), ["func[0]"]);
    assert!(matches!(symbols.warnings(), [Warning::TwinBroken { .. }]));
}

fn with_symbol_map(bytes: &[u8], text: &[u8]) -> Symbols {
    with_files(bytes, SymbolFiles { symbol_map: Some(text.into()), ..SymbolFiles::default() })
}

#[test]
fn a_symbol_map_names_what_the_module_does_not() {
    let ours = wat::parse_str(r#"(module (func $own) (func (export "run")) (func) (func))"#).unwrap();
    let text = b"0:other\r\n1:run_all\n\n2:ns::f\\28int\\29\nhello\n2:late\n3:last\n4294967296:x\n3:";
    let symbols = with_symbol_map(&ours, text);
    assert_eq!(names(&symbols), ["own", "run_all", "ns::f(int)", "last"]);
    let name = symbols.name(FuncIndex(2));
    assert_eq!((&*name.name.short, name.source), ("ns::f", NameSource::SymbolMap));
    assert_eq!(symbols.warnings(), [Warning::SymbolMapStray { count: 3, first: 5 }]);
}

#[test]
fn a_symbol_map_of_another_build_is_told() {
    let ours = wat::parse_str(
        r#"(module (import "env" "emit" (func)) (func (export "malloc")) (func (export "free")) (func)
            (func (export "main")) (func (export "x")))"#,
    )
    .unwrap();
    // Exports have other names than what they export, those of minifiers too.
    let right = "0:_emit\n1:dlmalloc\n2:dlfree\n3:f\n4:__main_argc_argv\n5:compute\n";
    let symbols = with_symbol_map(&ours, right.as_bytes());
    assert_eq!((&*symbols.name(FuncIndex(5)).raw, symbols.warnings()), ("compute", [].as_slice()));

    let foreign = |compared, wrong, named, used| Warning::SymbolMapForeign {
        compared,
        wrong,
        named,
        functions: 6,
        used,
    };
    // Without its last function each name is still where it was.
    let shorter = right.replace("5:compute\n", "");
    let symbols = with_symbol_map(&ours, shorter.as_bytes());
    assert_eq!(&*symbols.name(FuncIndex(3)).raw, "f");
    assert_eq!(symbols.warnings(), [foreign(4, 0, 5, true)]);
    // A function too many; and all names one further.
    let longer = format!("{right}6:late\n");
    let shifted = "0:abort\n1:_emit\n2:dlmalloc\n3:dlfree\n4:f\n5:__main_argc_argv\n";
    for (map, warning) in [(&*longer, foreign(4, 0, 7, false)), (shifted, foreign(4, 4, 6, false))] {
        let symbols = with_symbol_map(&ours, map.as_bytes());
        assert_eq!(names(&symbols), ["env.emit", "malloc", "free", "func[3]", "main", "x"]);
        assert_eq!(symbols.warnings(), [warning]);
    }
}

#[test]
fn damaged_builds_do_no_harm() {
    let Some(path) = sample("hotloop/hotloop.wasm") else { return };
    let whole = std::fs::read(path).unwrap();
    let ours = stripped(&whole);
    let mut random = Lcg(1);
    let mut read = 0;
    for _ in 0..60 {
        let mut twin = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(twin.len());
            twin[at] = random.below(256) as u8;
        }
        let symbols = with_twin(&ours, &twin);
        assert!(names(&symbols).iter().all(|name| !name.is_empty()));
        let bodies = symbols.module().functions().iter().filter_map(|function| function.body.clone());
        let framed = bodies.step_by(9).filter(|body| !symbols.frames(body.start).is_empty());
        assert!(framed.count() > 0);
        read += usize::from(symbols.warnings().iter().all(|w| !matches!(w, Warning::TwinBroken { .. })));
    }
    assert!(read > 20, "{read} of them were modules");
}

/// The symbol map that wasm-opt writes of a module; `None` where it is not installed.
fn written_symbol_map(path: &Path) -> Option<Vec<u8>> {
    let options = ["--all-features", "--symbolmap", "-o", "/dev/null"];
    let Ok(run) = Command::new("wasm-opt").arg(path).args(options).output() else {
        eprintln!("skipped: no wasm-opt");
        return None;
    };
    assert!(run.status.success() && !run.stdout.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(run.stdout)
}

#[test]
fn symbol_maps_are_told_from_those_of_other_modules() {
    let samples = ["words/words.wasm", "json/json.wasm", "fragment/before.wasm", "fragment/after.wasm"];
    let toolchains = ["em-leaky.wasm", "em-leaky-sepdwarf.wasm", "em-leaky-emmalloc.wasm"];
    let corpus =
        common::corpus().into_iter().flat_map(|dir| toolchains.map(|name| dir.join("toolchains").join(name)));
    let paths: Vec<_> = samples.into_iter().filter_map(sample).chain(corpus).collect();
    let mut maps = Vec::new();
    for path in &paths {
        let Some(map) = written_symbol_map(path) else { return };
        maps.push((path, map));
    }
    for (module, _) in &maps {
        let bytes = stripped(&std::fs::read(module).unwrap());
        for (of, map) in &maps {
            let symbols = with_symbol_map(&bytes, map);
            // The builds of one program that differ in their debug information alone have one map.
            let is_own = maps.iter().any(|(own, text)| own == module && text == map);
            let told = symbols.warnings().iter().any(|w| matches!(w, Warning::SymbolMapForeign { .. }));
            assert_eq!(told, !is_own, "{module:?} with that of {of:?}: {:?}", symbols.warnings());
        }
    }
}
