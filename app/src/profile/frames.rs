//! The functions that a profile speaks of.

use rustc_hash::FxHashMap;
use std::sync::Arc;
use wasmscope_symbolize::{Frame, FuncIndex, Group};

/// A row of [`FrameTable`]: a function, without the line that it was at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u32);

impl FrameId {
    /// The frame above all others, in which every call path begins.
    pub const ROOT: FrameId = FrameId(0);

    /// The id as a position in a slice with one entry a frame.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// The whole of what was measured; it is above all call paths.
    Root,
    /// A function of the module.
    Wasm(FuncIndex),
    /// A function whose code was inlined into another one.
    Inlined,
    /// An imported function: the host at work.
    Host(FuncIndex),
    /// The engine at work, with nothing to name.
    Engine,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// What it is.
    pub kind: FrameKind,
    /// The demangled name in full.
    pub name: Arc<str>,
    /// The name without template, generic and function arguments.
    pub short: Arc<str>,
    /// What it belongs to: a crate, a namespace, a package, a file, or the module that it is imported from.
    pub group: Option<Group>,
    /// The source file that it is declared in, as the compiler recorded it.
    pub file: Option<Arc<str>>,
    /// The line of its declaration, from 1; unknown for inlined functions.
    pub line: Option<u32>,
}

/// The functions that a profile speaks of; row 0 is the root, named `all`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameTable {
    rows: Vec<FrameInfo>,
}

impl Default for FrameTable {
    fn default() -> Self {
        let name: Arc<str> = Arc::from("all");
        let short = Arc::clone(&name);
        let root = FrameInfo { kind: FrameKind::Root, name, short, group: None, file: None, line: None };
        FrameTable { rows: vec![root] }
    }
}

impl FrameTable {
    /// Of these functions, the root first; of none it is the root alone.
    pub(super) fn of(rows: Vec<FrameInfo>) -> FrameTable {
        if rows.is_empty() { FrameTable::default() } else { FrameTable { rows } }
    }

    /// The function with this id; the root for an id that is none of this table's.
    pub fn get(&self, id: FrameId) -> &FrameInfo {
        self.rows.get(id.index()).unwrap_or(&self.rows[0])
    }

    /// How many there are, the root included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Is there only the root?
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// All functions, the root first.
    pub fn iter(&self) -> impl Iterator<Item = (FrameId, &FrameInfo)> {
        self.rows.iter().enumerate().map(|(at, row)| (FrameId(at as u32), row))
    }

    /// The first function with this full or short name.
    pub fn find(&self, name: &str) -> Option<FrameId> {
        self.iter().find(|(_, row)| &*row.name == name || &*row.short == name).map(|(id, _)| id)
    }
}

/// Gives equal functions equal ids.
#[derive(Default)]
pub(super) struct FrameInterner {
    table: FrameTable,
    physical: FxHashMap<FrameKind, FrameId>,
    inlined: FxHashMap<(Arc<str>, Option<Arc<str>>), FrameId>,
}

impl FrameInterner {
    /// The id of the function that is not inlined and of which there is one per kind; `info` is asked once for each.
    pub(super) fn physical(&mut self, kind: FrameKind, info: impl FnOnce() -> FrameInfo) -> FrameId {
        let rows = &mut self.table.rows;
        *self.physical.entry(kind).or_insert_with(|| push(rows, info()))
    }

    /// The id of an inlined function: the same wherever it was inlined.
    pub(super) fn inlined(&mut self, frame: &Frame) -> FrameId {
        let rows = &mut self.table.rows;
        let file = frame.location.as_ref().map(|location| Arc::clone(&location.file));
        let key = (Arc::clone(&frame.name.full), file.clone());
        *self.inlined.entry(key).or_insert_with(|| {
            let (name, short) = (Arc::clone(&frame.name.full), Arc::clone(&frame.name.short));
            let group = frame.group_or_file();
            push(rows, FrameInfo { kind: FrameKind::Inlined, name, short, group, file, line: None })
        })
    }

    pub(super) fn table(&self) -> &FrameTable {
        &self.table
    }
}

fn push(rows: &mut Vec<FrameInfo>, info: FrameInfo) -> FrameId {
    rows.push(info);
    FrameId((rows.len() - 1) as u32)
}
