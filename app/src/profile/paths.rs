//! Call paths as a prefix tree of logical frames.

use super::{FrameId, LineId};
use rustc_hash::FxHashMap;

/// A row of [`PathTable`]: a frame at a line and, through its parent, all frames that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(pub u32);

impl PathId {
    /// The path above all others; also that of events of which no path is known.
    pub const ROOT: PathId = PathId(0);

    /// The id as a position in a slice with one entry a path.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Distinct call paths: columns of equal length, parents before their children. Row 0 is the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTable {
    parent: Vec<PathId>,
    frame: Vec<FrameId>,
    line: Vec<LineId>,
}

impl Default for PathTable {
    fn default() -> Self {
        PathTable { parent: vec![PathId::ROOT], frame: vec![FrameId::ROOT], line: vec![LineId::NONE] }
    }
}

impl PathTable {
    /// How many paths there are, the root included.
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// Is there only the root?
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// The path without its innermost frame; the root is its own parent, and that of unknown ids.
    pub fn parent(&self, path: PathId) -> PathId {
        self.parent.get(path.index()).copied().unwrap_or(PathId::ROOT)
    }

    /// The innermost frame.
    pub fn frame(&self, path: PathId) -> FrameId {
        self.frame.get(path.index()).copied().unwrap_or(FrameId::ROOT)
    }

    /// The line that the innermost frame is at; in a caller, the line of the call.
    pub fn line(&self, path: PathId) -> LineId {
        self.line.get(path.index()).copied().unwrap_or(LineId::NONE)
    }

    /// The frames with their lines, innermost first, without the root.
    pub fn frames(&self, path: PathId) -> impl Iterator<Item = (FrameId, LineId)> {
        self.up(path).map(|path| (self.frame(path), self.line(path)))
    }

    /// `path` and its callers, innermost first, without the root.
    pub fn up(&self, path: PathId) -> impl Iterator<Item = PathId> {
        let below_root = |path: PathId| (path != PathId::ROOT).then_some(path);
        std::iter::successors(below_root(path), move |path| below_root(self.parent(*path)))
    }
}

/// Gives equal paths equal ids.
#[derive(Default)]
pub(super) struct PathInterner {
    table: PathTable,
    ids: FxHashMap<(PathId, FrameId, LineId), PathId>,
}

impl PathInterner {
    /// The path that is `parent` with `frame` inside.
    pub(super) fn child(&mut self, parent: PathId, frame: FrameId, line: LineId) -> PathId {
        let table = &mut self.table;
        *self.ids.entry((parent, frame, line)).or_insert_with(|| {
            table.parent.push(parent);
            table.frame.push(frame);
            table.line.push(line);
            PathId((table.frame.len() - 1) as u32)
        })
    }

    pub(super) fn table(&self) -> &PathTable {
        &self.table
    }
}
