//! The source lines that a profile speaks of.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use wasmscope_symbolize::Location;

/// A row of [`SourceLines`]: a line of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineId(pub u32);

impl LineId {
    /// No line is known.
    pub const NONE: LineId = LineId(0);

    /// The id as a position in a slice with one entry a line.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceLine {
    /// The path as the compiler recorded it. One allocation a file.
    pub file: Arc<str>,
    /// From 1; 0 where the compiler generated the code and no line is to blame.
    pub line: u32,
}

/// The source lines that a profile speaks of. Row 0 stands for no line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLines {
    rows: Vec<SourceLine>,
}

impl SourceLines {
    /// The line with this id; `None` for [`LineId::NONE`] and for an id that is none of this table's.
    pub fn get(&self, id: LineId) -> Option<&SourceLine> {
        self.rows.get(id.index().checked_sub(1)?)
    }

    /// All lines, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &SourceLine> {
        self.rows.iter()
    }

    /// How many ids there are, [`LineId::NONE`] included.
    pub fn len(&self) -> usize {
        self.rows.len() + 1
    }

    /// Is no line known?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Gives equal lines equal ids.
#[derive(Default)]
pub(super) struct LineInterner {
    table: SourceLines,
    files: FxHashSet<Arc<str>>,
    ids: FxHashMap<SourceLine, LineId>,
}

impl LineInterner {
    pub(super) fn intern(&mut self, location: Option<&Location>) -> LineId {
        let Some(location) = location else { return LineId::NONE };
        let line = SourceLine { file: self.file(&location.file), line: location.line };
        let rows = &mut self.table.rows;
        *self.ids.entry(line).or_insert_with_key(|line| {
            rows.push(line.clone());
            LineId(rows.len() as u32)
        })
    }

    fn file(&mut self, file: &Arc<str>) -> Arc<str> {
        if let Some(known) = self.files.get(file) {
            return Arc::clone(known);
        }
        self.files.insert(Arc::clone(file));
        Arc::clone(file)
    }

    pub(super) fn table(&self) -> &SourceLines {
        &self.table
    }
}
