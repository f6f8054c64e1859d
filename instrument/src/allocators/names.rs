//! Names of allocators in C, C++, Rust, Zig and TinyGo.

use super::AllocatorShape::{
    self, Alloc, AllocArray, AllocInto, AllocSome, CanonicalRealloc, Free, Realloc, ReallocArray, Remap,
    Resize,
};
use super::{Arity, Misfit};
use wasmscope_symbolize::FuncType;

/// Names of C functions, without what implementations put in front of them, and how many parameters each has.
pub(super) const C_FUNCTIONS: [(&str, usize, AllocatorShape); 11] = [
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

/// What implementations of C's functions put in front of their names.
pub(super) const C_PREFIXES: &[&str] =
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
    let known = c(name).or_else(|| rust(name)).or_else(|| cpp(name)).or_else(|| bindgen(name));
    let known = known.or_else(|| mimalloc(name)).or_else(|| tinygo(name)).or_else(|| zig_libc(name));
    let (params, shape) = known.or_else(|| dlmalloc_crate(name, ty)).or_else(|| zig(name, ty))?;
    Some(if shape.fits(params, ty) { Ok(shape) } else { Err(Misfit) })
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

/// What wasm-bindgen exports for the JavaScript around a module. Its older versions give no alignments.
fn bindgen(name: &str) -> Option<(Arity, AllocatorShape)> {
    Some(match name {
        "__wbindgen_malloc" => (Arity::AtLeast(1), Alloc { size: 0 }),
        "__wbindgen_realloc" => (Arity::AtLeast(3), Realloc { old: 0, size: 2 }),
        "__wbindgen_free" => (Arity::AtLeast(2), Free { pointer: 0 }),
        _ => return None,
    })
}

/// What mimalloc has beside C's functions (include/mimalloc.h), without `mi_` and `mi_heap_`: the latter have the heap
/// as first parameter.
const MIMALLOC: [(&str, usize, AllocatorShape); 17] = [
    ("malloc_small", 1, Alloc { size: 0 }),
    ("zalloc_small", 1, Alloc { size: 0 }),
    ("zalloc", 1, Alloc { size: 0 }),
    ("new", 1, Alloc { size: 0 }),
    ("new_nothrow", 1, Alloc { size: 0 }),
    ("mallocn", 2, AllocArray { count: 0, size: 1 }),
    ("malloc_aligned", 2, Alloc { size: 0 }),
    ("zalloc_aligned", 2, Alloc { size: 0 }),
    ("new_aligned", 2, Alloc { size: 0 }),
    ("calloc_aligned", 3, AllocArray { count: 0, size: 1 }),
    ("reallocf", 2, Realloc { old: 0, size: 1 }),
    ("rezalloc", 2, Realloc { old: 0, size: 1 }),
    ("reallocn", 3, ReallocArray { old: 0, count: 1, size: 2 }),
    ("realloc_aligned", 3, Realloc { old: 0, size: 1 }),
    ("free_size", 2, Free { pointer: 0 }),
    ("free_aligned", 2, Free { pointer: 0 }),
    ("free_size_aligned", 3, Free { pointer: 0 }),
];

/// Those of a heap, which only its own functions have in front of them.
const MIMALLOC_HEAP: [(&str, usize, AllocatorShape); 6] = [
    ("malloc", 2, Alloc { size: 1 }),
    ("malloc_small", 2, Alloc { size: 1 }),
    ("zalloc", 2, Alloc { size: 1 }),
    ("malloc_aligned", 3, Alloc { size: 1 }),
    ("calloc", 3, AllocArray { count: 1, size: 2 }),
    ("realloc", 3, Realloc { old: 1, size: 2 }),
];

fn mimalloc(name: &str) -> Option<(Arity, AllocatorShape)> {
    let of = |known: &[(&str, usize, AllocatorShape)], name: &str| {
        let (_, params, shape) = known.iter().find(|(known, ..)| *known == name)?;
        Some((Arity::Exactly(*params), *shape))
    };
    let heap = name.strip_prefix("mi_heap_").and_then(|function| of(&MIMALLOC_HEAP, function));
    heap.or_else(|| of(&MIMALLOC, name.strip_prefix("mi_")?))
}

/// Methods of the crate dlmalloc's allocator, which a program's own `__rust_alloc` is inlined down to. The allocator
/// itself is the first parameter, unless the optimiser knew that there is only one.
fn dlmalloc_crate(name: &str, ty: &FuncType) -> Option<(Arity, AllocatorShape)> {
    let name = without_legacy_hash(name);
    let is_mangled = name.contains("8dlmalloc8dlmalloc") && name.contains("Dlmalloc");
    let is_method = |function: &str| {
        let readable = name.strip_suffix(function).is_some_and(|path| path.ends_with(">::"));
        is_mangled && name.ends_with(&format!("{}{function}", function.len()))
            || readable && name.contains("dlmalloc::dlmalloc::Dlmalloc<")
    };
    let methods = [("malloc", 1), ("memalign", 2), ("free", 1), ("realloc", 2)];
    let (function, params) = methods.into_iter().find(|(function, _)| is_method(function))?;
    let first = ty.params.len().checked_sub(params).filter(|more| *more < 2)? as u32;
    let shape = match function {
        "malloc" => Alloc { size: first },
        "memalign" => Alloc { size: first + 1 },
        "free" => Free { pointer: first },
        _ => Realloc { old: first, size: first + 1 },
    };
    Some((Arity::Exactly(ty.params.len()), shape))
}

/// TinyGo's runtime. For nothing it gives the address of a variable; behind the size there may be a layout.
fn tinygo(name: &str) -> Option<(Arity, AllocatorShape)> {
    (name == "runtime.alloc").then_some((Arity::AtLeast(1), AllocSome { size: 0 }))
}

/// Zig's own libc: `c.malloc.malloc`.
fn zig_libc(name: &str) -> Option<(Arity, AllocatorShape)> {
    let (path, function) = name.rsplit_once('.')?;
    (path == "c" || path.starts_with("c.")).then(|| c(function))?
}

/// Allocators of Zig's standard library, which are entered through a table (lib/std/mem/Allocator.zig, `VTable`): after
/// the allocator itself come slices as address and length, alignment, new length and the caller's address. Where errors
/// are traced there is one more parameter at the front. A specialised function of another type is called by the others.
fn zig(name: &str, ty: &FuncType) -> Option<(Arity, AllocatorShape)> {
    const PLAIN: [&str; 2] = ["heap.BrkAllocator", "heap.WasmAllocator"];
    const GENERIC: [&str; 2] =
        ["heap.debug_allocator.DebugAllocator(", "heap.general_purpose_allocator.GeneralPurposeAllocator("];
    let (path, function) = name.rsplit_once('.')?;
    let is_generic = path.ends_with(')') && GENERIC.iter().any(|known| path.starts_with(known));
    let params = match function {
        "alloc" => 4,
        "free" => 5,
        "resize" | "remap" => 6,
        _ => return None,
    };
    let traced = ty.params.len().checked_sub(params).filter(|more| *more < 2)? as u32;
    let (old, size) = (1 + traced, 4 + traced);
    let shape = match function {
        "alloc" => Alloc { size: 1 + traced },
        "free" => Free { pointer: 1 + traced },
        "resize" => Resize { old, size },
        _ => Remap { old, size },
    };
    (PLAIN.contains(&path) || is_generic).then_some((Arity::Exactly(ty.params.len()), shape))
}
