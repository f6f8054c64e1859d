//! Runs real and hand-written modules and checks what was recorded of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmscope_instrument::recording::{
    KnownBy, Meta, Outcome, Recording, SamplerKind, StackFrame, Writer, read,
};
use wasmscope_instrument::{
    GrantedDir, Guest, Invocation, Limits, Measure, MeasureSet, Nobody, Observer, Program, RecordError,
    RunOptions, SamplerChoice, Unprovided, Value, missing_imports, record,
};
use wasmscope_symbolize::{ModuleIndex, Symbols};

fn sample(path: &str) -> Guest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path);
    let bytes = std::fs::read(&file).unwrap();
    Guest { bytes: bytes.into(), name: path.into(), path: String::new() }
}

fn wat(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "test.wasm".into(), path: String::new() }
}

fn time_only() -> RunOptions {
    RunOptions { measures: MeasureSet::NONE.with(Measure::Time), ..RunOptions::default() }
}

fn run(guest: &Guest, options: &RunOptions) -> Recording {
    run_watched(guest, options, Arc::new(Nobody))
}

fn run_watched(guest: &Guest, options: &RunOptions, observer: Arc<dyn Observer>) -> Recording {
    let mut file = Vec::new();
    let outcome = record(guest, options, observer, &mut file).unwrap();
    let recording = read(&file).unwrap();
    assert_eq!(recording.outcome, outcome);
    assert_eq!(recording.damage, None);
    assert_eq!(recording.module, guest.bytes);
    recording
}

fn invoke(export: &str, args: &[Value]) -> RunOptions {
    RunOptions { invoke: Some(Invocation::once(export, args)), ..RunOptions::default() }
}

/// The share of all time in stacks that have a frame of a function with this name.
fn share(recording: &Recording, name: &str) -> f64 {
    let module = Arc::new(ModuleIndex::parse(&recording.module).unwrap());
    let symbols = Symbols::new(Arc::clone(&recording.module), module);
    let is_named = |frame| matches!(frame, StackFrame::Wasm { func, .. } if &*symbols.name(func).raw == name);
    let total: u64 = recording.samples.weight_nanos.iter().sum();
    let rows = recording.samples.iter().filter(|(_, stack, _)| recording.stacks.frames(*stack).any(is_named));
    rows.map(|(_, _, weight)| weight).sum::<u64>() as f64 / total as f64
}

#[test]
fn samples_find_three_quarters_in_the_loop_that_runs_three_times_as_long() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let recording = run(&sample("hotloop/hotloop.wasm"), &RunOptions { sampler, ..time_only() });
        assert_eq!(recording.outcome, Outcome::Exited { code: 0 });
        let (long, short) = (share(&recording, "long_loop"), share(&recording, "short_loop"));
        let ratio = long / (long + short);
        // Wall-clock time: a busy machine may take some of it away from either loop.
        assert!((ratio - 0.75).abs() < 0.1, "{sampler:?}: {long} {short}");
        assert!(long + short > 0.8, "{sampler:?}: {long} {short}");
        assert!(recording.samples.time_nanos.is_sorted());
    }
}

#[test]
fn the_weights_of_the_samples_sum_to_the_run() {
    let recording = run(&sample("hotloop/hotloop.wasm"), &time_only());
    assert_eq!(recording.meta.sampler, SamplerKind::Signal);
    let weights: u64 = recording.samples.weight_nanos.iter().sum();
    let run = recording.phases.last().unwrap();
    let wall = run.end_nanos - run.start_nanos;
    assert!((weights as f64 / wall as f64 - 1.0).abs() < 0.1, "{weights} of {wall}");
}

