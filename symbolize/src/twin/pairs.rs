//! Which function of another build is which of ours, where code and indices were changed.

use super::Build;
use super::evidence::Comparison;
use super::inlined::Inlined;
use super::outline::Outline;
use super::rarity::Rarity;
use super::{anchors, merged, spread};
use crate::ids::FuncIndex;

/// Functions of ours and what they are in the other build.
pub(super) struct Pairs {
    /// By function of ours.
    theirs: Vec<Option<FuncIndex>>,
    /// By function of theirs.
    ours: Vec<Option<FuncIndex>>,
    /// How many functions of ours are imported: they come first.
    imported: usize,
    defined: usize,
}

impl Pairs {
    /// Reads all code of both builds once; takes time and memory by its size.
    pub(super) fn find(ours: Build<'_>, theirs: Build<'_>) -> Pairs {
        Pairs::with(&Outline::read(ours), &mut Outline::read(theirs), &[])
    }

    /// The same, with pairs that are `known`.
    pub(super) fn with(
        ours: &Outline<'_>,
        theirs: &mut Outline<'_>,
        known: &[(FuncIndex, FuncIndex)],
    ) -> Pairs {
        let mut pairs = Pairs {
            theirs: vec![None; ours.len()],
            ours: vec![None; theirs.len()],
            imported: ours.build.module.imported_function_count(),
            defined: 0,
        };
        known.iter().for_each(|(ours, theirs)| pairs.add(*ours, *theirs));
        // What a tool did to ours shows in what ours has no more of, and is done to theirs.
        let firsts = merged::firsts(theirs);
        let are_merged =
            are_gone(merged::doubles(&merged::firsts(ours)), ours, merged::doubles(&firsts), theirs);
        let is_inlined = are_gone(ours.sole_count(), ours, theirs.sole_count(), theirs);
        if are_merged {
            theirs.call_instead(firsts);
        }
        anchors::find(ours, theirs, &mut pairs);
        let inlined = is_inlined.then(|| Inlined::of(theirs));
        let rarity = Rarity::of([ours, theirs]);
        let comparison = Comparison { ours, theirs, inlined: inlined.as_ref(), rarity: &rarity };
        spread::spread(&comparison, &mut pairs);
        pairs
    }

    /// The function of the other build.
    pub(super) fn get(&self, function: FuncIndex) -> Option<FuncIndex> {
        self.theirs.get(function.index()).copied().flatten()
    }

    /// The function of ours that one of the other build is.
    pub(super) fn back(&self, function: FuncIndex) -> Option<FuncIndex> {
        self.ours.get(function.index()).copied().flatten()
    }

    /// How many functions that are not imported were found.
    pub(super) fn defined(&self) -> usize {
        self.defined
    }

    /// Pairs two functions, unless one of them has a counterpart already.
    pub(super) fn add(&mut self, ours: FuncIndex, theirs: FuncIndex) {
        let places = (self.theirs.get_mut(ours.index()), self.ours.get_mut(theirs.index()));
        if let (Some(counterpart @ None), Some(back @ None)) = places {
            (*counterpart, *back) = (Some(theirs), Some(ours));
            self.defined += usize::from(ours.index() >= self.imported);
        }
    }
}

/// Whether ours has less than a quarter of what theirs has, by the numbers of their functions.
fn are_gone(count: usize, ours: &Outline<'_>, their_count: usize, theirs: &Outline<'_>) -> bool {
    let (count, their_count) =
        (count as u128 * theirs.len() as u128, their_count as u128 * ours.len() as u128);
    count * 4 < their_count
}
