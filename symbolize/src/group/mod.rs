//! What functions belong to: crates, namespaces, packages, and the files of those whose names tell nothing of it.

mod path;
mod rust;

use std::fmt;
use std::sync::Arc;

use crate::demangle::Language;

/// What a function belongs to. Displayed as its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// What kind of thing it is.
    pub kind: GroupKind,
    /// Its name as the language writes it: `alloc`, `std`, `encoding/json`, `~lib/array`, `bzlib.c`.
    pub name: Arc<str>,
}

/// What kinds of groups there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupKind {
    /// A Rust crate.
    Crate,
    /// The outermost scope in C++: a namespace, or a class outside of any.
    Namespace,
    /// What stands before the first dot: a Go package, a file of Zig.
    Package,
    /// A file of AssemblyScript, or an interface of a component.
    Module,
    /// A source file, by its name without the folders.
    File,
    /// What a function is imported from.
    Host,
}

impl Group {
    /// The source file at `path`; `None` where that names no file.
    pub fn of_file(path: &str) -> Option<Group> {
        let name = path.rsplit(['/', '\\']).next()?;
        Group::named(GroupKind::File, name)
    }

    /// What the name of a function says: `raw` as the module has it, `full` demangled, and `short`.
    pub(crate) fn of_name(language: Language, raw: &str, full: &str, short: &str) -> Option<Group> {
        match language {
            Language::Rust => {
                let name = rust::crate_of_mangled(raw).or_else(|| rust::crate_of(full))?;
                Group::named(GroupKind::Crate, name)
            }
            Language::Cpp => Group::named(GroupKind::Namespace, outermost_scope(short)?),
            Language::Unknown if full.contains("::") => {
                Group::named(GroupKind::Namespace, outermost_scope(short)?)
            }
            Language::Unknown => path::group(full),
        }
    }

    pub(crate) fn of_import(module: &Arc<str>) -> Group {
        Group { kind: GroupKind::Host, name: Arc::clone(module) }
    }

    fn named(kind: GroupKind, name: &str) -> Option<Group> {
        (!name.is_empty()).then(|| Group { kind, name: name.into() })
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// `std` of `std::vector::push_back`; nothing of what stands in no scope, or in an anonymous namespace.
fn outermost_scope(short: &str) -> Option<&str> {
    let (scope, _) = short.split_once("::")?;
    is_identifier(scope).then_some(scope)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

#[cfg(test)]
mod tests {
    use super::GroupKind::{Crate, File, Module, Namespace, Package};
    use super::*;
    use crate::demangle::Name;

    fn check(cases: &[(&str, Option<(GroupKind, &str)>)]) {
        for (raw, expected) in cases {
            let group = Name::of(&Arc::from(*raw)).group;
            assert_eq!(group.as_ref().map(|group| (group.kind, &*group.name)), *expected, "{raw}");
        }
    }

    #[test]
    fn rust_functions_belong_to_the_crate_that_defines_them() {
        check(&[
            ("_ZN4json11parse_value17h0123456789abcdefE", Some((Crate, "json"))),
            // <alloc::vec::Vec<T> as core::ops::Drop>::drop
            (
                "_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..Drop$GT$4drop17h0123456789abcdefE",
                Some((Crate, "alloc")),
            ),
            // <&T as core::fmt::Debug>::fmt
            (
                "_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17hfa6c0d174aed41deE",
                Some((Crate, "core")),
            ),
            ("_RNvNtCslsdzlK7SLx2_6wasip113lib_generated7fd_read", Some((Crate, "wasip1"))),
            ("_RNvCsdBezzDwma51_7___rustc12___rust_alloc", Some((Crate, "__rustc"))),
            // The implementation stands in `json`, whatever the type and the trait are of.
            (
                "_RNvXs_NtCs1_4json5valueNtNtCs2_5alloc6string6StringNtNtCs3_4core3fmt5Debug3fmt",
                Some((Crate, "json")),
            ),
            // A provided method of a trait, of a type of `core`.
            (
                "_RNvYNtNtNtCs1_4core3fmt8builders10PadAdapterNtB6_5Write9write_fmtCs2_3app",
                Some((Crate, "core")),
            ),
            // Generic: of the crate that defines it, not of the one that asked for it.
            ("_RINvNtCs1_4core3ptr13drop_in_placeNtCs2_3app4TreeECs2_3app", Some((Crate, "core"))),
            ("wasm_bindgen[9467254e5151d29b]::__rt::link_mem_intrinsics", Some((Crate, "wasm_bindgen"))),
            (
                "<dlmalloc[7de41e1d8754fef7]::Dlmalloc<app[526bb57148bd532e]::S>>::free",
                Some((Crate, "dlmalloc")),
            ),
            ("json::parse::h0123456789abcdef", Some((Crate, "json"))),
        ]);
    }

    #[test]
    fn cpp_functions_belong_to_the_outermost_scope() {
        check(&[
            ("_ZN5shape4areaEi", Some((Namespace, "shape"))),
            ("_ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi", Some((Namespace, "std"))),
            ("void std::__2::__introsort<int*>(int*, int*)", Some((Namespace, "std"))),
            ("_Z3maxIiET_S0_S0_", None),
            ("(anonymous namespace)::walk(int)", None),
            ("operator new(unsigned long)", None),
        ]);
    }

    #[test]
    fn paths_tell_packages_and_modules() {
        check(&[
            ("encoding/json.Marshal", Some((Package, "encoding/json"))),
            ("encoding/json.(*Decoder).Decode", Some((Package, "encoding/json"))),
            ("slices.SortFunc[go.shape.[]io/fs.DirEntry]", Some((Package, "slices"))),
            ("github.com/a/b%2ev2.New", Some((Package, "github.com/a/b%2ev2"))),
            ("runtime.mallocgc", Some((Package, "runtime"))),
            ("main.main.func1", Some((Package, "main"))),
            ("(*internal/task.Mutex).Lock", Some((Package, "internal/task"))),
            ("(encoding/json.Kind).String", Some((Package, "encoding/json"))),
            ("array_list.ArrayListAligned(u8,null).append", Some((Package, "array_list"))),
            ("kotlin.collections.joinToString", Some((Package, "kotlin"))),
            ("~lib/array/Array<~lib/string/String>#push", Some((Module, "~lib/array"))),
            ("~lib/math/NativeMath.cos", Some((Module, "~lib/math"))),
            ("~lib/object/Object~visit", Some((Module, "~lib/object"))),
            ("assembly/index/Body.create", Some((Module, "assembly/index"))),
            ("assembly/index/main~anonymous|0", Some((Module, "assembly/index"))),
            ("start:assembly/index", Some((Module, "assembly/index"))),
            ("wasi:cli/run@0.2.0#run", Some((Module, "wasi:cli/run@0.2.0"))),
            ("cabi_post_demo:text/stats#count", Some((Module, "demo:text/stats"))),
        ]);
    }

    #[test]
    fn plain_names_tell_nothing() {
        let names =
            ["memcpy", "_start.command_export", "f.1", "f.part.0", ".hidden", "a. b", "~start", "a/", ""];
        check(&names.map(|name| (name, None)));
        let file = |path| Group::of_file(path).map(|group| (group.kind, group.name.to_string()));
        assert_eq!(file("C:\\src\\a.c"), Some((File, "a.c".to_owned())));
        assert_eq!(file("/src/"), None);
    }
}
