//! What the code offsets of a WebAssembly module mean: functions, names, files, lines, inlined frames.
//!
//! Bytes come in, meaning goes out. This crate opens no file and runs nothing, and none of the types of the
//! libraries that it reads modules and debug information with are part of its interface.
//!
//! - [`ModuleIndex`] is the outline of a core module or component: sections, functions, imports, memories.
//! - [`SymbolFileNames`] tells which files beside the module have more, [`SymbolFiles`] brings their bytes.
//! - [`Symbols`] adds names (told by the module or files beside it, or known by code), source positions (from DWARF or
//!   a source map), says what functions belong to, and shows their code as text.
//!
//! Everything after [`ModuleIndex::parse`] is best effort: what is broken is left out and told as a [`Warning`].

mod beside;
mod bytes;
mod component;
mod demangle;
mod dwarf;
mod go;
mod group;
mod ids;
mod known;
mod module;
mod paths;
mod short;
mod sourcemap;
mod stack_pointer;
mod symbol_map;
mod symbols;
mod twin;
mod warning;
mod wat;

pub use beside::{SymbolFileNames, SymbolFiles};
pub use component::CoreModule;
pub use demangle::Name;
pub use go::{GoFrames, GoFunction};
pub use group::{Group, GroupKind};
pub use ids::{CodeOffset, FileOffset, FuncIndex, MemoryIndex};
pub use known::BodyHash;
pub use module::{
    DataKind, DataSegment, Export, ExportKind, FuncType, Function, Global, Import, ImportKind, Memory,
    ModuleError, ModuleIndex, Section, Table, TableSlot, TypeEntry, ValType,
};
pub use stack_pointer::StackPointer;
pub use symbols::{Frame, FunctionName, Location, NameSource, Symbols};
pub use twin::{Counterpart, CounterpartBy, counterparts};
pub use warning::Warning;
pub use wat::{WatError, WatLine};
