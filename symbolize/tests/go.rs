//! Modules of Go's: what its linker's own table tells, against the name section and the code that were made with it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::path::{Path, PathBuf};

use wasmparser::{BinaryReader, FunctionBody, KnownCustom, Name, Operator, Parser, Payload};
use wasmscope_symbolize::{
    CodeOffset, DataKind, FileOffset, FuncIndex, Location, ModuleIndex, NameSource, SymbolFiles, Symbols,
};

fn go_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../instrument/tests/go")
}

/// The program that the tests of whole stacks run.
fn program() -> Vec<u8> {
    std::fs::read(go_folder().join("goroutines.wasm")).unwrap()
}

/// It, and one that others made.
fn programs() -> Vec<Vec<u8>> {
    let in_corpus: Option<PathBuf> = common::corpus().map(|dir| dir.join("modules/go-gofmt.wasm"));
    let in_corpus = in_corpus.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap());
    [program()].into_iter().chain(in_corpus).collect()
}

fn symbols(bytes: &[u8]) -> Symbols {
    common::with_files(bytes, SymbolFiles::default())
}

/// The names of functions in the name section.
fn name_section(bytes: &[u8]) -> Vec<(FuncIndex, String)> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::CustomSection(custom) = payload.unwrap() else { continue };
        let KnownCustom::Name(subsections) = custom.as_known() else { continue };
        for subsection in subsections {
            let Name::Function(map) = subsection.unwrap() else { continue };
            names.extend(map.into_iter().map(|naming| {
                let naming = naming.unwrap();
                (FuncIndex(naming.index), naming.name.to_owned())
            }));
        }
    }
    names
}

/// What Go's linker makes of a name: underscores for all but letters, digits and dots.
fn mangled(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

fn operators<'a>(bytes: &'a [u8], index: &ModuleIndex, func: FuncIndex) -> Vec<(Operator<'a>, FileOffset)> {
    let body = index.function(func).unwrap().body.clone().unwrap();
    let at = |offset| index.file_offset(offset).unwrap().0 as usize;
    let (start, end) = (at(body.start), at(body.end));
    let body = FunctionBody::new(BinaryReader::new(&bytes[start..end], start));
    let read = body.get_operators_reader().unwrap().into_iter_with_offsets();
    read.map(|operator| operator.map(|(operator, at)| (operator, FileOffset(at as u64))).unwrap()).collect()
}

/// The calls in a function that name their callee.
fn direct_calls(bytes: &[u8], index: &ModuleIndex, func: FuncIndex) -> Vec<(CodeOffset, FuncIndex)> {
    let calls = operators(bytes, index, func).into_iter().filter_map(|(operator, at)| match operator {
        Operator::Call { function_index } => Some((index.code_offset(at)?, FuncIndex(function_index))),
        _ => None,
    });
    calls.collect()
}

#[test]
fn the_names_are_those_that_the_linker_made_the_name_section_of() {
    for bytes in programs() {
        let symbols = symbols(&bytes);
        let section = name_section(&bytes);
        assert!(section.len() > 1000);
        for (func, in_section) in &section {
            let name = symbols.name(*func);
            assert_eq!((name.source, &mangled(&name.name.full)), (NameSource::GoTable, in_section));
        }
        let bare = self::symbols(&common::stripped(&bytes));
        assert!(!bare.is_stripped());
        for (func, _) in &section {
            assert_eq!(bare.name(*func).name, symbols.name(*func).name);
        }
    }
}

#[test]
fn names_read_as_in_the_source() {
    let bytes = program();
    let symbols = symbols(&bytes);
    let has = |full: &str, short: &str| {
        let mut names = symbols.module().functions().iter().map(|function| symbols.name(function.index));
        assert!(names.any(|name| (&*name.name.full, &*name.name.short) == (full, short)), "{full}");
    };
    has("main.(*table).serveInner", "main.(*table).serveInner");
    has("main.each[go.shape.string]", "main.each");
    has("internal/runtime/maps.(*Map).getWithKeySmall", "maps.(*Map).getWithKeySmall");
}

