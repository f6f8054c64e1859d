//! Which functions are allocators, known by name.

use crate::recording::HeapOp;
use std::fmt;
use std::str::FromStr;
use wasmscope_symbolize::{FuncType, ValType};

/// What an allocator does, with the positions of the parameters that tell about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AllocatorShape {
    /// Gives a block of `size` bytes.
    Alloc { size: u32 },
    /// Gives a block of `count` times `size` bytes.
    AllocArray { count: u32, size: u32 },
    /// Makes the block at `old` one of `size` bytes.
    Realloc { old: u32, size: u32 },
    /// Makes the block at `old` one of `count` times `size` bytes.
    ReallocArray { old: u32, count: u32, size: u32 },
    /// The same, but what it gives for a size of 0 is no block.
    CanonicalRealloc { old: u32, size: u32 },
    /// Takes the block at `pointer` back.
    Free { pointer: u32 },
    /// Writes the address of a block of `size` bytes to the memory at `out`, and gives 0.
    AllocInto { out: u32, size: u32 },
}

use AllocatorShape::{Alloc, AllocArray, AllocInto, CanonicalRealloc, Free, Realloc, ReallocArray};

/// Names of C functions, without what implementations put in front of them, and how many parameters each has.
const C_FUNCTIONS: [(&str, usize, AllocatorShape); 11] = [
    ("malloc", 1, Alloc { size: 0 }),
    ("calloc", 2, AllocArray { count: 0, size: 1 }),
    ("realloc", 2, Realloc { old: 0, size: 1 }),
    ("reallocarray", 3, ReallocArray { old: 0, count: 1, size: 2 }),
    ("free", 1, Free { pointer: 0 }),
    ("aligned_alloc", 2, Alloc { size: 1 }),
    ("memalign", 2, Alloc { size: 1 }),
    ("valloc", 1, Alloc { size: 0 }),
    ("pvalloc", 1, Alloc { size: 0 }),
    ("posix_memalign", 3, AllocInto { out: 0, size: 2 }),
    ("cabi_realloc", 4, CanonicalRealloc { old: 0, size: 3 }),
];

/// A function that the user says is an allocator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAllocator {
    /// Its name, as the module has it or as it is shown.
    pub name: String,
    /// What it does.
    pub kind: AllocatorKind,
}

/// What an allocator does: the same, with the same parameters, as a C function that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocatorKind(usize);

/// `NAME=FUNCTION` can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not NAME=FUNCTION, with one of: {}", C_FUNCTIONS.map(|(name, ..)| name).join(", "))]
pub struct BadAllocator {
    /// The text as it was given.
    pub text: String,
}

/// `arena_alloc=malloc`: the function `arena_alloc` does what `malloc` does.
impl FromStr for OwnAllocator {
    type Err = BadAllocator;

    fn from_str(text: &str) -> Result<Self, BadAllocator> {
        // A name may have an equals sign in it, as `operator==`; the function has none.
        let parts = text.rsplit_once('=').filter(|(name, _)| !name.is_empty());
        let known = parts.and_then(|(name, like)| {
            let kind = AllocatorKind(C_FUNCTIONS.iter().position(|(known, ..)| *known == like)?);
            Some(OwnAllocator { name: name.to_owned(), kind })
        });
        known.ok_or_else(|| BadAllocator { text: text.to_owned() })
    }
}

impl fmt::Display for OwnAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, C_FUNCTIONS[self.kind.0].0)
    }
}

impl AllocatorKind {
    /// What a function of this name does, if the name is that of a C function or an implementation of one and the type
    /// is too.
    pub(crate) fn like(name: &str, ty: &FuncType) -> Option<AllocatorKind> {
        let function = C_PREFIXES.iter().filter_map(|prefix| name.strip_prefix(prefix));
        let kinds = function.filter_map(|name| C_FUNCTIONS.iter().position(|(known, ..)| *known == name));
        kinds.map(AllocatorKind).find(|kind| kind.shape(ty).is_ok())
    }

    /// What a function of type `ty` does that the user says is of this kind.
    ///
    /// # Errors
    /// When it has other parameters.
    pub(crate) fn shape(self, ty: &FuncType) -> Result<AllocatorShape, Misfit> {
        let (_, params, shape) = C_FUNCTIONS[self.0];
        if shape.fits(Arity::Exactly(params), ty) { Ok(shape) } else { Err(Misfit) }
    }
}

/// What implementations of C's functions put in front of their names.
const C_PREFIXES: &[&str] =
    &["", "dl", "emmalloc_", "__libc_", "emscripten_builtin_", "__", "__real_", "mi_", "je_"];

/// Functions that the Rust compiler makes or asks for, by the last part of their path.
const RUST_FUNCTIONS: &[(&str, usize, AllocatorShape)] = &[
    ("alloc", 2, Alloc { size: 0 }),
    ("alloc_zeroed", 2, Alloc { size: 0 }),
    ("dealloc", 3, Free { pointer: 0 }),
    ("realloc", 4, Realloc { old: 0, size: 3 }),
];

/// The prefixes of the functions above: what programs call, the default allocator, one that the program chose.
const RUST_PREFIXES: &[&str] = &["__rust_", "__rdl_", "__rg_"];

