//! Functions that optimisers make one.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::outline::Outline;
use crate::ids::FuncIndex;
use crate::module::Function;

/// Functions that call equal ones become equal themselves; so often this is followed.
const ROUNDS: usize = 3;
/// So many functions in a row may do nothing but call the next one.
const LONGEST_CHAIN: usize = 8;

/// Of each function the first with the same code: that is the one which optimisers keep.
pub(super) fn firsts(outline: &Outline<'_>) -> Vec<u32> {
    let mut firsts: Vec<u32> = (0..outline.len() as u32).collect();
    for _ in 0..ROUNDS {
        let mut seen = FxHashMap::default();
        let mut next = firsts.clone();
        for function in outline.build.defined() {
            let first = *seen.entry(key(outline, function, &firsts)).or_insert(function.index.0);
            if let Some(place) = next.get_mut(function.index.index()) {
                *place = first;
            }
        }
        if next == firsts {
            break;
        }
        firsts = next;
    }
    firsts
}

fn key(outline: &Outline<'_>, function: &Function, firsts: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    (&function.ty, outline.code(function.index)).hash(&mut hasher);
    for callee in outline.code_calls(function.index) {
        // Two functions that call themselves may be equal.
        let is_itself = *callee == function.index.0;
        let callee =
            if is_itself { u32::MAX } else { firsts.get(*callee as usize).copied().unwrap_or(*callee) };
        callee.hash(&mut hasher);
    }
    hasher.finish()
}

/// How many functions are the same as one before them.
pub(super) fn doubles(firsts: &[u32]) -> usize {
    firsts.iter().enumerate().filter(|(at, first)| **first as usize != *at).count()
}

/// Of each function the one that all its work is left to. What only hands on its arguments is inlined everywhere,
/// unless the function behind is called from there alone: that one may be inlined first.
pub(super) fn forwarded(outline: &Outline<'_>) -> Vec<u32> {
    let next = |function: u32| match outline.callees(FuncIndex(function)) {
        [callee] if leaves_all(outline, FuncIndex(function), FuncIndex(*callee)) => Some(*callee),
        _ => None,
    };
    let end = |function: u32| {
        let mut chain = std::iter::successors(Some(function), |function| next(*function)).take(LONGEST_CHAIN);
        chain.find(|function| next(*function).is_none()).unwrap_or(function)
    };
    (0..outline.len() as u32).map(|function| end(outline.stand_in(function))).collect()
}

fn leaves_all(outline: &Outline<'_>, function: FuncIndex, callee: FuncIndex) -> bool {
    let is_gone = outline.is_forwarder(function) && !outline.is_taken(function);
    is_gone && outline.sites(callee) > 1 && outline.is_there(callee)
}
