//! The values of JavaScript that wasm-bindgen's programs hold, by handle or as references.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::{Error, Result};

/// Handles that stand for the same in every program; what is between them is never given out.
const UNDEFINED: u32 = 128;
const NULL: u32 = 129;
const TRUE: u32 = 130;
const FALSE: u32 = 131;
/// The same four in programs of wasm-bindgen before 0.2.84.
const OLD_UNDEFINED: u32 = 32;
/// The first handle that is given out.
const FIRST: u32 = 132;

/// What a value takes by itself, in bytes.
const VALUE_BYTES: usize = 64;
/// The most bytes that the values of a program may take.
const MOST_BYTES: usize = 256 << 20;

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
            Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) | Value::BigInt(_) | Value::Text(_)
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

    fn bytes(&self) -> usize {
        match self {
            Value::Text(text) | Value::Error(text) => text.len(),
            Value::Bytes(View { array: Some(array), .. }) => View::with(array, 0, u32::MAX, |bytes| bytes.len()),
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

/// The values behind handles. Those that were let go are given out again, the last first.
#[derive(Default)]
pub struct Values {
    slots: Vec<Option<(Value, Room)>>,
    free: Vec<u32>,
    taken: Arc<AtomicUsize>,
}

/// Room that a value takes, until it is dropped.
pub struct Room {
    bytes: usize,
    taken: Arc<AtomicUsize>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Values {
    /// The value behind a handle; `undefined` where there is none.
    pub fn get(&self, handle: u32) -> Value {
        match handle {
            UNDEFINED => Value::Undefined,
            NULL => Value::Null,
            TRUE | FALSE => Value::Bool(handle == TRUE),
            handle if (OLD_UNDEFINED..OLD_UNDEFINED + 4).contains(&handle) => {
                self.get(handle - OLD_UNDEFINED + UNDEFINED)
            }
            handle => self.slot(handle).cloned().unwrap_or(Value::Undefined),
        }
    }

    /// A handle for a value.
    ///
    /// # Errors
    /// When values take too much room.
    pub fn add(&mut self, value: Value) -> Result<u32> {
        let room = self.room_for(&value)?;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        if let Some(empty) = self.slots.get_mut(slot as usize) {
            *empty = Some((value, room));
        }
        Ok(slot + FIRST)
    }

    /// Lets a handle go. Those that stand for the same in every program stay.
    pub fn drop(&mut self, handle: u32) {
        let Some(slot) = handle.checked_sub(FIRST) else { return };
        if self.slots.get_mut(slot as usize).and_then(Option::take).is_some() {
            self.free.push(slot);
        }
    }

    /// Room for a value.
    ///
    /// # Errors
    /// When values take too much room.
    pub fn room_for(&self, value: &Value) -> Result<Room> {
        let bytes = VALUE_BYTES + value.bytes();
        let room = Room { bytes, taken: Arc::clone(&self.taken) };
        if self.taken.fetch_add(bytes, Ordering::Relaxed) + bytes > MOST_BYTES {
            return Err(Error::msg("the program holds more values of JavaScript's than there is room for"));
        }
        Ok(room)
    }

    fn slot(&self, handle: u32) -> Option<&Value> {
        self.slots.get(handle.checked_sub(FIRST)? as usize)?.as_ref().map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_given_out_again() {
        let mut values = Values::default();
        let first = values.add(Value::Number(1.0)).unwrap();
        let second = values.add(Value::Text("two".into())).unwrap();
        assert_eq!((first, second), (FIRST, FIRST + 1));
        values.drop(first);
        values.drop(first);
        assert!(values.get(first).is_same(&Value::Undefined));
        assert_eq!(values.add(Value::Null).unwrap(), first);
        assert_eq!(values.add(Value::Null).unwrap(), FIRST + 2);
        values.drop(second);
        assert_eq!(values.taken.load(Ordering::Relaxed), 2 * VALUE_BYTES);
        for (handle, value) in [(32, Value::Undefined), (129, Value::Null), (34, Value::Bool(true))] {
            values.drop(handle);
            assert!(values.get(handle).is_same(&value), "{handle}");
        }
    }

    #[test]
    fn there_is_no_room_for_endless_values() {
        let mut values = Values::default();
        let large = || Value::Text("x".repeat(100 << 20).into());
        assert!(values.add(large()).and_then(|_| values.add(large())).is_ok());
        assert!(values.add(large()).is_err());
        values.drop(FIRST);
        assert!(values.add(large()).is_ok());
    }

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
