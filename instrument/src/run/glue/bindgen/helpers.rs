//! The helpers that wasm-bindgen's own JavaScript has for every program.

use super::super::call::Call;
use super::super::entry::{Answer, Entry, Later, float, int, nothing};
use super::value::Value;
use wasmtime::{AsContextMut, Error, Extern, Ref, Result, Val};

/// `None` where an `i32` says whether there is a boolean, in old programs and in newer ones.
const NO_BOOLEAN: [i32; 2] = [2, 0xff_ffff];

const GUESSED: &str = "bytes that the program hands to JavaScript by a cast were taken for text";

/// The helpers.
pub static ENTRIES: &[Entry] = &[
    // What goes wrong.
    Entry::new("__wbindgen_throw", "i32 i32 ->", |call| {
        let text = call.text(call.u32(0), call.u32(1))?;
        Err(Error::msg(text))
    }),
    Entry::new("__wbindgen_rethrow", "v ->", |call| Err(Error::msg(call.value(0).to_string()))),
    // Handles and references.
    Entry::new("__wbindgen_object_drop_ref", "i32 ->", |call| {
        let handle = call.u32(0);
        call.state().values.drop(handle);
        nothing()
    }),
    Entry::new("__wbindgen_object_clone_ref", "v -> v", |call| {
        let value = call.value(0);
        call.give(value)
    }),
    Entry::new("__wbindgen_init_externref_table", "->", init_references),
    // Values made of what the program has.
    Entry::new("__wbindgen_string_new", "i32 i32 -> v", new_text),
    Entry::new("__wbindgen_error_new", "i32 i32 -> v", |call| {
        let text = call.text(call.u32(0), call.u32(1))?;
        call.give(Value::Error(text.into()))
    }),
    Entry::new("__wbindgen_number_new", "f64 -> v", new_number),
    Entry::new("__wbindgen_bigint_from_i64", "i64 -> v", new_bigint),
    Entry::new("__wbindgen_bigint_from_u64", "i64 -> v", |call| {
        let value = i128::from(call.i64(0).cast_unsigned());
        call.give(Value::BigInt(value))
    }),
    Entry::new("__wbindgen_cast", "i32 i32 -> v", new_text).lacking(GUESSED),
    Entry::new("__wbindgen_cast", "f64 -> v", new_number),
    Entry::new("__wbindgen_cast", "i64 -> v", new_bigint),
    Entry::new("__wbindgen_memory", "-> v", |call| call.give(Value::Memory)),
    // What values are.
    Entry::new("__wbindgen_is_undefined", "v -> i32", |call| is(call, |v| matches!(v, Value::Undefined))),
    Entry::new("__wbindgen_is_null", "v -> i32", |call| is(call, |v| matches!(v, Value::Null))),
    Entry::new("__wbindgen_is_null_or_undefined", "v -> i32", |call| is(call, Value::is_nothing)),
    Entry::new("__wbindgen_is_object", "v -> i32", |call| is(call, Value::is_object)),
    Entry::new("__wbindgen_is_string", "v -> i32", |call| is(call, |v| matches!(v, Value::Text(_)))),
    Entry::new("__wbindgen_is_bigint", "v -> i32", |call| is(call, |v| matches!(v, Value::BigInt(_)))),
    Entry::new("__wbindgen_is_function", "v -> i32", |_| int(0)),
    Entry::new("__wbindgen_is_symbol", "v -> i32", |_| int(0)),
    Entry::new("__wbindgen_is_falsy", "v -> i32", |call| is(call, Value::is_falsy)),
    Entry::new("__wbindgen_not", "v -> i32", |call| is(call, Value::is_falsy)),
    Entry::new("__wbindgen_typeof", "v -> v", |call| {
        let name = call.value(0).type_name();
        call.give(Value::Text(name.into()))
    }),
    Entry::new("__wbindgen_jsval_eq", "v v -> i32", |call| {
        let (a, b) = (call.value(0), call.value(1));
        int(a.is_same(&b).into())
    }),
    Entry::new("__wbindgen_jsval_loose_eq", "v v -> i32", |call| {
        let (a, b) = (call.value(0), call.value(1));
        int((a.is_same(&b) || (a.is_nothing() && b.is_nothing())).into())
    }),
    // Values as the program has them.
    Entry::new("__wbindgen_boolean_get", "v -> i32", boolean),
    Entry::new("__wbindgen_as_number", "v -> f64", |call| {
        let value = call.value(0);
        float(as_number(&value))
    }),
    Entry::new("__wbindgen_number_get", "i32 v ->", |call| {
        let number = if let Value::Number(number) = call.value(1) { Some(number) } else { None };
        optional(call, number.map(f64::to_le_bytes))
    }),
    Entry::new("__wbindgen_bigint_get_as_i64", "i32 v ->", |call| {
        let number = if let Value::BigInt(number) = call.value(1) { Some(number as i64) } else { None };
        optional(call, number.map(i64::to_le_bytes))
    }),
    Entry::calling("__wbindgen_string_get", "i32 v ->", |call| {
        let text = if let Value::Text(text) = call.value(1) { Some(text.to_string()) } else { None };
        hand_over(call, text)
    }),
    Entry::calling("__wbindgen_debug_string", "i32 v ->", |call| {
        let value = call.value(1);
        let text = match &value {
            Value::Text(_) => value.json().unwrap_or_default(),
            other => other.to_string(),
        };
        hand_over(call, Some(text))
    }),
    Entry::calling("__wbindgen_json_serialize", "i32 v ->", |call| {
        let json = call.value(1).json();
        hand_over(call, json)
    }),
];

