//! What wasm-bindgen's programs import of the JavaScript that is made for them: the helpers that every program has, and
//! those functions of browsers that code which computes needs.
//!
//! Programs of older and newer versions, with handles and with references, name the same things in ways of their own:
//! `__wbindgen_throw`, `__wbg___wbindgen_throw_4c88d8bf264fd984`. Names are compared without what surrounds them and
//! without underscores. Functions of the program's own JavaScript are imported in the same way, and are missing.

mod arrays;
mod browser;
mod helpers;
mod reference;
mod value;
mod values;

pub use values::Values;

use super::entry::Entry;
use super::math;
use wasmscope_symbolize::FuncType;

/// Digits of the hash behind a name.
const HASH_DIGITS: usize = 16;

/// Is it a module that wasm-bindgen's programs import from?
pub fn is_module(module: &str) -> bool {
    matches!(module, "wbg" | "__wbindgen_placeholder__")
        || (module.starts_with("./") && module.ends_with("_bg.js"))
}

/// The entry for an import of such a module.
pub fn find(name: &str, ty: &FuncType) -> Option<Entry> {
    let stem = stem(name);
    let tables = [helpers::ENTRIES, browser::ENTRIES, arrays::ENTRIES, math::ENTRIES];
    let mut entries = tables.into_iter().flatten();
    entries.find(|entry| is_named(entry.name, stem) && entry.fits_type(ty)).copied()
}

/// The name without prefix and hash.
fn stem(name: &str) -> &str {
    let name = name.strip_prefix("__wbg_").unwrap_or(name);
    match name.rsplit_once('_') {
        Some((stem, hash)) if is_hash(hash) => stem,
        _ => name,
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_named(name: &str, stem: &str) -> bool {
    letters(name).eq(letters(stem))
}

fn letters(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|byte| *byte != b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_what_surrounds_them() {
        for (name, expected) in [
            ("__wbindgen_throw", "__wbindgen_throw"),
            ("__wbg___wbindgen_throw_4c88d8bf264fd984", "__wbindgen_throw"),
            ("__wbg_log_55ae87f1c1b4ce00", "log"),
            ("__wbg_set_brotlistreamresult_code", "set_brotlistreamresult_code"),
            ("__wbindgen_cast_2241b6af4c4b2941", "__wbindgen_cast"),
        ] {
            assert_eq!(stem(name), expected);
        }
        assert!(is_named("new_with_length", "newwithlength"));
        assert!(!is_named("new", "newnoargs"));
    }
}