#[test]
fn exports_are_called_with_typed_arguments() {
    let library = sample("library/library.wasm");
    let recording = run(&library, &invoke("fib", &[Value::I32(20)]));
    assert_eq!(recording.outcome, Outcome::Returned { values: vec!["6765".into()] });
    assert_eq!(recording.meta.invoked.as_deref(), Some("fib(20)"));
    let recording = run(&library, &invoke("add64", &[Value::I64(1 << 40), Value::I64(-1)]));
    assert_eq!(recording.outcome, Outcome::Returned { values: vec!["1099511627775".into()] });
}

#[test]
fn what_cannot_be_called_is_said_before_the_run() {
    let library = sample("library/library.wasm");
    let error = |options: RunOptions| {
        record(&library, &options, Arc::new(Nobody), Vec::new()).unwrap_err().to_string()
    };
    assert!(error(RunOptions::default()).contains("no `_start`"));
    assert!(error(invoke("fob", &[])).contains("it exports: "));
    assert_eq!(error(invoke("fib", &[Value::I64(1)])), "`fib` takes (i32), but was given (i64)");
    let unknown = wat(r#"(module (import "env" "draw" (func (param i32))) (func (export "_start")))"#);
    let error = record(&unknown, &RunOptions::default(), Arc::new(Nobody), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("env.draw: function (i32)"), "{error}");
}

#[test]
fn a_trap_is_an_outcome_with_its_place() {
    let recording = run(&sample("library/library.wasm"), &invoke("trap_now", &[]));
    let Outcome::Trapped { message, frames } = &recording.outcome else { panic!("{:?}", recording.outcome) };
    assert!(message.contains("unreachable"), "{message}");
    assert!(frames.first().is_some_and(|frame| frame.offset.is_some()));
}

#[test]
fn an_exit_code_is_an_outcome() {
    let guest = wat(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 7))))"#,
    );
    assert_eq!(run(&guest, &RunOptions::default()).outcome, Outcome::Exited { code: 7 });
}

#[test]
fn an_endless_loop_ends_at_the_time_limit() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        for measures in [MeasureSet::NONE, MeasureSet::default()] {
            let limits = Limits { time: Some(Duration::from_millis(150)), ..Limits::default() };
            let options = RunOptions { limits, sampler, measures, ..invoke("spin_forever", &[]) };
            let began = Instant::now();
            let recording = run(&sample("library/library.wasm"), &options);
            assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
            assert!(began.elapsed() < Duration::from_secs(20));
        }
    }
}

#[test]
fn an_endless_start_function_ends_at_the_time_limit() {
    let guest = wat("(module (func $spin (loop $l (br $l))) (start $spin) (func (export \"run\")))");
    let limits = Limits { time: Some(Duration::from_millis(100)), ..Limits::default() };
    let recording = run(&guest, &RunOptions { limits, ..invoke("run", &[]) });
    assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
}

/// Sleeps for so many nanoseconds, and answers with what `poll_oneoff` left in its event and the count of events.
fn sleeper(nanos: u64) -> Guest {
    let timeout: String = nanos.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    wat(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\2a") (data (i32.const 16) "\01") (data (i32.const 24) "{timeout}")
            (func (export "run") (result i32 i64 i32)
                (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96))
                (i64.load (i32.const 64)) (i32.load (i32.const 96))))"#
    ))
}

#[test]
fn a_sleeping_guest_wakes_in_time() {
    let recording = run(&sleeper(5_000_000), &invoke("run", &[]));
    assert_eq!(
        recording.outcome,
        Outcome::Returned { values: vec!["0".into(), "42".into(), "1".into()] },
        "no error, the event's own word, one event"
    );
    let poll = &recording.crossings.functions[0];
    assert_eq!(poll.calls, 1);
    assert!(poll.total_nanos >= 5_000_000, "{poll:?}");
}

