//! Where a Go program goes on with a goroutine. A switch to another one, a stack that is outgrown, or a wait unwinds
//! the engine's stack down to a loop, which then calls the innermost function alone:
//!
//! ```wat
//! (i32.load16_u (i32.sub (global.get $sp) (i32.const 8)))           ;; how far the function is
//! (i32.load offset=2 (i32.sub (global.get $sp) (i32.const 8)))      ;; its slot in the table
//! (call_indirect (type $go))
//! ```

use super::scan::read_body;
use crate::probes::MEMORY_EXPORT;
use std::sync::Arc;
use wasmparser::{MemArg, Operator};
use wasmscope_symbolize::{CodeOffset, ExportKind, FuncIndex, GoFrames, ModuleIndex};

/// A Go program whose stacks can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Goroutines {
    pub(crate) frames: Arc<GoFrames>,
    resumptions: Vec<Resumption>,
}

/// The call by which a loop goes on with goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resumption {
    func: FuncIndex,
    at: CodeOffset,
    /// The global that holds the stack pointer.
    sp: u32,
}

impl Goroutines {
    /// What there is in the module in `bytes`; `None` where the host could not read the stacks, or no loop is as above.
    pub(super) fn find(bytes: &[u8], index: &ModuleIndex, frames: Arc<GoFrames>) -> Option<Goroutines> {
        let resumers = frames.resumers().iter().filter(|_| is_memory_readable(index));
        let resumptions: Vec<_> = resumers.filter_map(|func| resumption(bytes, index, *func)).collect();
        (!resumptions.is_empty()).then_some(Goroutines { frames, resumptions })
    }

    /// Does `func` go on with goroutines?
    pub(crate) fn resumes(&self, func: FuncIndex) -> bool {
        self.resumptions.iter().any(|resumption| resumption.func == func)
    }

    /// The global that holds the stack pointer, where the instruction at `at` of `func` goes on with goroutines.
    pub(super) fn resumption_at(&self, func: FuncIndex, at: CodeOffset) -> Option<u32> {
        let mut resumptions = self.resumptions.iter();
        let found = resumptions.find(|resumption| (resumption.func, resumption.at) == (func, at));
        found.map(|resumption| resumption.sp)
    }
}

/// Does the host find the memory with the stacks, and do addresses in it have 32 bits?
fn is_memory_readable(index: &ModuleIndex) -> bool {
    let mut exports = index.exports().iter();
    let first = index.memories().first().filter(|memory| !memory.memory64 && !memory.shared);
    first.is_some()
        && exports.any(|export| {
            export.kind == ExportKind::Memory && export.index == 0 && &*export.name == MEMORY_EXPORT
        })
}

fn resumption(bytes: &[u8], index: &ModuleIndex, func: FuncIndex) -> Option<Resumption> {
    let range = index.function(func)?.body.clone()?;
    let (body, base) = read_body(bytes, index, range).ok()?;
    let operators = body.get_operators_reader().ok()?.into_iter_with_offsets();
    let code = operators.collect::<wasmparser::Result<Vec<_>>>().ok()?;
    let mut calls = code.iter().filter(|(operator, _)| matches!(operator, Operator::CallIndirect { .. }));
    let (_, at) = calls.next()?;
    let reads = |is_load: fn(&Operator<'_>) -> bool| code.windows(4).find_map(|four| reads_by(four, is_load));
    let slot_by = reads(|load| matches!(load, Operator::I32Load { memarg } if is_at(memarg, 2)))?;
    let place_by = reads(|load| matches!(load, Operator::I32Load16U { memarg } if is_at(memarg, 0)))?;
    let is_alone = calls.next().is_none() && slot_by == place_by;
    is_alone.then_some(Resumption { func, at: CodeOffset((at - base) as u32), sp: slot_by })
}

fn is_at(memarg: &MemArg, offset: u64) -> bool {
    memarg.memory == 0 && memarg.offset == offset
}

/// The global by which these instructions load what is 8 bytes below it.
fn reads_by(four: &[(Operator<'_>, usize)], is_load: fn(&Operator<'_>) -> bool) -> Option<u32> {
    match four {
        [
            (Operator::GlobalGet { global_index }, _),
            (Operator::I32Const { value: 8 }, _),
            (Operator::I32Sub, _),
            (load, _),
        ] if is_load(load) => Some(*global_index),
        _ => None,
    }
}
