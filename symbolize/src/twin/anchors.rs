//! Functions that are surely the same: those that the module names or has in a table, and code that stayed as it was.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::outline::Outline;
use super::pairs::Pairs;
use crate::ids::FuncIndex;
use crate::module::{ExportKind, FuncType, ImportKind};

/// By import and export, as start function, by shape, then by place in a table, where just one function of each build
/// has it.
pub(super) fn find(ours: &Outline<'_>, theirs: &Outline<'_>, pairs: &mut Pairs) {
    join(ours, theirs, imports, pairs);
    join(ours, theirs, exports, pairs);
    join(ours, theirs, start, pairs);
    join(ours, theirs, shapes, pairs);
    if tables_agree(ours, theirs) {
        join(ours, theirs, slots, pairs);
    }
}

fn join<'a, K: Hash + Eq, I: Iterator<Item = (K, FuncIndex)>>(
    ours: &'a Outline<'a>,
    theirs: &'a Outline<'a>,
    keyed: impl Fn(&'a Outline<'a>) -> I,
    pairs: &mut Pairs,
) {
    let counterparts = unique(keyed(theirs));
    let functions = unique(keyed(ours)).into_iter();
    let found = functions.filter_map(|(key, function)| Some((function?, (*counterparts.get(&key)?)?)));
    let mut found: Vec<_> = found.collect();
    // Of several functions that one of theirs stands for the first gets it, not any.
    found.sort_unstable();
    for (function, counterpart) in found {
        let counterpart = FuncIndex(theirs.stand_in(counterpart.0));
        if is_alike(ours, theirs, function, counterpart) {
            pairs.add(function, counterpart);
        }
    }
}

/// Whether they have the same type. An import that became a function, or the other way, is not what it was.
fn is_alike(ours: &Outline<'_>, theirs: &Outline<'_>, function: FuncIndex, counterpart: FuncIndex) -> bool {
    match (ours.function(function), theirs.function(counterpart)) {
        (Some(one), Some(other)) => one.ty == other.ty && one.body.is_some() == other.body.is_some(),
        _ => false,
    }
}

/// The function of each key; `None` where several have it.
fn unique<K: Hash + Eq>(keys: impl Iterator<Item = (K, FuncIndex)>) -> FxHashMap<K, Option<FuncIndex>> {
    let mut functions = FxHashMap::default();
    for (key, function) in keys {
        match functions.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(Some(function));
            }
            Entry::Occupied(mut entry) => *entry.get_mut() = None,
        }
    }
    functions
}

fn imports<'a>(outline: &'a Outline<'a>) -> impl Iterator<Item = ((&'a str, &'a str), FuncIndex)> {
    outline.build.module.imports().iter().filter_map(|import| match &import.kind {
        ImportKind::Function { index, .. } => Some(((&*import.module, &*import.name), *index)),
        _ => None,
    })
}

fn exports<'a>(outline: &'a Outline<'a>) -> impl Iterator<Item = (&'a str, FuncIndex)> {
    let exports = outline.build.module.exports().iter();
    let functions = exports.filter(|export| export.kind == ExportKind::Function);
    functions.map(|export| (&*export.name, FuncIndex(export.index)))
}

fn start<'a>(outline: &'a Outline<'a>) -> impl Iterator<Item = ((), FuncIndex)> {
    outline.build.module.start().into_iter().map(|function| ((), function))
}

fn shapes<'a>(outline: &'a Outline<'a>) -> impl Iterator<Item = ((&'a FuncType, u64), FuncIndex)> {
    let functions = outline.build.defined().iter();
    functions.filter_map(|function| Some(((&*function.ty, outline.shape(function.index)?), function.index)))
}

fn slots<'a>(outline: &'a Outline<'a>) -> impl Iterator<Item = ((u32, u64), FuncIndex)> {
    let functions = outline.build.module.functions().iter();
    let slots = functions.filter_map(|function| outline.build.module.table_slot(function.index));
    slots.map(|slot| ((slot.table, slot.slot), slot.function))
}

/// Whether all functions in tables have the same type in both builds. Optimisers keep tables; in a build of other
/// sources functions move on from their places.
fn tables_agree<'a>(ours: &'a Outline<'a>, theirs: &'a Outline<'a>) -> bool {
    let counterparts = unique(slots(theirs));
    slots(ours).all(|(place, function)| {
        let counterpart = counterparts.get(&place).copied().flatten();
        counterpart.is_some_and(|counterpart| is_alike(ours, theirs, function, counterpart))
    })
}
