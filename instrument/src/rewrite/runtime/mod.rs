//! The functions that are appended: what is too long, or too rare, to stand in the module's own.

mod emit;
mod lower;
mod miss;
mod touch;

use super::indices::Indices;
use crate::plan::Plan;
use crate::probes::layout::{contexts, node};
use wasm_encoder::Function;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// The bodies of the appended functions, in the order of their indices.
pub(super) fn bodies(index: &ModuleIndex, plan: &Plan, indices: &Indices) -> Vec<Vec<u8>> {
    let thunks = plan.probes.thunks.iter().enumerate();
    let fixed = [
        emit::emit(indices),
        emit::room(indices),
        miss::miss(&plan.probes, indices),
        emit::alloc(indices),
        emit::free(indices),
        emit::realloc(indices),
    ];
    let thunks = thunks.map(|(at, func)| thunk(index, indices, *func, root_slot(at)));
    let touch = indices.accesses.map(|accesses| touch::touch(&accesses));
    let lower = indices.stack.map(|stack| lower::lower(indices, &stack));
    fixed.into_iter().chain(touch).chain(lower).chain(thunks).map(Function::into_raw_body).collect()
}

/// The address of the root's slot for the thunk number `at`; the one in front of the first is for callers that
/// nobody knows.
fn root_slot(at: usize) -> u32 {
    unknown_slot() + 4 * (1 + at as u32)
}

/// The address of the root's slot for callers that nobody knows: where the global points at the start.
pub(super) fn unknown_slot() -> u32 {
    contexts::ROOT + node::SLOTS
}

/// What the host calls instead of `func`: it names the host as the caller.
fn thunk(index: &ModuleIndex, indices: &Indices, func: FuncIndex, slot: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.i32_const(slot as i32).global_set(indices.slot);
    let params = index.function(func).map_or(0, |function| function.ty.params.len());
    for param in 0..params as u32 {
        code.local_get(param);
    }
    code.call(func.0).end();
    function
}
