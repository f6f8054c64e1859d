//! What the code offsets of a WebAssembly module mean: functions, names, files, lines, inlined frames.
//!
//! Bytes come in, meaning goes out. This crate opens no file and runs nothing, and none of the types of the
//! libraries that it reads modules and debug information with are part of its interface.
//!
//! - [`ModuleIndex`] is the outline of a core module: sections, functions, imports, memories.
//! - [`SymbolFileNames`] tells which files beside the module have more, [`SymbolFiles`] brings their bytes.
//! - [`Symbols`] adds names (from Go's own table, the name section, another build, a symbol map, exports or DWARF) and
//!   source positions (from DWARF, a source map or Go's table), and shows the code of a function as text.
//!
//! Everything after [`ModuleIndex::parse`] is best effort: what is broken is left out and told as a [`Warning`].

mod beside;
mod bytes;
mod demangle;
mod dwarf;
mod go;
mod ids;
mod module;
mod paths;
mod short;
mod sourcemap;
mod symbol_map;
mod symbols;
mod twin;
mod warning;
mod wat;

pub use beside::{SymbolFileNames, SymbolFiles};
pub use go::{GoFrames, GoFunction};
pub use ids::{CodeOffset, FileOffset, FuncIndex, MemoryIndex};
pub use module::{
    DataKind, DataSegment, Export, ExportKind, FuncType, Function, Global, Import, ImportKind, Memory,
    ModuleError, ModuleIndex, Section, Table, TypeEntry, ValType,
};
pub use symbols::{Frame, FunctionName, Location, NameSource, Symbols};
pub use warning::Warning;
pub use wat::{WatError, WatLine};
