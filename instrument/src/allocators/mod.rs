//! Which functions are allocators, known by name.

mod assemblyscript;
mod family;
mod found;
mod names;
mod own;

pub(crate) use family::Families;
pub(crate) use found::{Found, Named, find};
pub(crate) use names::recognise;
pub(crate) use own::TRACED;
pub use own::{AllocatorKind, BadAllocator, OwnAllocator};

use crate::recording::HeapOp;
use wasmscope_symbolize::{FuncType, ValType};

/// What an allocator does, with the positions of the parameters that tell about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllocatorShape {
    /// Gives a block of `size` bytes.
    Alloc { size: u32 },
    /// The same, but what it gives for a size of 0 is no block.
    AllocSome { size: u32 },
    /// Gives a block of `count` times `size` bytes.
    AllocArray { count: u32, size: u32 },
    /// Makes the block at `old` one of `size` bytes.
    Realloc { old: u32, size: u32 },
    /// Makes the block at `old` one of `count` times `size` bytes.
    ReallocArray { old: u32, count: u32, size: u32 },
    /// The same, but what it gives for a size of 0 is no block.
    CanonicalRealloc { old: u32, size: u32 },
    /// Makes the block at `old` one of `size` bytes, unless it gives no address: then all stays as it was.
    Remap { old: u32, size: u32 },
    /// Makes the block at `old` one of `size` bytes where it lies, unless it gives 0: then all stays as it was.
    Resize { old: u32, size: u32 },
    /// Is looked at, to find out what it does: each call is told, with two parameters and the result.
    Trace { first: u32, second: u32 },
    /// Is part of an allocator's work: what allocators do in it are no blocks of the program's.
    Quiet,
    /// Takes the block at `pointer` back.
    Free { pointer: u32 },
    /// Writes the address of a block of `size` bytes to the memory at `out`, and gives 0.
    AllocInto { out: u32, size: u32 },
}

use AllocatorShape::{
    Alloc, AllocArray, AllocInto, AllocSome, CanonicalRealloc, Free, Quiet, Realloc, ReallocArray, Remap,
    Resize, Trace,
};

/// What an allocator does, and how the pointers that it is given and gives stand to the blocks that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllocatorProbe {
    pub(crate) shape: AllocatorShape,
    /// Added to a pointer it is the block's address. Of functions with such pointers none gives null.
    pub(crate) shift: i8,
    /// Added to a size it is the block's.
    pub(crate) header: u8,
}

impl From<AllocatorShape> for AllocatorProbe {
    fn from(shape: AllocatorShape) -> Self {
        AllocatorProbe { shape, shift: 0, header: 0 }
    }
}

/// The function has an allocator's name and another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// How many parameters there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

impl AllocatorShape {
    /// The operation as the recording has it.
    pub(crate) fn op(self) -> HeapOp {
        match self {
            Alloc { .. } | AllocSome { .. } | AllocArray { .. } | AllocInto { .. } => HeapOp::Alloc,
            Realloc { .. }
            | ReallocArray { .. }
            | CanonicalRealloc { .. }
            | Remap { .. }
            | Resize { .. }
            | Trace { .. } => HeapOp::Realloc,
            Free { .. } | Quiet => HeapOp::Free,
        }
    }

    /// The parameters that tell what is done.
    pub(crate) fn params(self) -> Vec<u32> {
        match self {
            Alloc { size } | AllocSome { size } => vec![size],
            AllocArray { count, size } => vec![count, size],
            Realloc { old, size }
            | CanonicalRealloc { old, size }
            | Remap { old, size }
            | Resize { old, size } => vec![old, size],
            ReallocArray { old, count, size } => vec![old, count, size],
            Free { pointer } => vec![pointer],
            AllocInto { out, size } => vec![out, size],
            Trace { first, second } => vec![first, second],
            Quiet => Vec::new(),
        }
    }

    /// The same of a function that has each parameter at the place that `place` gives.
    pub(crate) fn moved(self, place: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        Some(match self {
            Alloc { size } => Alloc { size: place(size)? },
            AllocSome { size } => AllocSome { size: place(size)? },
            AllocArray { count, size } => AllocArray { count: place(count)?, size: place(size)? },
            Realloc { old, size } => Realloc { old: place(old)?, size: place(size)? },
            ReallocArray { old, count, size } => {
                ReallocArray { old: place(old)?, count: place(count)?, size: place(size)? }
            }
            CanonicalRealloc { old, size } => CanonicalRealloc { old: place(old)?, size: place(size)? },
            Remap { old, size } => Remap { old: place(old)?, size: place(size)? },
            Resize { old, size } => Resize { old: place(old)?, size: place(size)? },
            Trace { first, second } => Trace { first: place(first)?, second: place(second)? },
            Quiet => Quiet,
            Free { pointer } => Free { pointer: place(pointer)? },
            AllocInto { out, size } => AllocInto { out: place(out)?, size: place(size)? },
        })
    }

