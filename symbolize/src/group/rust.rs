//! The crates of Rust functions.

use super::is_identifier;
use crate::short::self_path;

/// How many steps are taken in a mangled name; back references can make it go far.
const MAX_STEPS: usize = 64;

/// The crate in which the function of a v0 name is defined: of a method that of its `impl`, which the demangled form
/// no longer tells. `None` for what is no v0 name.
pub(super) fn crate_of_mangled(symbol: &str) -> Option<&str> {
    let path = symbol.strip_prefix("_R").or_else(|| symbol.strip_prefix("__R"))?;
    let mut rest = path;
    for _ in 0..MAX_STEPS {
        let (tag, after) = (rest.bytes().next()?, rest.get(1..)?);
        rest = match tag {
            b'C' => return identifier(disambiguated(after)?),
            // `N` is followed by the namespace.
            b'N' => after.get(1..)?,
            b'M' | b'X' => disambiguated(after)?,
            // A generic path, a provided method of a trait, and pointers lead to what they are of.
            b'I' | b'Y' | b'P' | b'O' | b'S' | b'A' => after,
            b'R' | b'Q' => after
                .strip_prefix('L')
                .map_or(Some(after), |lifetime| base_62(lifetime).map(|(_, rest)| rest))?,
            b'B' => path.get(base_62(after)?.0..)?,
            _ => return None,
        };
    }
    None
}

/// What follows `s` and its number, if they are there.
fn disambiguated(text: &str) -> Option<&str> {
    match text.strip_prefix('s') {
        Some(number) => base_62(number).map(|(_, rest)| rest),
        None => Some(text),
    }
}

/// A number in base 62 and what follows: `_` is 0, `0_` is 1.
fn base_62(text: &str) -> Option<(usize, &str)> {
    let (digits, rest) = text.split_once('_')?;
    let mut value = 0usize;
    for byte in digits.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        value = value.checked_mul(62)?.checked_add(usize::from(digit))?;
    }
    Some((if digits.is_empty() { 0 } else { value.checked_add(1)? }, rest))
}

/// A length, then as many bytes; `_` stands between where they would run together.
fn identifier(text: &str) -> Option<&str> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let len: usize = text.get(..digits)?.parse().ok()?;
    let name = text.get(digits..)?;
    let name = name.strip_prefix('_').unwrap_or(name);
    name.get(..len).filter(|name| is_identifier(name))
}

/// The crate of a demangled path. Of `<T as Trait>::f` it is that of the type, and where that is of no crate, as `u8`,
/// or generic, as `T`, that of the trait.
pub(super) fn crate_of(path: &str) -> Option<&str> {
    let Some((ty, of_trait)) = self_path(path) else {
        let (name, _) = path.split_once("::")?;
        return is_identifier(name).then_some(name);
    };
    // A type within a type is rare enough to ask its trait, so that nothing needs to be followed further.
    let first = |path: &str| path.split_once("::").map(|(name, _)| name.len());
    let find = |path: &'_ str| first(path).filter(|len| path.get(..*len).is_some_and(is_identifier));
    match find(ty) {
        Some(len) => ty.get(..len),
        None => of_trait.and_then(|path| path.get(..find(path)?)),
    }
}
