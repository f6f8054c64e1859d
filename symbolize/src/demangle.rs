//! From the names that linkers use to the names that people wrote.

use std::fmt::{self, Write};
use std::sync::Arc;

use crate::group::Group;
use crate::short::shorten;

/// Longer names are shown as they are: real ones reach 24,007 bytes, and demanglers take time and stack.
const MAX_MANGLED_BYTES: usize = 4096;
/// Back references make a short mangled name unfold without bound.
const MAX_DEMANGLED_BYTES: usize = 1 << 16;
/// Far deeper than types nest in practice, and harmless on the 2 MiB stack of a thread.
const MAX_DEPTH: u32 = 96;

/// A name as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Demangled.
    pub full: Arc<str>,
    /// Without template and generic arguments and parameter lists: `json::parse_value`.
    pub short: Arc<str>,
    /// What the name says that the function belongs to. [`crate::Symbols::group`] knows more.
    pub group: Option<Group>,
}

/// The language of a function, as far as its name shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    Cpp,
    Unknown,
}

impl Name {
    /// The name that stands in a module or in debug information, mangled or not.
    pub fn of(raw: &Arc<str>) -> Name {
        if raw.len() > MAX_MANGLED_BYTES {
            return Name::same(raw);
        }
        let symbol = without_llvm_suffix(raw);
        let (language, full) = match demangle(symbol) {
            Some((language, full)) => (language, full.into()),
            None if symbol.len() == raw.len() => (Language::Unknown, Arc::clone(raw)),
            None => (Language::Unknown, symbol.into()),
        };
        let short = match cpp_prefix(&full).unwrap_or_else(|| shorten(&full)) {
            short if *short == *full => Arc::clone(&full),
            short => short.into(),
        };
        let group = Group::of_name(language, symbol, &full, &short);
        Name { full, short, group }
    }

    /// A name that isn't mangled.
    pub fn same(raw: &Arc<str>) -> Name {
        Name { full: Arc::clone(raw), short: Arc::clone(raw), group: None }
    }
}

/// Strips `.llvm.123`, which link-time optimisation puts behind the names of functions it made public.
fn without_llvm_suffix(name: &str) -> &str {
    match name.split_once(".llvm.") {
        Some((symbol, hash)) if hash.bytes().all(|b| b.is_ascii_hexdigit() || b == b'@') => symbol,
        _ => name,
    }
}

fn demangle(symbol: &str) -> Option<(Language, String)> {
    if symbol.starts_with("_R") || is_rust_legacy(symbol) {
        return Some((Language::Rust, rust(symbol)?));
    }
    let demangled = cpp(symbol).map(|name| (Language::Cpp, name));
    demangled.or_else(|| Some((Language::Rust, without_hashes(symbol)?)))
}

/// A Rust name that a tool demangled, without the hashes that it left in: `core[ca02ca61d46aa30f]::str::count` and
/// `core::str::count::h0123456789abcdef`. `None` where there are none.
fn without_hashes(name: &str) -> Option<String> {
    let is_hash = |text: &str| (12..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some((path, _)) = name.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16 && is_hash(hash)) {
        return Some(path.to_owned());
    }
    let mut parts = name.split('[');
    let mut kept = parts.next()?.to_owned();
    for part in parts {
        match part.split_once(']').filter(|(hash, rest)| is_hash(hash) && rest.starts_with("::")) {
            Some((_, rest)) => kept.push_str(rest),
            None => kept.extend(["[", part]),
        }
    }
    (kept.len() < name.len()).then_some(kept)
}

/// Rust's older names are Itanium names that end in a hash: `17h` and 16 hexadecimal digits.
fn is_rust_legacy(symbol: &str) -> bool {
    let hash = || symbol.rfind("17h").and_then(|at| symbol.as_bytes().get(at + 3..at + 20));
    symbol.starts_with("_ZN")
        && hash().is_some_and(|hash| hash[..16].iter().all(u8::is_ascii_hexdigit) && hash[16] == b'E')
}

fn rust(symbol: &str) -> Option<String> {
    let name = rustc_demangle::try_demangle(symbol).ok()?;
    let mut text = Bounded(String::new());
    // The alternate form leaves out hashes.
    write!(text, "{name:#}").ok()?;
    Some(text.0)
}

