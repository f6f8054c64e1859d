//! Branch hints stand at their instructions, wherever those have gone, and ours stand beside them.

use crate::guest::{Guest, validate};
use wasmparser::{KnownCustom, Operator, Parser, Payload};
use wasmscope_instrument::MeasureSet;

const HINTED: &str = r#"(module (func $f (import "env" "f")) (memory 1)
    (func $quiet (param i32) local.get 0 (@metadata.code.branch_hint "\01") if nop end)
    (func $malloc (param i32) (result i32) (call $f)
      (block local.get 0 (@metadata.code.branch_hint "\00") br_if 0 (return (memory.grow (i32.const 1))))
      (memory.grow (i32.const 2)) (@metadata.code.branch_hint "\01") if (call $f) end
      (local.get 0))
    (func (export "run") (drop (call $malloc (i32.const 1))) (call $quiet (i32.const 1))))"#;

/// Function, instruction and value of each hint.
fn hinted(wasm: &[u8]) -> Vec<(u32, String, bool)> {
    let (mut hints, mut bodies, mut imported) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => imported = imports.into_imports().count(),
            Payload::CustomSection(section) => {
                if let KnownCustom::BranchHints(functions) = section.as_known() {
                    for function in functions.into_iter().map(Result::unwrap) {
                        let of_function = function.hints.into_iter().map(Result::unwrap);
                        hints.extend(of_function.map(|hint| (function.func, hint.func_offset, hint.taken)));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    let instruction = |func: u32, offset: u32| {
        let body = &bodies[func as usize - imported];
        let at = body.range().start + offset as usize;
        let mut operators = body.get_operators_reader().unwrap().into_iter_with_offsets().map(Result::unwrap);
        let (operator, _) = operators.find(|(_, there)| *there == at).expect("an instruction begins there");
        assert!(matches!(operator, Operator::If { .. } | Operator::BrIf { .. }), "{operator:?}");
        format!("{operator:?}")
    };
    hints.into_iter().map(|(func, offset, taken)| (func, instruction(func, offset), taken)).collect()
}

/// The hint at the entry of a function: its context is hardly ever one that it has not been in before.
fn ours(func: u32) -> (u32, String, bool) {
    (func, "If { blockty: Empty }".to_owned(), false)
}

#[test]
fn hints_follow_their_instructions() {
    let guest = Guest::new(HINTED);
    let before = hinted(&guest.bytes);
    assert_eq!(before.len(), 3);
    let rewritten = guest.rewritten(MeasureSet::default()).wasm;
    assert!(rewritten != *guest.bytes);
    let after = hinted(&rewritten);
    assert_eq!(after.iter().filter(|hint| !before.contains(hint)).collect::<Vec<_>>(), [&ours(2), &ours(3)]);
    assert!(after.is_sorted_by_key(|(func, ..)| *func), "{after:?}");
    assert_eq!(after.into_iter().filter(|hint| before.contains(hint)).collect::<Vec<_>>(), before);
}

#[test]
fn hints_that_can_not_be_read_are_left_out() {
    for data in [r"\01\01\01\02", r"\01\63\01\02\01\01", r"\01\01\01\ff\7f\01\01"] {
        let wat = format!(
            r#"(module (@custom "metadata.code.branch_hint" (before code) "{data}") (memory 1)
                (func) (func (export "run") (drop (memory.grow (i32.const 1)))))"#
        );
        let rewritten = Guest::new(&wat).rewritten(MeasureSet::default()).wasm;
        validate(&rewritten);
        assert_eq!(hinted(&rewritten), [ours(1)], "{data}");
    }
}
