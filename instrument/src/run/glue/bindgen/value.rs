//! The values of JavaScript that wasm-bindgen's programs hold.

use std::sync::{Arc, Mutex, PoisonError};

/// A value of JavaScript's.
#[derive(Clone, Debug)]
pub enum Value {
    /// `undefined`, and what nobody has here.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A `bigint` of 64 bits.
    BigInt(i128),
    /// A string.
    Text(Arc<str>),
    /// An `Error` with its message.
    Error(Arc<str>),
    /// A `Date`, in milliseconds since 1970.
    Date(f64),
    /// `globalThis`, and the functions that answer it.
    Global,
    /// `globalThis.crypto` or `globalThis.performance`: objects whose functions are imported by themselves.
    Object,
    /// A `WebAssembly.Memory`, or its buffer: that of the program.
    Memory,
    /// A `Uint8Array`, or the buffer below one.
    Bytes(View),
}

/// Some bytes of an array.
#[derive(Clone, Debug)]
pub struct View {
    /// The array; `None` is the program's memory.
    pub array: Option<Arc<Mutex<Vec<u8>>>>,
    /// Where the bytes begin in it.
    pub start: u32,
    /// How many there are.
    pub length: u32,
}

impl View {
    /// A view of a new array.
    pub fn new(bytes: Vec<u8>) -> View {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        View { array: Some(Arc::new(Mutex::new(bytes))), start: 0, length }
    }

    /// The bytes from `start` to `end` of this view.
    pub fn part(&self, start: u32, end: u32) -> View {
        let end = end.min(self.length);
        let start = start.min(end);
        View { array: self.array.clone(), start: self.start.saturating_add(start), length: end - start }
    }

    /// Does something to the bytes of `array` from `start`, as many as there are up to `length`.
    pub fn with<R>(array: &Mutex<Vec<u8>>, start: u32, length: u32, act: impl FnOnce(&mut [u8]) -> R) -> R {
        let mut array = array.lock().unwrap_or_else(PoisonError::into_inner);
        let end = (start as usize).saturating_add(length as usize).min(array.len());
        let start = (start as usize).min(end);
        act(array.get_mut(start..end).unwrap_or_default())
    }
}

impl Value {
    /// Is it `undefined` or `null`?
    pub fn is_nothing(&self) -> bool {
        matches!(self, Value::Undefined | Value::Null)
    }

    /// Is it what `typeof` calls an object, and not null?
    pub fn is_object(&self) -> bool {
        !matches!(
            self,
            Value::Undefined
                | Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::BigInt(_)
                | Value::Text(_)
        )
    }

    /// Would `if` take it for false?
    pub fn is_falsy(&self) -> bool {
        match self {
            Value::Undefined | Value::Null | Value::Bool(false) | Value::BigInt(0) => true,
            Value::Number(number) => *number == 0.0 || number.is_nan(),
            Value::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// What `typeof` says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::BigInt(_) => "bigint",
            Value::Text(_) => "string",
            _ => "object",
        }
    }

    /// Does `===` hold? Objects are the same only where they share an array.
    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::BigInt(a), Value::BigInt(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Error(a), Value::Error(b)) => Arc::ptr_eq(a, b),
            (Value::Bytes(View { array: Some(a), .. }), Value::Bytes(View { array: Some(b), .. })) => {
                Arc::ptr_eq(a, b)
            }
            (Value::Undefined, Value::Undefined)
            | (Value::Null, Value::Null)
            | (Value::Global, Value::Global)
            | (Value::Memory, Value::Memory) => true,
            _ => false,
        }
    }

    /// As JSON; `undefined` has none.
    pub fn json(&self) -> Option<String> {
        match self {
            Value::Undefined => None,
            Value::Null => Some("null".to_owned()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(value) if value.is_finite() => Some(value.to_string()),
            Value::Number(_) => Some("null".to_owned()),
            Value::Text(text) => Some(format!("\"{}\"", escaped(text))),
            _ => Some("{}".to_owned()),
        }
    }

    /// What it takes besides itself, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Value::Text(text) | Value::Error(text) => text.len(),
            Value::Bytes(View { array: Some(array), .. }) => {
                View::with(array, 0, u32::MAX, |bytes| bytes.len())
            }
            _ => 0,
        }
    }
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c < ' ' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// As the console shows it.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Undefined => f.write_str("undefined"),
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(value) => write!(f, "{value}"),
            Value::BigInt(value) => write!(f, "{value}n"),
            Value::Text(text) => f.write_str(text),
            Value::Error(text) => write!(f, "Error: {text}"),
            Value::Date(millis) => write!(f, "Date({millis})"),
            Value::Global | Value::Object => f.write_str("[object Object]"),
            Value::Memory => f.write_str("[object WebAssembly.Memory]"),
            Value::Bytes(view) => write!(f, "Uint8Array({})", view.length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside() {
        let view = View::new(vec![0; 10]).part(4, u32::MAX);
        assert_eq!((view.start, view.length), (4, 6));
        let part = view.part(8, 2);
        assert_eq!((part.start, part.length), (6, 0));
    }

    #[test]
    fn json_is_escaped() {
        assert_eq!(Value::Text("a\"\n".into()).json().as_deref(), Some("\"a\\\"\\u000a\""));
    }
}
