//! The code section: bodies without points are copied in one piece with their neighbours.

use super::body::{Body, Original};
use super::indices::Indices;
use super::runtime;
use crate::error::RewriteError;
use crate::offsets::OffsetMap;
use crate::plan::{FunctionPlan, Plan, body_error, read_body};
use wasm_encoder::Encode;
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// Engines take no longer module, and the offset map knows no higher offsets.
const MOST_BYTES: usize = 1 << 30;

/// What there is to be known of a rewritten code section.
#[derive(Default)]
pub(super) struct Code {
    /// Where its bytes came from.
    pub(super) offsets: OffsetMap,
    /// The branches of ours that are hardly ever taken, by their places in the functions' bodies.
    pub(super) cold: Vec<(FuncIndex, u32)>,
}

/// Writes the contents of the rewritten code section behind `out`.
pub(super) fn section(
    bytes: &[u8],
    index: &ModuleIndex,
    plan: &Plan,
    indices: &Indices,
    out: &mut Vec<u8>,
) -> Result<Code, RewriteError> {
    let code = contents(bytes, index);
    let added = runtime::bodies(index, plan, indices);
    let count = index.functions().len() - index.imported_function_count() + added.len();
    let start = out.len();
    let points: usize = plan.functions.iter().map(|function| function.points.len()).sum();
    // In front of each point and behind it; at a function's locals, its entry and its exit.
    let offsets = OffsetMap::with_capacity(2 * points + 4 * plan.functions.len());
    let cold = Vec::with_capacity(plan.functions.len());
    let mut section = Section { code, out, start, rewritten: Code { offsets, cold }, body: Body::default() };
    section.rewritten.offsets.injected(0, 0);
    (count as u32).encode(section.out);
    let mut copied_to = first_body(code);
    for function in &plan.functions {
        copied_to = section.function(bytes, index, function, indices, copied_to)?;
    }
    section.copy(copied_to, code.len() as u32);
    section.rewritten.offsets.appended(section.at());
    added.iter().for_each(|body| body.as_slice().encode(section.out));
    let Section { rewritten, out, .. } = section;
    match code.len().max(out.len() - start) {
        count if count > MOST_BYTES => {
            Err(RewriteError::Limit { what: "bytes of code", count, limit: MOST_BYTES })
        }
        _ => Ok(rewritten),
    }
}

struct Section<'a> {
    code: &'a [u8],
    out: &'a mut Vec<u8>,
    /// Where in `out` the contents begin.
    start: usize,
    rewritten: Code,
    body: Body,
}

impl Section<'_> {
    /// Everything up to `function`, and its rewritten body. Gives where the rest begins.
    fn function(
        &mut self,
        bytes: &[u8],
        index: &ModuleIndex,
        plan: &FunctionPlan,
        indices: &Indices,
        copied_to: u32,
    ) -> Result<u32, RewriteError> {
        let Some(function) = index.function(plan.func) else { return Ok(copied_to) };
        let Some(range) = function.body.clone() else { return Ok(copied_to) };
        self.copy(copied_to, size_field(index, plan, self.code));
        let params = function.ty.params.len() as u32;
        let original = original(bytes, index, self.code, range.clone(), params);
        let original = original.map_err(|error| body_error(index, &error))?;
        self.body.rewrite(&original, plan, &function.ty, indices);
        self.rewritten.offsets.injected(self.at(), range.start.0);
        (self.body.bytes.len() as u32).encode(self.out);
        self.rewritten.offsets.append(&self.body.offsets, self.at());
        self.out.extend_from_slice(&self.body.bytes);
        self.rewritten.cold.extend(self.body.cold.map(|at| (plan.func, at)));
        Ok(range.end.0)
    }

    /// The offset of what is written next.
    fn at(&self) -> u32 {
        (self.out.len() - self.start) as u32
    }

    fn copy(&mut self, from: u32, to: u32) {
        if from < to {
            self.rewritten.offsets.copied(self.at(), from);
            self.out.extend_from_slice(self.code.get(from as usize..to as usize).unwrap_or_default());
        }
    }
}

/// The contents of the code section; empty where there is none.
fn contents<'a>(bytes: &'a [u8], index: &ModuleIndex) -> &'a [u8] {
    const CODE: u8 = 10;
    let section = index.sections().iter().find(|section| section.id == CODE);
    let range = section.map(|section| section.contents.start.0 as usize..section.contents.end.0 as usize);
    range.and_then(|range| bytes.get(range)).unwrap_or_default()
}

/// Where the size field of the first body is: behind the section's count, however long that was written.
fn first_body(code: &[u8]) -> u32 {
    let count = code.iter().position(|byte| byte & 0x80 == 0);
    count.map_or(0, |last| last as u32 + 1)
}

/// Where the size field of a body is: right behind the body before it.
fn size_field(index: &ModuleIndex, plan: &FunctionPlan, code: &[u8]) -> u32 {
    let before = plan.func.index().checked_sub(1).and_then(|before| index.functions().get(before));
    let body = before.and_then(|before| before.body.as_ref());
    body.map_or_else(|| first_body(code), |body| body.end.0)
}

fn original<'a>(
    bytes: &[u8],
    index: &ModuleIndex,
    code: &'a [u8],
    range: std::ops::Range<CodeOffset>,
    params: u32,
) -> wasmparser::Result<Original<'a>> {
    let (body, base) = read_body(bytes, index, range.clone())?;
    let mut groups = body.get_locals_reader()?;
    let offset = |at: usize| (at - base) as u32;
    let (count, groups_start) = (groups.get_count(), offset(groups.original_position()));
    let mut locals = params;
    for _ in 0..count {
        locals = locals.saturating_add(groups.read()?.0);
    }
    let code_start = offset(groups.original_position());
    let (start, end) = (range.start.0, range.end.0);
    Ok(Original { code, groups_start, code_start, end, start, groups: count, locals })
}
