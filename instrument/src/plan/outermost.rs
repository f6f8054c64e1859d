//! Which allocators can be the outermost one. Blocks are counted there, so that those which only ever run inside of
//! others (`malloc` > `dlmalloc`, `__rust_alloc` > `__rdl_alloc` > `malloc`) need no probe.

use super::{Op, References, Scan};
use crate::allocators::Found;
use rustc_hash::FxHashSet;
use wasmscope_symbolize::{ExportKind, FuncIndex, ModuleIndex};

/// Those of the allocators and of what they call that run only inside of allocators: nothing but allocators, and
/// functions of which the same is true, names them in a call, and nobody enters them in another way. Collectors do not
/// count as inside: what they free was not asked for by the allocator around them.
pub(super) fn only_inside(
    index: &ModuleIndex,
    references: &References,
    scan: &Scan,
    Found { probes: allocators, collectors, .. }: &Found,
) -> FxHashSet<FuncIndex> {
    let reached = reached_from(index, scan, allocators.keys().copied());
    let calls = calls_of(index, scan, &reached);
    let entered_otherwise: FxHashSet<_> =
        entered_by_reference_or_host(index, references, scan).chain(collectors.iter().copied()).collect();
    let called = calls.iter().map(|(_, callee)| *callee);
    let mut inside: FxHashSet<_> = called.filter(|callee| !entered_otherwise.contains(callee)).collect();
    loop {
        let stays_inside = |caller| allocators.contains_key(caller) || inside.contains(caller);
        let seen_outside: Vec<_> = calls.iter().filter(|(caller, _)| !stays_inside(caller)).collect();
        let before = inside.len();
        for (_, callee) in seen_outside {
            inside.remove(callee);
        }
        if inside.len() == before {
            return inside;
        }
    }
}

/// `functions`, and all that they call by name, directly or not.
fn reached_from(
    index: &ModuleIndex,
    scan: &Scan,
    functions: impl Iterator<Item = FuncIndex>,
) -> FxHashSet<FuncIndex> {
    let mut reached: FxHashSet<_> = functions.collect();
    let mut work: Vec<_> = reached.iter().copied().collect();
    while let Some(func) = work.pop() {
        work.extend(callees(index, scan, func).filter(|callee| reached.insert(*callee)));
    }
    reached
}

/// Caller and callee of each call that names one of `functions`; calls of itself say nothing.
fn calls_of(
    index: &ModuleIndex,
    scan: &Scan,
    functions: &FxHashSet<FuncIndex>,
) -> Vec<(FuncIndex, FuncIndex)> {
    if functions.is_empty() {
        return Vec::new();
    }
    let of = |caller: FuncIndex| callees(index, scan, caller).map(move |callee| (caller, callee));
    let calls = index.functions().iter().flat_map(|function| of(function.index));
    calls.filter(|(caller, callee)| caller != callee && functions.contains(callee)).collect()
}

/// The functions that `caller` names in a call.
pub(crate) fn callees(
    index: &ModuleIndex,
    scan: &Scan,
    caller: FuncIndex,
) -> impl Iterator<Item = FuncIndex> {
    let callee = |op| match op {
        Op::Call(func) | Op::TailCall(func) => Some(func),
        _ => None,
    };
    let defined = index.imported_function_count()..index.functions().len();
    let callees = scan.of(caller).iter().filter_map(move |instruction| callee(instruction.op));
    callees.filter(move |callee| defined.contains(&callee.index()))
}

fn entered_by_reference_or_host<'a>(
    index: &'a ModuleIndex,
    references: &'a References,
    scan: &'a Scan,
) -> impl Iterator<Item = FuncIndex> + 'a {
    let exports = index.exports().iter().filter(|export| export.kind == ExportKind::Function);
    let exported = exports.map(|export| FuncIndex(export.index));
    exported.chain(index.start()).chain(references.taken.iter().copied()).chain(scan.taken.iter().copied())
}