fn is(call: &mut Call<'_>, test: impl Fn(&Value) -> bool) -> Answer {
    int(test(&call.value(0)).into())
}

fn new_text(call: &mut Call<'_>) -> Answer {
    let text = call.text(call.u32(0), call.u32(1))?;
    call.give(Value::Text(text.into()))
}

fn new_number(call: &mut Call<'_>) -> Answer {
    let number = call.f64(0);
    call.give(Value::Number(number))
}

fn new_bigint(call: &mut Call<'_>) -> Answer {
    let number = i128::from(call.i64(0));
    call.give(Value::BigInt(number))
}

/// Four values that every program expects in its table of references; and the first entry is `undefined`.
fn init_references(call: &mut Call<'_>) -> Answer {
    let missing = || Error::msg("the program exports no table of references, `__wbindgen_externrefs`");
    let table = call.export("__wbindgen_externrefs").and_then(Extern::into_table).ok_or_else(missing)?;
    let first = table.grow(&mut call.caller, 4, Ref::Extern(None))?;
    let values = [Value::Undefined, Value::Null, Value::Bool(true), Value::Bool(false)];
    for (at, value) in (first..).zip(values).chain([(0, Value::Undefined)]) {
        let reference = call.reference(value)?;
        table.set(&mut call.caller, at, Ref::Extern(reference))?;
    }
    nothing()
}

fn boolean(call: &mut Call<'_>) -> Answer {
    let [old, new] = NO_BOOLEAN;
    let none = if call.name.starts_with("__wbg_") { new } else { old };
    int(if let Value::Bool(value) = call.value(0) { value.into() } else { none })
}

fn as_number(value: &Value) -> f64 {
    match value {
        Value::Number(number) | Value::Date(number) => *number,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::BigInt(value) => *value as f64,
        Value::Null => 0.0,
        Value::Text(text) if text.trim().is_empty() => 0.0,
        Value::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// Whether there is a number, and the number behind it.
fn optional(call: &mut Call<'_>, number: Option<[u8; 8]>) -> Answer {
    let address = call.u32(0);
    call.write(address.saturating_add(8), &number.unwrap_or_default())?;
    call.write_i32(address, number.is_some().into())?;
    nothing()
}

/// A text in memory of the program's own: its address and length go to where the first argument points.
pub fn hand_over<'a>(call: &'a mut Call<'_>, text: Option<String>) -> Later<'a> {
    Box::pin(async move {
        let (address, length) = match &text {
            Some(text) => (allocate(call, text.len()).await?, text.len() as i32),
            None => (0, 0),
        };
        call.write(address, text.as_deref().unwrap_or_default().as_bytes())?;
        let answer = call.u32(0);
        call.write_i32(answer.saturating_add(4), length)?;
        call.write_i32(answer, address.cast_signed())?;
        nothing()
    })
}

/// Memory of the program's own. Newer programs are told the alignment too.
async fn allocate(call: &mut Call<'_>, length: usize) -> Result<u32> {
    let missing = || Error::msg("the program exports no `__wbindgen_malloc`, and gets no texts");
    let malloc = call.exported_function("__wbindgen_malloc").ok_or_else(missing)?;
    let args = [Val::I32(length as i32), Val::I32(1)];
    let count = malloc.ty(&call.caller).params().len();
    let mut address = [Val::I32(0)];
    let args = args.get(..count).unwrap_or(&args);
    malloc.call_async(call.caller.as_context_mut(), args, &mut address).await?;
    Ok(address.first().and_then(Val::i32).unwrap_or_default().cast_unsigned())
}
