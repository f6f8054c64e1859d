//! What AssemblyScript's programs import: its runtime's own three functions, and those of the browser that its library
//! declares.

use super::super::OutputStream::{self, Stderr, Stdout};
use super::call::Call;
use super::entry::{Answer, Entry, float, nothing};
use super::state::date_millis;
use wasmtime::{Error, Result};

/// All but `Math`.
pub static ENTRIES: &[Entry] = &[
    Entry::new("abort", "i32 i32 i32 i32 ->", abort),
    Entry::new("trace", "i32 i32 f64 f64 f64 f64 f64 ->", trace),
    Entry::new("seed", "-> f64", |call| float(date_millis() * call.state().random())),
    Entry::new("Math.random", "-> f64", |call| float(call.state().random())),
    Entry::new("Math.fround", "f64 -> f32", |call| {
        let rounded = call.f64(0) as f32;
        Ok(Some(rounded.into()))
    }),
    Entry::new("Date.now", "-> f64", |_| float(date_millis())),
    Entry::new("performance.now", "-> f64", |call| float(call.state().now_millis())),
    Entry::new("console.assert", "i32 i32 ->", |call| {
        if call.i32(0) == 0 { print(call, Stderr, "assertion failed: ", 1) } else { nothing() }
    }),
    Entry::new("console.log", "i32 ->", |call| print(call, Stdout, "", 0)),
    Entry::new("console.debug", "i32 ->", |call| print(call, Stdout, "", 0)),
    Entry::new("console.info", "i32 ->", |call| print(call, Stdout, "", 0)),
    Entry::new("console.warn", "i32 ->", |call| print(call, Stderr, "", 0)),
    Entry::new("console.error", "i32 ->", |call| print(call, Stderr, "", 0)),
    Entry::new("console.time", "i32 ->", |_| nothing()),
    Entry::new("console.timeLog", "i32 ->", print_time),
    Entry::new("console.timeEnd", "i32 ->", print_time),
];

fn abort(call: &mut Call<'_>) -> Answer {
    let (message, file) = (text(call, 0)?, text(call, 1)?);
    let (line, column) = (call.u32(2), call.u32(3));
    Err(Error::msg(format!("abort: {message} in {file}:{line}:{column}")))
}

fn trace(call: &mut Call<'_>) -> Answer {
    let mut line = format!("trace: {}", text(call, 0)?);
    let count = call.i32(1).clamp(0, 5) as usize;
    (0..count).for_each(|number| line += &format!(" {}", call.f64(2 + number)));
    call.print(Stderr, &line);
    nothing()
}

fn print(call: &mut Call<'_>, stream: OutputStream, before: &str, number: usize) -> Answer {
    let text = text(call, number)?;
    call.print(stream, &format!("{before}{text}"));
    nothing()
}

fn print_time(call: &mut Call<'_>) -> Answer {
    let line = format!("{}: {:.3} ms since the start", text(call, 0)?, call.state().now_millis());
    call.print(Stdout, &line);
    nothing()
}

/// A string of AssemblyScript's: UTF-16 at the pointer, its length in bytes in the word before.
fn text(call: &mut Call<'_>, number: usize) -> Result<String> {
    let address = call.u32(number);
    let Some(header) = address.checked_sub(4) else { return Ok(String::new()) };
    let length = call.bytes(header, 4)?;
    let length = length.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let bytes = call.bytes(address, length)?;
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_le_bytes(*pair.first_chunk()?)));
    Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
