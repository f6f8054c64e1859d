//! The core modules of a component are one module.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::sync::Arc;

use wasmscope_symbolize::{
    CodeOffset, DataKind, FuncIndex, ImportKind, MemoryIndex, ModuleError, ModuleIndex, Symbols, WatError,
};

/// A program, an adapter that uses its memory, and one without a name in a nested component.
const COMPONENT: &str = r#"(component
    (core module $main (import "host" "log" (func)) (memory (export "memory") 2)
        (data (i32.const 8) "abc")
        (func $run (export "run") call 0) (func $other nop nop))
    (component (core module (func (export "x") (result i32) i32.const 7)))
    (core module $adapter (import "env" "memory" (memory 0)) (import "main" "run" (func $r))
        (data (i32.const 64) "d")
        (func $write (export "write") call $r)))"#;

fn symbols(text: &str) -> (Vec<u8>, Symbols) {
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    (bytes.clone(), Symbols::new(bytes.into(), module))
}

#[test]
fn functions_are_numbered_through_imports_first() {
    let (_, symbols) = symbols(COMPONENT);
    let module = symbols.module();
    let names: Vec<_> =
        module.functions().iter().map(|function| &*symbols.name(function.index).name.full).collect();
    let expected =
        ["main!host.log", "adapter!r", "main!run", "main!other", "core module 1!x", "adapter!write"];
    assert_eq!(names, expected);
    assert_eq!(module.imported_function_count(), 2);
    assert_eq!(&*symbols.name(FuncIndex(2)).name.short, "run", "the program itself");
    assert_eq!(&*symbols.name(FuncIndex(5)).name.short, "write@adapter");
    for module in module.core_modules() {
        for function in module.index.functions() {
            let whole = module.function(function.index).unwrap();
            assert_eq!(module.local_function(whole), Some(function.index));
        }
    }
}

#[test]
fn imports_memories_and_data_are_the_components() {
    let (bytes, symbols) = symbols(COMPONENT);
    let module = symbols.module();
    let imported: Vec<_> = module.imports().iter().map(|import| import.kind.clone()).collect();
    let [
        ImportKind::Function { index: log, .. },
        ImportKind::Memory { index: memory },
        ImportKind::Function { index: run, .. },
    ] = imported.as_slice()
    else {
        panic!("{imported:?}")
    };
    assert_eq!((log.0, memory.0, run.0), (0, 0, 1), "the adapter's memory is the program's");
    let data = module.data_segments().iter().map(|segment| {
        let range = segment.bytes.start.0 as usize..segment.bytes.end.0 as usize;
        (segment.kind, &bytes[range])
    });
    let active = |offset| DataKind::Active { memory: MemoryIndex(0), offset: Some(offset) };
    assert_eq!(data.collect::<Vec<_>>(), [(active(8), &b"abc"[..]), (active(64), &b"d"[..])]);
    let sections: Vec<_> = module.sections().iter().map(|section| &*section.name).collect();
    assert_eq!(sections, ["core module", "component", "core module", "component-name"]);
    let mut end = 8;
    for section in module.sections() {
        assert_eq!(section.header.0, end, "each begins where the one before ends, nested components too");
        end = section.contents.end.0;
    }
    assert_eq!(end, bytes.len() as u64);
}

#[test]
fn data_and_globals_have_the_names_that_their_core_modules_tell() {
    let (_, symbols) = symbols(
        r#"(component
            (core module $main (memory 1) (global $first i32 (i32.const 1)) (global i32 (i32.const 2))
                (data $.rodata (i32.const 8) "abc") (data (i32.const 16) "d"))
            (core module $adapter (import "env" "g" (global $given i32)) (memory 1)
                (global $state (mut i32) (i32.const 3)) (data $.bss (i32.const 0) "e")))"#,
    );
    let module = symbols.module();
    let globals: Vec<_> = (0..5).map(|global| symbols.global_name(global)).collect();
    let named: Vec<_> = globals.iter().map(Option::as_deref).collect();
    assert_eq!(named, [Some("first"), None, Some("given"), Some("state"), None]);
    assert_eq!((module.globals().len(), module.core_modules()[1].global(1)), (4, Some(3)));
    let Some(ImportKind::Global { index }) = module.imports().first().map(|import| &import.kind) else {
        panic!("{:?}", module.imports())
    };
    assert_eq!(*index, 2);
    let data: Vec<_> = (0..4).map(|segment| symbols.data_name(segment)).collect();
    assert_eq!(data, [Some(".rodata"), None, Some(".bss"), None]);
}

