//! Which call comes back to which program counter. In front of each call Go's compiler leaves the one on the stack:
//!
//! ```wat
//! (i64.store (global.get $sp) (i64.const PC)) (i32.const 0) (call $callee)
//! ```

use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::ids::{CodeOffset, FuncIndex};
use crate::module::ModuleIndex;

/// The calls in the code of functions with these slots, in the order of the code, and the program counter that each
/// comes back to. Of functions that can't be read there are those in front of what is broken.
pub(super) fn read(
    bytes: &[u8],
    module: &ModuleIndex,
    functions: impl Iterator<Item = (FuncIndex, u32)>,
) -> Vec<(CodeOffset, u64)> {
    let mut calls = Vec::new();
    for (func, slot) in functions {
        add_calls(bytes, module, func, slot, &mut calls);
    }
    calls.sort_unstable();
    calls.shrink_to_fit();
    calls
}

fn add_calls(
    bytes: &[u8],
    module: &ModuleIndex,
    func: FuncIndex,
    slot: u32,
    calls: &mut Vec<(CodeOffset, u64)>,
) -> Option<()> {
    let range = module.function(func)?.body.clone()?;
    let base = usize::try_from(module.code_start()?.0).ok()?;
    let (start, end) = (base + range.start.0 as usize, base + range.end.0 as usize);
    let body = FunctionBody::new(BinaryReader::new(bytes.get(start..end)?, start));
    // A program counter that was pushed, and one that was stored.
    let (mut pushed, mut stored) = (None, None);
    for operator in body.get_operators_reader().ok()?.into_iter_with_offsets() {
        let (operator, at) = operator.ok()?;
        match operator {
            Operator::I64Const { value } => {
                pushed = Some(value.cast_unsigned()).filter(|pc| pc >> 16 == u64::from(slot));
                continue;
            }
            Operator::I64Store { .. } => stored = pushed.or(stored),
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                calls.extend(stored.take().map(|pc| (CodeOffset((at - base) as u32), pc)));
            }
            _ => {}
        }
        pushed = None;
    }
    Some(())
}
