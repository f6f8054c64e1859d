//! Damaged modules give an error or a warning; never a panic and never an endless search.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmscope_symbolize::{
    CodeOffset, ModuleError, ModuleIndex, SymbolFileNames, SymbolFiles, Symbols, Warning,
};

const TEXT: &str = r#"(module $m
    (type $t (func (param i32 i64) (result f64)))
    (import "env" "log" (func $log (param i32)))
    (memory (export "memory") 1 2)
    (table 2 funcref)
    (elem (i32.const 0) $a $b)
    (global $g funcref (ref.func $b))
    (func $a (type $t) f64.const 0)
    (func $b (export "run") (local $x i32) block $l i32.const 1 call $log br $l end)
    (start $b)
    (data $rodata (i32.const 16) "hello"))"#;

/// Asks everything there is to ask.
fn exercise(bytes: &[u8]) -> Result<(), ModuleError> {
    exercise_with(bytes, SymbolFiles::default())
}

/// The same, with files beside the module.
fn exercise_with(bytes: &[u8], files: SymbolFiles) -> Result<(), ModuleError> {
    let bytes: Arc<[u8]> = bytes.into();
    let module = Arc::new(ModuleIndex::parse(&bytes)?);
    SymbolFileNames::of(&bytes, &module);
    let symbols = Symbols::with_files(bytes, Arc::clone(&module), files);
    for function in module.functions() {
        assert!(!symbols.name(function.index).name.full.is_empty());
        symbols.declaration(function.index);
        if let Some(body) = &function.body {
            let middle = body.start.0 + (body.end.0 - body.start.0) / 2;
            if let Ok(lines) = symbols.disassemble(function.index) {
                assert!(!lines.is_empty());
            }
            for offset in [body.start.0, middle, body.end.0.saturating_sub(1)] {
                symbols.frames(CodeOffset(offset));
            }
        }
    }
    symbols.has_lines();
    symbols.go_frames();
    symbols.warnings().iter().for_each(|warning| assert!(!warning.to_string().is_empty()));
    Ok(())
}

#[test]
fn a_module_cut_off_anywhere_is_an_error_or_a_shorter_module() {
    let bytes = wat::parse_str(TEXT).unwrap();
    exercise(&bytes).unwrap();
    for len in 0..bytes.len() {
        match exercise(&bytes[..len]) {
            Ok(()) | Err(ModuleError::Truncated { .. } | ModuleError::BodyCount { .. }) => {}
            // An export or element whose section is there and whose target's isn't.
            Err(ModuleError::Index { .. }) => {}
            // Functions whose code section is cut off.
            Err(ModuleError::Malformed { message, .. }) if message.contains("absent") => {}
            Err(error) => panic!("cut at {len}: {error}"),
        }
    }
}

#[test]
fn flipped_bytes_do_no_harm() {
    let bytes = wat::parse_str(TEXT).unwrap();
    let mut random = common::Lcg(7);
    for _ in 0..20_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(damaged.len());
            damaged[at] = random.below(256) as u8;
        }
        let _ = exercise(&damaged);
    }
}

/// Changes some bytes of the debug information.
fn damage(bytes: &mut [u8], random: &mut common::Lcg) {
    let module = ModuleIndex::parse(bytes).unwrap();
    let debug: Vec<_> = module.sections().iter().filter(|s| s.name.starts_with(".debug_")).collect();
    for _ in 0..=random.below(30) {
        let section = debug[random.below(debug.len())];
        let len = (section.data.end.0 - section.data.start.0) as usize;
        // Headers and the first entries matter most.
        let len = if random.below(2) == 0 { len.min(300) } else { len };
        bytes[section.data.start.0 as usize + random.below(len)] = random.below(256) as u8;
    }
}

/// Damage to the debug information alone, so that the module itself stays readable.
#[test]
fn damaged_debug_information_does_no_harm() {
    for name in ["hotloop/hotloop.wasm", "words/words.wasm", "json/json.wasm"] {
        let Some(path) = common::sample(name) else { continue };
        let bytes = std::fs::read(path).unwrap();
        let mut random = common::Lcg(11);
        let started = Instant::now();
        let mut rounds = 0;
        while rounds < 300 && started.elapsed() < Duration::from_secs(5) {
            let mut damaged = bytes.clone();
            damage(&mut damaged, &mut random);
            let one = Instant::now();
            exercise(&damaged).unwrap();
            assert!(one.elapsed() < Duration::from_secs(20), "{name}, round {rounds}");
            rounds += 1;
        }
        eprintln!("{name}: {rounds} damaged copies");
    }
}

/// Of split debug information the module's own sections and those of its files are damaged, or these are cut off.
#[test]
fn damaged_split_debug_information_does_no_harm() {
    let mut random = common::Lcg(13);
    for version in [4, 5] {
        let read =
            |name, ending| std::fs::read(common::split_path(&format!("{name}{version}.{ending}"))).unwrap();
        let module = read("split", "wasm");
        for files in [vec![read("digest", "dwo"), read("runs", "dwo")], vec![read("split", "dwp")]] {
            for _ in 0..1500 {
                let mut module = module.clone();
                if random.below(4) == 0 {
                    damage(&mut module, &mut random);
                }
                let split = files.iter().map(|file| damaged_copy(file, &mut random).into()).collect();
                exercise_with(&module, SymbolFiles { split, ..SymbolFiles::default() }).unwrap();
            }
        }
    }
}

fn damaged_copy(file: &[u8], random: &mut common::Lcg) -> Vec<u8> {
    if random.below(8) == 0 {
        return file[..random.below(file.len())].to_vec();
    }
    let mut damaged = file.to_vec();
    damage(&mut damaged, random);
    damaged
}

#[test]
fn a_debug_file_that_is_no_module_is_told_and_not_used() {
    let Some(path) = common::sample("hotloop/hotloop.wasm") else { return };
    let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
    let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    let files = SymbolFiles { debug_file: Some((*b"\x7fELF").into()), ..SymbolFiles::default() };
    let symbols = Symbols::with_files(bytes, module, files);
    assert!(symbols.has_lines());
    assert!(matches!(symbols.warnings(), [Warning::DebugFileBroken { .. }]), "{:?}", symbols.warnings());
}

#[test]
fn what_is_no_module_is_named() {
    let error = |bytes: &[u8]| ModuleIndex::parse(bytes).unwrap_err();
    assert!(matches!(error(b""), ModuleError::Truncated { .. }));
    assert!(matches!(ModuleIndex::parse_module(b"\0asm\x0d\0\x01\0"), Err(ModuleError::Component)));
    assert!(matches!(error(b"\0asm\x02\0\0\0"), ModuleError::Version { version: 2 }));
    assert!(error(b"\x7fELF....").to_string().contains("native program"));
    assert!(error(b"(module)").to_string().contains("text format"));
    assert!(matches!(error(b"\0asm\x01\0\0\0\x01"), ModuleError::Truncated { .. }));
}
