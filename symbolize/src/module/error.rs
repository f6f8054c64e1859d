//! Why a module could not be read at all.

use crate::ids::{FileOffset, FuncIndex};

/// Why [`super::ModuleIndex::parse`] gave nothing. Offsets count from the start of the bytes given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// The magic number is missing.
    #[error("not a WebAssembly module: it begins with {start}, not with \"\\0asm\"{hint}")]
    NotWasm {
        /// The first bytes, readable.
        start: String,
        /// What the file probably is, and what to do about it; may be empty.
        hint: &'static str,
    },
    /// A component, which holds core modules, where a core module was asked for.
    #[error("this is a component where a core module is needed")]
    Component,
    /// A component with more of something than can be taken.
    #[error("the component has {count} {what}; at most {limit} can be read")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// A core module in a component can't be read.
    #[error("core module {number} of the component, at offset {at}: {source}")]
    CoreModule {
        /// Its position among the core modules in the file, from 0.
        number: usize,
        /// Where it is in the component.
        at: FileOffset,
        /// What is wrong in it, with offsets of its own.
        source: Box<ModuleError>,
    },
    /// A version of the format that nobody has defined yet, or a damaged header.
    #[error("unknown WebAssembly version {version}; only version 1 is supported, rebuild the module")]
    Version {
        /// The version field.
        version: u32,
    },
    /// The bytes end in the middle of something.
    #[error(
        "the module is cut off at offset {at}: {message}; it was probably not written or copied completely"
    )]
    Truncated {
        /// Where more bytes were needed.
        at: FileOffset,
        /// What was being read.
        message: String,
    },
    /// A part of the module is not as the specification demands.
    #[error("malformed module at offset {at}: {message}; check it with a validator and rebuild it")]
    Malformed {
        /// Where.
        at: FileOffset,
        /// What is wrong.
        message: String,
    },
    /// A function whose type does not exist or is no function type.
    #[error("{function} has type {ty}, which is no function type; check the module with a validator")]
    FunctionType {
        /// The function.
        function: FuncIndex,
        /// The type index that it names.
        ty: u32,
    },
    /// Function section and code section disagree.
    #[error("{declared} functions are declared and {bodies} have a body; check the module with a validator")]
    BodyCount {
        /// Entries in the function section.
        declared: usize,
        /// Entries in the code section.
        bodies: usize,
    },
    /// An export, element or start section refers to something that does not exist.
    #[error(
        "the {what} section refers to {kind} {index}, of which there are only {count}; check the module with a \
         validator"
    )]
    Index {
        /// The section that refers.
        what: &'static str,
        /// The index space.
        kind: &'static str,
        /// The index.
        index: u32,
        /// The size of the index space.
        count: usize,
    },
}

impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> Self {
        let at = FileOffset(error.offset() as u64);
        let message = error.message().to_owned();
        // The library knows no error kinds; this is its message wherever input ran out.
        if message.contains("unexpected end") {
            ModuleError::Truncated { at, message }
        } else {
            ModuleError::Malformed { at, message }
        }
    }
}