#[test]
fn whatever_is_polled_is_answered() {
    // A second subscription: the clock as well, absolute and long ago.
    let guest = wat(r#"(module
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "\01") (data (i32.const 24) "\ff\ff\ff\ff\ff\ff\00")
            (data (i32.const 48) "\2b") (data (i32.const 64) "\01") (data (i32.const 72) "\01") (data (i32.const 88) "\01")
            (func (export "run") (result i32 i32 i64)
                (call $poll (i32.const 0) (i32.const 128) (i32.const 2) (i32.const 100))
                (i32.load (i32.const 100)) (i64.load (i32.const 128))))"#);
    let expected = vec!["0".to_owned(), "1".into(), "43".into()];
    assert_eq!(run(&guest, &invoke("run", &[])).outcome, Outcome::Returned { values: expected });
}

#[test]
fn threads_are_refused_and_can_be_said_to_fail() {
    let guest = wat(r#"(module
        (import "env" "memory" (memory 1 2 shared)) (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (func (export "run") (result i32) (call $spawn (i32.const 0))))"#);
    let refused = record(&guest, &invoke("run", &[]), Arc::new(Nobody), Vec::new()).unwrap_err();
    assert!(matches!(refused, RecordError::Threads), "{refused}");
    let stubbed = RunOptions { unprovided: Unprovided::Stub, ..invoke("run", &[]) };
    assert_eq!(run(&guest, &stubbed).outcome, Outcome::Returned { values: vec!["-1".into()] });
}

#[test]
fn a_sleeping_guest_ends_at_the_time_limit() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let limits = Limits { time: Some(Duration::from_millis(100)), ..Limits::default() };
        let began = Instant::now();
        let recording =
            run(&sleeper(1_000_000_000_000), &RunOptions { limits, sampler, ..invoke("run", &[]) });
        assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
        assert_eq!(recording.crossings.functions[0].calls, 1, "the call in which it was stopped counts");
        assert!(recording.meta.warnings.iter().all(|warning| !warning.contains("left behind")));
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

#[test]
#[cfg(unix)]
fn a_guest_that_cannot_be_reached_is_left_behind() {
    // It opens a pipe that nobody writes to: the operating system keeps the thread.
    let guest = wat(r#"(module
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "pipe")
        (func (export "run") (result i32)
            (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 100))))"#);
    let dir = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let dirs = vec![GrantedDir { host: dir.path().to_owned(), guest: ".".into() }];
    let limits = Limits { time: Some(Duration::from_millis(100)), ..Limits::default() };
    let program = Program { dirs, ..Program::default() };
    let recording = run(&guest, &RunOptions { limits, program, ..invoke("run", &[]) });
    assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
    let warnings = &recording.meta.warnings;
    assert!(warnings.iter().any(|warning| warning.contains("left behind")), "{warnings:?}");
}

