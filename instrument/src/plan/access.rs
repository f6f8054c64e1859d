//! Which instructions read and write linear memory, and what is on the stack when they do.

use wasm_encoder::ValType;
use wasmparser::{MemArg, Operator};

/// An instruction that reads or writes one place in the first 4 GiB of the first memory. One of these stands for every
/// few bytes of code: it is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    /// What is added to the address on the stack.
    pub(crate) offset: u32,
    operands: Operands,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

impl Access {
    /// What is on the stack above the address.
    pub(crate) fn operands(self) -> &'static [ValType] {
        match self.operands {
            Operands::None => &[],
            Operands::I32 => &[ValType::I32],
            Operands::I64 => &[ValType::I64],
            Operands::F32 => &[ValType::F32],
            Operands::F64 => &[ValType::F64],
            Operands::V128 => &[ValType::V128],
            Operands::I32I32 => &[ValType::I32, ValType::I32],
            Operands::I32I64 => &[ValType::I32, ValType::I64],
            Operands::I64I64 => &[ValType::I64, ValType::I64],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operands {
    None,
    I32,
    I64,
    F32,
    F64,
    V128,
    I32I32,
    I32I64,
    I64I64,
}

fn read(memarg: &MemArg, operands: Operands) -> Option<Access> {
    access(memarg, operands, true, false)
}

fn write(memarg: &MemArg, operands: Operands) -> Option<Access> {
    access(memarg, operands, false, true)
}

fn update(memarg: &MemArg, operands: Operands) -> Option<Access> {
    access(memarg, operands, true, true)
}

fn access(memarg: &MemArg, operands: Operands, reads: bool, writes: bool) -> Option<Access> {
    let offset = u32::try_from(memarg.offset).ok().filter(|_| memarg.memory == 0)?;
    Some(Access { offset, operands, reads, writes })
}

/// How `operator` accesses the memory; `None` for one that does not, and for those that move many bytes.
pub(super) fn access_of(operator: &Operator<'_>) -> Option<Access> {
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
        | Operator::V128Load64Zero { memarg } => read(memarg, Operands::None),
        Operator::I32Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg }
        | Operator::I32AtomicStore { memarg }
        | Operator::I32AtomicStore8 { memarg }
        | Operator::I32AtomicStore16 { memarg } => write(memarg, Operands::I32),
        Operator::I64Store { memarg }
        | Operator::I64Store8 { memarg }
        | Operator::I64Store16 { memarg }
        | Operator::I64Store32 { memarg }
        | Operator::I64AtomicStore { memarg }
        | Operator::I64AtomicStore8 { memarg }
        | Operator::I64AtomicStore16 { memarg }
        | Operator::I64AtomicStore32 { memarg } => write(memarg, Operands::I64),
        Operator::F32Store { memarg } => write(memarg, Operands::F32),
        Operator::F64Store { memarg } => write(memarg, Operands::F64),
        Operator::MemoryAtomicWait32 { memarg } => read(memarg, Operands::I32I64),
        Operator::MemoryAtomicWait64 { memarg } => read(memarg, Operands::I64I64),
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
        | Operator::I32AtomicRmw16XchgU { memarg } => update(memarg, Operands::I32),
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
        | Operator::I64AtomicRmw32XchgU { memarg } => update(memarg, Operands::I64),
        Operator::I32AtomicRmwCmpxchg { memarg }
        | Operator::I32AtomicRmw8CmpxchgU { memarg }
        | Operator::I32AtomicRmw16CmpxchgU { memarg } => update(memarg, Operands::I32I32),
        Operator::I64AtomicRmwCmpxchg { memarg }
        | Operator::I64AtomicRmw8CmpxchgU { memarg }
        | Operator::I64AtomicRmw16CmpxchgU { memarg }
        | Operator::I64AtomicRmw32CmpxchgU { memarg } => update(memarg, Operands::I64I64),
        Operator::V128Store { memarg }
        | Operator::V128Store8Lane { memarg, .. }
        | Operator::V128Store16Lane { memarg, .. }
        | Operator::V128Store32Lane { memarg, .. }
        | Operator::V128Store64Lane { memarg, .. } => write(memarg, Operands::V128),
        Operator::V128Load8Lane { memarg, .. }
        | Operator::V128Load16Lane { memarg, .. }
        | Operator::V128Load32Lane { memarg, .. }
        | Operator::V128Load64Lane { memarg, .. } => read(memarg, Operands::V128),
        _ => None,
    }
}
