//! Names without what compilers put into them anew with each build.

/// What compilers put behind the names of functions that they cloned, split or made public.
const CLONES: [&str; 8] =
    ["llvm", "isra", "constprop", "part", "cold", "lto_priv", "specialized", "localalias"];

/// A name as it is in any build: without hashes (`::h0123456789abcdef`, `[ca02ca61d46aa30f]`), without what stands
/// behind clones (`.llvm.123`, `.isra.0`, `.4`, `[clone .part.0]`), and without the numbers that tell closures and the
/// like apart (`{closure#2}`).
pub(super) fn comparable(name: &str) -> String {
    let mut rest = name;
    while let Some(shorter) = without_hash(rest).or_else(|| without_clone(rest)) {
        rest = shorter;
    }
    without_numbers(rest)
}

fn without_hash(name: &str) -> Option<&str> {
    let (path, hash) = name.rsplit_once("::h")?;
    (hash.len() == 16 && is_hexadecimal(hash)).then_some(path)
}

fn without_clone(name: &str) -> Option<&str> {
    if let Some((path, _)) = name.strip_suffix(']').and_then(|name| name.rsplit_once(" [clone .")) {
        return Some(path);
    }
    let (path, word) = name.rsplit_once('.')?;
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    (!path.is_empty() && (is_number || CLONES.contains(&word))).then_some(path)
}

/// `{closure#2}` becomes `{closure}`, `core[ca02ca61d46aa30f]::str` becomes `core::str`.
fn without_numbers(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find(['#', '[']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let left_out = if from.starts_with('#') { number_len(from) } else { crate_hash_len(from) };
        if left_out == 0 {
            kept.push_str(&from[..1]);
        }
        rest = &from[left_out.max(1)..];
    }
    kept + rest
}

/// The length of `#12` in front of a closing brace.
fn number_len(text: &str) -> usize {
    let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && text[1 + digits..].starts_with('}') { 1 + digits } else { 0 }
}

/// The length of a hash in brackets.
fn crate_hash_len(text: &str) -> usize {
    let hash = text[1..].split_once(']').map(|(hash, _)| hash);
    hash.filter(|hash| (12..=16).contains(&hash.len()) && is_hexadecimal(hash))
        .map_or(0, |hash| hash.len() + 2)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_adds_to_names_goes() {
        for (name, expected) in [
            ("json::parse::h0123456789abcdef", "json::parse"),
            ("json::parse::h0123", "json::parse::h0123"),
            ("mix.llvm.1234567890", "mix"),
            ("mix.isra.0.constprop.12", "mix"),
            ("mix.cold", "mix"),
            ("mix.4", "mix"),
            ("f(int) [clone .part.0]", "f(int)"),
            ("main::{closure#2}::{closure#0}", "main::{closure}::{closure}"),
            ("f()::{lambda(int)#1}::operator()(int) const", "f()::{lambda(int)}::operator()(int) const"),
            ("core[ca02ca61d46aa30f]::str::count", "core::str::count"),
            ("List(u8).append", "List(u8).append"),
            ("a[0]#1 größe]", "a[0]#1 größe]"),
            (".5", ".5"),
            ("wasi_snapshot_preview1.fd_write", "wasi_snapshot_preview1.fd_write"),
            ("", ""),
        ] {
            assert_eq!(comparable(name), expected, "{name}");
        }
    }
}
