//! What compression makes of the file: asked for one stretch after the other, so that no view thread is held for long.

use crate::analysis::SizeId;
use crate::compressed::CompressedSize;
use crate::ui::views::SizeView;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A stretch of the file that is compressed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// All of it.
    Whole,
    /// It without debug information and names.
    Stripped,
    /// A section.
    Section(SizeId),
}

/// What is known so far.
#[derive(Default)]
pub struct PackedSizes {
    started: bool,
    waiting: VecDeque<(Packing, Vec<Range<u64>>)>,
    known: Vec<(Packing, CompressedSize)>,
}

impl PackedSizes {
    /// Has the next sizes worked out by `ask`, which answers when it can. The file never changes, so that each is asked
    /// for once.
    pub fn go_on(
        &mut self,
        view: &SizeView,
        mut ask: impl FnMut(Vec<Range<u64>>) -> Option<Arc<CompressedSize>>,
    ) {
        if !self.started && !view.size.is_empty() {
            self.waiting = stretches(view);
            self.started = true;
        }
        while let Some((packing, ranges)) = self.waiting.front() {
            let Some(size) = ask(ranges.clone()) else { return };
            self.known.push((*packing, *size));
            self.waiting.pop_front();
        }
    }

    /// The size of a stretch, once it is known.
    pub fn get(&self, packing: Packing) -> Option<CompressedSize> {
        self.known.iter().find(|(known, _)| *known == packing).map(|(_, size)| *size)
    }

    /// How many sizes are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }
}

fn stretches(view: &SizeView) -> VecDeque<(Packing, Vec<Range<u64>>)> {
    let kept = view.size.kept_ranges();
    let stripped = (kept.len() > 1).then_some((Packing::Stripped, kept));
    let one = |packing, range: Range<u64>| (packing, vec![range]);
    let section = |id: &SizeId| one(Packing::Section(*id), view.size.get(*id).range.clone());
    let whole = one(Packing::Whole, 0..view.size.get(SizeId::ROOT).bytes);
    std::iter::once(whole).chain(stripped).chain(view.sections.iter().map(section)).collect()
}