#[test]
fn lines_of_calls_and_functions_are_those_of_the_source() {
    let bytes = program();
    let symbols = symbols(&bytes);
    let source = std::fs::read_to_string(go_folder().join("main.go")).unwrap();
    let line = |location: &Location| source.lines().nth(location.line as usize - 1).unwrap();
    let (mut functions, mut calls) = (0, 0);
    for function in symbols.module().functions() {
        let name = symbols.name(function.index);
        let Some(own) = name.name.short.strip_prefix("main.").filter(|_| function.body.is_some()) else {
            continue;
        };
        let Some(declared) = symbols.declaration(function.index) else { continue };
        let base = own.rsplit('.').next().unwrap();
        if !declared.file.ends_with("main.go") {
            continue;
        }
        // Closures and what starts goroutines have names that the source has not.
        let is_made = base.starts_with("func") || base.starts_with("gowrap");
        let text = line(&declared);
        assert!(
            text.contains("func") && (is_made || text.contains(base)) || text.trim().starts_with("go "),
            "{own}: {text}"
        );
        functions += 1;
        for (offset, callee) in direct_calls(&bytes, symbols.module(), function.index) {
            let Some(location) = symbols.frames(offset)[0].location.clone() else { continue };
            let callee = &symbols.name(callee).name.short;
            assert!(location.file.ends_with("main.go"));
            if let Some(called) = callee.strip_prefix("main.") {
                let called = called.rsplit('.').next().unwrap();
                assert!(line(&location).contains(called), "{own} calls {called}: {}", line(&location));
                calls += 1;
            }
        }
    }
    eprintln!("{functions} functions, {calls} calls");
    assert!(functions >= 20 && calls >= 15, "{functions} {calls}");
}

#[test]
fn frames_are_as_large_as_the_code_makes_them() {
    for bytes in programs() {
        let symbols = symbols(&bytes);
        let frames = symbols.go_frames().unwrap();
        let (mut checked, mut calls) = (0, 0);
        for function in symbols.module().functions().iter().filter(|function| function.body.is_some()) {
            let slot = 0x1000 + (function.index.index() - symbols.module().imported_function_count()) as u64;
            let Some(known) = frames.function(slot << 16 | 7) else { continue };
            assert_eq!(known.func, function.index);
            let code = operators(&bytes, symbols.module(), function.index);
            let bytes = known.frame_bytes as i32;
            let makes_room = code.windows(2).any(
                |two| matches!(two, [(Operator::I32Const { value }, _), (Operator::I32Sub, _)] if *value == bytes),
            );
            assert!(bytes == 0 || makes_room, "{}: {bytes}", symbols.name(function.index).name.full);
            checked += usize::from(bytes > 0);
            calls += (1..200).filter(|place| frames.call_site(slot << 16 | place).is_some()).count();
        }
        eprintln!("{checked} frames, {calls} calls");
        assert!(checked > 500 && calls > 2 * checked);
        let resumers: Vec<_> =
            frames.resumers().iter().map(|func| symbols.name(*func).name.full.clone()).collect();
        assert_eq!(resumers, ["wasm_pc_f_loop".into()]);
    }
}

const HEADER: &[u8] = &[0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];

/// What a module's data segments put into the first memory.
fn image(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let mut image = Vec::new();
    for segment in module.data_segments() {
        let DataKind::Active { offset: Some(address), .. } = segment.kind else { continue };
        let data = &bytes[segment.bytes.start.0 as usize..segment.bytes.end.0 as usize];
        image.resize(image.len().max(address as usize + data.len()), 0);
        image[address as usize..][..data.len()].copy_from_slice(data);
    }
    image
}

/// A number as five bytes of LEB128.
fn leb(value: usize) -> Vec<u8> {
    (0..5).map(|at| (value >> (7 * at)) as u8 & 0x7f | if at < 4 { 0x80 } else { 0 }).collect()
}

/// The module with other contents of the section `id`.
fn with_section(bytes: &[u8], id: u8, contents: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let section = module.sections().iter().find(|section| section.id == id).unwrap();
    let (before, behind) = (section.header.0 as usize, section.contents.end.0 as usize);
    [&bytes[..before], &[id], &leb(contents.len()), contents, &bytes[behind..]].concat()
}

