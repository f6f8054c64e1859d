//! `Uint8Array`, and what fills one.

use super::super::call::Call;
use super::super::entry::{Answer, Entry, int, nothing};
use super::value::{Value, View};
use wasmtime::{Error, Result};

/// The most bytes of one new array.
const MOST_BYTES: u32 = 128 << 20;

/// Arrays of bytes. Those of other numbers are made in the same way, and are not told apart: they are missing.
pub static ENTRIES: &[Entry] = &[
    Entry::new("buffer", "v -> v", buffer),
    Entry::new("new", "v -> v", |call| {
        let view = whole(call, 0)?;
        call.give(Value::Bytes(view))
    }),
    Entry::new("new_with_length", "i32 -> v", |call| {
        let length = call.u32(0);
        let too_long = || Error::msg(format!("an array of {length} bytes is longer than there is room for"));
        let length = Some(length).filter(|length| *length <= MOST_BYTES).ok_or_else(too_long)?;
        call.give(Value::Bytes(View::new(vec![0; length as usize])))
    }),
    Entry::new("new_from_slice", "i32 i32 -> v", |call| {
        let bytes = call.bytes(call.u32(0), call.u32(1))?;
        call.give(Value::Bytes(View::new(bytes)))
    }),
    Entry::new("new_with_byte_offset_and_length", "v i32 i32 -> v", |call| {
        let (start, length) = (call.u32(1), call.u32(2));
        let view = whole(call, 0)?.part(start, start.saturating_add(length));
        call.give(Value::Bytes(view))
    }),
    Entry::new("subarray", "v i32 i32 -> v", |call| {
        let (start, end) = (call.u32(1), call.u32(2));
        let view = whole(call, 0)?.part(start, end);
        call.give(Value::Bytes(view))
    }),
    Entry::new("length", "v -> i32", length),
    Entry::new("byteLength", "v -> i32", length),
    Entry::new("set", "v v i32 ->", |call| {
        let (to, from, start) = (whole(call, 0)?, whole(call, 1)?, call.u32(2));
        let bytes = read(call, &from)?;
        let end = start.saturating_add(from.length);
        fill(call, &to.part(start, end), &bytes)
    }),
    Entry::new("prototypesetcall", "i32 i32 v ->", |call| {
        let (address, length) = (call.u32(0), call.u32(1));
        let from = whole(call, 2)?;
        let bytes = read(call, &from.part(0, length))?;
        call.write(address, &bytes)?;
        nothing()
    }),
    Entry::new("__wbindgen_copy_to_typed_array", "i32 i32 v ->", |call| {
        let bytes = call.bytes(call.u32(0), call.u32(1))?;
        let to = whole(call, 2)?;
        fill(call, &to, &bytes)
    }),
    Entry::new("getRandomValues", "v v ->", |call| {
        // With handles, address and length look like two values: only the array tells.
        match call.value(1) {
            Value::Bytes(view) => fill_by_chance(call, &view),
            _ => {
                let bytes = call.random_bytes(1)?;
                call.write(call.u32(0), &bytes)?;
                nothing()
            }
        }
    }),
    Entry::new("randomFillSync", "v v ->", |call| {
        let view = whole(call, 1)?;
        fill_by_chance(call, &view)
    }),
];

fn buffer(call: &mut Call<'_>) -> Answer {
    let value = match call.value(0) {
        Value::Bytes(View { array: Some(array), .. }) => {
            let length = View::with(&array, 0, u32::MAX, |bytes| bytes.len());
            Value::Bytes(View { array: Some(array), start: 0, length: length as u32 })
        }
        _ => Value::Memory,
    };
    call.give(value)
}

fn length(call: &mut Call<'_>) -> Answer {
    let length = match call.value(0) {
        Value::Text(text) => text.encode_utf16().count() as u32,
        _ => whole(call, 0)?.length,
    };
    int(length.cast_signed())
}

/// All bytes of an argument that has some.
fn whole(call: &mut Call<'_>, number: usize) -> Result<View> {
    match call.value(number) {
        Value::Bytes(view) => Ok(view),
        Value::Memory => {
            let memory = call.memory()?;
            let length = memory.data_size(&call.caller);
            Ok(View { array: None, start: 0, length: u32::try_from(length).unwrap_or(u32::MAX) })
        }
        other => Err(Error::msg(format!("{}: {other} is no array of bytes", call.name))),
    }
}

fn read(call: &mut Call<'_>, view: &View) -> Result<Vec<u8>> {
    match &view.array {
        Some(array) => Ok(View::with(array, view.start, view.length, |bytes| bytes.to_vec())),
        None => call.bytes(view.start, view.length),
    }
}

fn fill(call: &mut Call<'_>, view: &View, bytes: &[u8]) -> Answer {
    let bytes = bytes.get(..view.length as usize).unwrap_or(bytes);
    match &view.array {
        Some(array) => View::with(array, view.start, view.length, |to| {
            to.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        }),
        None => call.write(view.start, bytes)?,
    }
    nothing()
}

fn fill_by_chance(call: &mut Call<'_>, view: &View) -> Answer {
    let bytes = call.state().random_bytes(view.length);
    fill(call, view, &bytes)
}
