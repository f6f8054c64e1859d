//! One pass over all function bodies that notes the instructions the plan depends on.

use super::instruction::{Effect, Op, Reader};
use crate::error::RewriteError;
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader, OperatorsReaderAllocations};
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
        let mut reader = Reader { index, accesses: self.accesses };
        let mut depth = 0u32;
        while !operators.eof() {
            let at = operators.original_position();
            match operators.visit_operator(&mut reader)? {
                Effect::None => {}
                Effect::Opens => depth += 1,
                Effect::Closes => depth = depth.saturating_sub(1),
                Effect::Takes(func) => self.taken.push(func),
                Effect::Matters(op) => {
                    let end = operators.original_position();
                    let offset = |at: usize| (at - base) as u32;
                    self.instructions.push(Instruction { at: offset(at), end: offset(end), depth, op });
                }
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
