//! Debug information of other code than the module's is told from its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{sample, stripped, with_files};
use wasmscope_symbolize::{CodeOffset, ModuleIndex, SymbolFiles, Symbols, Warning};

/// The debug sections of a module.
fn debug_sections(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let debug = module.sections().iter().filter(|section| section.name.starts_with(".debug_"));
    debug
        .flat_map(|section| &bytes[section.header.0 as usize..section.contents.end.0 as usize])
        .copied()
        .collect()
}

/// The code of one module with the debug information of another.
fn spliced(code: &[u8], debug: &[u8]) -> Vec<u8> {
    [stripped(code), debug_sections(debug)].concat()
}

/// A file of debug information alone.
fn debug_file(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..8], &debug_sections(bytes)].concat()
}

fn with_debug_file(bytes: &[u8], file: &[u8]) -> Symbols {
    with_files(bytes, SymbolFiles { debug_file: Some(file.into()), ..SymbolFiles::default() })
}

fn read(name: &str) -> Option<Vec<u8>> {
    sample(name).map(|path| std::fs::read(path).unwrap())
}

fn offsets(symbols: &Symbols) -> impl Iterator<Item = CodeOffset> {
    let bodies = symbols.module().functions().iter().filter_map(|function| function.body.clone());
    bodies.flat_map(|body| (body.start.0..body.end.0).step_by(5).map(CodeOffset))
}

/// How many functions the debug information matches, and how many it has elsewhere.
fn stale(symbols: &Symbols) -> (usize, usize) {
    let found = symbols.warnings().iter().find_map(|warning| match warning {
        Warning::DwarfStale { matched, stray } => Some((*matched, *stray)),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Nothing is told of the source.
fn assert_no_lines(symbols: &Symbols) {
    assert!(!symbols.has_lines(), "{:?}", symbols.warnings());
    assert!(symbols.module().functions().iter().all(|f| symbols.declaration(f.index).is_none()));
    assert!(offsets(symbols).all(|at| matches!(&*symbols.frames(at), [frame] if frame.location.is_none())));
}

/// The lines are those of `whole`.
fn assert_lines_of(symbols: &Symbols, whole: &Symbols) {
    assert!(symbols.has_lines(), "{:?}", symbols.warnings());
    assert!(offsets(symbols).all(|at| symbols.frames(at) == whole.frames(at)));
}

#[test]
fn debug_information_of_another_build_is_told_and_left_out() {
    let (Some(before), Some(after)) = (read("fragment/before.wasm"), read("fragment/after.wasm")) else {
        return;
    };
    for symbols in [
        with_files(&spliced(&before, &after), SymbolFiles::default()),
        with_debug_file(&stripped(&before), &debug_file(&after)),
    ] {
        let (matched, stray) = stale(&symbols);
        eprintln!("{matched} of {} functions match", matched + stray);
        assert!(stray > matched);
        assert_no_lines(&symbols);
    }
}

#[test]
fn a_debug_file_of_another_program_displaces_nothing() {
    let (Some(json), Some(fragment)) = (read("json/json.wasm"), read("fragment/before.wasm")) else { return };
    let whole = with_files(&json, SymbolFiles::default());
    let symbols = with_debug_file(&json, &debug_file(&fragment));
    assert!(stale(&symbols).1 > 40);
    assert_lines_of(&symbols, &whole);
    // A file with nothing in it neither.
    assert_lines_of(&with_debug_file(&json, &json[..8]), &whole);

    let symbols = with_debug_file(&stripped(&json), &debug_file(&fragment));
    assert!(stale(&symbols).1 > 40);
    assert_no_lines(&symbols);

    let own = spliced(&json, &json);
    let symbols = with_debug_file(&stripped(&json), &debug_file(&json));
    assert_eq!(symbols.warnings(), []);
    assert_lines_of(&symbols, &with_files(&own, SymbolFiles::default()));
}

#[test]
fn where_a_few_functions_moved_the_others_keep_their_lines() {
    let Some(json) = read("json/json.wasm") else { return };
    let whole = with_files(&json, SymbolFiles::default());
    // The last function but two is described as another one's second half.
    let described = whole.module().functions().iter().rev().filter(|f| whole.declaration(f.index).is_some());
    let body = described.skip(2).find_map(|function| function.body.clone()).unwrap();
    let mut moved = json.clone();
    let debug = whole.module().custom_section(".debug_info").unwrap().data.clone();
    let (start, end) = (debug.start.0 as usize, debug.end.0 as usize);
    let places: Vec<_> =
        (start..end - 4).filter(|at| json[*at..*at + 4] == body.start.0.to_le_bytes()).collect();
    for at in places {
        moved[at..at + 4].copy_from_slice(&(body.start.0 + 1).to_le_bytes());
    }
    let symbols = with_files(&moved, SymbolFiles::default());
    let (matched, stray) = stale(&symbols);
    assert!(matched > 50 && stray == 1, "{matched} {stray}");
    let is_inside = |at: &CodeOffset| body.contains(at);
    assert!(offsets(&symbols).filter(is_inside).all(|at| symbols.frames(at)[0].location.is_none()));
    assert!(!symbols.warnings().is_empty() && symbols.has_lines());
    let others = || offsets(&symbols).filter(|at| !is_inside(at));
    let agree = others().filter(|at| symbols.frames(*at) == whole.frames(*at)).count();
    assert!(agree * 10 > others().count() * 9);
}

fn with_build_id(bytes: &[u8], id: u8) -> Vec<u8> {
    [bytes, &[0, 13, 8], b"build_id", &[3, id, id, id]].concat()
}

#[test]
fn files_with_other_build_ids_are_of_other_builds() {
    let Some(hotloop) = read("hotloop/hotloop.wasm") else { return };
    let file = debug_file(&hotloop);
    let code = with_build_id(&stripped(&hotloop), 1);
    let symbols = with_debug_file(&code, &with_build_id(&file, 2));
    assert_eq!(symbols.warnings(), [Warning::DebugFileForeign]);
    assert_no_lines(&symbols);
    for file in [&with_build_id(&file, 1), &file] {
        let symbols = with_debug_file(&code, file);
        assert!(symbols.has_lines() && symbols.warnings().is_empty());
    }
}

/// What wasm-opt makes of a module; `None` where it is not installed.
fn optimised(path: &Path, options: &[&str]) -> Option<Vec<u8>> {
    let run = Command::new("wasm-opt").arg(path).args(["-o", "-"]).args(options).output();
    let Ok(run) = run else {
        eprintln!("skipped: no wasm-opt");
        return None;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(run.stdout)
}

#[test]
fn after_an_optimiser_only_updated_debug_information_is_believed() {
    for name in ["words/words.wasm", "hotloop/hotloop.wasm", "json/json.wasm"] {
        let Some(path) = sample(name) else { continue };
        let whole = std::fs::read(&path).unwrap();
        let Some(changed) = optimised(&path, &["-O2", "--all-features"]) else { return };
        let symbols = with_files(&spliced(&changed, &whole), SymbolFiles::default());
        let (matched, stray) = stale(&symbols);
        eprintln!("{name}: {matched} of {} functions match", matched + stray);
        assert!(stray > 10 * matched);
        assert_no_lines(&symbols);

        let Some(updated) = optimised(&path, &["-O1", "-g", "--all-features"]) else { return };
        let symbols = with_files(&updated, SymbolFiles::default());
        assert_eq!(stale(&symbols), (0, 0), "{name}");
        assert!(symbols.has_lines(), "{name}: {:?}", symbols.warnings());
    }
}
