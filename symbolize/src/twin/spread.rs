//! From pairs that are sure to the functions around them, and to those that have rare marks in common.

use super::evidence::{Comparison, Evidence, MOST_NEIGHBOURS, neighbours};
use super::gaps::Gaps;
use super::pairs::Pairs;
use super::rarity::Holders;
use crate::ids::FuncIndex;

const MOST_ROUNDS: usize = 12;
/// So many functions are compared with one of ours, for one reason each.
const MOST_CANDIDATES: usize = 32;
/// A pair must be better than the next best one of either function by so many bits, and by this part of what it
/// shares.
const LEAST_LEAD: f32 = 3.0;
const LEAST_LEAD_SHARE: f32 = 0.1;

/// Adds pairs, round by round, until there are no more.
pub(super) fn spread(comparison: &Comparison<'_>, pairs: &mut Pairs) {
    let holders = Holders::of(comparison.theirs, comparison.rarity);
    for _ in 0..MOST_ROUNDS {
        let gaps = Gaps::of(comparison.ours, comparison.theirs, pairs);
        let found = Round { comparison, holders: &holders, gaps, pairs }.find();
        if found.is_empty() {
            break;
        }
        for (a, b) in found {
            pairs.add(a, b);
        }
    }
}

struct Round<'a> {
    comparison: &'a Comparison<'a>,
    holders: &'a Holders,
    gaps: Gaps,
    pairs: &'a Pairs,
}

/// The best counterpart of a function so far.
#[derive(Clone, Copy)]
struct Best {
    function: FuncIndex,
    evidence: Evidence,
    /// The value of the next best.
    second: f32,
}

impl Best {
    fn offer(best: &mut Option<Best>, function: FuncIndex, evidence: Evidence) {
        match best {
            Some(best) if best.evidence.value() >= evidence.value() => {
                best.second = best.second.max(evidence.value());
            }
            // What speaks against the next best one is no lead.
            _ => {
                let second = best.map_or(0.0, |best| best.evidence.value().max(0.0));
                *best = Some(Best { function, evidence, second });
            }
        }
    }

    fn is_clear(&self) -> bool {
        let lead = self.evidence.value() - self.second;
        lead >= LEAST_LEAD.max(self.evidence.shared * LEAST_LEAD_SHARE)
    }
}

impl Round<'_> {
    /// Pairs of which each function is clearly the best counterpart of the other.
    fn find(&self) -> Vec<(FuncIndex, FuncIndex)> {
        let mut ours = Vec::new();
        let mut theirs: Vec<Option<Best>> = vec![None; self.comparison.theirs.len()];
        let functions = self.comparison.ours.build.defined().iter().map(|function| function.index);
        for a in functions.filter(|a| self.pairs.get(*a).is_none()) {
            let mut best = None;
            for b in self.candidates(a) {
                let evidence = self.evidence(a, b);
                Best::offer(&mut best, b, evidence);
                if let Some(back) = theirs.get_mut(b.index()) {
                    Best::offer(back, a, evidence);
                }
            }
            ours.extend(best.map(|best| (a, best)));
        }
        let is_mutual = |a: FuncIndex, b: FuncIndex| {
            let back = theirs.get(b.index()).copied().flatten();
            back.is_some_and(|back| back.function == a && back.is_clear())
        };
        let clear = ours.into_iter().filter(|(_, best)| best.is_clear() && best.evidence.is_enough());
        let mutual = clear.filter(|(a, best)| is_mutual(*a, best.function) && self.is_itself(*a, best));
        mutual.map(|(a, best)| (a, best.function)).collect()
    }

    /// The evidence, with the order of functions.
    fn evidence(&self, a: FuncIndex, b: FuncIndex) -> Evidence {
        let mut evidence = self.comparison.of(self.pairs, a, b);
        let gap = self.gaps.get(a);
        if gap.contains(&b.0) {
            evidence.shared += self.comparison.rarity.one_of(2 * gap.len());
        }
        evidence
    }

    /// Whether it is the function itself, and not the one that it was inlined into or that was inlined into it: the
    /// calls of these are the same, so that only content tells.
    fn is_itself(&self, a: FuncIndex, best: &Best) -> bool {
        let Comparison { theirs, inlined, .. } = self.comparison;
        let Some(inlined) = inlined else { return true };
        let callees = inlined.get(best.function).map(|(_, callees)| callees).unwrap_or_default();
        let parts = callees.iter().map(|callee| FuncIndex(*callee));
        let parts = parts.filter(|callee| theirs.sole_caller(*callee).is_some());
        let mut rivals = theirs.sole_caller(best.function).into_iter().chain(parts);
        rivals.all(|rival| {
            let is_gone = self.pairs.back(rival).is_some();
            let lead = || best.evidence.content - self.comparison.of(self.pairs, a, rival).content;
            is_gone || lead() >= LEAST_LEAD
        })
    }

    /// Functions that ours may be: they have a rare mark, a caller or a callee in common, or lie where it would; and
    /// those that these may be inlined into.
    fn candidates(&self, a: FuncIndex) -> Vec<FuncIndex> {
        let Comparison { ours, theirs, rarity, .. } = self.comparison;
        let mut found: Vec<_> = self.holders.find(ours.marks(a), rarity).collect();
        let known = |list| neighbours(list, |function| self.pairs.get(function));
        // That it is one of very many tells nothing.
        let few = |list: &&[u32]| list.len() <= MOST_NEIGHBOURS;
        let called = known(ours.callers(a)).map(|(_, caller)| theirs.callees(caller)).filter(few);
        let calling = known(ours.callees(a)).map(|(_, callee)| theirs.callers(callee)).filter(few);
        found.extend(self.free(called.flatten().copied()));
        found.extend(self.free(calling.flatten().copied()));
        found.extend(self.free(self.gaps.get(a)));
        let callers: Vec<_> = found.iter().filter_map(|b| theirs.sole_caller(*b)).collect();
        found.extend(callers);
        found.retain(|b| self.pairs.back(*b).is_none() && theirs.is_there(*b));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The first of these that have no counterpart.
    fn free(&self, functions: impl Iterator<Item = u32>) -> impl Iterator<Item = FuncIndex> {
        functions.map(FuncIndex).filter(|b| self.pairs.back(*b).is_none()).take(MOST_CANDIDATES)
    }
}
