//! What the code of an allocator tells of it: whose it is, and in which memory its blocks lie.

use super::outermost::callees;
use super::{Scan, body_bytes};
use crate::allocators::Families;
use crate::recording::{Allocator, AllocatorFamily, Frees, HeapOp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};
use wasmscope_symbolize::{FuncIndex, MemoryIndex, ModuleIndex};

/// Writes into each of `allocators` its family and its memory. `inside` has what runs nowhere but inside of allocators.
pub(super) fn tell(
    bytes: &[u8],
    index: &ModuleIndex,
    scan: &Scan,
    name_of: impl Fn(FuncIndex) -> Arc<str>,
    inside: &FxHashSet<FuncIndex>,
    allocators: &mut [Allocator],
) {
    if allocators.is_empty() {
        return;
    }
    let callees_of = |func| callees(index, scan, func);
    let names: Vec<_> = index.functions().iter().map(|f| (f.index, name_of(f.index))).collect();
    let families = Families::of(names.iter().map(|(func, name)| (*func, &**name)));
    for allocator in allocators.iter_mut() {
        allocator.family = families.nearest(allocator.func, callees_of);
    }
    tell_zig_libc(allocators);
    tell_others(allocators);
    doubt_frees(index, allocators);
    if index.memories().len() > 1 {
        let own: FxHashSet<_> =
            allocators.iter().map(|allocator| allocator.func).chain(inside.iter().copied()).collect();
        for allocator in allocators {
            allocator.memory = memory_of(bytes, index, scan, allocator.func, &own);
        }
    }
}

/// What calls nothing by which it could be told is of the same family as the other functions that go with it: Rust's
/// stand before a libc that may be in the same module.
fn tell_others(allocators: &mut [Allocator]) {
    let is_rust = |allocator: &Allocator| allocator.name.contains("__r") && allocator.name.contains("alloc");
    for at in 0..allocators.len() {
        let Some(unknown) = allocators.get(at).filter(|one| one.family == AllocatorFamily::Unknown) else {
            continue;
        };
        let mut others = allocators.iter().filter(|other| is_rust(other) == is_rust(unknown));
        let family = others.find(|other| other.family != AllocatorFamily::Unknown).map(|other| other.family);
        if let Some((one, family)) = allocators.get_mut(at).zip(family) {
            one.family = family;
        }
    }
}

/// The `malloc` of Zig's libc stands before the allocator that it calls.
fn tell_zig_libc(allocators: &mut [Allocator]) {
    let is_c = |allocator: &&mut Allocator| !allocator.name.contains('.');
    for allocator in allocators.iter_mut().filter(is_c) {
        if let AllocatorFamily::Zig | AllocatorFamily::ZigDebug = allocator.family {
            allocator.family = AllocatorFamily::ZigLibc;
        }
    }
}

/// Zig's allocators are called through a table. Where the optimiser knows which one it is it inlines some of what is in
/// there, such as all that frees. Unoptimised functions have one parameter more.
fn doubt_frees(index: &ModuleIndex, allocators: &mut [Allocator]) {
    const OPTIMISED_PARAMS: usize = 4;
    let is_zig =
        |allocator: &Allocator| matches!(allocator.family, AllocatorFamily::Zig | AllocatorFamily::ZigDebug);
    let is_optimised = |allocator: &Allocator| {
        let params = index.function(allocator.func).map(|function| function.ty.params.len());
        is_zig(allocator) && allocator.op == HeapOp::Alloc && params == Some(OPTIMISED_PARAMS)
    };
    let has_libc = allocators.iter().any(|allocator| allocator.family == AllocatorFamily::ZigLibc);
    if !has_libc && allocators.iter().any(is_optimised) {
        allocators.iter_mut().for_each(|allocator| allocator.frees = Frees::Collected);
    }
}

/// The memory that most instructions use that access or grow one, in the allocator and in what only allocators call.
fn memory_of(
    bytes: &[u8],
    index: &ModuleIndex,
    scan: &Scan,
    func: FuncIndex,
    own: &FxHashSet<FuncIndex>,
) -> MemoryIndex {
    let (mut seen, mut next) = (FxHashSet::from_iter([func]), vec![func]);
    let mut uses: FxHashMap<u32, usize> = FxHashMap::default();
    while let Some(func) = next.pop() {
        next.extend(callees(index, scan, func).filter(|callee| own.contains(callee) && seen.insert(*callee)));
        for memory in body_bytes(bytes, index, func).into_iter().flat_map(memories_used) {
            *uses.entry(memory).or_default() += 1;
        }
    }
    let most = uses.into_iter().max_by_key(|(memory, uses)| (*uses, std::cmp::Reverse(*memory)));
    MemoryIndex(most.map_or(0, |(memory, _)| memory))
}

/// The memory of each instruction in a body that uses one. A body that can't be read is refused elsewhere.
fn memories_used(body: &[u8]) -> Vec<u32> {
    let operators = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader();
    let operators = operators.into_iter().flat_map(OperatorsReader::into_iter);
    operators.map_while(Result::ok).filter_map(|operator| memory_used(&operator)).collect()
}

fn memory_used(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::MemoryGrow { mem } | Operator::MemorySize { mem } | Operator::MemoryFill { mem } => {
            Some(*mem)
        }
        Operator::MemoryCopy { dst_mem, .. } => Some(*dst_mem),
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::I32Store8 { memarg }
        | Operator::I32Store16 { memarg } => Some(memarg.memory),
        _ => None,
    }
}
