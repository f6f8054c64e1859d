//! Which instructions read and write linear memory, and what is on the stack when they do.

use super::instruction::Op;
use wasm_encoder::ValType;
use wasmparser::{MemArg, Operator};

/// How an instruction reads or writes one place in the first 4 GiB of the first memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessKind {
    Read,
    ReadLane,
    WaitI32,
    WaitI64,
    WriteI32,
    WriteI64,
    WriteF32,
    WriteF64,
    WriteV128,
    UpdateI32,
    UpdateI64,
    CompareI32,
    CompareI64,
}

impl AccessKind {
    pub(crate) fn reads(self) -> bool {
        use AccessKind::*;
        !matches!(self, WriteI32 | WriteI64 | WriteF32 | WriteF64 | WriteV128)
    }

    pub(crate) fn writes(self) -> bool {
        use AccessKind::*;
        !matches!(self, Read | ReadLane | WaitI32 | WaitI64)
    }

    /// What is on the stack above the address.
    pub(crate) fn operands(self) -> &'static [ValType] {
        match self {
            AccessKind::Read => &[],
            AccessKind::WriteI32 | AccessKind::UpdateI32 => &[ValType::I32],
            AccessKind::WriteI64 | AccessKind::UpdateI64 => &[ValType::I64],
            AccessKind::WriteF32 => &[ValType::F32],
            AccessKind::WriteF64 => &[ValType::F64],
            AccessKind::ReadLane | AccessKind::WriteV128 => &[ValType::V128],
            AccessKind::CompareI32 => &[ValType::I32, ValType::I32],
            AccessKind::WaitI32 => &[ValType::I32, ValType::I64],
            AccessKind::WaitI64 | AccessKind::CompareI64 => &[ValType::I64, ValType::I64],
        }
    }
}

fn access(memarg: &MemArg, kind: AccessKind) -> Option<Op> {
    let offset = u32::try_from(memarg.offset).ok().filter(|_| memarg.memory == 0)?;
    Some(Op::Access { offset, kind })
}

