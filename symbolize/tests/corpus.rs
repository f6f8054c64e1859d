//! Every module of the corpus can be read, and says of itself what is known of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::time::Instant;

use wasmscope_symbolize::{CodeOffset, ModuleIndex, NameSource, SymbolFiles, Symbols, Warning};

/// How many code offsets of a module are looked up.
const PROBES: usize = 2000;

#[test]
fn every_module_can_be_read() {
    let Some(dir) = common::corpus() else { return };
    for path in common::modules(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        let shown = path.file_name().unwrap().to_string_lossy().into_owned();
        let module = ModuleIndex::parse(&bytes).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let started = Instant::now();
        let symbols = Symbols::new(bytes.into(), module.into());
        let created = started.elapsed();
        check_names(&symbols);
        let (lines, inlined) = check_frames(&symbols);
        eprintln!(
            "{shown}: {} functions, new {created:?}, all {:?}, of {PROBES} probes {lines} with a line and {inlined} inlined",
            symbols.module().functions().len(),
            started.elapsed(),
        );
        for warning in symbols.warnings() {
            eprintln!("    {warning}");
        }
    }
}

fn check_names(symbols: &Symbols) {
    let mut sources = [0usize; 8];
    for function in symbols.module().functions() {
        let name = symbols.name(function.index);
        assert!(!name.raw.is_empty() && !name.name.full.is_empty() && !name.name.short.is_empty());
        assert!(name.name.short.len() <= name.name.full.len(), "{name:?}");
        let source = match name.source {
            NameSource::NameSection => 0,
            NameSource::Export => 1,
            NameSource::Import => 2,
            NameSource::Dwarf => 3,
            NameSource::Known => 4,
            NameSource::TableSlot => 5,
            NameSource::Index => 6,
            NameSource::GoTable => 7,
            NameSource::Twin | NameSource::SymbolMap => panic!("no file was given"),
        };
        sources[source] += 1;
    }
    eprintln!("    names {sources:?} (section, export, import, DWARF, known, table, index, Go)");
}

fn check_frames(symbols: &Symbols) -> (usize, usize) {
    let mut random = common::Lcg(1);
    let defined: Vec<_> = symbols.module().functions().iter().filter(|f| f.body.is_some()).collect();
    let (mut lines, mut inlined) = (0, 0);
    for _ in 0..PROBES {
        let Some(function) = defined.get(random.below(defined.len())) else { break };
        let body = function.body.clone().unwrap();
        let offset = CodeOffset(body.start.0 + random.below((body.end.0 - body.start.0) as usize) as u32);
        assert_eq!(symbols.module().function_at(offset), Some(function.index));
        let frames = symbols.frames(offset);
        let (outermost, inner) = frames.split_last().unwrap();
        assert_eq!(outermost.name.full, symbols.name(function.index).name.full);
        assert!(!outermost.inlined && inner.iter().all(|frame| frame.inlined));
        lines += usize::from(frames[0].location.is_some());
        inlined += usize::from(!inner.is_empty());
        symbols.declaration(function.index);
    }
    (lines, inlined)
}

#[test]
fn dead_debug_information_is_called_unusable() {
    let Some(dir) = common::corpus() else { return };
    let symbols = common::symbols(&dir.join("modules/c-meshoptimizer-deaddwarf.wasm"));
    assert!(!symbols.has_lines());
    assert!(matches!(symbols.warnings(), [Warning::DwarfDead { functions: 1.. }]));
}

#[test]
fn debug_information_elsewhere_is_told() {
    let Some(dir) = common::corpus() else { return };
    let symbols = common::symbols(&dir.join("modules/bzip2-clang22.extdbg.wasm"));
    assert!(matches!(symbols.warnings(), [Warning::DwarfElsewhere { file }] if !file.is_empty()));
    let symbols = common::symbols(&dir.join("modules/bzip2-clang22-split-dwarf5.wasm"));
    assert!(symbols.warnings().iter().any(|warning| matches!(warning, Warning::DwarfSplit { .. })));
}

/// The modules with the same code and everything in them, about which another symbolizer is asked in `oracle.rs`.
#[test]
fn with_the_debug_file_a_module_reads_as_if_it_were_whole() {
    let Some(dir) = common::corpus() else { return };
    for (module, debug, whole) in [
        (
            "modules/bzip2-clang22.extdbg.wasm",
            "modules/bzip2-clang22.debug.wasm",
            "modules/bzip2-clang22-O2-dwarf5.wasm",
        ),
        (
            "toolchains/em-leaky-sepdwarf.wasm",
            "toolchains/em-leaky-sepdwarf.debug.wasm",
            "toolchains/em-leaky-sepdwarf.debug.wasm",
        ),
    ] {
        let read = |name| std::fs::read(dir.join(name)).unwrap();
        let files = SymbolFiles { debug_file: Some(read(debug).into()), ..SymbolFiles::default() };
        let symbols = common::with_files(&read(module), files);
        let whole = common::symbols(&dir.join(whole));
        assert!(whole.has_lines() && symbols.warnings().is_empty(), "{module}: {:?}", symbols.warnings());
        for function in whole.module().functions() {
            assert_eq!(symbols.declaration(function.index), whole.declaration(function.index));
            let Some(body) = function.body.clone() else { continue };
            for offset in (body.start.0..body.end.0).step_by(3).map(CodeOffset) {
                assert_eq!(symbols.frames(offset), whole.frames(offset), "{module} {offset}");
            }
        }
    }
}