fn cpp(symbol: &str) -> Option<String> {
    // Some tools put another underscore in front.
    let symbol = symbol.strip_prefix('_').filter(|rest| rest.starts_with("_Z")).unwrap_or(symbol);
    if !symbol.starts_with("_Z") {
        return None;
    }
    let parse = cpp_demangle::ParseOptions::default().recursion_limit(MAX_DEPTH);
    let print = cpp_demangle::DemangleOptions::default().recursion_limit(MAX_DEPTH);
    let name = cpp_demangle::Symbol::new_with_options(symbol.as_bytes(), &parse).ok()?;
    let mut text = Bounded(String::new());
    name.structured_demangle(&mut text, &print).ok()?;
    Some(text.0)
}

/// The names at the start of a C++ name that could not be demangled, up to the first template arguments: newer
/// compilers mangle constrained templates in ways that the demangler does not know.
fn cpp_prefix(symbol: &str) -> Option<String> {
    let rest = symbol.strip_prefix("_Z")?;
    let mut rest = rest.strip_prefix('N').unwrap_or(rest).trim_start_matches(['r', 'V', 'K', 'R', 'O']);
    let mut names = Vec::new();
    if let Some(inside) = rest.strip_prefix("St") {
        names.push("std");
        rest = inside;
    }
    while let Some(digits) = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0) {
        let len: usize = rest.get(..digits)?.parse().ok()?;
        let end = digits.checked_add(len)?;
        names.push(rest.get(digits..end)?);
        rest = rest.get(end..)?;
    }
    (!names.is_empty()).then(|| names.join("::"))
}

/// Text that refuses to grow beyond [`MAX_DEMANGLED_BYTES`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_DEMANGLED_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, full: &str, short: &str) {
        let names = Name::of(&raw.into());
        assert_eq!((&*names.full, &*names.short), (full, short), "{raw}");
    }

    #[test]
    fn rust_names() {
        check("_ZN4json11parse_value17h0123456789abcdefE", "json::parse_value", "json::parse_value");
        check("_ZN4json11parse_value17h0123456789abcdefE.llvm.123", "json::parse_value", "json::parse_value");
        check("_RNvC6_123foo3bar", "123foo::bar", "123foo::bar");
        check(
            "_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..Drop$GT$4drop17h0123456789abcdefE",
            "<alloc::vec::Vec<T> as core::ops::Drop>::drop",
            "alloc::vec::Vec::drop",
        );
    }

    #[test]
    fn cpp_names() {
        check("_ZN5shape4areaEi", "shape::area(int)", "shape::area");
        check("__ZN5shape4areaEi", "shape::area(int)", "shape::area");
        check(
            "_ZNSt3__26vectorIiNS_9allocatorIiEEE9push_backERKi",
            "std::__2::vector<int, std::__2::allocator<int> >::push_back(int const&)",
            "std::__2::vector::push_back",
        );
        check("_Z3maxIiET_S0_S0_", "int max<int>(int, int)", "max");
    }

    #[test]
    fn hashes_that_tools_leave_go() {
        check(
            "<dlmalloc[7de41e1d8754fef7]::Dlmalloc<sys[7de41e1d8754fef7]::System>>::malloc",
            "<dlmalloc::Dlmalloc<sys::System>>::malloc",
            "dlmalloc::Dlmalloc::malloc",
        );
        check("core::str::count::h0123456789abcdef", "core::str::count", "core::str::count");
        check("f[0123456789abcdef](int)", "f[0123456789abcdef](int)", "f");
    }

    #[test]
    fn other_names_stay() {
        check("memcpy", "memcpy", "memcpy");
        check("_Znonsense", "_Znonsense", "_Znonsense");
        let unknown = "_ZNSt3__26vectorIiEC2IPiTnNS_9enable_ifIXsr1a1bE5valueEiE4typeELi0EEES2_S2_";
        check(unknown, unknown, "std::__2::vector");
        check("main.main$1", "main.main$1", "main.main$1");
        check("foo.llvm.99", "foo", "foo");
        let long = format!("_ZN{}E", "1a".repeat(3000));
        check(&long, &long, &long);
    }

    #[test]
    fn names_that_unfold_without_bound_stay() {
        // Each substitution doubles the one before it.
        let doubling: String = (0..60).map(|i| format!("S{}_S{}_", (b'0' + i % 10) as char, i % 7)).collect();
        let raw: Arc<str> = format!("_Z1fI{doubling}EvT_").into();
        assert!(Name::of(&raw).full.len() <= MAX_DEMANGLED_BYTES);
    }
}