/// What the function of this name and type does, if the name is an allocator's.
///
/// # Errors
/// When the name is an allocator's and the type is not.
pub(crate) fn recognise(name: &str, ty: &FuncType) -> Option<Result<AllocatorShape, Misfit>> {
    let name = name.split(".llvm.").next().unwrap_or(name);
    let (params, shape) = c(name).or_else(|| rust(name)).or_else(|| cpp(name)).or_else(|| zig(name))?;
    Some(if shape.fits(params, ty) { Ok(shape) } else { Err(Misfit) })
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

fn c(name: &str) -> Option<(Arity, AllocatorShape)> {
    C_PREFIXES.iter().find_map(|prefix| {
        let function = name.strip_prefix(prefix)?;
        let (_, params, shape) = C_FUNCTIONS.iter().find(|(known, ..)| *known == function)?;
        Some((Arity::Exactly(*params), *shape))
    })
}

/// `__rust_alloc`; in the v0 mangling `_RNvCs1234_7___rustc12___rust_alloc`; `_ZN...12__rust_alloc17h...E`;
/// demangled `__rustc::__rust_alloc` and `__rustc[1234]::__rust_alloc`.
fn rust(name: &str) -> Option<(Arity, AllocatorShape)> {
    let name = without_legacy_hash(name);
    RUST_PREFIXES.iter().find_map(|prefix| {
        let (path, function) = name.rsplit_once(prefix)?;
        let is_path =
            path.is_empty() || path.ends_with("::") || path.starts_with("_R") || path.starts_with("_ZN");
        let (_, params, shape) = RUST_FUNCTIONS.iter().find(|(known, ..)| is_path && *known == function)?;
        Some((Arity::Exactly(*params), *shape))
    })
}

/// Strips `17h`, 16 digits and `E`.
fn without_legacy_hash(name: &str) -> &str {
    let hash = name.len().checked_sub(20).filter(|_| name.starts_with("_ZN") && name.ends_with('E'));
    match hash.and_then(|at| name.split_at_checked(at)) {
        Some((path, hash)) if hash.starts_with("17h") => path,
        _ => name,
    }
}

/// `operator new` and `operator delete` in all their forms, mangled or not: whatever else they are given, the size
/// or the address comes first.
fn cpp(name: &str) -> Option<(Arity, AllocatorShape)> {
    const NEW: &[&str] = &["_Znw", "_Zna", "operator new(", "operator new["];
    const DELETE: &[&str] = &["_Zdl", "_Zda", "operator delete(", "operator delete["];
    // Some tools put another underscore in front.
    let name = name.strip_prefix('_').filter(|rest| rest.starts_with("_Z")).unwrap_or(name);
    let is_one_of = |known: &[&str]| known.iter().any(|known| name.starts_with(known));
    // Placement new gets an address and allocates nothing; it is inlined, but may be left over at -O0.
    let is_placement =
        ["_ZnwmPv", "_ZnwjPv", "_ZnamPv", "_ZnajPv"].contains(&name) || name.ends_with(", void*)");
    if is_one_of(NEW) && !is_placement {
        return Some((Arity::AtLeast(1), Alloc { size: 0 }));
    }
    is_one_of(DELETE).then_some((Arity::AtLeast(1), Free { pointer: 0 }))
}

/// Zig's own libc: `c.malloc.malloc`.
fn zig(name: &str) -> Option<(Arity, AllocatorShape)> {
    let (path, function) = name.rsplit_once('.')?;
    (path == "c" || path.starts_with("c.")).then(|| c(function))?
}

impl AllocatorShape {
    /// The operation as the recording has it.
    pub(crate) fn op(self) -> HeapOp {
        match self {
            Alloc { .. } | AllocArray { .. } | AllocInto { .. } => HeapOp::Alloc,
            Realloc { .. } | ReallocArray { .. } | CanonicalRealloc { .. } => HeapOp::Realloc,
            Free { .. } => HeapOp::Free,
        }
    }

    /// The parameters that tell what is done.
    pub(crate) fn params(self) -> Vec<u32> {
        match self {
            Alloc { size } => vec![size],
            AllocArray { count, size } => vec![count, size],
            Realloc { old, size } | CanonicalRealloc { old, size } => vec![old, size],
            ReallocArray { old, count, size } => vec![old, count, size],
            Free { pointer } => vec![pointer],
            AllocInto { out, size } => vec![out, size],
        }
    }

    fn fits(self, params: Arity, ty: &FuncType) -> bool {
        let is_word = |ty: &ValType| matches!(ty, ValType::I32 | ValType::I64);
        let arity = match params {
            Arity::Exactly(count) => ty.params.len() == count,
            Arity::AtLeast(count) => ty.params.len() >= count,
        };
        let results = if let Free { .. } = self { 0 } else { 1 };
        let used = self.params().into_iter().all(|param| ty.params.get(param as usize).is_some_and(is_word));
        arity && used && ty.results.len() == results && ty.results.iter().all(is_word)
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
        assert_eq!(kind.shape(&ty(2, 1)), Ok(AllocArray { count: 0, size: 1 }));
        assert_eq!(kind.shape(&ty(1, 1)), Err(Misfit));
    }

    #[test]
    fn other_functions_are_left_alone() {
        for name in ["mallocate", "my_free", "main.malloc", "_ZnwmPv", "not__rust_alloc", "Arena::free", ""] {
            assert_eq!(recognise(name, &ty(1, 1)), None, "{name}");
        }
        assert_eq!(recognise("malloc", &ty(2, 1)), Some(Err(Misfit)));
        assert_eq!(recognise("free", &ty(1, 1)), Some(Err(Misfit)));
    }
}
