//! Which functions were taken for allocators, and what is known of how they lay out their blocks.

use super::HeapOp;
use serde::{Deserialize, Serialize};
use wasmscope_symbolize::{FuncIndex, MemoryIndex};

/// A function of the module that was taken for an allocator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocator {
    /// The function.
    pub func: FuncIndex,
    /// The name by which it was known.
    pub name: String,
    /// What it does.
    pub op: HeapOp,
    /// The memory in which its blocks lie.
    pub memory: MemoryIndex,
    /// Whose it is.
    pub family: AllocatorFamily,
    /// What told that it is one.
    pub known_by: KnownBy,
    /// Whether the frees of its blocks are seen.
    pub frees: Frees,
}

/// What told that a function is an allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// The function's name.
    #[default]
    Name,
    /// The name of an export.
    Export,
    /// The user.
    User,
}

impl KnownBy {
    /// For people, behind a comma.
    pub const fn name(self) -> &'static str {
        match self {
            KnownBy::Name => "by name",
            KnownBy::Export => "by export",
            KnownBy::User => "by your word",
        }
    }
}

/// Are frees seen?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frees {
    /// Whatever takes a block back is known.
    #[default]
    Seen,
    /// A collector takes blocks back, or code that has no name: a block ends at the latest where its room is handed out
    /// again.
    Collected,
}

/// Whose an allocator is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllocatorFamily {
    /// Nothing in the module tells.
    #[default]
    Unknown,
    /// Doug Lea's, as in wasi-libc, Emscripten and Rust's standard library.
    Dlmalloc,
    /// Emscripten's small one.
    Emmalloc,
    /// Microsoft's.
    Mimalloc,
    /// The Rust crate talc.
    Talc,
    /// The Rust crate wee_alloc.
    WeeAlloc,
    /// The Rust crate lol_alloc.
    LolAlloc,
    /// What Zig's standard library has for WebAssembly.
    Zig,
    /// Zig's debug allocator, once called the general-purpose one.
    ZigDebug,
    /// The `malloc` of Zig's own libc.
    ZigLibc,
    /// What AssemblyScript's runtimes have under their collectors.
    Tlsf,
    /// AssemblyScript's runtime that never collects.
    AssemblyScriptStub,
    /// TinyGo's runtime.
    TinyGo,
}

/// How a family lays out its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLayout {
    /// Bytes in front of a block that are the allocator's own.
    pub header_bytes: u32,
    /// Bytes behind a block that are the allocator's own.
    pub footer_bytes: u32,
    /// Addresses of blocks are multiples of it.
    pub alignment: u32,
}

impl AllocatorFamily {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            AllocatorFamily::Unknown => "unknown",
            AllocatorFamily::Dlmalloc => "dlmalloc",
            AllocatorFamily::Emmalloc => "emmalloc",
            AllocatorFamily::Mimalloc => "mimalloc",
            AllocatorFamily::Talc => "talc",
            AllocatorFamily::WeeAlloc => "wee_alloc",
            AllocatorFamily::LolAlloc => "lol_alloc",
            AllocatorFamily::Zig => "Zig's allocator for WebAssembly",
            AllocatorFamily::ZigDebug => "Zig's debug allocator",
            AllocatorFamily::ZigLibc => "the malloc of Zig's libc",
            AllocatorFamily::Tlsf => "AssemblyScript's TLSF",
            AllocatorFamily::AssemblyScriptStub => "AssemblyScript's stub runtime",
            AllocatorFamily::TinyGo => "TinyGo's runtime",
        }
    }

    /// How blocks are laid out where addresses have `word_bytes`: 4, or 8 in a memory64.
    ///
    /// Of dlmalloc's two words in front of a block the first is the last one of the chunk before, as long as that is in
    /// use (malloc.c 2.8.6, `struct malloc_chunk`). emmalloc keeps a region's size in front and behind (emmalloc.c,
    /// `struct Region`). TLSF's `mmInfo` is a word (std/assembly/rt/common.ts, `BLOCK`), and so is the stub's. Zig's
    /// allocator for WebAssembly and lol_alloc learn a block's size from who frees it, and keep nothing.
    pub const fn layout(self, word_bytes: u32) -> Option<BlockLayout> {
        let (header_bytes, footer_bytes, alignment) = match self {
            AllocatorFamily::Dlmalloc => (word_bytes, 0, 2 * word_bytes),
            AllocatorFamily::Emmalloc => (word_bytes, word_bytes, 8),
            AllocatorFamily::Tlsf | AllocatorFamily::AssemblyScriptStub => (word_bytes, 0, 16),
            AllocatorFamily::Zig | AllocatorFamily::LolAlloc => (0, 0, 1),
            _ => return None,
        };
        Some(BlockLayout { header_bytes, footer_bytes, alignment })
    }
}
