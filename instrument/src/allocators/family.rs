//! Whose an allocator is: what the names of the functions tell that it calls.

use crate::recording::AllocatorFamily;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use wasmscope_symbolize::FuncIndex;

/// Functions whose names tell a family.
#[derive(Debug, Default)]
pub(crate) struct Families(FxHashMap<FuncIndex, AllocatorFamily>);

impl Families {
    /// Reads the names of functions.
    pub(crate) fn of<'a>(functions: impl Iterator<Item = (FuncIndex, &'a str)>) -> Self {
        Families(functions.filter_map(|(func, name)| Some((func, family_of(name)?))).collect())
    }

    /// The family of the function nearest to `func` that has one, itself first, then what it calls.
    pub(crate) fn nearest<I: Iterator<Item = FuncIndex>>(
        &self,
        func: FuncIndex,
        callees: impl Fn(FuncIndex) -> I,
    ) -> AllocatorFamily {
        let (mut seen, mut next) = (FxHashSet::from_iter([func]), VecDeque::from([func]));
        while let Some(func) = next.pop_front() {
            if let Some(family) = self.0.get(&func) {
                return *family;
            }
            next.extend(callees(func).filter(|callee| seen.insert(*callee)));
        }
        AllocatorFamily::Unknown
    }
}

/// What names begin with.
const PREFIXES: [(&str, AllocatorFamily); 12] = [
    ("emmalloc_", AllocatorFamily::Emmalloc),
    ("initialize_emmalloc_heap", AllocatorFamily::Emmalloc),
    ("mi_", AllocatorFamily::Mimalloc),
    ("_mi_", AllocatorFamily::Mimalloc),
    ("~lib/rt/tlsf/", AllocatorFamily::Tlsf),
    ("~lib/rt/stub/", AllocatorFamily::AssemblyScriptStub),
    ("heap.BrkAllocator.", AllocatorFamily::Zig),
    ("heap.WasmAllocator.", AllocatorFamily::Zig),
    ("heap.debug_allocator.", AllocatorFamily::ZigDebug),
    ("heap.general_purpose_allocator.", AllocatorFamily::ZigDebug),
    ("c.malloc.", AllocatorFamily::ZigLibc),
    ("runtime.alloc", AllocatorFamily::TinyGo),
];

/// Functions of malloc.c that are neither exported nor inlined everywhere.
const DLMALLOC: [&str; 11] = [
    "dlmalloc",
    "dlfree",
    "dlcalloc",
    "dlrealloc",
    "dlmemalign",
    "dlposix_memalign",
    "prepend_alloc",
    "dispose_chunk",
    "try_realloc_chunk",
    "tmalloc_large",
    "tmalloc_small",
];

/// Rust crates.
const CRATES: [(&str, AllocatorFamily); 4] = [
    ("dlmalloc", AllocatorFamily::Dlmalloc),
    ("talc", AllocatorFamily::Talc),
    ("wee_alloc", AllocatorFamily::WeeAlloc),
    ("lol_alloc", AllocatorFamily::LolAlloc),
];

fn family_of(name: &str) -> Option<AllocatorFamily> {
    let prefix = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix));
    if let Some((_, family)) = prefix {
        return Some(*family);
    }
    if DLMALLOC.contains(&name) {
        return Some(AllocatorFamily::Dlmalloc);
    }
    CRATES.iter().find(|(krate, _)| is_in_crate(name, krate)).map(|(_, family)| *family)
}

/// Is a Rust function one of the crate, or an implementation for a type of its? As `7___rust..4talc`, `$LT$talc..`,
/// `talc::`, `<talc::`.
fn is_in_crate(name: &str, krate: &str) -> bool {
    name.match_indices(krate).any(|(at, _)| {
        let (before, behind) = (name.get(..at).unwrap_or(""), name.get(at + krate.len()..).unwrap_or(""));
        let is_path = behind.starts_with("::") || behind.starts_with("..");
        let is_whole =
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') || before.ends_with("$LT$");
        let length = krate.len().to_string();
        let is_mangled = name.starts_with("_R") || name.starts_with("_ZN");
        let is_counted =
            before.strip_suffix(&*length).is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_digit()));
        is_path && is_whole || is_mangled && is_counted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_families() {
        for (name, family) in [
            ("dlmalloc", Some(AllocatorFamily::Dlmalloc)),
            (
                "_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h283c852a4b019017E",
                Some(AllocatorFamily::Dlmalloc),
            ),
            ("<dlmalloc::dlmalloc::Dlmalloc<A>>::free", Some(AllocatorFamily::Dlmalloc)),
            (
                "_ZN72_$LT$wee_alloc..WeeAlloc$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc17hb781d7d6f506c8d1E",
                Some(AllocatorFamily::WeeAlloc),
            ),
            ("_RNvMNtCs1_4talc4talcNtB2_4Talc6malloc", Some(AllocatorFamily::Talc)),
            ("emmalloc_free", Some(AllocatorFamily::Emmalloc)),
            ("mi_malloc_aligned", Some(AllocatorFamily::Mimalloc)),
            ("heap.BrkAllocator.alloc", Some(AllocatorFamily::Zig)),
            ("~lib/rt/tlsf/insertBlock", Some(AllocatorFamily::Tlsf)),
            ("malloc", None),
            ("talcum::powder", None),
            ("my_talc", None),
            ("_ZN14talc_unrelated3foo17h0123456789abcdefE", None),
        ] {
            assert_eq!(family_of(name), family, "{name}");
        }
    }

    #[test]
    fn the_nearest_one_called_tells() {
        let names = [(3, "emmalloc_free"), (4, "dlmalloc")];
        let families = Families::of(names.into_iter().map(|(func, name)| (FuncIndex(func), name)));
        let callees = |func: FuncIndex| {
            let to: &[u32] = match func.0 {
                0 => &[1, 3, 0],
                1 => &[4],
                2 => &[2],
                _ => &[],
            };
            to.iter().copied().map(FuncIndex)
        };
        assert_eq!(families.nearest(FuncIndex(0), callees), AllocatorFamily::Emmalloc);
        assert_eq!(families.nearest(FuncIndex(1), callees), AllocatorFamily::Dlmalloc);
        assert_eq!(families.nearest(FuncIndex(2), callees), AllocatorFamily::Unknown);
    }
}
