//! The instructions of all function bodies that the plan depends on.

use super::instruction::{Effect, Flow, Op};
use crate::error::RewriteError;
use wasmparser::{BinaryReader, FunctionBody};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// The instructions that matter, and the functions whose references the code takes.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    instructions: Vec<Instruction>,
    /// Where in `instructions` each defined function begins, and the end.
    starts: Vec<u32>,
    first_defined: usize,
    /// How many blocks are open in the function that is read.
    depth: u32,
    /// The depths at which those with handlers were opened.
    handlers: Vec<u32>,
    /// Operands of `ref.func`.
    pub(crate) taken: Vec<FuncIndex>,
}

/// An instruction that the plan may have to do something about. Offsets count in the code section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instruction {
    pub(crate) at: u32,
    /// Its bytes; of no meaning for the few kinds that may have very many.
    pub(crate) length: u8,
    /// How many blocks are open, the body itself not counted: the label by which `br` leaves the function.
    pub(crate) depth: u32,
    /// May a handler of the same function catch what is thrown here?
    pub(crate) is_guarded: bool,
    pub(crate) op: Op,
}

/// One stands for every few bytes of code: the memory that a plan takes hangs on them.
const _: () = assert!(size_of::<Instruction>() <= 20 && size_of::<super::Point>() <= 16);

impl Scan {
    /// That of a module with so many imported functions, before its first body.
    pub(super) fn new(imported: usize) -> Scan {
        Scan { starts: vec![0], first_defined: imported, ..Scan::default() }
    }

    /// Notes the next instruction of a body, at `place` from its start to its end.
    #[inline]
    pub(super) fn instruction(&mut self, effect: Effect, (at, end): (u32, u32)) {
        self.note_depth(effect.flow);
        match effect.op {
            Some(Op::Take(func)) => self.taken.push(func),
            Some(op) => self.instructions.push(Instruction {
                at,
                length: (end - at) as u8,
                depth: self.depth,
                is_guarded: !self.handlers.is_empty(),
                op,
            }),
            None => {}
        }
    }

    fn note_depth(&mut self, flow: Flow) {
        self.depth = flow.depth(self.depth);
        match flow {
            Flow::Try | Flow::TryTable => self.handlers.push(self.depth),
            Flow::End | Flow::Delegate => {
                self.handlers.pop_if(|opened| *opened > self.depth);
            }
            _ => {}
        }
    }

    pub(super) fn end_function(&mut self) {
        self.depth = 0;
        self.handlers.clear();
        self.starts.push(self.instructions.len() as u32);
    }

    pub(super) fn finished(mut self) -> Scan {
        self.instructions.shrink_to_fit();
        self
    }

    /// The instructions of `func` that matter, in the order of the code.
    pub(crate) fn of(&self, func: FuncIndex) -> &[Instruction] {
        let Some(defined) = func.index().checked_sub(self.first_defined) else { return &[] };
        match (self.starts.get(defined), self.starts.get(defined + 1)) {
            (Some(start), Some(end)) => &self.instructions[*start as usize..*end as usize],
            _ => &[],
        }
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