/// How `operator` accesses the memory; `None` for one that does not, and for those that move many bytes.
pub(super) fn access_of(operator: &Operator<'_>) -> Option<Op> {
    match operator {
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg }
        | Operator::I32AtomicLoad { memarg }
        | Operator::I64AtomicLoad { memarg }
        | Operator::I32AtomicLoad8U { memarg }
        | Operator::I32AtomicLoad16U { memarg }
        | Operator::I64AtomicLoad8U { memarg }
        | Operator::I64AtomicLoad16U { memarg }
        | Operator::I64AtomicLoad32U { memarg }
        | Operator::V128Load { memarg }
        | Operator::V128Load8x8S { memarg }
        | Operator::V128Load8x8U { memarg }
        | Operator::V128Load16x4S { memarg }
        | Operator::V128Load16x4U { memarg }
        | Operator::V128Load32x2S { memarg }
        | Operator::V128Load32x2U { memarg }
        | Operator::V128Load8Splat { memarg }
        | Operator::V128Load16Splat { memarg }
        | Operator::V128Load32Splat { memarg }
        | Operator::V128Load64Splat { memarg }
        | Operator::V128Load32Zero { memarg }
        | Operator::V128Load64Zero { memarg } => access(memarg, AccessKind::Read),
        Operator::I32Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg }
        | Operator::I32AtomicStore { memarg }
        | Operator::I32AtomicStore8 { memarg }
        | Operator::I32AtomicStore16 { memarg } => access(memarg, AccessKind::WriteI32),
        Operator::I64Store { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg }
        | Operator::I64AtomicStore { memarg }
        | Operator::I64AtomicStore8 { memarg }
        | Operator::I64AtomicStore16 { memarg }
        | Operator::I64AtomicStore32 { memarg } => access(memarg, AccessKind::WriteI64),
        Operator::F32Store { memarg } => access(memarg, AccessKind::WriteF32),
        Operator::F64Store { memarg } => access(memarg, AccessKind::WriteF64),
        Operator::MemoryAtomicWait32 { memarg } => access(memarg, AccessKind::WaitI32),
        Operator::MemoryAtomicWait64 { memarg } => access(memarg, AccessKind::WaitI64),
        Operator::I32AtomicRmwAdd { memarg }
        | Operator::I32AtomicRmw8AddU { memarg }
        | Operator::I32AtomicRmw16AddU { memarg }
        | Operator::I32AtomicRmwSub { memarg }
        | Operator::I32AtomicRmw8SubU { memarg }
        | Operator::I32AtomicRmw16SubU { memarg }
        | Operator::I32AtomicRmwAnd { memarg }
        | Operator::I32AtomicRmw8AndU { memarg }
        | Operator::I32AtomicRmw16AndU { memarg }
        | Operator::I32AtomicRmwOr { memarg }
        | Operator::I32AtomicRmw8OrU { memarg }
        | Operator::I32AtomicRmw16OrU { memarg }
        | Operator::I32AtomicRmwXor { memarg }
        | Operator::I32AtomicRmw8XorU { memarg }
        | Operator::I32AtomicRmw16XorU { memarg }
        | Operator::I32AtomicRmwXchg { memarg }
        | Operator::I32AtomicRmw8XchgU { memarg }
        | Operator::I32AtomicRmw16XchgU { memarg } => access(memarg, AccessKind::UpdateI32),
        Operator::I64AtomicRmwAdd { memarg }
        | Operator::I64AtomicRmw8AddU { memarg }
        | Operator::I64AtomicRmw16AddU { memarg }
        | Operator::I64AtomicRmw32AddU { memarg }
        | Operator::I64AtomicRmwSub { memarg }
        | Operator::I64AtomicRmw8SubU { memarg }
        | Operator::I64AtomicRmw16SubU { memarg }
        | Operator::I64AtomicRmw32SubU { memarg }
        | Operator::I64AtomicRmwAnd { memarg }
        | Operator::I64AtomicRmw8AndU { memarg }
        | Operator::I64AtomicRmw16AndU { memarg }
        | Operator::I64AtomicRmw32AndU { memarg }
        | Operator::I64AtomicRmwOr { memarg }
        | Operator::I64AtomicRmw8OrU { memarg }
        | Operator::I64AtomicRmw16OrU { memarg }
        | Operator::I64AtomicRmw32OrU { memarg }
        | Operator::I64AtomicRmwXor { memarg }
        | Operator::I64AtomicRmw8XorU { memarg }
        | Operator::I64AtomicRmw16XorU { memarg }
        | Operator::I64AtomicRmw32XorU { memarg }
        | Operator::I64AtomicRmwXchg { memarg }
        | Operator::I64AtomicRmw8XchgU { memarg }
        | Operator::I64AtomicRmw16XchgU { memarg }
        | Operator::I64AtomicRmw32XchgU { memarg } => access(memarg, AccessKind::UpdateI64),
        Operator::I32AtomicRmwCmpxchg { memarg }
        | Operator::I32AtomicRmw8CmpxchgU { memarg }
        | Operator::I32AtomicRmw16CmpxchgU { memarg } => access(memarg, AccessKind::CompareI32),
        Operator::I64AtomicRmwCmpxchg { memarg }
        | Operator::I64AtomicRmw8CmpxchgU { memarg }
        | Operator::I64AtomicRmw16CmpxchgU { memarg }
        | Operator::I64AtomicRmw32CmpxchgU { memarg } => access(memarg, AccessKind::CompareI64),
        Operator::V128Store { memarg }
        | Operator::V128Store8Lane { memarg, .. }
        | Operator::V128Store16Lane { memarg, .. }
        | Operator::V128Store32Lane { memarg, .. }
        | Operator::V128Store64Lane { memarg, .. } => access(memarg, AccessKind::WriteV128),
        Operator::V128Load8Lane { memarg, .. }
        | Operator::V128Load16Lane { memarg, .. }
        | Operator::V128Load32Lane { memarg, .. }
        | Operator::V128Load64Lane { memarg, .. } => access(memarg, AccessKind::ReadLane),
        _ => None,
    }
}