#[test]
fn bytes_count_only_where_the_call_succeeded() {
    // Memory says that 70 bytes were written. The first call fails and leaves that; the second writes 2.
    let guest = wat(r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\02\00\00\00hi") (data (i32.const 16) "\46")
            (func $tail (result i32) (return_call $write (i32.const 99) (i32.const 0) (i32.const 1) (i32.const 16)))
            (func (export "run")
                (drop (call $write (i32.const 99) (i32.const 0) (i32.const 1) (i32.const 16)))
                (drop (call $tail))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#);
    let recording = run(&guest, &invoke("run", &[]));
    let write = &recording.crossings.functions[0];
    assert_eq!((write.calls, write.bytes_out), (3, Some(2)));
    let mut bytes: Vec<_> = recording.crossings.sites.iter().map(|site| site.bytes).collect();
    bytes.sort_unstable();
    assert_eq!(bytes, [Some(0), Some(0), Some(2)]);
}

struct CancelAtOutput(AtomicBool);

impl Observer for CancelAtOutput {
    fn output(&self, _stream: wasmscope_instrument::OutputStream, _bytes: &[u8]) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_cancelled_run_keeps_what_was_recorded() {
    let guest = wat(r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\02\00\00\00hi")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
                (loop $forever (br $forever))))"#);
    let recording =
        run_watched(&guest, &RunOptions::default(), Arc::new(CancelAtOutput(AtomicBool::new(false))));
    assert_eq!(recording.outcome, Outcome::Cancelled);
    assert_eq!(recording.output, b"hi");
}

#[test]
fn memory_beyond_the_limit_is_refused_to_the_guest() {
    let guest = wat(r#"(module (memory (export "memory") 1)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#);
    let grow = |pages, bytes| {
        let limits = Limits { memory_bytes: bytes, ..Limits::default() };
        run(&guest, &RunOptions { limits, ..invoke("grow", &[Value::I32(pages)]) }).outcome
    };
    assert_eq!(grow(3, None), Outcome::Returned { values: vec!["1".into()] });
    assert_eq!(grow(3, Some(4 << 16)), Outcome::Returned { values: vec!["1".into()] });
    assert_eq!(grow(4, Some(4 << 16)), Outcome::Returned { values: vec!["-1".into()] });
    let limits = Limits { memory_bytes: Some(1 << 15), ..Limits::default() };
    let options = RunOptions { limits, ..invoke("grow", &[Value::I32(1)]) };
    let error = record(&guest, &options, Arc::new(Nobody), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("asks for 65536 bytes"), "{error}");
}

/// Takes so many bytes and then no more.
struct FullDisk(usize);

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_ends_the_run_with_a_clear_error() {
    let guest = sample("hotloop/hotloop.wasm");
    let mut whole = Vec::new();
    record(&guest, &time_only(), Arc::new(Nobody), &mut whole).unwrap();
    // Runs differ in length by more than a hundredth: room for the module, and for half of what is measured.
    let mut begin = Vec::new();
    Writer::new(&mut begin, &Meta::default(), &guest.bytes).unwrap();
    let room = FullDisk((begin.len() + whole.len()) / 2);
    let error = record(&guest, &time_only(), Arc::new(Nobody), room).unwrap_err();
    assert!(matches!(error, RecordError::Write(_)), "{error}");
}

#[test]
fn deep_stacks_at_a_high_rate_do_not_defeat_the_time_limit() {
    let guest = wat(r#"(module
            (func $down (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
                    (else (loop $forever (br $forever)) (i32.const 0))))
            (func (export "dive") (result i32) (call $down (i32.const 5000))))"#);
    let limits = Limits { time: Some(Duration::from_millis(300)), ..Limits::default() };
    let options = RunOptions { limits, rate_hz: 10_000, ..invoke("dive", &[]) };
    let began = Instant::now();
    let recording = run(&guest, &options);
    assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Imports what nobody provides, of each kind, and calls the functions.
const LONELY: &str = r#"(module
    (import "env" "tick" (func $tick (param i32) (result i64)))
    (import "env" "never" (func $never))
    (import "env" "null" (func $null (result externref)))
    (import "env" "base" (global $base i32))
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 2 funcref))
    (func (export "run") (result i64)
        (drop (call $null))
        (drop (call $tick (i32.const 7)))
        (i64.add (call $tick (global.get $base)) (i64.extend_i32_u (i32.load (i32.const 4))))))"#;

#[test]
fn what_nobody_provides_is_listed_and_refused() {
    let guest = wat(LONELY);
    let missing = missing_imports(&ModuleIndex::parse(&guest.bytes).unwrap(), &[]).unwrap();
    let names: Vec<_> = missing.iter().map(|import| &*import.name).collect();
    assert_eq!(names, ["tick", "never", "null", "base", "memory", "table"]);
    let error = record(&guest, &invoke("run", &[]), Arc::new(Nobody), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("env.tick: "), "{error}");
}

#[test]
fn stubs_answer_zero_and_their_calls_are_counted() {
    let options = RunOptions { unprovided: Unprovided::Stub, ..invoke("run", &[]) };
    let recording = run(&wat(LONELY), &options);
    assert_eq!(recording.outcome, Outcome::Returned { values: vec!["0".into()] });
    let note = "3 functions that nobody provides were replaced by ones that do nothing: \
                called were env.tick 2 times, env.null 1 times";
    assert!(recording.meta.warnings.iter().any(|warning| warning == note), "{:?}", recording.meta.warnings);
    let calls: u64 =
        recording.crossings.functions.iter().filter(|row| row.func.0 < 3).map(|row| row.calls).sum();
    assert_eq!(calls, 3);
}

#[test]
fn a_trap_in_the_place_of_an_import_names_it() {
    let options = RunOptions { unprovided: Unprovided::Trap, ..invoke("run", &[]) };
    let Outcome::Trapped { message, frames } = run(&wat(LONELY), &options).outcome else { panic!() };
    assert_eq!(message, "env.null was called, which nobody provides");
    assert_eq!(frames.len(), 1);
}

#[test]
fn nothing_stands_in_for_a_reference_that_is_never_null() {
    let guest = wat(r#"(module (import "env" "f" (global (ref func))) (func (export "run")))"#);
    let options = RunOptions { unprovided: Unprovided::Stub, ..invoke("run", &[]) };
    let error = record(&guest, &options, Arc::new(Nobody), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("nothing can stand in for env.f"), "{error}");
}

#[test]
fn an_import_that_is_declared_twice_is_listed_once() {
    let text =
        r#"(module (import "e" "f" (func)) (import "e" "f" (func)) (import "e" "f" (func (param i32))))"#;
    let missing = missing_imports(&ModuleIndex::parse(&wat(text).bytes).unwrap(), &[]).unwrap();
    assert_eq!(missing.len(), 2, "{missing:?}");
}

/// By the allocators it is known which contexts are those of heap operations, without a look at all of these.
#[test]
fn heap_operations_stand_in_contexts_of_allocators() {
    for module in ["words/words.wasm", "fragment/before.wasm", "json/json.wasm"] {
        let recording = run(&sample(module), &RunOptions::default());
        let allocators: Vec<_> = recording.meta.allocators.iter().map(|allocator| allocator.func).collect();
        let funcs =
            recording.heap.iter().map(|event| recording.contexts.func[event.context.unwrap().0 as usize]);
        let (inside, outside): (Vec<_>, Vec<_>) = funcs.partition(|func| allocators.contains(func));
        assert!(!inside.is_empty() && outside.is_empty(), "{module}: {} of {}", outside.len(), inside.len());
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Unmet(std::sync::Mutex<Vec<String>>);

impl Observer for Unmet {
    fn unmet(&self, sentence: &str) {
        self.0.lock().unwrap().push(sentence.to_owned());
    }
}

/// The name section knows the function by another name.
#[test]
fn allocators_may_be_named_by_their_exports() {
    let guest = wat(
        r#"(module (func $inner (export "take") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1000)))
            (func $unused (param i32) (result i32) (i32.const 8))
            (func (export "run") (drop (call $inner (i32.const 24)))))"#,
    );
    let measures = MeasureSet::NONE.with(Measure::Heap);
    let allocators = ["take=malloc", "gone=free"].map(|own| own.parse().unwrap()).to_vec();
    let unmet = Arc::new(Unmet::default());
    let options = RunOptions { measures, allocators, ..invoke("run", &[]) };
    let recording = run_watched(&guest, &options, Arc::<Unmet>::clone(&unmet));
    let [own] = &recording.meta.allocators[..] else { panic!("{:?}", recording.meta.allocators) };
    assert_eq!((own.known_by, own.func.0), (KnownBy::User, 0));
    let blocks: Vec<_> = recording.heap.iter().map(|event| (event.address, event.size)).collect();
    assert_eq!(blocks, [(1_024, 24)]);
    let told = unmet.0.lock().unwrap();
    assert!(matches!(&told[..], [one] if one.contains("`gone`")), "{told:?}");
    assert!(recording.meta.warnings.contains(&told[0]), "{:?}", recording.meta.warnings);
}
