//! Real modules, where there is a corpus of them: all rewrite to valid modules, and the offset map is exact.

use crate::guest::{Guest, validate};
use std::path::PathBuf;
use wasmparser::{Operator, Parser, Payload};
use wasmscope_instrument::{MeasureSet, Rewritten, rewrite};
use wasmscope_symbolize::{CodeOffset, ModuleIndex};

/// What is below the corpus folder; empty, with a word about it, where there is no such folder.
pub fn files() -> Vec<PathBuf> {
    let root = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from).unwrap_or_default();
    let folders = ["modules", "toolchains"].map(|folder| root.join(folder));
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut modules: Vec<_> = entries.map(|entry| entry.path()).collect();
    modules.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    modules.sort();
    if modules.is_empty() {
        eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
    }
    modules
}

#[test]
fn real_modules_rewrite_and_their_offsets_are_exact() {
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        if ModuleIndex::parse_module(&bytes).is_err() {
            continue;
        }
        let guest = Guest::from_bytes(bytes);
        for measures in [MeasureSet::default(), MeasureSet::ALL] {
            let rewritten = rewrite(&guest.bytes, &guest.index, &guest.plan(measures)).unwrap();
            validate(&rewritten.wasm);
            check_offsets(&guest, &rewritten);
        }
    }
}

/// Each original instruction that was not replaced is found, byte for byte, where the map says that it went, and no
/// rewritten instruction leads to a place where there was none.
fn check_offsets(guest: &Guest, rewritten: &Rewritten) {
    let mut originals = std::collections::HashMap::new();
    each_instruction(&guest.bytes, |at, bytes, _| {
        originals.insert(at, bytes.to_vec());
    });
    let bodies: std::collections::HashSet<_> =
        guest.index.functions().iter().filter_map(|f| Some(f.body.clone()?.start)).collect();
    let (mut found, mut previous) = (std::collections::HashSet::new(), CodeOffset(0));
    each_instruction(&rewritten.wasm, |at, bytes, operator| {
        let Some(original) = rewritten.offsets.original(at) else { return };
        assert!(original >= previous, "{at} leads back to {original}, behind {previous}");
        previous = original;
        match originals.get(&original) {
            Some(there) if there == bytes => {
                found.insert(original);
            }
            Some(_) => {}
            None => assert!(bodies.contains(&original), "{at}: {operator:?} leads to {original}"),
        }
    });
    let replaced = |bytes: &[u8]| matches!(bytes.first(), Some(0x0f | 0x12 | 0x13 | 0x15));
    let lost = originals.iter().filter(|(at, bytes)| !found.contains(*at) && !replaced(bytes));
    assert_eq!(lost.count(), 0);
}

fn each_instruction(wasm: &[u8], mut visit: impl FnMut(CodeOffset, &[u8], &Operator<'_>)) {
    let mut base = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::CodeSectionStart { range, .. } => base = range.start,
            Payload::CodeSectionEntry(body) => {
                let mut operators = body.get_operators_reader().unwrap();
                while !operators.eof() {
                    let at = operators.original_position();
                    let operator = operators.read().unwrap();
                    visit(
                        CodeOffset((at - base) as u32),
                        &wasm[at..operators.original_position()],
                        &operator,
                    );
                }
            }
            _ => {}
        }
    }
}
