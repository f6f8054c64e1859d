//! Where a function of ours is to be looked for if both builds have their functions in the same order.

use std::ops::Range;

use super::outline::Outline;
use super::pairs::Pairs;
use crate::ids::FuncIndex;

/// Among more functions the order tells too little.
const WIDEST: u32 = 24;

/// For each function of ours, the functions of theirs between the nearest pairs before and behind it.
pub(super) struct Gaps(Vec<Range<u32>>);

impl Gaps {
    pub(super) fn of(ours: &Outline<'_>, theirs: &Outline<'_>, pairs: &Pairs) -> Gaps {
        let first = |outline: &Outline<'_>| outline.build.module.imported_function_count() as u32;
        let end = ours.len() as u32;
        // Behind the last pair.
        let (mut here, mut there) = (first(ours), first(theirs));
        let mut gaps = vec![0..0; ours.len()];
        for at in first(ours)..=end {
            let counterpart = match pairs.get(FuncIndex(at)) {
                Some(counterpart) => counterpart.0,
                // Where both builds end is like a pair.
                None if at == end => theirs.len() as u32,
                None => continue,
            };
            let width = counterpart.checked_sub(there).filter(|width| *width < WIDEST && at - here < WIDEST);
            if let (Some(_), Some(gap)) = (width, gaps.get_mut(here as usize..at as usize)) {
                gap.fill(there..counterpart);
            }
            (here, there) = (at + 1, counterpart + 1);
        }
        Gaps(gaps)
    }

    /// Empty where nothing is told.
    pub(super) fn get(&self, function: FuncIndex) -> Range<u32> {
        self.0.get(function.index()).cloned().unwrap_or_default()
    }
}
