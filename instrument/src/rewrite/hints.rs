//! Branch hints follow their instructions: the section counts from the start of each function's body, and in the
//! rewritten one the instruction stands further back.

use crate::offsets::OffsetMap;
use wasm_encoder::{BranchHint, BranchHints};
use wasmparser::{BinaryReader, BranchHintSectionReader};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// The name of the custom section.
pub(super) const NAME: &str = "metadata.code.branch_hint";

/// The section in `data`, for the rewritten code section `code`; `None` where it can't be read: hints are no more
/// than that. A hint for something else than an instruction that was copied is left out.
pub(super) fn moved(
    data: &[u8],
    index: &ModuleIndex,
    code: &[u8],
    offsets: &OffsetMap,
) -> wasmparser::Result<BranchHints> {
    let bodies = body_starts(code)?;
    let copies = offsets.copies();
    let mut hints = BranchHints::new();
    for function in BranchHintSectionReader::new(BinaryReader::new(data, 0))? {
        let function = function?;
        let func = FuncIndex(function.func);
        let original = index.function(func).and_then(|function| function.body.clone());
        let defined = func.index().checked_sub(index.imported_function_count());
        let rewritten = defined.and_then(|defined| bodies.get(defined));
        let Some((original, rewritten)) = original.zip(rewritten) else { continue };
        let mut moved = Vec::new();
        for hint in function.hints {
            let hint = hint?;
            let at = original.start.0.checked_add(hint.func_offset).filter(|at| *at < original.end.0);
            if let Some(at) = at.and_then(|at| copies.rewritten(CodeOffset(at))) {
                let branch_func_offset = at.0.saturating_sub(*rewritten);
                moved.push(BranchHint { branch_func_offset, branch_hint_value: u32::from(hint.taken) });
            }
        }
        hints.function_hints(func.0, moved);
    }
    Ok(hints)
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
