//! Functions of one build found again in another, for whoever knows many of them already.

use super::Build;
use super::outline::Outline;
use super::pairs::Pairs;
use crate::ids::FuncIndex;
use crate::module::ModuleIndex;

/// A function and what it is in the other build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counterpart {
    /// Its index in the build that was asked about.
    pub function: FuncIndex,
    /// Its index in the other build.
    pub counterpart: FuncIndex,
    /// What tells it.
    pub by: CounterpartBy,
}

/// What tells that two functions are the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterpartBy {
    /// Type, operators and constants are the same.
    Code,
    /// What is left of the code is clearly closer than that of any other, or it is exported, started or in a table
    /// alike.
    Neighbours,
}

/// The functions of `ours` that are found in `theirs`, both the bytes of a core module and its outline, besides those in
/// `known`: functions of ours and theirs that are surely the same, sorted, from which the search goes on. In the order of
/// ours. Reads all code of both once.
pub fn counterparts(
    ours: (&[u8], &ModuleIndex),
    theirs: (&[u8], &ModuleIndex),
    known: &[(FuncIndex, FuncIndex)],
) -> Vec<Counterpart> {
    let build = |(bytes, module)| Build { bytes, module };
    let (ours, mut theirs) = (Outline::read(build(ours)), Outline::read(build(theirs)));
    let pairs = Pairs::with(&ours, &mut theirs, known);
    let functions = (0..ours.len() as u32).map(FuncIndex);
    let was_known = |function: &FuncIndex| known.binary_search_by_key(function, |pair| pair.0).is_ok();
    let found = functions.filter(|function| !was_known(function)).filter_map(|function| {
        let counterpart = pairs.get(function)?;
        let shapes = ours.shape(function).zip(theirs.shape(counterpart));
        let by = match shapes.is_some_and(|(one, other)| one == other) {
            true => CounterpartBy::Code,
            false => CounterpartBy::Neighbours,
        };
        Some(Counterpart { function, counterpart, by })
    });
    found.collect()
}
