//! Which function of another build is which of ours, where code and indices were changed.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Build;
use super::shape::shape;
use crate::ids::FuncIndex;
use crate::module::{ExportKind, FuncType, Function, ImportKind};

/// Functions of ours and what they are in the other build.
#[derive(Default)]
pub(super) struct Pairs {
    theirs: FxHashMap<FuncIndex, FuncIndex>,
    /// Those of the other build that are in `theirs`.
    taken: FxHashSet<FuncIndex>,
    defined: usize,
}

impl Pairs {
    /// By import and export, then by shape, where exactly one function of each build has it. Takes memory by the number
    /// of functions, and reads all code of both builds once.
    pub(super) fn find(ours: Build<'_>, theirs: Build<'_>) -> Pairs {
        let mut pairs = Pairs::default();
        pairs.join(ours, theirs, &unique(imports(ours)), &unique(imports(theirs)));
        pairs.join(ours, theirs, &unique(exports(ours)), &unique(exports(theirs)));
        pairs.join(ours, theirs, &unique(shapes(ours)), &unique(shapes(theirs)));
        pairs
    }

    pub(super) fn get(&self, function: FuncIndex) -> Option<FuncIndex> {
        self.theirs.get(&function).copied()
    }

    /// How many functions that are not imported were found.
    pub(super) fn defined(&self) -> usize {
        self.defined
    }

    fn join<K: Hash + Eq>(
        &mut self,
        ours: Build<'_>,
        theirs: Build<'_>,
        a: &FxHashMap<K, Option<FuncIndex>>,
        b: &FxHashMap<K, Option<FuncIndex>>,
    ) {
        let found = a.iter().filter_map(|(key, function)| Some(((*function)?, (*b.get(key)?)?)));
        for (function, counterpart) in found {
            let (Some(one), Some(other)) =
                (ours.module.function(function), theirs.module.function(counterpart))
            else {
                continue;
            };
            // An import that became a function, or the other way, is not what it was.
            let is_alike = one.ty == other.ty && one.body.is_some() == other.body.is_some();
            if is_alike && !self.theirs.contains_key(&function) && self.taken.insert(counterpart) {
                self.theirs.insert(function, counterpart);
                self.defined += usize::from(one.body.is_some());
            }
        }
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

fn imports<'a>(build: Build<'a>) -> impl Iterator<Item = ((&'a str, &'a str), FuncIndex)> {
    build.module.imports().iter().filter_map(|import| match &import.kind {
        ImportKind::Function { index, .. } => Some(((&*import.module, &*import.name), *index)),
        _ => None,
    })
}

fn exports<'a>(build: Build<'a>) -> impl Iterator<Item = (&'a str, FuncIndex)> {
    let functions = build.module.exports().iter().filter(|export| export.kind == ExportKind::Function);
    functions.map(|export| (&*export.name, FuncIndex(export.index)))
}

fn shapes<'a>(build: Build<'a>) -> impl Iterator<Item = ((&'a FuncType, u64), FuncIndex)> {
    let keyed = move |function: &'a Function| Some((shape(build, function)?, function.index));
    build.defined().iter().filter_map(keyed)
}
