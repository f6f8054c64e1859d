//! Functions of browsers that wasm-bindgen's programs import: console, time, chance, and the way to them.

use super::super::super::OutputStream::{self, Stderr, Stdout};
use super::super::call::Call;
use super::super::entry::{Answer, Entry, float, nothing};
use super::super::state::date_millis;
use super::helpers::hand_over;
use super::value::Value;
use wasmtime::Error;

const NO_STACK: &str = "the stacks of JavaScript's errors are empty";

/// The functions of browsers.
pub static ENTRIES: &[Entry] = &[
    // The console: one text, or values.
    Entry::new("log", "i32 i32 ->", |call| print_text(call, Stdout)),
    Entry::new("info", "i32 i32 ->", |call| print_text(call, Stdout)),
    Entry::new("debug", "i32 i32 ->", |call| print_text(call, Stdout)),
    Entry::new("warn", "i32 i32 ->", |call| print_text(call, Stderr)),
    Entry::new("error", "i32 i32 ->", |call| print_text(call, Stderr)),
    Entry::new("log", "v ->", |call| print_value(call, Stdout)),
    Entry::new("info", "v ->", |call| print_value(call, Stdout)),
    Entry::new("debug", "v ->", |call| print_value(call, Stdout)),
    Entry::new("warn", "v ->", |call| print_value(call, Stderr)),
    Entry::new("error", "v ->", |call| print_value(call, Stderr)),
    // Errors, as the hook for panics makes them.
    Entry::new("new", "-> v", |call| call.give(Value::Error("".into()))),
    Entry::calling("stack", "i32 v ->", |call| hand_over(call, Some(String::new()))).lacking(NO_STACK),
    Entry::calling("message", "i32 v ->", |call| {
        let text = if let Value::Error(text) = call.value(1) { text.to_string() } else { String::new() };
        hand_over(call, Some(text))
    }),
    // Time and chance.
    Entry::new("now", "-> f64", |_| float(date_millis())),
    Entry::new("now", "v -> f64", |call| float(call.state().now_millis())),
    Entry::new("new0", "-> v", |call| call.give(Value::Date(date_millis()))),
    Entry::new("getTime", "v -> f64", |call| {
        let value = call.value(0);
        float(if let Value::Date(millis) = value { millis } else { f64::NAN })
    }),
    Entry::new("getTimezoneOffset", "v -> f64", |_| float(0.0)),
    Entry::new("random", "-> f64", |call| float(call.state().random())),
    // What everything global is found in.
    Entry::new("self", "-> v", global),
    Entry::new("window", "-> v", global),
    Entry::new("globalThis", "-> v", global),
    Entry::new("global", "-> v", global),
    Entry::new("static_accessor_SELF", "-> v", global),
    Entry::new("static_accessor_WINDOW", "-> v", global),
    Entry::new("static_accessor_GLOBAL_THIS", "-> v", global),
    Entry::new("static_accessor_GLOBAL", "-> v", global),
    Entry::new("newnoargs", "i32 i32 -> v", new_function),
    Entry::new("call", "v v -> v", call_function),
    Entry::new("crypto", "v -> v", |call| call.give(Value::Object)),
    Entry::new("performance", "v -> v", |call| call.give(Value::Object)),
    Entry::new("msCrypto", "v -> v", |call| call.give(Value::Undefined)),
    Entry::new("process", "v -> v", |call| call.give(Value::Undefined)),
    Entry::new("versions", "v -> v", |call| call.give(Value::Undefined)),
    Entry::new("node", "v -> v", |call| call.give(Value::Undefined)),
    Entry::new("require", "-> v", |call| call.give(Value::Undefined)),
];

fn print_text(call: &mut Call<'_>, stream: OutputStream) -> Answer {
    let text = call.text(call.u32(0), call.u32(1))?;
    call.print(stream, &text);
    nothing()
}

fn print_value(call: &mut Call<'_>, stream: OutputStream) -> Answer {
    let text = call.value(0).to_string();
    call.print(stream, &text);
    nothing()
}

fn global(call: &mut Call<'_>) -> Answer {
    call.give(Value::Global)
}

/// The one function that programs make of text: it answers `this`, and so finds what is global.
fn new_function(call: &mut Call<'_>) -> Answer {
    let text = call.text(call.u32(0), call.u32(1))?;
    if text.trim().trim_end_matches(';') == "return this" {
        return global(call);
    }
    Err(Error::msg(format!("{}: nobody runs JavaScript: {text}", call.name)))
}

fn call_function(call: &mut Call<'_>) -> Answer {
    match call.value(0) {
        Value::Global => global(call),
        other => Err(Error::msg(format!("{}: nobody runs JavaScript: {other}", call.name))),
    }
}
