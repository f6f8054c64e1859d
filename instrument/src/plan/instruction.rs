//! What one instruction means to the plan. The reader is a visitor: making a value of each instruction, most of which
//! do not matter, takes longer than to pass over it.

use super::access::{AccessKind, access_of};
use wasmparser::{BrTable, Catch, Operator, TryTable, VisitOperator, VisitSimdOperator};
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
    /// An instruction that reads or writes one place of the first memory. `offset` is added to the address on the
    /// stack.
    Access {
        offset: u32,
        kind: AccessKind,
    },
    /// Sets the stack pointer.
    SetStack,
    Return,
    /// Takes the reference of a function.
    Take(FuncIndex),
}

/// `memory.fill`, `memory.init` and `memory.copy`: they write to a memory, and the last one reads from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bulk {
    /// Does it write to the first memory?
    pub(crate) writes: bool,
    /// Does it read from the first memory?
    pub(crate) reads: bool,
    /// Are the operands of 64 bits: the address that is written to, what comes from, and how many bytes?
    pub(crate) wide: [bool; 3],
}

/// What an instruction does, as far as the plan cares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    pub(super) flow: Flow,
    /// Something may have to be done at it.
    pub(super) op: Option<Op>,
}

/// Where control goes from an instruction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    /// To the next one.
    On,
    Block,
    Loop,
    If,
    Else,
    End,
    Try,
    /// The labels of its handlers are with the [`Reader`].
    TryTable,
    /// The end of a `try` that has no handlers of its own.
    Delegate,
    Branch(u32),
    /// To a label, or to the next one.
    BranchIf(u32),
    /// To one of the labels that are with the [`Reader`].
    BranchTable,
    /// To the next one, unless what is called throws.
    Call,
    /// To the next one, or nowhere that is known here: a handler of the old proposal, or a stack that may never be
    /// resumed.
    Perhaps,
    /// Out of the function.
    Leave,
    /// It traps.
    Unreachable,
}

impl Effect {
    /// Is it an instruction that is counted when it is executed? See [`crate::instructions`].
    pub(crate) fn is_counted(&self) -> bool {
        !matches!(self.flow, Flow::Block | Flow::Loop | Flow::Else | Flow::End | Flow::TryTable)
    }
}

impl Flow {
    /// A number of open blocks, behind the instruction.
    pub(super) fn depth(&self, depth: u32) -> u32 {
        match self {
            Flow::Block | Flow::Loop | Flow::If | Flow::Try | Flow::TryTable => depth + 1,
            Flow::End | Flow::Delegate => depth.saturating_sub(1),
            _ => depth,
        }
    }
}

/// Reads instructions as [`Effect`]s.
pub(crate) struct Reader<'m> {
    index: &'m ModuleIndex,
    /// Do instructions that access memory matter?
    accesses: bool,
    /// The global that holds the stack pointer, if it matters when that is set.
    stack_pointer: Option<u32>,
    /// Where the instruction that was read last leads to, if it has a table.
    pub(super) labels: Vec<u32>,
}

impl<'m> Reader<'m> {
    /// A reader for the module with this outline. `accesses` says whether instructions that access memory matter.
    pub(crate) fn new(index: &'m ModuleIndex, accesses: bool) -> Reader<'m> {
        Reader { index, accesses, stack_pointer: None, labels: Vec::new() }
    }

    /// The same, where instructions matter that set this global.
    pub(crate) fn with_stack_pointer(self, stack_pointer: Option<u32>) -> Reader<'m> {
        Reader { stack_pointer, ..self }
    }

    fn set_global(&self, global: u32) -> Effect {
        Effect { flow: Flow::On, op: (self.stack_pointer == Some(global)).then_some(Op::SetStack) }
    }

    #[inline(always)]
    fn access(&self, operator: impl FnOnce() -> Operator<'static>) -> Option<Op> {
        if self.accesses { access_of(&operator()) } else { None }
    }

    fn try_table(&mut self, table: &TryTable) -> Effect {
        self.labels.clear();
        self.labels.extend(table.catches.iter().map(label));
        flow(Flow::TryTable)
    }

    fn branch_table(&mut self, targets: &BrTable<'_>) -> Effect {
        self.labels.clear();
        self.labels.extend(targets.targets().flatten().chain([targets.default()]));
        flow(Flow::BranchTable)
    }

    fn is_wide(&self, memory: u32) -> bool {
        self.index.memories().get(memory as usize).is_some_and(|memory| memory.memory64)
    }

    fn fill(&self, memory: u32) -> Op {
        let wide = self.is_wide(memory);
        Op::Bulk(Bulk { writes: memory == 0, reads: false, wide: [wide, false, wide] })
    }

    fn init(&self, memory: u32) -> Op {
        Op::Bulk(Bulk { writes: memory == 0, reads: false, wide: [self.is_wide(memory), false, false] })
    }

    fn copy(&self, to: u32, from: u32) -> Op {
        let wide = [self.is_wide(to), self.is_wide(from)];
        Op::Bulk(Bulk { writes: to == 0, reads: from == 0, wide: [wide[0], wide[1], wide[0] && wide[1]] })
    }
}