#[test]
fn entries_may_be_program_counters_as_older_versions_have_them() {
    let bytes = program();
    let expected = symbols(&bytes);
    let mut image = image(&bytes);
    let number = |image: &[u8], at: usize| u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
    let header = image.windows(8).position(|window| window == HEADER).unwrap();
    let functions = header + number(&image, header + 64) as usize;
    for row in 0..number(&image, header + 8) as usize {
        let row = functions + 8 * row;
        let (entry, record) = (number(&image, row), functions + number(&image, row + 4) as usize);
        assert_eq!(number(&image, record), entry);
        for at in [row, record] {
            image[at..at + 4].copy_from_slice(&(entry << 16).to_le_bytes());
        }
    }
    // One segment for the first memory, from address 0 on.
    let data = [&[1, 0, 0x41, 0, 0x0b], &*leb(image.len()), &image].concat();
    let older = symbols(&with_section(&bytes, 11, &data));
    for function in older.module().functions() {
        assert_eq!(older.name(function.index), expected.name(function.index));
    }
    assert_eq!(older.go_frames(), expected.go_frames());
}

/// The module with empty functions, so that it is quick to read.
fn without_code(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let count = module.functions().len() - module.imported_function_count();
    common::stripped(&with_section(bytes, 10, &[leb(count), [2, 0, 0x0b].repeat(count)].concat()))
}

#[test]
fn a_damaged_table_does_no_harm() {
    let whole = without_code(&program());
    let expected = symbols(&whole);
    assert!(expected.is_go() && expected.go_frames().unwrap().function(0x1004 << 16).is_some());
    let place = whole.windows(8).position(|window| window == HEADER).unwrap();
    let (mut random, mut still_go) = (common::Lcg(3), 0);
    for round in 0..400 {
        let mut bytes = whole.clone();
        // The header, the header and functions, or anything behind it.
        let reach = [80, 250_000, bytes.len() - place][round % 3];
        for _ in 0..=random.below(12) {
            let at = place + random.below(reach.min(bytes.len() - place));
            bytes[at] =
                if round % 2 == 0 { random.below(256) as u8 } else { bytes[at] ^ 1 << random.below(8) };
        }
        // The segments' own headers are damaged, too: then there may be no module.
        let Ok(module) = ModuleIndex::parse_module(&bytes) else { continue };
        let symbols = Symbols::new(bytes.into(), module.into());
        for function in symbols.module().functions() {
            assert!(!symbols.name(function.index).name.full.is_empty());
            symbols.declaration(function.index);
        }
        let frames = symbols.go_frames();
        still_go += usize::from(frames.is_some());
        for pc in [0, 0x1000 << 16, 0x1004 << 16 | 3, u64::MAX] {
            let frames = frames.as_ref();
            frames.map(|frames| (frames.function(pc), frames.call_site(pc)));
        }
    }
    assert!((100..400).contains(&still_go), "{still_go}");
}

#[test]
fn empty_segments_hide_nothing() {
    let bytes = program();
    let expected = symbols(&bytes);
    let image = image(&bytes);
    let table = image.windows(8).position(|window| window == HEADER).unwrap();
    let segment = |at: usize, data: &[u8]| [&[0, 0x41], &*leb(at), &[0x0b], &leb(data.len()), data].concat();
    let empty = (0..50_000).flat_map(|number| segment(table + number, &[]));
    let segments = [leb(50_001), segment(0, &image), empty.collect()].concat();
    let crowded = symbols(&with_section(&bytes, 11, &segments));
    for function in crowded.module().functions() {
        assert_eq!(crowded.name(function.index), expected.name(function.index));
    }
    assert_eq!(crowded.go_frames(), expected.go_frames());
}

#[test]
fn other_modules_are_not_taken_for_gos() {
    let text = r#"(module (memory 1) (table 1 funcref) (elem (i32.const 0) $f) (func $f)
        (data (i32.const 0) "\f1\ff\ff\ff\00\00\01\08\01\00\00\00\00\00\00\00"))"#;
    let symbols = symbols(&wat::parse_str(text).unwrap());
    assert!(!symbols.is_go() && symbols.go_frames().is_none());
    assert_eq!(symbols.name(FuncIndex(0)).source, NameSource::NameSection);
}
