//! Functions that optimisers make one.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::outline::Outline;
use crate::module::Function;

/// Functions that call equal ones become equal themselves; so often this is followed.
const ROUNDS: usize = 3;

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