/// The label that a handler leads to, as seen from outside of its `try_table`.
fn label(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. }
        | Catch::OneRef { label, .. }
        | Catch::All { label }
        | Catch::AllRef { label } => *label,
    }
}

#[inline(always)]
fn flow(flow: Flow) -> Effect {
    Effect { flow, op: None }
}

#[inline(always)]
fn op(op: Op) -> Effect {
    Effect { flow: Flow::On, op: Some(op) }
}

#[inline(always)]
fn both(flow: Flow, op: Op) -> Effect {
    Effect { flow, op: Some(op) }
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[allow(unused_variables, reason = "of most instructions no operand matters")]
            #[inline(always)]
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> Effect { effect!(self $op $($($arg)*)?) }
        )*
    };
}

/// The effect of an instruction of this name with these operands.
macro_rules! effect {
    ($self:ident Block $ty:ident) => { flow(Flow::Block) };
    ($self:ident Loop $ty:ident) => { flow(Flow::Loop) };
    ($self:ident If $ty:ident) => { flow(Flow::If) };
    ($self:ident Else) => { flow(Flow::Else) };
    ($self:ident End) => { flow(Flow::End) };
    ($self:ident Try $ty:ident) => { flow(Flow::Try) };
    ($self:ident TryTable $table:ident) => { $self.try_table(&$table) };
    ($self:ident Delegate $depth:ident) => { flow(Flow::Delegate) };
    ($self:ident Catch $tag:ident) => { flow(Flow::Perhaps) };
    ($self:ident CatchAll) => { flow(Flow::Perhaps) };
    ($self:ident Br $depth:ident) => { flow(Flow::Branch($depth)) };
    ($self:ident BrTable $targets:ident) => { $self.branch_table(&$targets) };
    ($self:ident BrIf $depth:ident) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnNull $depth:ident) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnNonNull $depth:ident) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnCast $depth:ident $($ty:ident)*) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnCastFail $depth:ident $($ty:ident)*) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnCastDescEq $depth:ident $($ty:ident)*) => { flow(Flow::BranchIf($depth)) };
    ($self:ident BrOnCastDescEqFail $depth:ident $($ty:ident)*) => { flow(Flow::BranchIf($depth)) };
    ($self:ident Unreachable) => { flow(Flow::Unreachable) };
    ($self:ident Throw $tag:ident) => { flow(Flow::Leave) };
    ($self:ident ThrowRef) => { flow(Flow::Leave) };
    ($self:ident Rethrow $depth:ident) => { flow(Flow::Leave) };
    ($self:ident Return) => { both(Flow::Leave, Op::Return) };
    ($self:ident Call $func:ident) => { both(Flow::Call, Op::Call(FuncIndex($func))) };
    ($self:ident CallIndirect $ty:ident $table:ident) => { both(Flow::Call, Op::CallIndirect($ty)) };
    ($self:ident CallRef $ty:ident) => { both(Flow::Call, Op::CallIndirect($ty)) };
    ($self:ident ReturnCall $func:ident) => { both(Flow::Leave, Op::TailCall(FuncIndex($func))) };
    ($self:ident ReturnCallIndirect $ty:ident $table:ident) => { both(Flow::Leave, Op::TailCallIndirect($ty)) };
    ($self:ident ReturnCallRef $ty:ident) => { both(Flow::Leave, Op::TailCallIndirect($ty)) };
    ($self:ident Resume $($operand:ident)*) => { both(Flow::Perhaps, Op::Resume) };
    ($self:ident ResumeThrow $($operand:ident)*) => { both(Flow::Perhaps, Op::Resume) };
    ($self:ident ResumeThrowRef $($operand:ident)*) => { both(Flow::Perhaps, Op::Resume) };
    ($self:ident Switch $($operand:ident)*) => { both(Flow::Perhaps, Op::Resume) };
    ($self:ident Suspend $tag:ident) => { flow(Flow::Perhaps) };
    ($self:ident RefFunc $func:ident) => { op(Op::Take(FuncIndex($func))) };
    ($self:ident GlobalSet $global:ident) => { $self.set_global($global) };
    ($self:ident MemoryGrow $memory:ident) => { op(Op::Grow($memory)) };
    ($self:ident MemoryFill $memory:ident) => { op($self.fill($memory)) };
    ($self:ident MemoryInit $data:ident $memory:ident) => { op($self.init($memory)) };
    ($self:ident MemoryCopy $to:ident $from:ident) => { op($self.copy($to, $from)) };
    ($self:ident $other:ident $($operand:ident)*) => { accesses!($self $other [$($operand)*] $($operand)*) };
}

/// The same for what does no more than access memory, if it does: those instructions have a `memarg`.
macro_rules! accesses {
    ($self:ident $op:ident [memarg $($lane:ident)?] $($operand:ident)*) => {
        Effect { flow: Flow::On, op: $self.access(|| Operator::$op { $($operand),* }) }
    };
    ($self:ident $op:ident [$($name:ident)*] $($operand:ident)*) => { flow(Flow::On) };
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
