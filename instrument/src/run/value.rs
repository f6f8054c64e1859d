//! Typed values that cross into and out of a guest, as people write them: `i32:30`.

use std::fmt;
use std::str::FromStr;

/// An argument or a result. Floats keep their bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float.
    F32(f32),
    /// 64-bit float.
    F64(f64),
    /// 128-bit vector, as a little-endian number.
    V128(u128),
}

impl Value {
    /// The name of the value's type, as WebAssembly text writes it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Value::I32(_) => "i32",
            Value::I64(_) => "i64",
            Value::F32(_) => "f32",
            Value::F64(_) => "f64",
            Value::V128(_) => "v128",
        }
    }
}

/// Text that is no typed value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an argument; write TYPE:VALUE with i32, i64, f32, f64 or v128, such as i32:30, or file:PATH"
)]
pub struct BadValue {
    /// The text as it was given.
    pub text: String,
}

impl FromStr for Value {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue { text: text.to_owned() };
        let (kind, value) = text.split_once(':').ok_or_else(bad)?;
        let parsed = match kind {
            "i32" => integer(value, 32).map(|bits| Value::I32(bits as i32)),
            "i64" => integer(value, 64).map(|bits| Value::I64(bits as i64)),
            "f32" => value.parse().ok().map(Value::F32),
            "f64" => value.parse().ok().map(Value::F64),
            "v128" => integer(value, 128).map(Value::V128),
            _ => None,
        };
        parsed.ok_or_else(bad)
    }
}

/// Reads a decimal or `0x` number, signed or unsigned, that fits `bits`; gives its two's complement.
fn integer(text: &str, bits: u32) -> Option<u128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => u128::from_str_radix(hex, 16).ok()?,
        None => digits.parse::<u128>().ok()?,
    };
    let limit = if negative { 1u128 << (bits - 1) } else { u128::MAX >> (128 - bits) };
    let fits = magnitude <= limit;
    fits.then(|| if negative { magnitude.wrapping_neg() } else { magnitude })
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(v) => v.fmt(f),
            Value::I64(v) => v.fmt(f),
            Value::F32(v) => v.fmt(f),
            Value::F64(v) => v.fmt(f),
            Value::V128(v) => write!(f, "{v:#034x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_type() {
        for (text, value) in [
            ("i32:30", Value::I32(30)),
            ("i32:-1", Value::I32(-1)),
            ("i32:4294967295", Value::I32(-1)),
            ("i32:-2147483648", Value::I32(i32::MIN)),
            ("i64:0x10", Value::I64(16)),
            ("f64:2.5", Value::F64(2.5)),
            ("v128:1", Value::V128(1)),
        ] {
            assert_eq!(text.parse(), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["i32:4294967296", "i32:-2147483649", "i32:", "i32", "u8:1", "f64:x", "i32:--1"] {
            assert!(text.parse::<Value>().is_err(), "{text}");
        }
    }
}
