//! What one instruction means to the plan. The reader is a visitor: making a value of each instruction, most of which
//! do not matter, takes longer than to pass over it.

use super::access::{Access, access_of};
use wasmparser::{Operator, VisitOperator, VisitSimdOperator};
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// An instruction at which something may have to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Call(FuncIndex),
    /// A call through a table or a reference, of a function of this type.
    CallIndirect(u32),
    TailCall(FuncIndex),
    TailCallIndirect(u32),
    /// `resume` and its kin, which may enter any function.
    Resume,
    /// `memory.grow` of this memory.
    Grow(u32),
    /// An instruction that moves as many bytes as its last operand says.
    Bulk(Bulk),
    /// An instruction that reads or writes one place of the first memory.
    Access(Access),
    Return,
}

/// `memory.fill`, `memory.init` and `memory.copy`: they write to a memory, and the last one reads from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bulk {
    pub(crate) writes: u32,
    pub(crate) reads: Option<u32>,
    /// Are the operands of 64 bits: the address that is written to, what comes from, and how many bytes?
    pub(crate) wide: [bool; 3],
}

/// What an instruction does, as far as the plan cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// It opens a block.
    Opens,
    /// It closes a block.
    Closes,
    /// It takes the reference of this function.
    Takes(FuncIndex),
    /// Something may have to be done at it.
    Matters(Op),
}

/// Reads an instruction of the module with this outline as an [`Effect`].
pub(super) struct Reader<'a> {
    pub(super) index: &'a ModuleIndex,
    /// Do instructions that access memory matter?
    pub(super) accesses: bool,
}

impl Reader<'_> {
    #[inline(always)]
    fn access(&self, operator: impl FnOnce() -> Operator<'static>) -> Effect {
        if !self.accesses {
            return Effect::None;
        }
        access_of(&operator()).map_or(Effect::None, |access| Effect::Matters(Op::Access(access)))
    }

    fn is_wide(&self, memory: u32) -> bool {
        self.index.memories().get(memory as usize).is_some_and(|memory| memory.memory64)
    }

    fn fill(&self, memory: u32) -> Effect {
        let wide = self.is_wide(memory);
        bulk(memory, None, [wide, false, wide])
    }

    fn init(&self, memory: u32) -> Effect {
        bulk(memory, None, [self.is_wide(memory), false, false])
    }

    fn copy(&self, to: u32, from: u32) -> Effect {
        let wide = [self.is_wide(to), self.is_wide(from)];
        bulk(to, Some(from), [wide[0], wide[1], wide[0] && wide[1]])
    }
}

fn bulk(writes: u32, reads: Option<u32>, wide: [bool; 3]) -> Effect {
    Effect::Matters(Op::Bulk(Bulk { writes, reads, wide }))
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(#[inline(always)] fn $visit(&mut self $($(,$arg: $argty)*)?) -> Effect { effect!(self $op $($($arg)*)?) })*
    };
}

/// The effect of an instruction of this name with these operands.
macro_rules! effect {
    ($self:ident Block $ty:ident) => { opens!($ty) };
    ($self:ident Loop $ty:ident) => { opens!($ty) };
    ($self:ident If $ty:ident) => { opens!($ty) };
    ($self:ident Try $ty:ident) => { opens!($ty) };
    ($self:ident TryTable $table:ident) => { opens!($table) };
    ($self:ident End) => { Effect::Closes };
    ($self:ident Delegate $depth:ident) => {{ let _ = $depth; Effect::Closes }};
    ($self:ident RefFunc $func:ident) => { Effect::Takes(FuncIndex($func)) };
    ($self:ident Call $func:ident) => { Effect::Matters(Op::Call(FuncIndex($func))) };
    ($self:ident CallIndirect $ty:ident $table:ident) => {{ let _ = $table; Effect::Matters(Op::CallIndirect($ty)) }};
    ($self:ident CallRef $ty:ident) => { Effect::Matters(Op::CallIndirect($ty)) };
    ($self:ident ReturnCall $func:ident) => { Effect::Matters(Op::TailCall(FuncIndex($func))) };
    ($self:ident ReturnCallIndirect $ty:ident $table:ident) => {{ let _ = $table; Effect::Matters(Op::TailCallIndirect($ty)) }};
    ($self:ident ReturnCallRef $ty:ident) => { Effect::Matters(Op::TailCallIndirect($ty)) };
    ($self:ident Resume $($operand:ident)*) => {{ $(let _ = $operand;)* Effect::Matters(Op::Resume) }};
    ($self:ident ResumeThrow $($operand:ident)*) => {{ $(let _ = $operand;)* Effect::Matters(Op::Resume) }};
    ($self:ident ResumeThrowRef $($operand:ident)*) => {{ $(let _ = $operand;)* Effect::Matters(Op::Resume) }};
    ($self:ident Switch $($operand:ident)*) => {{ $(let _ = $operand;)* Effect::Matters(Op::Resume) }};
    ($self:ident MemoryGrow $memory:ident) => { Effect::Matters(Op::Grow($memory)) };
    ($self:ident MemoryFill $memory:ident) => { $self.fill($memory) };
    ($self:ident MemoryInit $data:ident $memory:ident) => {{ let _ = $data; $self.init($memory) }};
    ($self:ident MemoryCopy $to:ident $from:ident) => { $self.copy($to, $from) };
    ($self:ident Return) => { Effect::Matters(Op::Return) };
    ($self:ident $other:ident $($operand:ident)*) => { accesses!($self $other [$($operand)*] $($operand)*) };
}

/// The same for what does no more than access memory, if it does: those instructions have a `memarg`.
macro_rules! accesses {
    ($self:ident $op:ident [memarg $($lane:ident)?] $($operand:ident)*) => {
        $self.access(|| Operator::$op { $($operand),* })
    };
    ($self:ident $op:ident [$($name:ident)*] $($operand:ident)*) => {{ $(let _ = $operand;)* Effect::None }};
}

macro_rules! opens {
    ($operand:ident) => {{
        let _ = $operand;
        Effect::Opens
    }};
}

impl<'a> VisitOperator<'a> for Reader<'_> {
    type Output = Effect;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Effect>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> VisitSimdOperator<'a> for Reader<'_> {
    wasmparser::for_each_visit_simd_operator!(visit);
}
