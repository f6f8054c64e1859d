//! What another profiler told of a run: the functions of a recording that was not made here.

use super::{Attachment, AttachmentKind, Recording, StackId};
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// Names and places out of a profile that another tool wrote. A recording that is made of one has this as an
/// attachment, and no module unless the user points to it.
///
/// A function with index `first` or behind it is `functions[index - first]`; the offset of a frame in it is the number
/// of a place. Functions before `first` are those of the recording's module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Foreign {
    /// What was imported, behind "imported from": `a Chrome CPU profile`.
    pub origin: String,
    /// The number of functions of the recording's module; 0 without one.
    pub first: u32,
    /// Paths or URLs of source files and of modules.
    pub files: Vec<String>,
    /// The functions, each once.
    pub functions: Vec<ForeignFunction>,
    /// The places in them. What is inlined stands behind what it is inlined into.
    pub places: Vec<ForeignPlace>,
    /// What was counted besides time.
    pub sums: Vec<ForeignSums>,
}

/// A function, as the other tool names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ForeignFunction {
    /// Its name, mangled or not.
    pub name: String,
    /// Its source: a row of [`Foreign::files`].
    pub file: Option<u32>,
    /// Its module: a row of [`Foreign::files`].
    pub module: Option<u32>,
    /// The line of its declaration, from 1; 0 where it is not known.
    pub line: u32,
    /// Whose code it is.
    pub whose: Whose,
    /// Which function of its module it is.
    pub index: Option<ForeignIndex>,
}

/// Whose code a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Whose {
    /// The program's.
    Guest,
    /// That of what the program runs in.
    Host,
}

/// Which function of its module a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ForeignIndex {
    /// By the function index.
    All(u32),
    /// Counted without the imports.
    Defined(u32),
}

/// A place in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ForeignPlace {
    /// A row of [`Foreign::functions`].
    pub function: u32,
    /// The line, from 1; 0 where it is not known.
    pub line: u32,
    /// The place that the function is inlined at: an earlier row of [`Foreign::places`].
    pub outer: Option<u32>,
    /// Where it is in the module, in bytes from the module's beginning.
    pub module_offset: Option<u32>,
}

/// What was counted by call stack over the whole run. Columns of equal length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignSums {
    /// What was counted.
    pub quantity: Quantity,
    /// Where.
    pub stack: Vec<StackId>,
    /// How much, by itself.
    pub value: Vec<u64>,
}

/// What can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Quantity {
    /// Calls of functions.
    Calls,
    /// Executed instructions.
    Instructions,
    /// Blocks handed out by an allocator.
    Allocations,
    /// Their bytes.
    AllocatedBytes,
    /// Bytes of the blocks that were not freed.
    LiveBytes,
}

impl Foreign {
    /// Nothing is inlined deeper: compilers stop far earlier, and each place has as many frames as it is deep.
    pub const MOST_INLINED: u32 = 256;

    /// What the recording has of it; `None` where it was recorded here, or its table is damaged.
    pub fn of(recording: &Recording) -> Option<Foreign> {
        let kept = recording.attachments.iter().find(|kept| kept.kind == AttachmentKind::Foreign)?;
        let foreign: Foreign = postcard::from_bytes(&kept.bytes).ok()?;
        foreign.is_sound().then_some(foreign)
    }

    /// It as a file that is kept in a recording.
    pub fn to_attachment(&self) -> Attachment {
        // Nothing in it has a length that is not known beforehand, which is all that this can fail for.
        let bytes = postcard::to_stdvec(self).unwrap_or_default().into();
        Attachment { kind: AttachmentKind::Foreign, name: String::new(), bytes }
    }

    /// The place that a frame of the function `func` is at; `None` for functions of the module.
    pub fn place(&self, func: FuncIndex, offset: CodeOffset) -> Option<&ForeignPlace> {
        self.function(func)?;
        self.places.get(offset.0 as usize)
    }

    /// The function with this index; `None` for functions of the module.
    pub fn function(&self, func: FuncIndex) -> Option<&ForeignFunction> {
        self.functions.get(func.0.checked_sub(self.first)? as usize)
    }

    /// The place and what it is inlined at, innermost first.
    pub fn chain<'a>(&'a self, place: &'a ForeignPlace) -> impl Iterator<Item = &'a ForeignPlace> {
        std::iter::successors(Some(place), |place| self.places.get(place.outer? as usize))
    }

    /// Do all rows point to rows that are there, and backwards, and is nothing inlined too deep?
    fn is_sound(&self) -> bool {
        let Foreign { origin: _, first: _, files, functions, places, sums } = self;
        let is_there = |row: Option<u32>, rows: usize| row.is_none_or(|row| (row as usize) < rows);
        functions.iter().all(|of| is_there(of.file, files.len()) && is_there(of.module, files.len()))
            && places.iter().all(|place| (place.function as usize) < functions.len())
            && self.is_shallow()
            && sums.iter().all(|sums| sums.stack.len() == sums.value.len())
    }

    /// Is each place inlined at an earlier one, and at no more than [`Foreign::MOST_INLINED`]?
    fn is_shallow(&self) -> bool {
        let mut depths: Vec<u32> = Vec::with_capacity(self.places.len());
        self.places.iter().all(|place| {
            let outer = place.outer.map(|outer| depths.get(outer as usize).copied().unwrap_or(u32::MAX));
            let depth = outer.map_or(0, |outer| outer.saturating_add(1));
            depths.push(depth);
            depth <= Foreign::MOST_INLINED
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(outer: Option<u32>) -> Foreign {
        let (name, whose) = ("f".to_owned(), Whose::Guest);
        Foreign {
            functions: vec![ForeignFunction { name, file: None, module: None, line: 0, whose, index: None }],
            places: vec![ForeignPlace { function: 0, line: 3, outer, module_offset: None }],
            first: 7,
            ..Foreign::default()
        }
    }

    fn kept(foreign: &Foreign) -> Option<Foreign> {
        let attachments = vec![foreign.to_attachment()];
        Foreign::of(&Recording { attachments, ..Recording::default() })
    }

    #[test]
    fn what_is_kept_reads_back() {
        let foreign = foreign(None);
        assert_eq!(kept(&foreign).as_ref(), Some(&foreign));
        assert_eq!(foreign.function(FuncIndex(6)), None);
        assert_eq!(foreign.place(FuncIndex(7), CodeOffset(0)).map(|place| place.line), Some(3));
    }

    #[test]
    fn a_cycle_is_not_taken() {
        assert_eq!(kept(&foreign(Some(0))), None);
    }

    #[test]
    fn what_is_inlined_without_end_is_not_taken() {
        let deep = |places: u32| {
            let mut foreign = foreign(None);
            let place = foreign.places[0];
            let inlined = (1..places).map(|row| ForeignPlace { outer: Some(row - 1), ..place });
            foreign.places.extend(inlined);
            kept(&foreign)
        };
        assert!(deep(Foreign::MOST_INLINED + 1).is_some());
        assert_eq!(deep(Foreign::MOST_INLINED + 2), None);
    }
}
