//! Where names come from, and what a module's outline says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::sync::Arc;

use wasmscope_symbolize::{
    CodeOffset, DataKind, FileOffset, FuncIndex, GroupKind, ImportKind, MemoryIndex, ModuleIndex, NameSource,
    Section, Symbols, Warning,
};

fn symbols(bytes: Vec<u8>) -> Symbols {
    let module = ModuleIndex::parse(&bytes).unwrap();
    Symbols::new(bytes.into(), Arc::new(module))
}

fn from_text(text: &str) -> Symbols {
    symbols(wat::parse_str(text).unwrap())
}

/// A module with two unnamed functions and a name section with these contents.
fn with_name_section(contents: &[u8]) -> Symbols {
    let mut bytes = wat::parse_str("(module (func) (func))").unwrap();
    bytes.extend([0, (contents.len() + 5) as u8, 4]);
    bytes.extend(b"name");
    bytes.extend(contents);
    symbols(bytes)
}

fn full_names(symbols: &Symbols) -> Vec<&str> {
    symbols.module().functions().iter().map(|function| &*symbols.name(function.index).name.full).collect()
}

#[test]
fn the_best_name_wins() {
    let symbols = from_text(
        r#"(module
            (import "env" "log" (func))
            (import "env" "named" (func $friend))
            (func $inner (export "outer"))
            (func (export "run") (export "again"))
            (func))"#,
    );
    assert_eq!(full_names(&symbols), ["env.log", "friend", "inner", "run", "func[4]"]);
    let sources: Vec<_> = (0..5).map(|index| symbols.name(FuncIndex(index)).source).collect();
    use NameSource::{Export, Import, Index, NameSection};
    assert_eq!(sources, [Import, NameSection, NameSection, Export, Index]);
    assert_eq!(&*symbols.name(FuncIndex(99)).name.full, "?");
    assert!(symbols.warnings().is_empty() && !symbols.has_lines());
}

#[test]
fn exports_with_short_names_have_those_of_the_debug_information() {
    let Some(path) = common::sample("words/words.wasm") else { return };
    let whole = std::fs::read(path).unwrap();
    let module = ModuleIndex::parse(&whole).unwrap();
    let exports = module.sections().iter().find(|section| &*section.name == "export").unwrap();
    let names = module.sections().iter().find(|section| &*section.name == "name").unwrap();
    let expected = symbols(whole.clone());
    let mut functions = module.functions().iter().map(|function| function.index);
    let malloc = functions.find(|index| &*expected.name(*index).raw == "dlmalloc").unwrap();
    // Without names, and with one export, called `b`.
    let cut = |section: &Section| section.header.0 as usize..section.contents.end.0 as usize;
    let (exports, names) = (cut(exports), cut(names));
    let leb = [malloc.0 as u8 | 0x80, (malloc.0 >> 7) as u8];
    let export = [&[7, 6, 1, 1, b'b', 0][..], &leb].concat();
    let bytes =
        [&whole[..exports.start], &export, &whole[exports.end..names.start], &whole[names.end..]].concat();
    let minified = symbols(bytes);
    assert_eq!(&*minified.module().exports()[0].name, "b");
    let name = minified.name(malloc);
    assert_eq!((&*name.raw, name.source), ("dlmalloc", NameSource::Dwarf));
}

#[test]
fn functions_in_tables_have_their_first_slot_for_a_name() {
    let symbols = from_text(
        r#"(module
            (table 9 funcref) (table $other 9 funcref)
            (global $base i32 (i32.const 5))
            (func) (func) (func) (func $named) (func) (func)
            (elem (table $other) (i32.const 1) func 0 3)
            (elem (i32.const 2) funcref (ref.func 1) (ref.null func) (ref.func 2) (ref.func 0))
            (elem (global.get $base) func 4)
            (elem declare func 5))"#,
    );
    let expected =
        ["func[0]@table[0][5]", "func[1]@table[0][2]", "func[2]@table[0][4]", "named", "func[4]", "func[5]"];
    assert_eq!(full_names(&symbols), expected);
    let name = symbols.name(FuncIndex(1));
    assert_eq!((&*name.raw, name.source), ("func[1]", NameSource::TableSlot));
    assert_eq!(symbols.module().address_taken().len(), 6);
}

