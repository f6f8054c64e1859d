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

/// Which original instruction each byte of the rewritten code section came from. A short list of runs: code that
/// was copied needs no entry of its own per instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// Start of each run in the rewritten code section, ascending, and what it is.
    runs: Vec<(u32, Origin)>,
}

impl OffsetMap {
    /// The map of a module in which nothing was changed.
    pub fn identity() -> OffsetMap {
        OffsetMap { runs: vec![(0, Origin::Copied(0))] }
    }

    /// The original instruction of a rewritten one. Injected code maps to the instruction that it was injected
    /// for, and to the function's first byte where it opens or closes the body; `None` in functions of ours.
    pub fn original(&self, rewritten: CodeOffset) -> Option<CodeOffset> {
        let after = self.runs.partition_point(|(start, _)| *start <= rewritten.0);
        let (start, origin) = self.runs.get(after.checked_sub(1)?)?;
        match origin {
            Origin::Copied(original) => Some(CodeOffset(original + (rewritten.0 - start))),
            Origin::InjectedFor(original) => Some(CodeOffset(*original)),
            Origin::Appended => None,
        }
    }

    /// How many runs the map holds, which is what it costs: 12 bytes each.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Does the map know nothing? Only that of a module without code does.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// From `rewritten` on, the bytes are copied from `original` on.
    pub(crate) fn copied(&mut self, rewritten: u32, original: u32) {
        let goes_on = match self.runs.last() {
            Some((start, Origin::Copied(from))) => rewritten - start == original.wrapping_sub(*from),
            _ => false,
        };
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

    /// Begins a run; one that turned out to be empty gives way.
    fn start(&mut self, rewritten: u32, origin: Origin) {
        if self.runs.last().is_some_and(|(start, _)| *start == rewritten) {
            self.runs.pop();
        }
        if self.runs.last().map(|(_, last)| *last) != Some(origin) {
            self.runs.push((rewritten, origin));
        }
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
