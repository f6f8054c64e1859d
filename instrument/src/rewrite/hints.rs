//! Branch hints: ours say which `if`s are hardly ever taken, so that engines lay their code out of the way, and those
//! of the module follow their instructions. The section counts from the start of each function's body, and in the
//! rewritten one the instruction stands further back.

use super::code::Code;
use std::collections::BTreeMap;
use wasm_encoder::{BranchHint, BranchHints};
use wasmparser::{BinaryReader, BranchHintSectionReader};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// The name of the custom section.
pub(super) const NAME: &str = "metadata.code.branch_hint";

/// By function, in the order of the code.
type Hints = BTreeMap<u32, Vec<BranchHint>>;

/// The section for a rewritten code section with the contents `contents`: our hints, and those in `own`.
pub(super) fn moved(own: Option<&[u8]>, index: &ModuleIndex, contents: &[u8], code: &Code) -> BranchHints {
    let mut hints = Hints::new();
    for (func, at) in &code.cold {
        hints.entry(func.0).or_default().push(BranchHint { branch_func_offset: *at, branch_hint_value: 0 });
    }
    if let Some(own) = own {
        // Where they can't be read, those before are kept: hints are no more than that.
        let _ = add_own(own, index, contents, code, &mut hints);
    }
    let mut section = BranchHints::new();
    hints.into_iter().for_each(|(func, hints)| {
        section.function_hints(func, hints);
    });
    section
}

/// Adds the hints in `data`. One for something else than an instruction that was copied is left out.
fn add_own(
    data: &[u8],
    index: &ModuleIndex,
    contents: &[u8],
    code: &Code,
    hints: &mut Hints,
) -> wasmparser::Result<()> {
    let bodies = body_starts(contents)?;
    let copies = code.offsets.copies();
    for function in BranchHintSectionReader::new(BinaryReader::new(data, 0))? {
        let function = function?;
        let func = FuncIndex(function.func);
        let original = index.function(func).and_then(|function| function.body.clone());
        let defined = func.index().checked_sub(index.imported_function_count());
        let rewritten = defined.and_then(|defined| bodies.get(defined));
        let Some((original, rewritten)) = original.zip(rewritten) else { continue };
        let moved = hints.entry(func.0).or_default();
        for hint in function.hints {
            let hint = hint?;
            let at = original.start.0.checked_add(hint.func_offset).filter(|at| *at < original.end.0);
            if let Some(at) = at.and_then(|at| copies.rewritten(CodeOffset(at))) {
                let branch_func_offset = at.0.saturating_sub(*rewritten);
                moved.push(BranchHint { branch_func_offset, branch_hint_value: u32::from(hint.taken) });
            }
        }
    }
    Ok(())
}

/// Where each body begins in the contents of a code section.
fn body_starts(code: &[u8]) -> wasmparser::Result<Vec<u32>> {
    let mut reader = BinaryReader::new(code, 0);
    let count = reader.read_var_u32()?;
    let mut starts = Vec::new();
    for _ in 0..count {
        let size = reader.read_var_u32()?;
        starts.push(reader.original_position() as u32);
        reader.read_bytes(size as usize)?;
    }
    Ok(starts)
}