    fn fits(self, params: Arity, ty: &FuncType) -> bool {
        let is_word = |ty: &ValType| matches!(ty, ValType::I32 | ValType::I64);
        let arity = match params {
            Arity::Exactly(count) => ty.params.len() == count,
            Arity::AtLeast(count) => ty.params.len() >= count,
        };
        let results = match self {
            Free { .. } => 0..=0,
            Resize { .. } | Quiet | Trace { .. } => 0..=1,
            _ => 1..=1,
        };
        let used = self.params().into_iter().all(|param| ty.params.get(param as usize).is_some_and(is_word));
        arity && used && results.contains(&ty.results.len()) && ty.results.iter().all(is_word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(params: usize, results: usize) -> FuncType {
        FuncType { params: vec![ValType::I32; params], results: vec![ValType::I32; results] }
    }

    #[test]
    fn allocators_are_known_by_all_their_names() {
        let cases: &[(&str, (usize, usize), AllocatorShape)] = &[
            ("malloc", (1, 1), Alloc { size: 0 }),
            ("dlmalloc", (1, 1), Alloc { size: 0 }),
            ("emmalloc_memalign", (2, 1), Alloc { size: 1 }),
            ("__libc_free", (1, 0), Free { pointer: 0 }),
            ("c.malloc.calloc", (2, 1), AllocArray { count: 0, size: 1 }),
            ("free.llvm.123", (1, 0), Free { pointer: 0 }),
            ("posix_memalign", (3, 1), AllocInto { out: 0, size: 2 }),
            ("_Znwm", (1, 1), Alloc { size: 0 }),
            ("_ZnamSt11align_val_tRKSt9nothrow_t", (3, 1), Alloc { size: 0 }),
            ("_ZdlPvmSt11align_val_t", (3, 0), Free { pointer: 0 }),
            ("operator new[](unsigned long)", (1, 1), Alloc { size: 0 }),
            ("operator delete(void*)", (1, 0), Free { pointer: 0 }),
            ("__rust_alloc_zeroed", (2, 1), Alloc { size: 0 }),
            ("_RNvCsdBezzDwma51_7___rustc14___rust_dealloc", (3, 0), Free { pointer: 0 }),
            ("_RNvCsdBezzDwma51_7___rustc14___rust_realloc", (4, 1), Realloc { old: 0, size: 3 }),
            ("_ZN7__rustc12__rust_alloc17h0123456789abcdefE", (2, 1), Alloc { size: 0 }),
            ("__rustc[4ec17c0e7f1e1b1]::__rdl_alloc", (2, 1), Alloc { size: 0 }),
            ("__wbindgen_malloc", (2, 1), Alloc { size: 0 }),
            ("__wbindgen_realloc", (4, 1), Realloc { old: 0, size: 2 }),
            ("__wbindgen_free", (3, 0), Free { pointer: 0 }),
            ("mi_malloc", (1, 1), Alloc { size: 0 }),
            ("mi_malloc_aligned", (2, 1), Alloc { size: 0 }),
            ("mi_heap_malloc", (2, 1), Alloc { size: 1 }),
            ("mi_realloc_aligned", (3, 1), Realloc { old: 0, size: 1 }),
            (
                "_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h283c852a4b019017E",
                (1, 1),
                Alloc { size: 0 },
            ),
            ("<dlmalloc::dlmalloc::Dlmalloc<A>>::memalign", (3, 1), Alloc { size: 2 }),
            ("runtime.alloc", (3, 1), AllocSome { size: 0 }),
            ("heap.WasmAllocator.alloc", (4, 1), Alloc { size: 1 }),
            ("heap.BrkAllocator.free", (6, 0), Free { pointer: 2 }),
            (
                "heap.debug_allocator.DebugAllocator(.{ .safety = true }).resize",
                (6, 1),
                Resize { old: 1, size: 4 },
            ),
            ("heap.BrkAllocator.remap", (7, 1), Remap { old: 2, size: 5 }),
        ];
        for (name, (params, results), shape) in cases {
            assert_eq!(recognise(name, &ty(*params, *results)), Some(Ok(*shape)), "{name}");
        }
    }

    #[test]
    fn own_allocators_read_back_as_they_are_written() {
        for text in ["arena_alloc=malloc", "pool::operator==(x)=free"] {
            assert_eq!(text.parse::<OwnAllocator>().unwrap().to_string(), text);
        }
        for text in ["arena_alloc", "arena_alloc=mallok", "=free", ""] {
            let error = text.parse::<OwnAllocator>().unwrap_err().to_string();
            assert!(error.contains("one of: malloc, calloc, realloc"), "{error}");
        }
        let kind = "a=calloc".parse::<OwnAllocator>().unwrap().kind;
        assert_eq!(kind.probe(&ty(2, 1)), Ok(AllocArray { count: 0, size: 1 }.into()));
        assert_eq!(kind.probe(&ty(1, 1)), Err(Misfit));
    }

    #[test]
    fn other_functions_are_left_alone() {
        for name in ["mallocate", "my_free", "main.malloc", "_ZnwmPv", "not__rust_alloc", "Arena::free", ""] {
            assert_eq!(recognise(name, &ty(1, 1)), None, "{name}");
        }
        let table = "hash_map.Custom(heap.debug_allocator.DebugAllocator(.{})).alloc";
        for name in [table, "heap.ArenaAllocator.alloc", "heap.BrkAllocator.allocBigPages", "mi_version"] {
            assert_eq!(recognise(name, &ty(4, 1)), None, "{name}");
        }
        // What was made of one for a single caller.
        assert_eq!(recognise("heap.BrkAllocator.alloc", &ty(2, 1)), None);
        assert_eq!(recognise("malloc", &ty(2, 1)), Some(Err(Misfit)));
        assert_eq!(recognise("free", &ty(1, 1)), Some(Err(Misfit)));
    }
}
