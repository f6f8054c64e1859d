//! One pass over all function bodies that notes the instructions the plan depends on.

use super::access::{Access, access_of};
use crate::error::RewriteError;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader, OperatorsReaderAllocations};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// The instructions that matter, and the functions whose references the code takes.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    instructions: Vec<Instruction>,
    /// Where in `instructions` each defined function begins, and the end.
    starts: Vec<u32>,
    first_defined: usize,
    pub(crate) accesses: bool,
    /// Operands of `ref.func`.
    pub(crate) taken: Vec<FuncIndex>,
}

/// An instruction that the plan may have to do something about. Offsets count in the code section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) at: u32,
    pub(crate) end: u32,
    /// How many blocks are open, the body itself not counted: the label by which `br` leaves the function.
    pub(crate) depth: u32,
    pub(crate) op: Op,
}

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
    /// An instruction that reads or writes one place.
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

impl Scan {
    /// `accesses` says whether instructions that access memory matter.
    pub(crate) fn read(bytes: &[u8], index: &ModuleIndex, accesses: bool) -> Result<Scan, RewriteError> {
        let first_defined = index.imported_function_count();
        let mut scan = Scan { starts: vec![0], first_defined, accesses, ..Scan::default() };
        let mut allocations = OperatorsReaderAllocations::default();
        for function in index.functions().iter().skip(first_defined) {
            if let Some(body) = &function.body {
                let body = read_body(bytes, index, body.clone());
                allocations = body
                    .and_then(|(body, base)| scan.body(index, &body, base, allocations))
                    .map_err(|error| body_error(index, &error))?;
            }
            scan.starts.push(scan.instructions.len() as u32);
        }
        Ok(scan)
    }

    /// The instructions of `func` that matter, in the order of the code.
    pub(crate) fn of(&self, func: FuncIndex) -> &[Instruction] {
        let Some(defined) = func.index().checked_sub(self.first_defined) else { return &[] };
        match (self.starts.get(defined), self.starts.get(defined + 1)) {
            (Some(start), Some(end)) => &self.instructions[*start as usize..*end as usize],
            _ => &[],
        }
    }

    fn body(
        &mut self,
        index: &ModuleIndex,
        body: &FunctionBody<'_>,
        base: usize,
        allocations: OperatorsReaderAllocations,
    ) -> wasmparser::Result<OperatorsReaderAllocations> {
        let code = body.get_binary_reader_for_operators()?;
        let mut operators = OperatorsReader::new_with_allocs(code, allocations);
        let mut depth = 0u32;
        while !operators.eof() {
            let at = operators.original_position();
            let operator = operators.read()?;
            depth = depth_after(&operator, depth);
            if let Operator::RefFunc { function_index } = operator {
                self.taken.push(FuncIndex(function_index));
            } else if let Some(op) = relevant(&operator, index, self.accesses) {
                let end = operators.original_position();
                let offset = |at: usize| (at - base) as u32;
                self.instructions.push(Instruction { at: offset(at), end: offset(end), depth, op });
            }
        }
        operators.finish()?;
        Ok(operators.into_allocations())
    }
}

/// The body at `range` of the code section, and where in the file that section's contents begin.
pub(crate) fn read_body<'a>(
    bytes: &'a [u8],
    index: &ModuleIndex,
    range: std::ops::Range<CodeOffset>,
) -> wasmparser::Result<(FunctionBody<'a>, usize)> {
    let base = index.code_start().map_or(0, |start| start.0 as usize);
    let (start, end) = (base + range.start.0 as usize, base + range.end.0 as usize);
    let body = bytes.get(start..end).unwrap_or_default();
    Ok((FunctionBody::new(BinaryReader::new(body, start)), base))
}

pub(crate) fn body_error(index: &ModuleIndex, error: &wasmparser::Error) -> RewriteError {
    let base = index.code_start().map_or(0, |start| start.0 as usize);
    let at = CodeOffset(error.offset().saturating_sub(base) as u32);
    RewriteError::Body { at, message: error.message().to_owned() }
}

fn depth_after(operator: &Operator<'_>, depth: u32) -> u32 {
    match operator {
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::Try { .. }
        | Operator::TryTable { .. } => depth + 1,
        Operator::End | Operator::Delegate { .. } => depth.saturating_sub(1),
        _ => depth,
    }
}

fn relevant(operator: &Operator<'_>, index: &ModuleIndex, accesses: bool) -> Option<Op> {
    let is_wide = |memory: &u32| index.memories().get(*memory as usize).is_some_and(|m| m.memory64);
    let bulk = |writes: u32, reads: Option<u32>, wide: [bool; 3]| Op::Bulk(Bulk { writes, reads, wide });
    Some(match operator {
        Operator::Call { function_index } => Op::Call(FuncIndex(*function_index)),
        Operator::CallIndirect { type_index, .. } | Operator::CallRef { type_index } => {
            Op::CallIndirect(*type_index)
        }
        Operator::ReturnCall { function_index } => Op::TailCall(FuncIndex(*function_index)),
        Operator::ReturnCallIndirect { type_index, .. } | Operator::ReturnCallRef { type_index } => {
            Op::TailCallIndirect(*type_index)
        }
        Operator::Resume { .. }
        | Operator::ResumeThrow { .. }
        | Operator::ResumeThrowRef { .. }
        | Operator::Switch { .. } => Op::Resume,
        Operator::MemoryGrow { mem } => Op::Grow(*mem),
        Operator::MemoryFill { mem } => bulk(*mem, None, [is_wide(mem), false, is_wide(mem)]),
        Operator::MemoryInit { mem, .. } => bulk(*mem, None, [is_wide(mem), false, false]),
        Operator::MemoryCopy { dst_mem, src_mem } => {
            let wide = [is_wide(dst_mem), is_wide(src_mem)];
            bulk(*dst_mem, Some(*src_mem), [wide[0], wide[1], wide[0] && wide[1]])
        }
        Operator::Return => Op::Return,
        _ if accesses => Op::Access(access_of(operator)?),
        _ => return None,
    })
}
