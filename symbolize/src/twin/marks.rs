//! Operators that optimisers mostly keep.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;
use wasmparser::Operator;

use crate::module::{ModuleIndex, TypeEntry};

/// Smaller constants are in all code, and optimisers change them.
const LEAST_NOTABLE: u64 = 8;

/// A hash of an operator that stays what it is through most changes, as constants, accesses to memory and arithmetic;
/// `None` for others. `opcode` has the prefix in its upper byte.
pub(super) fn mark(module: &ModuleIndex, opcode: u16, operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::I32Const { value } => notable(opcode, u64::from(value.unsigned_abs())),
        Operator::I64Const { value } => notable(opcode, value.unsigned_abs()),
        Operator::F32Const { .. } | Operator::F64Const { .. } => Some(hash((opcode, constant(operator)))),
        Operator::BrTable { targets } => Some(hash((opcode, targets.len()))),
        Operator::CallIndirect { type_index, .. } => match module.types().get(*type_index as usize)? {
            TypeEntry::Func(ty) => Some(hash((opcode, ty))),
            TypeEntry::Other(_) => None,
        },
        _ if is_kept(opcode) => Some(hash((opcode, offset(operator)))),
        _ => None,
    }
}

/// Memory, and arithmetic but for comparisons, `add`, `sub` and `and`, which are turned into one another.
fn is_kept(opcode: u16) -> bool {
    matches!(opcode, 0x28..=0x40 | 0x67..=0x69 | 0x6c..=0x70 | 0x72..=0x7b | 0x7e..=0x82 | 0x84..=0xbf | 0xfc00..)
}

/// A constant, whatever its sign: adding one may become subtracting the other.
fn notable(opcode: u16, value: u64) -> Option<u32> {
    (value >= LEAST_NOTABLE).then(|| hash((opcode, value)))
}

/// The value of a constant, as its bits.
pub(super) fn constant(operator: &Operator<'_>) -> Option<u64> {
    match operator {
        Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Some(value.cast_unsigned()),
        Operator::F32Const { value } => Some(u64::from(value.bits())),
        Operator::F64Const { value } => Some(value.bits()),
        _ => None,
    }
}

/// The offset of an access to memory.
pub(super) fn offset(operator: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    match operator {
        I32Load { memarg } | I64Load { memarg } | F32Load { memarg } | F64Load { memarg } => {
            Some(memarg.offset)
        }
        I32Load8S { memarg } | I32Load8U { memarg } | I32Load16S { memarg } | I32Load16U { memarg } => {
            Some(memarg.offset)
        }
        I64Load8S { memarg } | I64Load8U { memarg } | I64Load16S { memarg } | I64Load16U { memarg } => {
            Some(memarg.offset)
        }
        I64Load32S { memarg } | I64Load32U { memarg } | I32Store { memarg } | I64Store { memarg } => {
            Some(memarg.offset)
        }
        F32Store { memarg } | F64Store { memarg } | I32Store8 { memarg } | I32Store16 { memarg } => {
            Some(memarg.offset)
        }
        I64Store8 { memarg } | I64Store16 { memarg } | I64Store32 { memarg } => Some(memarg.offset),
        _ => None,
    }
}

pub(super) fn hash(value: impl Hash) -> u32 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}
