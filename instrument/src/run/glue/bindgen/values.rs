//! Which values the program's handles stand for, and how much room values take.

use super::value::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
}
