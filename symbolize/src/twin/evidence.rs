//! How much speaks for two functions being the same one, in bits.

use super::inlined::Inlined;
use super::outline::Outline;
use super::pairs::Pairs;
use super::rarity::Rarity;
use super::traits::MOST_MARKS;
use crate::ids::FuncIndex;

/// So many callers and callees of a function are looked at.
pub(super) const MOST_NEIGHBOURS: usize = 32;

/// What another type speaks against.
const TYPE_BITS: f32 = 4.0;
/// What must be shared at least, and how much of all that is known of the two; more where their types differ.
const LEAST: (f32, f32) = (9.0, 0.5);
const LEAST_OF_OTHER_TYPE: (f32, f32) = (18.0, 0.7);
/// What ours has and theirs has not may have been inlined.
const INLINED_SHARE: f32 = 0.5;

/// Both builds and what is known of them.
pub(super) struct Comparison<'a> {
    pub(super) ours: &'a Outline<'a>,
    pub(super) theirs: &'a Outline<'a>,
    /// Theirs as it may have been inlined; `None` where ours has functions that would be gone then.
    pub(super) inlined: Option<&'a Inlined>,
    pub(super) rarity: &'a Rarity,
}

/// What speaks for and against.
#[derive(Default, Clone, Copy)]
pub(super) struct Evidence {
    /// What both have.
    pub(super) shared: f32,
    /// What one of them has.
    apart: f32,
    /// The part of it all that is of their own code, what is apart taken off.
    pub(super) content: f32,
    is_same_type: bool,
    /// Whether content is needed: where code was inlined, what is left of callers alone is no evidence.
    needs_content: bool,
}

impl Evidence {
    pub(super) fn value(&self) -> f32 {
        self.shared - self.apart / 2.0
    }

    pub(super) fn is_enough(&self) -> bool {
        let share = self.shared / (self.shared + self.apart / 2.0).max(1.0);
        let (least, least_share) = if self.is_same_type { LEAST } else { LEAST_OF_OTHER_TYPE };
        let has_content = self.content > 0.0 || !self.needs_content;
        self.shared >= least && share >= least_share && has_content
    }

    fn add(&mut self, is_shared: bool, bits: f32) {
        *(if is_shared { &mut self.shared } else { &mut self.apart }) += bits;
    }
}

impl Comparison<'_> {
    /// The evidence for a function of ours and one of theirs, as it stands or with what is inlined into it.
    pub(super) fn of(&self, pairs: &Pairs, a: FuncIndex, b: FuncIndex) -> Evidence {
        let plain = self.with(pairs, a, b, (self.theirs.marks(b), self.theirs.callees(b)));
        let Some(inlined) = self.inlined.and_then(|inlined| inlined.get(b)) else { return plain };
        let inlined = self.with(pairs, a, b, inlined);
        if inlined.value() > plain.value() { inlined } else { plain }
    }

    fn with(
        &self,
        pairs: &Pairs,
        a: FuncIndex,
        b: FuncIndex,
        (marks, callees): (&[u32], &[u32]),
    ) -> Evidence {
        let mut evidence = Evidence { needs_content: self.inlined.is_some(), ..Evidence::default() };
        self.marks(a, marks, &mut evidence);
        self.callees(pairs, a, callees, &mut evidence);
        evidence.content = evidence.value();
        self.callers(pairs, a, b, &mut evidence);
        let types = self.ours.function(a).zip(self.theirs.function(b));
        evidence.is_same_type = types.is_some_and(|(a, b)| a.ty == b.ty);
        evidence.apart += if evidence.is_same_type { 0.0 } else { TYPE_BITS };
        evidence
    }

    /// What it weighs that only ours has something of so many bits.
    fn extra(&self, bits: f32) -> f32 {
        if self.inlined.is_some() { bits * INLINED_SHARE } else { bits }
    }

    fn marks(&self, a: FuncIndex, theirs: &[u32], evidence: &mut Evidence) {
        let ours = self.ours.marks(a);
        let last = last_kept(ours).min(last_kept(theirs));
        let (mut ours, mut theirs) = (ours.iter().copied().peekable(), theirs.iter().copied().peekable());
        while let Some(next) = [ours.peek(), theirs.peek()].into_iter().flatten().min().copied() {
            if next > last {
                break;
            }
            let bits = self.rarity.bits(next);
            match (ours.next_if_eq(&next), theirs.next_if_eq(&next)) {
                (Some(_), Some(_)) => evidence.shared += bits,
                (Some(_), None) => evidence.apart += self.extra(bits),
                _ => evidence.apart += bits,
            }
        }
    }

    fn callees(&self, pairs: &Pairs, a: FuncIndex, theirs: &[u32], evidence: &mut Evidence) {
        for (_, d) in neighbours(self.ours.callees(a), |c| pairs.get(c)) {
            let bits = self.rarity.one_of(2 * self.theirs.callers(d).len());
            let is_shared = theirs.binary_search(&d.0).is_ok();
            evidence.add(is_shared, if is_shared { bits } else { self.extra(bits) });
        }
        for (_, c) in neighbours(theirs, |d| pairs.back(d)) {
            if !self.ours.calls(a, c) {
                evidence.apart += self.rarity.one_of(2 * self.ours.callers(c).len());
            }
        }
    }

    fn callers(&self, pairs: &Pairs, a: FuncIndex, b: FuncIndex, evidence: &mut Evidence) {
        for (_, d) in neighbours(self.ours.callers(a), |c| pairs.get(c)) {
            let is_shared = self.theirs.calls(d, b);
            evidence.add(is_shared, self.rarity.one_of(2 * self.theirs.callees(d).len()));
        }
        for (_, c) in neighbours(self.theirs.callers(b), |d| pairs.back(d)) {
            if !self.ours.calls(c, a) {
                evidence.apart += self.rarity.one_of(2 * self.ours.callees(c).len());
            }
        }
    }
}

/// Functions of a list that are known in the other build, and what they are there.
pub(super) fn neighbours(
    list: &[u32],
    counterpart: impl Fn(FuncIndex) -> Option<FuncIndex>,
) -> impl Iterator<Item = (FuncIndex, FuncIndex)> {
    let looked_at = list.iter().take(MOST_NEIGHBOURS).map(|function| FuncIndex(*function));
    looked_at.filter_map(move |function| Some((function, counterpart(function)?)))
}

/// Of a long function there are marks behind the last one that is kept, which cannot be compared.
fn last_kept(marks: &[u32]) -> u32 {
    if marks.len() < MOST_MARKS { u32::MAX } else { marks.last().copied().unwrap_or(u32::MAX) }
}
