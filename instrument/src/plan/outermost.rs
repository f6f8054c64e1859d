//! Which allocators can be the outermost one. Blocks are counted there, so that those which only ever run inside of
//! others (`malloc` > `dlmalloc`, `__rust_alloc` > `__rdl_alloc` > `malloc`) need no probe.

use super::{Op, References, Scan};
use rustc_hash::FxHashSet;
use wasmscope_symbolize::{ExportKind, FuncIndex, ModuleIndex};

/// The functions that run only inside of `allocators`: nothing but allocators, and functions of which the same is
/// true, names them in a call, and nobody enters them in another way.
pub(super) fn only_inside(
    index: &ModuleIndex,
    references: &References,
    scan: &Scan,
    allocators: impl Fn(FuncIndex) -> bool,
) -> FxHashSet<FuncIndex> {
    let calls = calls(index, scan);
    let entered_otherwise: FxHashSet<_> = entered_by_reference_or_host(index, references, scan).collect();
    let called = calls.iter().map(|(_, callee)| *callee);
    let mut inside: FxHashSet<_> = called.filter(|callee| !entered_otherwise.contains(callee)).collect();
    loop {
        let stays_inside = |caller| allocators(caller) || inside.contains(&caller);
        let seen_outside: Vec<_> = calls.iter().filter(|(caller, _)| !stays_inside(*caller)).collect();
        let before = inside.len();
        for (_, callee) in seen_outside {
            inside.remove(callee);
        }
        if inside.len() == before {
            return inside;
        }
    }
}

/// Caller and callee of each call that names a defined function; calls of itself say nothing.
fn calls(index: &ModuleIndex, scan: &Scan) -> Vec<(FuncIndex, FuncIndex)> {
    let callee = |op| match op {
        Op::Call(func) | Op::TailCall(func) => Some(func),
        _ => None,
    };
    let of = |caller: FuncIndex| {
        let callees = scan.of(caller).iter().filter_map(move |instruction| callee(instruction.op));
        callees.map(move |callee| (caller, callee)).filter(|(caller, callee)| caller != callee)
    };
    let mut calls: Vec<_> = index.functions().iter().flat_map(|function| of(function.index)).collect();
    calls.sort_unstable();
    calls.dedup();
    calls
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