#[test]
fn functions_belong_to_hosts_names_and_files() {
    let symbols =
        from_text(r#"(module (import "env" "log" (func $std::log)) (func $std::sort) (func $main))"#);
    let groups = [0, 1, 2, 9].map(|index| symbols.group(FuncIndex(index)));
    let groups = groups.map(|group| group.map(|group| (group.kind, group.to_string())));
    let some = |kind, name: &str| Some((kind, name.to_owned()));
    assert_eq!(groups, [some(GroupKind::Host, "env"), some(GroupKind::Namespace, "std"), None, None]);
    let Some(path) = common::sample("fragment/before.wasm") else { return };
    let symbols = common::symbols(&path);
    let groups = symbols
        .module()
        .functions()
        .iter()
        .map(|f| (&*symbols.name(f.index).name.short, symbols.group(f.index)));
    let main = groups.into_iter().find(|(name, _)| *name == "dlmalloc").and_then(|(_, group)| group).unwrap();
    assert_eq!((main.kind, &*main.name), (GroupKind::File, "malloc.c"));
}

#[test]
fn frames_without_lines_still_name_the_function() {
    let symbols = from_text("(module (func $a nop nop) (func $b))");
    let body = symbols.module().functions()[0].body.clone().unwrap();
    let frames = symbols.frames(CodeOffset(body.start.0 + 1));
    assert_eq!(frames.len(), 1);
    assert_eq!((&*frames[0].name.full, frames[0].inlined, &frames[0].location), ("a", false, &None));
    assert!(symbols.frames(CodeOffset(0)).is_empty());
    assert!(symbols.frames(body.end).is_empty(), "the size field of the next function");
    assert!(symbols.frames(CodeOffset(u32::MAX)).is_empty());
}

#[test]
fn broken_name_sections_keep_what_is_whole() {
    // A name that reaches beyond its subsection.
    let symbols = with_name_section(&[1, 8, 2, 0, 3, b'o', b'n', b'e', 1, 9]);
    assert_eq!(full_names(&symbols), ["one", "func[1]"]);
    assert!(matches!(symbols.warnings(), [Warning::NamesBroken { .. }]));
    // A subsection that reaches beyond the section.
    let symbols = with_name_section(&[1, 4, 1, 1, 1, b'x', 2, 99]);
    assert_eq!(full_names(&symbols), ["func[0]", "x"]);
    assert!(matches!(symbols.warnings(), [Warning::NamesBroken { .. }]));
}

#[test]
fn odd_names_are_told() {
    let symbols = with_name_section(&[1, 7, 2, 0, 1, b'a', 0, 1, b'b']);
    assert_eq!(full_names(&symbols), ["a", "func[1]"]);
    assert_eq!(symbols.warnings(), [Warning::NamesDuplicate { count: 1, first: FuncIndex(0) }]);

    let symbols = with_name_section(&[1, 7, 2, 7, 1, b'a', 0, 1, b'b']);
    assert_eq!(full_names(&symbols), ["b", "func[1]"]);
    assert_eq!(symbols.warnings(), [Warning::NamesOutOfRange { count: 1, first: FuncIndex(7) }]);

    let symbols = with_name_section(&[1, 5, 1, 0, 2, b'a', 0xff]);
    assert_eq!(full_names(&symbols), ["a\u{fffd}", "func[1]"]);
    assert_eq!(symbols.warnings(), [Warning::NamesNotUtf8 { count: 1, first: FuncIndex(0) }]);
}

#[test]
fn half_a_million_functions_are_quick() {
    let text = format!("(module {})", "(func)".repeat(500_000));
    let bytes = wat::parse_str(text).unwrap();
    let started = std::time::Instant::now();
    let symbols = symbols(bytes);
    assert_eq!(&*symbols.name(FuncIndex(499_999)).name.full, "func[499999]");
    let elapsed = started.elapsed();
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
    eprintln!("500,000 functions in {elapsed:?}");
}

#[test]
fn symbols_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Symbols>();
    shared::<ModuleIndex>();
}

#[test]
fn very_long_names_are_whole() {
    let name = "x".repeat(24_007);
    let symbols = from_text(&format!("(module (func ${name}))"));
    assert_eq!(symbols.name(FuncIndex(0)).name.full.len(), 24_007);
}

#[test]
fn the_outline_says_what_is_there() {
    let bytes = wat::parse_str(
        r#"(module $m
            (import "env" "log" (func $log (param i32 i64) (result f64)))
            (import "env" "memory" (memory 1))
            (memory (export "own") i64 2 3)
            (global $g (mut i32) (i32.const 1))
            (table 3 funcref)
            (elem (i32.const 0) $b)
            (func $a)
            (func $b)
            (func $c (export "c"))
            (start $a)
            (data $rodata (memory 0) (i32.const -16) "hello")
            (data $later "bye"))"#,
    )
    .unwrap();
    let module = ModuleIndex::parse(&bytes).unwrap();
    assert_eq!(module.name().map(|name| &**name), Some("m"));
    let [log, memory] = module.imports() else { panic!("{:?}", module.imports()) };
    assert!(
        matches!(&log.kind, ImportKind::Function { index: FuncIndex(0), ty } if ty.to_string() == "(i32, i64) -> f64")
    );
    assert!(matches!(memory.kind, ImportKind::Memory { index: MemoryIndex(0) }));
    let own = &module.memories()[1];
    assert!(own.memory64 && !own.imported);
    assert_eq!((own.initial_pages, own.maximum_pages, own.page_size_log2), (2, Some(3), 16));
    assert_eq!((module.tables().len(), module.globals().len(), module.tag_count()), (1, 1, 0));
    assert_eq!((module.imported_function_count(), module.start()), (1, Some(FuncIndex(1))));
    assert_eq!(module.address_taken(), [FuncIndex(2), FuncIndex(3)]);
    let [rodata, later] = module.data_segments() else { panic!("{:?}", module.data_segments()) };
    assert_eq!(rodata.kind, DataKind::Active { memory: MemoryIndex(0), offset: Some(0xffff_fff0) });
    assert_eq!((rodata.name.as_deref(), later.kind), (Some("rodata"), DataKind::Passive));
    let range = rodata.bytes.start.0 as usize..rodata.bytes.end.0 as usize;
    assert_eq!(&bytes[range], b"hello");
    check_sections(&module, bytes.len());
    check_offsets(&module);
}

/// Sections follow each other from the header to the end of the file.
fn check_sections(module: &ModuleIndex, len: usize) {
    let mut end = FileOffset(8);
    for section in module.sections() {
        assert_eq!(section.header, end);
        assert!(section.contents.start > section.header && section.data.start >= section.contents.start);
        end = section.contents.end;
    }
    assert_eq!(end.0, len as u64);
}

fn check_offsets(module: &ModuleIndex) {
    for function in &module.functions()[1..] {
        let body = function.body.clone().unwrap();
        assert_eq!(module.function_at(body.start), Some(function.index));
        let file = module.file_offset(body.start).unwrap();
        assert_eq!(module.code_offset(file), Some(body.start));
    }
    assert_eq!(module.code_offset(FileOffset(0)), None);
    assert_eq!(module.file_offset(CodeOffset(u32::MAX)), None);
}
