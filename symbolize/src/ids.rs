//! Positions and indices that must never be mixed up, as types of their own.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An index into the function index space of a module: imported functions first, then the defined ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FuncIndex(pub u32);

/// An index into the memory index space of a module: imported memories first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryIndex(pub u32);

/// Bytes from the start of the code section's contents: the byte right after the section's size field is 0.
/// This is what DWARF in WebAssembly calls an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeOffset(pub u32);

/// Bytes from the start of the module file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileOffset(pub u64);

impl FuncIndex {
    /// The index as a position in a slice such as [`crate::ModuleIndex::functions`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl MemoryIndex {
    /// The index as a position in a slice such as [`crate::ModuleIndex::memories`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for FuncIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func[{}]", self.0)
    }
}

impl fmt::Display for MemoryIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory[{}]", self.0)
    }
}

impl fmt::Display for CodeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code+0x{:x}", self.0)
    }
}

impl fmt::Display for FileOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}
