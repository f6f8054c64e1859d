//! Packages and modules out of names with dots and slashes, as many languages write them without mangling.

use super::{Group, GroupKind, is_identifier};

/// What compilers and linkers put behind a dot of a C function's name.
const SUFFIXES: [&str; 8] =
    ["command_export", "part", "isra", "constprop", "cold", "resume", "destroy", "cleanup"];

/// Go's `encoding/json.(*Decoder).Decode` and `(*sync.Once).Do`, AssemblyScript's `~lib/array/Array<f64>#push`, Zig's
/// `array_list.List(u8).append`, a component's `demo:text/stats#count`.
pub(super) fn group(name: &str) -> Option<Group> {
    if name.contains(char::is_whitespace) && !name.contains('[') || name.starts_with("operator") {
        return None;
    }
    let named = |kind, name| Group::named(kind, name);
    if let Some(interface) = interface(name) {
        return named(GroupKind::Module, interface);
    }
    if let Some(module) = name.strip_prefix("start:") {
        return named(GroupKind::Module, until(module, &['~', '|']));
    }
    let path = until(name.trim_start_matches(['(', '*']), &['<', '(', '[', '#', ')']);
    let (folders, last) =
        path.rfind('/').map_or((None, path), |at| (path.get(..at), path.get(at + 1..).unwrap_or("")));
    match folders {
        Some(folders) if is_assemblyscript(folders, last) => {
            (!last.is_empty()).then(|| named(GroupKind::Module, folders))?
        }
        _ => named(GroupKind::Package, path.get(..folders.map_or(0, |f| f.len() + 1) + package(last)?)?),
    }
}

/// `demo:text/stats` of `demo:text/stats#count` and what is called after it.
fn interface(name: &str) -> Option<&str> {
    let name = name.strip_prefix("cabi_post_").unwrap_or(name);
    let (interface, _) = name.split_once('#')?;
    let (package, path) = interface.split_once(':')?;
    (!package.contains('/') && path.contains('/')).then_some(interface)
}

/// A static method has a dot too, but that of a class, whose name begins with a capital letter; Go packages' don't.
fn is_assemblyscript(folders: &str, last: &str) -> bool {
    folders.starts_with("~lib") || !last.contains('.') || last.starts_with(char::is_uppercase)
}

/// The length of the package's name in `package.function`.
fn package(name: &str) -> Option<usize> {
    let (package, function) = name.split_once('.')?;
    let first = until(function, &['.']);
    let is_numbered = function.starts_with(|c: char| c.is_ascii_digit());
    let is_plain = package.split(['-', '%', ':']).any(is_identifier);
    (is_plain && !is_numbered && !SUFFIXES.contains(&first)).then_some(package.len())
}

fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.split(ends).next().unwrap_or(text)
}