#[test]
fn code_offsets_are_those_of_the_file() {
    let (bytes, symbols) = symbols(COMPONENT);
    let (_, constant) =
        bytes.iter().zip(0..).find(|(byte, at)| **byte == 0x41 && bytes[at + 1] == 7).unwrap();
    let offset = CodeOffset(constant as u32);
    assert_eq!(symbols.module().function_at(offset), Some(FuncIndex(4)));
    assert_eq!(&*symbols.frames(offset)[0].name.full, "core module 1!x");
    let lines = symbols.disassemble(FuncIndex(4)).unwrap();
    let line = lines.iter().find(|line| line.offset == Some(offset)).unwrap();
    assert_eq!(line.text, "i32.const 7");
    assert_eq!(symbols.disassemble(FuncIndex(1)), Err(WatError::Imported(FuncIndex(1))));
    assert_eq!(symbols.disassemble(FuncIndex(6)), Err(WatError::Missing(FuncIndex(6))));
}

#[test]
fn two_of_one_name_are_told_apart() {
    let twice = r#"(component (core module $m (func $f)) (component (core module $m (func $f))))"#;
    let (_, symbols) = symbols(twice);
    let names: Vec<_> = symbols.module().core_modules().iter().map(|module| &*module.name).collect();
    assert_eq!(names, ["m", "m#1"]);
}

#[test]
fn what_is_broken_in_a_core_module_is_told_with_its_place() {
    let mut bytes = wat::parse_str(COMPONENT).unwrap();
    let at = bytes.windows(4).skip(1).position(|window| window == b"\0asm").unwrap() + 1;
    bytes[at] = b'?';
    let error = ModuleIndex::parse(&bytes).unwrap_err();
    assert!(!matches!(error, ModuleError::Component), "{error}");
    assert!(error.to_string().contains("offset"), "{error}");
    for length in 0..bytes.len() {
        let _ = ModuleIndex::parse(&bytes[..length]);
    }
}

#[test]
fn real_components_say_the_same_as_their_core_modules() {
    let Some(dir) = common::corpus() else { return };
    let mut seen = 0;
    for path in common::modules(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let whole = Symbols::new(bytes.as_slice().into(), Arc::clone(&module));
        for part in module.core_modules() {
            seen += 1;
            let own = &bytes[part.range.start.0 as usize..part.range.end.0 as usize];
            let alone = Symbols::new(own.into(), Arc::clone(&part.index));
            for function in part.index.functions() {
                let index = part.function(function.index).unwrap();
                let module = part.name.trim_start_matches("wit-component:").trim_start_matches("adapter:");
                let name = format!("{module}!{}", alone.name(function.index).name.full);
                assert_eq!(*whole.name(index).name.full, *name, "{}", path.display());
                assert_eq!(whole.declaration(index), alone.declaration(function.index));
                let Some(body) = &function.body else { continue };
                let frames = |frames: Vec<wasmscope_symbolize::Frame>| -> Vec<_> {
                    frames.into_iter().map(|frame| (frame.location, frame.inlined)).collect()
                };
                let whole = whole.frames(part.code_offset(body.start).unwrap());
                assert_eq!(frames(whole), frames(alone.frames(body.start)));
            }
        }
    }
    assert!(seen >= 10, "{seen} core modules");
}
