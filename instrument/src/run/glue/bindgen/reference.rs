//! Values as arguments and answers: by handle, or as references.

use super::super::call::Call;
use super::super::entry::Answer;
use super::value::Value;
use super::values::Room;
use wasmtime::{AsContextMut, ExternRef, Result, Rooted, Val};

/// What a reference refers to. Its room is given back when the engine has collected it.
struct Held {
    value: Value,
    _room: Room,
}

impl Call<'_> {
    /// An argument that is a value.
    pub fn value(&mut self, number: usize) -> Value {
        match self.args.get(number) {
            Some(Val::I32(handle)) => self.state().values.get(handle.cast_unsigned()),
            Some(Val::ExternRef(Some(reference))) => {
                let data = reference.data(&self.caller).ok().flatten();
                let held = data.and_then(|data| data.downcast_ref::<Held>());
                held.map_or(Value::Undefined, |held| held.value.clone())
            }
            Some(Val::ExternRef(None)) => Value::Null,
            _ => Value::Undefined,
        }
    }

    /// Answers with a value.
    pub fn give(&mut self, value: Value) -> Answer {
        if self.answers_reference {
            return Ok(Some(Val::ExternRef(self.reference(value)?)));
        }
        let handle = self.state().values.add(value)?;
        Ok(Some(Val::I32(handle.cast_signed())))
    }

    /// A reference to a value.
    pub fn reference(&mut self, value: Value) -> Result<Option<Rooted<ExternRef>>> {
        if matches!(value, Value::Null) {
            return Ok(None);
        }
        let room = match self.state().values.room_for(&value) {
            Ok(room) => room,
            // References that nobody has any more take room until the engine collects them.
            Err(_) => {
                self.caller.as_context_mut().gc(None)?;
                self.state().values.room_for(&value)?
            }
        };
        ExternRef::new(&mut self.caller, Held { value, _room: room }).map(Some)
    }
}
