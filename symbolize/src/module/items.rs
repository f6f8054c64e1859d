//! What a module is made of.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::types::{FuncType, ValType};
use crate::ids::{CodeOffset, FileOffset, FuncIndex, MemoryIndex};

/// A function of the function index space.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its index, which is also its position in [`super::ModuleIndex::functions`].
    pub index: FuncIndex,
    /// Its type; equal types of one type index share one allocation.
    pub ty: Arc<FuncType>,
    /// Its local declarations and its code, without the size field in front; `None` when it is imported.
    pub body: Option<Range<CodeOffset>>,
    /// Position in [`super::ModuleIndex::imports`]; `None` when it is defined here.
    pub import: Option<usize>,
}

/// Something that the module asks its host for.
#[derive(Debug, Clone)]
pub struct Import {
    /// The name of the module that it is imported from.
    pub module: Arc<str>,
    /// Its name there.
    pub name: Arc<str>,
    /// What it is, with its index in the index space of its kind.
    pub kind: ImportKind,
}

/// What an import is.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "index and type of each kind; the names say it")]
pub enum ImportKind {
    Function { index: FuncIndex, ty: Arc<FuncType> },
    Memory { index: MemoryIndex },
    Table { index: u32 },
    Global { index: u32 },
    Tag { index: u32 },
}

/// As an error message would name it: `function (i32) -> i32`, `memory`.
impl fmt::Display for ImportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportKind::Function { ty, .. } => write!(f, "function {ty}"),
            ImportKind::Memory { .. } => f.write_str("memory"),
            ImportKind::Table { .. } => f.write_str("table"),
            ImportKind::Global { .. } => f.write_str("global"),
            ImportKind::Tag { .. } => f.write_str("tag"),
        }
    }
}

/// Something that the module offers its host. The index is checked to exist.
#[derive(Debug, Clone)]
pub struct Export {
    /// The name that the host finds it by.
    pub name: Arc<str>,
    /// What it is.
    pub kind: ExportKind,
    /// Its index in the index space of its kind.
    pub index: u32,
}

/// What an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the index spaces")]
pub enum ExportKind {
    Function,
    Memory,
    Table,
    Global,
    Tag,
}

/// A section of the file.
#[derive(Debug, Clone)]
pub struct Section {
    /// The section id; 0 is a custom section.
    pub id: u8,
    /// A custom section's own name, or the standard's name for the id: `type`, `import`, `code`.
    pub name: Arc<str>,
    /// Where its id byte is.
    pub header: FileOffset,
    /// Everything after the section's size field.
    pub contents: Range<FileOffset>,
    /// As `contents`, but behind the name if the section is a custom one.
    pub data: Range<FileOffset>,
}

/// A linear memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Its index, which is also its position in [`super::ModuleIndex::memories`].
    pub index: MemoryIndex,
    /// Size at the start, in pages.
    pub initial_pages: u64,
    /// The limit of its growth in pages, if one is declared.
    pub maximum_pages: Option<u64>,
    /// Whether addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether several threads may share it.
    pub shared: bool,
    /// Whether the host provides it.
    pub imported: bool,
    /// The size of a page is 2 to the power of this many bytes; 16 unless the module chose its own.
    pub page_size_log2: u32,
}

/// A global variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// The type of its value.
    pub ty: ValType,
    /// Whether it can change.
    pub mutable: bool,
    /// Whether the host provides it.
    pub imported: bool,
    /// Its value at the start, if it is a plain constant integer: the bits, those of 32 without a sign.
    pub initial: Option<u64>,
}

/// A table of references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The type of its elements, as the text format writes it.
    pub element: Arc<str>,
    /// Number of elements at the start.
    pub initial: u64,
    /// The limit of its growth in elements, if one is declared.
    pub maximum: Option<u64>,
    /// Whether indices are 64 bits wide.
    pub table64: bool,
    /// Whether the host provides it.
    pub imported: bool,
}

/// Where a function can be found in a table when the module is instantiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableSlot {
    /// The function.
    pub function: FuncIndex,
    /// The index of the table.
    pub table: u32,
    /// The place in the table, from 0; in most languages it is what a pointer to the function holds.
    pub slot: u64,
}

/// Bytes that the module puts into a memory.
#[derive(Debug, Clone)]
pub struct DataSegment {
    /// Its index in the data section.
    pub index: u32,
    /// Where and when its bytes are copied.
    pub kind: DataKind,
    /// Its bytes in the file.
    pub bytes: Range<FileOffset>,
    /// Its name in the name section, for example `.rodata`.
    pub name: Option<Arc<str>>,
}

/// Where and when a data segment's bytes are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// At instantiation.
    Active {
        /// The memory that they are copied into.
        memory: MemoryIndex,
        /// The address, in bytes; `None` when it isn't a plain constant (as in position-independent modules).
        offset: Option<u64>,
    },
    /// When the code says so.
    Passive,
}

/// A range of positions in the bytes as a range of the file.
pub(crate) fn range_of(range: Range<usize>) -> Range<FileOffset> {
    FileOffset(range.start as u64)..FileOffset(range.end as u64)
}
