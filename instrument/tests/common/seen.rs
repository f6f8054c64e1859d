//! What can be seen of a run from outside, as text.

use wasmtime::{AnyRef, AsContextMut, Error, ExternRef, Result, Rooted, ThrownException, Trap, Val};

/// All that can be seen of a value from outside.
pub fn value(store: impl AsContextMut, value: &Val) -> Result<String> {
    Ok(match value {
        Val::I32(value) => format!("i32 {value}"),
        Val::I64(value) => format!("i64 {value}"),
        Val::F32(bits) => format!("f32 {bits:#x}"),
        Val::F64(bits) => format!("f64 {bits:#x}"),
        Val::V128(value) => format!("v128 {:#x}", value.as_u128()),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            "null".to_owned()
        }
        Val::FuncRef(Some(func)) => without_type_numbers(&format!("func {}", func.ty(&store))),
        Val::ExternRef(Some(value)) => format!("extern {:?}", host_number(store, value)?),
        Val::AnyRef(Some(value)) => any(store, *value)?,
        other => format!("{} that can't be looked into", other.ty(&store)?),
    })
}

fn any(mut store: impl AsContextMut, value: Rooted<AnyRef>) -> Result<String> {
    if let Some(number) = value.as_i31(&mut store)? {
        return Ok(format!("i31 {}", number.get_u32()));
    }
    if value.is_struct(&mut store)? {
        return Ok("struct".to_owned());
    }
    if value.is_array(&mut store)? {
        return Ok("array".to_owned());
    }
    let value = ExternRef::convert_any(&mut store, value)?;
    Ok(format!("host {:?}", host_number(store, &value)?))
}

/// The number that a script put behind a reference of the host's.
fn host_number(store: impl AsContextMut, value: &Rooted<ExternRef>) -> Result<Option<u32>> {
    Ok(value.data(&store)?.and_then(|data| data.downcast_ref::<u32>().copied()))
}

/// What can be seen of a failure: the trap, or the engine's words without places in the code.
pub fn failure(error: &Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => format!("trap: {trap}"),
        None if error.is::<ThrownException>() => "exception".to_owned(),
        None => without_type_numbers(&error.root_cause().to_string()),
    }
}

/// The engine numbers types by when it first met them.
pub fn without_type_numbers(message: &str) -> String {
    let mut parts = message.split("(engine ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "(engine" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}
