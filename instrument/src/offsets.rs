//! From code offsets of the rewritten module back to those of the original.

use wasmscope_symbolize::CodeOffset;

/// How a run of rewritten code came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Copied byte for byte from this offset on.
    Copied(u32),
    /// Injected for the instruction at this offset.
    InjectedFor(u32),
    /// Code of ours that belongs to no instruction.
    Appended,
}

/// A run of rewritten code, in as few bytes as can be: there are two runs for each instruction at which something is
/// injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// Where in the rewritten code section it begins.
    start: u32,
    /// The original offset. Longer code than 1 GiB is not rewritten: the upper bits are free for what it means.
    packed: u32,
}

impl Run {
    const INJECTED: u32 = 1 << 31;
    const APPENDED: u32 = u32::MAX;

    fn new(start: u32, origin: Origin) -> Run {
        let packed = match origin {
            Origin::Copied(original) => original,
            Origin::InjectedFor(original) => original | Run::INJECTED,
            Origin::Appended => Run::APPENDED,
        };
        Run { start, packed }
    }

    fn origin(self) -> Origin {
        match self.packed {
            Run::APPENDED => Origin::Appended,
            injected if injected & Run::INJECTED != 0 => Origin::InjectedFor(injected & !Run::INJECTED),
            original => Origin::Copied(original),
        }
    }
}

/// Which original instruction each byte of the rewritten code section came from. A short list of runs: code that
/// was copied needs no entry of its own per instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// In the order of the rewritten code section.
    runs: Vec<Run>,
}

impl OffsetMap {
    /// The map of a module in which nothing was changed.
    pub fn identity() -> OffsetMap {
        OffsetMap { runs: vec![Run::new(0, Origin::Copied(0))] }
    }

    /// An empty map with room for so many runs.
    pub(crate) fn with_capacity(runs: usize) -> OffsetMap {
        OffsetMap { runs: Vec::with_capacity(runs) }
    }

    /// The original instruction of a rewritten one. Injected code maps to the instruction that it was injected
    /// for; at a function's entry to the function's first byte, at its exit to its `end`; `None` in functions of ours.
    pub fn original(&self, rewritten: CodeOffset) -> Option<CodeOffset> {
        let after = self.runs.partition_point(|run| run.start <= rewritten.0);
        let run = self.runs.get(after.checked_sub(1)?)?;
        match run.origin() {
            Origin::Copied(original) => Some(CodeOffset(original + (rewritten.0 - run.start))),
            Origin::InjectedFor(original) => Some(CodeOffset(original)),
            Origin::Appended => None,
        }
    }

    /// How many runs the map holds, which is what it costs: 8 bytes each.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Does the map know nothing? Only that of a module without code does.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The runs that were copied, for the way from the original to the rewritten code.
    pub(crate) fn copies(&self) -> Copies {
        let ends = self.runs.iter().skip(1).map(|run| run.start).chain([u32::MAX]);
        let copied = self.runs.iter().zip(ends).filter_map(|(run, end)| match run.origin() {
            Origin::Copied(original) => Some((original, run.start, end - run.start)),
            Origin::InjectedFor(_) | Origin::Appended => None,
        });
        Copies(copied.collect())
    }

    /// From `rewritten` on, the bytes are copied from `original` on.
    pub(crate) fn copied(&mut self, rewritten: u32, original: u32) {
        let goes_on = self.runs.last().is_some_and(|run| match run.origin() {
            Origin::Copied(from) => rewritten - run.start == original.wrapping_sub(from),
            Origin::InjectedFor(_) | Origin::Appended => false,
        });
        if !goes_on {
            self.start(rewritten, Origin::Copied(original));
        }
    }

    /// From `rewritten` on, the bytes were injected for the instruction at `original`.
    pub(crate) fn injected(&mut self, rewritten: u32, original: u32) {
        self.start(rewritten, Origin::InjectedFor(original));
    }

    /// From `rewritten` on there are only functions of ours.
    pub(crate) fn appended(&mut self, rewritten: u32) {
        self.start(rewritten, Origin::Appended);
    }

    /// From `rewritten` on, the bytes are those that `part` is the map of.
    pub(crate) fn append(&mut self, part: &OffsetMap, rewritten: u32) {
        for run in &part.runs {
            self.start(rewritten + run.start, run.origin());
        }
    }

    /// Forgets everything but the room that it took.
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
    }

    /// Begins a run; one that turned out to be empty gives way.
    fn start(&mut self, rewritten: u32, origin: Origin) {
        if self.runs.last().is_some_and(|run| run.start == rewritten) {
            self.runs.pop();
        }
        if self.runs.last().map(|run| run.origin()) != Some(origin) {
            self.runs.push(Run::new(rewritten, origin));
        }
    }
}

/// Where copied code went.
#[derive(Clone, Debug)]
pub(crate) struct Copies(
    /// Start of each run in the original code section, ascending; in the rewritten one; its length.
    Vec<(u32, u32, u32)>,
);

impl Copies {
    /// Where the byte at `original` went; `None` where something else stands instead of it.
    pub(crate) fn rewritten(&self, original: CodeOffset) -> Option<CodeOffset> {
        let after = self.0.partition_point(|(start, ..)| *start <= original.0);
        let (start, rewritten, length) = self.0.get(after.checked_sub(1)?)?;
        let inside = original.0 - start;
        (inside < *length).then(|| CodeOffset(rewritten + inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_leads_back_to_its_instruction() {
        let mut map = OffsetMap::default();
        map.copied(0, 0);
        map.injected(10, 9);
        map.copied(14, 9);
        map.injected(20, 15);
        map.copied(20, 15);
        map.appended(30);
        let original = |at| map.original(CodeOffset(at)).map(|offset| offset.0);
        let expected =
            [(0, Some(0)), (9, Some(9)), (10, Some(9)), (13, Some(9)), (14, Some(9)), (29, Some(24))];
        for (rewritten, found) in expected {
            assert_eq!(original(rewritten), found, "{rewritten}");
        }
        let copies = map.copies();
        let rewritten = |at| copies.rewritten(CodeOffset(at)).map(|offset| offset.0);
        assert_eq!([0, 8, 9, 14, 15, 24].map(rewritten), [0, 8, 14, 19, 20, 29].map(Some));
        assert_eq!(rewritten(25), None);
        assert_eq!(original(30), None);
        assert_eq!(original(99), None);
    }

    #[test]
    fn the_identity_changes_nothing() {
        for at in [0, 1, 1 << 20] {
            assert_eq!(OffsetMap::identity().original(CodeOffset(at)), Some(CodeOffset(at)));
        }
    }
}
