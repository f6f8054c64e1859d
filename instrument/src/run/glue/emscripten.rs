//! What Emscripten's programs import of its JavaScript library, as far as code that computes needs it.

use super::super::OutputStream::{Stderr, Stdout};
use super::call::Call;
use super::civil;
use super::entry::{Answer, Entry, float, int, nothing};
use super::invoke::{Longjmp, invoke};
use super::state::date_millis;
use wasmtime::{Error, Memory};
use wasmtime_wasi::I32Exit;

/// Emscripten's error numbers are WASI's.
const ENOENT: i32 = 44;
const ENOSYS: i32 = 52;

const NO_FILES: &str = "Emscripten's own file system is not there: its calls found no file or were refused";
const NO_BINDINGS: &str = "what the program registers with Embind has no JavaScript to use it";

/// Its functions, by the names of release builds that keep names. Those of minified builds can't be told.
pub static ENTRIES: &[Entry] = &[
    // How a program ends.
    Entry::new("abort", "->", |_| Err(Error::msg("abort was called"))),
    Entry::new("_abort_js", "->", |_| Err(Error::msg("abort was called"))),
    Entry::new("__assert_fail", "i32 i32 i32 i32 ->", assert_fail),
    Entry::new("exit", "i32 ->", exit),
    Entry::new("_exit", "i32 ->", exit),
    Entry::new("emscripten_force_exit", "i32 ->", exit),
    Entry::new("segfault", "->", |_| {
        Err(Error::msg("segmentation fault: an access of address 0 or past the memory"))
    }),
    Entry::new("alignfault", "->", |_| Err(Error::msg("alignment fault"))),
    Entry::new("__handle_stack_overflow", "i32 ->", |_| {
        Err(Error::msg("the program's own stack overflowed"))
    }),
    Entry::new("__cxa_throw", "i32 i32 i32 ->", |_| {
        Err(Error::msg("a C++ exception was thrown, and nothing catches it"))
    }),
    // Memory.
    Entry::new("emscripten_resize_heap", "i32 -> i32", resize_heap),
    Entry::new("emscripten_get_heap_max", "-> i32", |call| {
        let memory = call.memory()?;
        int((most_bytes(call, memory) as u32).cast_signed())
    }),
    Entry::new("emscripten_notify_memory_growth", "i32 ->", |_| nothing()),
    Entry::new("emscripten_memcpy_big", "i32 i32 i32 -> i32", copy),
    Entry::new("emscripten_memcpy_big", "i32 i32 i32 ->", copy),
    Entry::new("emscripten_memcpy_js", "i32 i32 i32 ->", copy),
    Entry::new("_emscripten_memcpy_js", "i32 i32 i32 ->", copy),
    // Time and chance.
    Entry::new("emscripten_get_now", "-> f64", |call| float(call.state().now_millis())),
    Entry::new("emscripten_performance_now", "-> f64", |call| float(call.state().now_millis())),
    Entry::new("emscripten_get_now_res", "-> f64", |_| float(1_000.0)),
    Entry::new("emscripten_date_now", "-> f64", |_| float(date_millis())),
    Entry::new("_emscripten_get_now_is_monotonic", "-> i32", |_| int(1)),
    Entry::new("emscripten_random", "-> f32", |call| Ok(Some((call.state().random() as f32).into()))),
    Entry::new("getentropy", "i32 i32 -> i32", |call| {
        let bytes = call.random_bytes(1)?;
        call.write(call.u32(0), &bytes)?;
        int(0)
    }),
    Entry::new("_tzset_js", "i32 i32 i32 i32 ->", set_utc),
    Entry::new("_localtime_js", "i64 i32 ->", broken_down_time),
    Entry::new("_gmtime_js", "i64 i32 ->", broken_down_time),
    Entry::new("_setitimer_js", "i32 f64 -> i32", |_| int(0)).lacking("timers never go off"),
    // Halves of 64-bit results, and calls that may come back by a long jump.
    Entry::new("setTempRet0", "i32 ->", |call| {
        call.state().temp_ret0 = call.i32(0);
        nothing()
    }),
    Entry::new("getTempRet0", "-> i32", |call| int(call.state().temp_ret0)),
    Entry::calling("invoke_*", "i32 * -> *", |call| Box::pin(invoke(call))),
    Entry::new("_emscripten_throw_longjmp", "->", |_| Err(Longjmp.into())),
    Entry::new("emscripten_longjmp", "i32 i32 ->", |_| Err(Longjmp.into())),
    // Printing.
    Entry::new("emscripten_console_log", "i32 ->", |call| print_text(call, false)),
    Entry::new("emscripten_console_warn", "i32 ->", |call| print_text(call, true)),
    Entry::new("emscripten_console_error", "i32 ->", |call| print_text(call, true)),
    Entry::new("emscripten_out", "i32 ->", |call| print_text(call, false)),
    Entry::new("emscripten_err", "i32 ->", |call| print_text(call, true)),
    Entry::new("emscripten_dbg", "i32 ->", |call| print_text(call, true)),
    Entry::new("emscripten_errn", "i32 i32 ->", |call| {
        let text = call.text(call.u32(0), call.u32(1))?;
        call.print(Stderr, &text);
        nothing()
    }),
    // What is asked of the machine, and what sanitizers ask: stacks are not told to the program.
    Entry::new("emscripten_num_logical_cores", "-> i32", |_| int(1)),
    Entry::new("emscripten_has_asyncify", "-> i32", |_| int(0)),
    Entry::new("_emscripten_runtime_keepalive_clear", "->", |_| nothing()),
    Entry::new("_emscripten_get_progname", "i32 i32 ->", program_name),
    Entry::new("_emscripten_sanitizer_get_option", "i32 -> i32", |_| int(0)),
    Entry::new("_emscripten_sanitizer_use_colors", "-> i32", |_| int(0)),
    Entry::new("emscripten_stack_snapshot", "-> i32", |_| int(0)),
    Entry::new("emscripten_stack_unwind_buffer", "i32 i32 i32 -> i32", |_| int(0)),
    Entry::new("emscripten_return_address", "i32 -> i32", |_| int(0)),
    Entry::new("emscripten_pc_get_*", "i32 -> i32", |_| int(0)),
    // Files, and JavaScript's view of C++: neither is there.
    Entry::new("__syscall_openat", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_stat64", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_lstat64", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_newfstatat", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_faccessat", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_readlinkat", "* -> i32", |_| int(-ENOENT)).lacking(NO_FILES),
    Entry::new("__syscall_*", "* -> i32", |_| int(-ENOSYS)).lacking(NO_FILES),
    Entry::new("_mmap_js", "* -> i32", |_| int(-ENOSYS)).lacking(NO_FILES),
    Entry::new("_munmap_js", "* -> i32", |_| int(-ENOSYS)).lacking(NO_FILES),
    Entry::new("_embind_register_*", "* ->", |_| nothing()).lacking(NO_BINDINGS),
    Entry::new("_embind_finalize_*", "* ->", |_| nothing()).lacking(NO_BINDINGS),
];

fn assert_fail(call: &mut Call<'_>) -> Answer {
    let condition = call.c_text(call.u32(0))?;
    let (file, line, function) = (call.c_text(call.u32(1))?, call.u32(2), call.c_text(call.u32(3))?);
    Err(Error::msg(format!("assertion failed: {condition}, at {file}:{line}, {function}")))
}

fn exit(call: &mut Call<'_>) -> Answer {
    Err(I32Exit(call.i32(0)).into())
}

const PAGE_BYTES: u64 = 1 << 16;
/// More than this is never grown ahead of what was asked for.
const MOST_AHEAD_BYTES: u64 = 96 << 20;
/// What memories without a maximum of their own may have.
const MOST_BYTES: u64 = (1 << 32) - PAGE_BYTES;

/// Grows the memory by a fifth at least, or less where that is refused.
fn resize_heap(call: &mut Call<'_>) -> Answer {
    let memory = call.memory()?;
    let (old, asked) = (memory.data_size(&call.caller) as u64, u64::from(call.u32(0)));
    let most = most_bytes(call, memory);
    if asked > most {
        return int(0);
    }
    let grown = [5, 10, 20].into_iter().any(|share| {
        let ahead = (old + old / share).min(asked + MOST_AHEAD_BYTES);
        let new = asked.max(ahead).next_multiple_of(PAGE_BYTES).min(most);
        call.grow(memory, new.saturating_sub(old).div_ceil(PAGE_BYTES))
    });
    int(grown.into())
}

fn most_bytes(call: &Call<'_>, memory: Memory) -> u64 {
    let maximum = memory.ty(&call.caller).maximum();
    maximum.map_or(MOST_BYTES, |pages| pages.saturating_mul(PAGE_BYTES).min(MOST_BYTES))
}

fn copy(call: &mut Call<'_>) -> Answer {
    let (to, from, length) = (call.u32(0), call.u32(1), call.u32(2));
    let bytes = call.bytes(from, length)?;
    call.write(to, &bytes)?;
    int(to.cast_signed())
}

fn print_text(call: &mut Call<'_>, is_error: bool) -> Answer {
    let text = call.c_text(call.u32(0))?;
    call.print(if is_error { Stderr } else { Stdout }, &text);
    nothing()
}

/// Seconds west of UTC, whether there is summer time, and the zone's two names.
fn set_utc(call: &mut Call<'_>) -> Answer {
    call.write_i32(call.u32(0), 0)?;
    call.write_i32(call.u32(1), 0)?;
    call.write(call.u32(2), b"UTC\0")?;
    call.write(call.u32(3), b"UTC\0")?;
    nothing()
}

/// A `struct tm`, in UTC: seconds to days of the year, then no summer time, and no seconds off UTC.
fn broken_down_time(call: &mut Call<'_>) -> Answer {
    let fields = civil::fields(call.i64(0)).into_iter().chain([0, 0]);
    let bytes: Vec<u8> = fields.flat_map(i32::to_le_bytes).collect();
    call.write(call.u32(1), &bytes)?;
    nothing()
}

fn program_name(call: &mut Call<'_>) -> Answer {
    let name = b"this.program\0";
    let room = (call.u32(1) as usize).min(name.len());
    call.write(call.u32(0), name.get(..room).unwrap_or(name))?;
    nothing()
}
