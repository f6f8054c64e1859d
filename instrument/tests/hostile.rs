//! Guests that mean harm, or behave as if they did: each ends as an outcome in a recording that is whole, and none
//! takes more of the machine than it was given.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmscope_instrument::recording::{Outcome, Recording, read};
use wasmscope_instrument::{
    GrantedDir, Guest, Invocation, Limits, Measure, MeasureSet, Nobody, Observer, OutputStream, Program,
    RecordError, RunOptions, SamplerChoice, record,
};

/// All tests here together, with the compiler and what it compiles, never take as much: half of what one guest asks
/// for.
const MOST_RESIDENT_BYTES: u64 = 2 << 30;

fn wat(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "hostile.wasm".into(), path: String::new() }
}

/// The export `run` is called.
fn called(limits: Limits) -> RunOptions {
    RunOptions { invoke: Some(Invocation::once("run", &[])), limits, ..RunOptions::default() }
}

fn within(millis: u64) -> Limits {
    Limits { time: Some(Duration::from_millis(millis)), ..Limits::default() }
}

/// Records `guest`, and reads the recording back whole.
fn run(guest: &Guest, options: &RunOptions) -> Recording {
    run_watched(guest, options, Arc::new(Nobody))
}

fn run_watched(guest: &Guest, options: &RunOptions, observer: Arc<dyn Observer>) -> Recording {
    let mut file = Vec::new();
    let began = Instant::now();
    let outcome = record(guest, options, observer, &mut file).unwrap();
    assert!(began.elapsed() < Duration::from_secs(60), "{outcome}");
    let recording = read(&file).unwrap();
    assert_eq!((&recording.outcome, &recording.damage), (&outcome, &None));
    assert_eq!(recording.module, guest.bytes);
    assert!(peak_bytes() < MOST_RESIDENT_BYTES, "{} bytes were resident", peak_bytes());
    recording
}

/// The most memory that this process ever had, 0 where nobody tells.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Runs with the usual measures, with all of them, and by epochs.
fn in_each_way(guest: &Guest, options: &RunOptions, check: impl Fn(&Recording)) {
    let all = Measure::ALL.into_iter().fold(MeasureSet::NONE, MeasureSet::with);
    for measures in [MeasureSet::default(), all] {
        for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
            check(&run(guest, &RunOptions { measures, sampler, ..options.clone() }));
        }
    }
}

fn returned(values: &[&str]) -> Outcome {
    Outcome::Returned { values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn trap(recording: &Recording) -> &str {
    let Outcome::Trapped { message, .. } = &recording.outcome else { panic!("{}", recording.outcome) };
    message
}

fn limit(recording: &Recording) -> &str {
    let Outcome::LimitReached { message } = &recording.outcome else { panic!("{}", recording.outcome) };
    message
}

#[test]
fn endless_guests_end_at_the_time_limit_wherever_they_are() {
    let spin = "(func $spin (loop $l (br $l)))";
    for module in [
        format!("(module {spin} (func (export \"run\") (call $spin)))"),
        format!("(module {spin} (start $spin) (func (export \"run\")))"),
        format!("(module {spin} (func (export \"_initialize\") (call $spin)) (func (export \"run\")))"),
        "(module (func $tail (export \"run\") (return_call $tail)))".to_owned(),
        "(module (tag $t) (func (export \"run\")
            (loop $l (block $b (try_table (catch $t $b) (throw $t))) (br $l))))"
            .to_owned(),
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
            (memory (export "memory") 1)
            (func (export "run") (loop $l (drop (call $yield)) (br $l))))"#
            .to_owned(),
        r#"(module (func $malloc (param i32) (result i32) (i32.const 8)) (func $free (param i32))
            (func (export "run") (loop $l (call $free (call $malloc (i32.const 8))) (br $l))))"#
            .to_owned(),
    ] {
        in_each_way(&wat(&module), &called(within(200)), |recording| {
            assert_eq!(limit(recording), "the time limit of 0.2 s was reached", "{module}");
        });
    }
}

#[test]
fn recursion_ends_in_a_trap_with_the_innermost_frames() {
    let down = "(func $down (param i64) (result i64) (i64.add (call $down (local.get 0)) (i64.const 1)))";
    for module in [
        format!("(module {down} (func (export \"run\") (drop (call $down (i64.const 0)))))"),
        format!(
            "(module {down} (func $go (drop (call $down (i64.const 0)))) (start $go) (func (export \"run\")))"
        ),
        "(module (type $f (func)) (table 1 funcref) (elem (i32.const 0) $a)
            (func $a (call $b)) (func $b (call_indirect (type $f) (i32.const 0)))
            (func (export \"run\") (call $a)))"
            .to_owned(),
    ] {
        in_each_way(&wat(&module), &called(within(30_000)), |recording| {
            assert_eq!(trap(recording), "call stack exhausted");
            let Outcome::Trapped { frames, .. } = &recording.outcome else { panic!() };
            assert_eq!(frames.len(), 4096, "{module}");
        });
    }
}

#[test]
fn recursion_that_calls_the_host_at_each_depth_ends_in_a_trap() {
    let guest = wat(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (data (i32.const 0) "\08\00\00\00\01\00\00\00.")
            (func $down (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (call $down))
            (func (export "run") (call $down)))"#,
    );
    // Each sample walks all of the stack: less of it takes less time.
    let limits = Limits { stack_bytes: Some(1 << 17), ..within(30_000) };
    in_each_way(&guest, &called(limits), |recording| {
        assert_eq!(trap(recording), "call stack exhausted");
        let written = recording.output.len() as u64;
        assert!(written > 1_000 && recording.crossings.functions[0].calls - written <= 1, "{written}");
    });
}

#[test]
fn the_stack_is_as_large_as_it_was_asked_for() {
    let depth = |stack_bytes| {
        let guest = wat(r#"(module (memory (export "memory") 1)
            (func $down (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (call $down))
            (func (export "run") (call $down)))"#);
        let exact = MeasureSet::NONE.with(Measure::Calls);
        let limits = Limits { stack_bytes: Some(stack_bytes), ..Limits::default() };
        let recording = run(&guest, &RunOptions { measures: exact, ..called(limits) });
        assert_eq!(trap(&recording), "call stack exhausted");
        recording.counts.iter().map(|(_, calls, _)| calls).sum::<u64>()
    };
    let (small, large) = (depth(1 << 16), depth(1 << 20));
    assert!(large > 10 * small && small > 100, "{small} {large}");
    let guest = wat("(module (func (export \"run\")))");
    for bytes in [0, 1 << 13, 1 << 27, u64::MAX] {
        let limits = Limits { stack_bytes: Some(bytes), ..Limits::default() };
        let error = record(&guest, &called(limits), Arc::new(Nobody), Vec::new()).unwrap_err();
        assert!(matches!(error, RecordError::StackLimit { .. }), "{error}");
    }
    for bytes in [1 << 14, 1 << 26] {
        let limits = Limits { stack_bytes: Some(bytes), ..Limits::default() };
        assert_eq!(run(&guest, &called(limits)).outcome, returned(&[]));
    }
}

/// Grows by `step` pages until it may no more, touches each piece, and answers with its size.
fn grower(memory: &str, ty: &str, step: u64) -> Guest {
    wat(&format!(
        r#"(module (memory (export "memory") {memory}) (func (export "run") (result {ty})
            (local $old {ty})
            (loop $l
                (local.set $old (memory.grow ({ty}.const {step})))
                (if ({ty}.ne (local.get $old) ({ty}.const -1)) (then
                    ({ty}.store8 ({ty}.shl (local.get $old) ({ty}.const 16)) ({ty}.const 1))
                    (br_if $l ({ty}.lt_u (memory.size) ({ty}.const 0x1000000))))))
            (memory.size)))"#
    ))
}

#[test]
fn growth_ends_at_its_limit_and_takes_no_room_that_is_not_touched() {
    let limited = Limits { memory_bytes: Some(64 << 20), ..Limits::default() };
    // The usual measures: to look through the counters of `access` for 4 GiB takes a while.
    let recording = run(&grower("1", "i32", 64), &called(Limits::default()));
    assert_eq!(recording.outcome, returned(&["65473"]));
    assert_eq!(recording.growth.iter().filter(|event| event.granted).count(), 1023);
    let recording = run(&grower("i64 1", "i64", 1 << 13), &called(Limits::default()));
    assert_eq!(recording.outcome, returned(&["253953"]), "16 GiB without a limit, in steps of a half");
    in_each_way(&grower("1", "i32", 1), &called(limited), |recording| {
        assert_eq!(recording.outcome, returned(&["1024"]));
        let refused = recording.growth.iter().filter(|event| !event.granted).count();
        assert_eq!((recording.growth.len(), refused), (1024, 1));
    });
    in_each_way(&grower("i64 1", "i64", 16), &called(limited), |recording| {
        assert_eq!(recording.outcome, returned(&["1009"]));
    });
}

#[test]
fn tables_grow_up_to_their_limit() {
    let guest =
        wat(r#"(module (table $t 4 funcref) (table $u 0 externref) (func (export "run") (result i32 i32)
        (loop $l
            (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1)))
            (br_if $l (i32.ne (table.grow $u (ref.null extern) (i32.const 100)) (i32.const -1))))
        (table.size $t) (table.size $u)))"#);
    let limits = |table_entries, memory_bytes| Limits { table_entries, memory_bytes, ..Limits::default() };
    let sizes = |limits| run(&guest, &called(limits)).outcome;
    assert_eq!(sizes(limits(Some(1000), None)), returned(&["904", "0"]));
    assert_eq!(sizes(limits(Some(4), None)), returned(&["4", "0"]));
    assert_eq!(sizes(limits(None, Some(1 << 20))), returned(&["65504", "0"]), "16 bytes an entry");
    assert_eq!(sizes(Limits::default()), returned(&["9999904", "0"]), "ten million without a limit");
    let few = called(limits(Some(3), None));
    let error = record(&guest, &few, Arc::new(Nobody), Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "the module asks for tables of 4 entries at its start, and may have 3");
}

#[test]
fn objects_without_end_end_at_the_memory_limit() {
    let guest = wat("(module (type $list (struct (field (ref null $list)) (field i64)))
        (func (export \"run\") (local $head (ref null $list))
            (loop $l (local.set $head (struct.new $list (local.get $head) (i64.const 1))) (br $l))))");
    let limits = Limits { memory_bytes: Some(32 << 20), ..within(30_000) };
    let recording = run(&guest, &called(limits));
    assert!(trap(&recording).contains("GC heap out of memory"), "{}", recording.outcome);
}

/// Writes `bytes` of its memory to the standard output, `times` times.
fn writer(bytes: u64, times: u64) -> Guest {
    let length: String = (bytes as u32).to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let pages = bytes.div_ceil(1 << 16) + 1;
    wat(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") {pages}) (data (i32.const 0) "\10\00\00\00{length}")
            (func (export "run") (local $n i32)
                (loop $l
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $l (i32.lt_u (local.get $n) (i32.const {times}))))))"#
    ))
}

#[test]
fn gigabytes_to_the_output_pass_through_and_their_end_is_kept() {
    for (bytes, times) in [(1 << 20, 2 << 10), (100 << 20, 10)] {
        let recording = run(&writer(bytes, times), &called(within(50_000)));
        assert_eq!(recording.outcome, returned(&[]));
        assert_eq!(recording.output.len(), 1 << 20);
        assert!(recording.crossings.functions[0].bytes_out.unwrap() >= bytes * (times - 1));
    }
}

/// Counts what reaches it.
#[derive(Default)]
struct Reader(std::sync::atomic::AtomicU64);

impl Observer for Reader {
    fn output(&self, _stream: OutputStream, bytes: &[u8]) {
        self.0.fetch_add(bytes.len() as u64, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn output_ends_at_its_limit_to_the_byte() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let limits = Limits { output_bytes: Some(1_000), ..Limits::default() };
        let (options, reader) = (RunOptions { sampler, ..called(limits) }, Arc::new(Reader::default()));
        let recording =
            run_watched(&writer(300, 1 << 30), &options, Arc::clone(&reader) as Arc<dyn Observer>);
        assert_eq!(limit(&recording), "the program wrote more than the 1000 bytes that it may");
        assert_eq!(
            (recording.output.len(), reader.0.load(std::sync::atomic::Ordering::Relaxed)),
            (1_000, 1_000)
        );
        assert_eq!(recording.crossings.functions[0].calls, 4);
        assert_eq!(run(&writer(500, 2), &options).outcome, returned(&[]), "all that it may");
    }
}

#[test]
fn fuel_ends_a_run_after_so_many_instructions() {
    let guest = wat(r#"(module (memory (export "memory") 1) (func (export "run")
        (loop $l (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (br $l))))"#);
    let limits = Limits { fuel: Some(70_000), ..Limits::default() };
    let options = called(limits);
    in_each_way(&guest, &options, |recording| {
        assert_eq!(limit(recording), "the fuel of 70000 instructions was used up");
    });
    let counted = MeasureSet::NONE.with(Measure::Instructions);
    let recording = run(&guest, &RunOptions { measures: counted, ..options.clone() });
    // Seven instructions a turn, and those of the probes.
    let turns = recording.instructions.iter().map(|(.., count)| count).max().unwrap();
    assert!((2_000..=10_000).contains(&turns), "{turns}");
    let enough = wat("(module (func (export \"run\") (result i32) (i32.const 7)))");
    assert_eq!(run(&enough, &options).outcome, returned(&["7"]));
    let none = called(Limits { fuel: Some(0), ..Limits::default() });
    assert_eq!(limit(&run(&enough, &none)), "the fuel of 0 instructions was used up");
}

#[test]
fn a_trap_in_the_start_function_is_an_outcome() {
    let guest = wat("(module (func $bad unreachable) (start $bad) (func (export \"run\")))");
    in_each_way(&guest, &called(Limits::default()), |recording| {
        assert!(trap(recording).contains("unreachable"));
        let Outcome::Trapped { frames, .. } = &recording.outcome else { panic!() };
        assert_eq!(frames.iter().map(|frame| frame.func.0).collect::<Vec<_>>(), [0]);
    });
    let segment = wat("(module (memory 1) (data (i32.const 65536) \"x\") (func (export \"run\")))");
    assert!(trap(&run(&segment, &called(Limits::default()))).contains("out of bounds"));
}

#[test]
fn an_exception_that_nobody_catches_is_an_outcome() {
    let guest = wat("(module (tag $t (param i32)) (func (export \"run\") (throw $t (i32.const 7))))");
    in_each_way(&guest, &called(Limits::default()), |recording| {
        assert!(trap(recording).contains("exception"), "{}", recording.outcome);
    });
}

#[test]
fn huge_requests_of_the_host_are_answered_or_trap() {
    // Each would be 4 GiB, or that many of something.
    for (import, params, call) in [
        ("random_get", 2, "(i32.const 0) (i32.const -1)"),
        ("fd_write", 4, "(i32.const 1) (i32.const 0) (i32.const -1) (i32.const 8)"),
        ("fd_read", 4, "(i32.const 0) (i32.const 0) (i32.const -1) (i32.const 8)"),
        ("poll_oneoff", 4, "(i32.const 0) (i32.const 0) (i32.const -1) (i32.const 8)"),
        ("poll_oneoff", 4, "(i32.const -8) (i32.const -8) (i32.const 1) (i32.const -2)"),
        ("args_get", 2, "(i32.const -4) (i32.const -4)"),
        ("fd_prestat_dir_name", 3, "(i32.const 3) (i32.const 0) (i32.const -1)"),
        ("path_create_directory", 3, "(i32.const 3) (i32.const 0) (i32.const -1)"),
    ] {
        let params = "i32 ".repeat(params);
        let guest = wat(&format!(
            r#"(module (import "wasi_snapshot_preview1" "{import}" (func $ask (param {params}) (result i32)))
                (memory (export "memory") 1) (func (export "run") (result i32) (call $ask {call})))"#
        ));
        let recording = run(&guest, &called(within(20_000)));
        let is_refused = match &recording.outcome {
            Outcome::Returned { values } => values != &["0"],
            outcome => matches!(outcome, Outcome::Trapped { .. }),
        };
        assert!(is_refused, "{import}: {}", recording.outcome);
    }
}

#[test]
fn huge_arguments_reach_the_guest() {
    let guest = wat(r#"(module
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
        (memory (export "memory") 512)
        (func (export "run") (result i32 i32 i32)
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (call $get (i32.const 8) (i32.const 0x100000)) (i32.load (i32.const 0)) (i32.load (i32.const 4))))"#);
    let args = vec!["a".repeat(100); 100_000];
    let options = RunOptions { program: Program { args, ..Program::default() }, ..called(within(30_000)) };
    let bytes = 100_000 * 101 + "hostile.wasm".len() + 1;
    assert_eq!(run(&guest, &options).outcome, returned(&["0", "100001", &bytes.to_string()]));
}

/// Calls a WASI function with paths in the first folder that it was given, and answers with what that says.
fn with_paths(import: &str, types: &str, call: &str, paths: &[&str]) -> Guest {
    let data = |(number, path): (usize, &&str)| format!("(data (i32.const {}) \"{path}\")", 1024 * number);
    let data: String = paths.iter().enumerate().map(data).collect();
    wat(&format!(
        r#"(module (import "wasi_snapshot_preview1" "{import}" (func $ask (param {types}) (result i32)))
            (memory (export "memory") 1) {data} (func (export "run") (result i32) (call $ask {call})))"#
    ))
}

/// Opens a path, and makes the file where it is not there.
fn opener(path: &str) -> Guest {
    let rights = "(i64.const 66) (i64.const 66)";
    let length = path.len();
    let call = format!(
        "(i32.const 3) (i32.const 1) (i32.const 0) (i32.const {length}) (i32.const 1) {rights} (i32.const 0) (i32.const 2048)"
    );
    with_paths("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32", &call, &[path])
}

fn listing(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_a_granted_folder_is_reached() {
    let outer = tempfile::tempdir().unwrap();
    let granted = outer.path().join("granted");
    fs::create_dir_all(granted.join("sub")).unwrap();
    fs::write(outer.path().join("secret"), "secret").unwrap();
    fs::write(granted.join("own"), "own").unwrap();
    for (target, link) in [
        ("../secret", "relative"),
        ("..", "up"),
        ("sub/../../secret", "winding"),
        ("/", "root"),
        ("loop", "loop"),
        (outer.path().join("secret").to_str().unwrap(), "absolute"),
        ("../fresh", "dangling"),
    ] {
        std::os::unix::fs::symlink(target, granted.join(link)).unwrap();
    }
    let before = listing(outer.path());
    let dirs = vec![GrantedDir { host: granted.clone(), guest: "/".into() }];
    let options = RunOptions { program: Program { dirs, ..Program::default() }, ..called(within(20_000)) };
    let answer = |guest: &Guest| {
        let Outcome::Returned { values } = run(guest, &options).outcome else { panic!() };
        values[0].clone()
    };
    assert_eq!(answer(&opener("own")), "0", "what is inside is reached");
    assert_eq!(answer(&opener("sub/../own")), "0");
    let secret = outer.path().join("secret");
    let long = "x/".repeat(400);
    for path in [
        "../secret",
        "sub/../../secret",
        "./../secret",
        "/../secret",
        "..",
        "relative",
        "up/secret",
        "winding",
        "root/etc/passwd",
        "absolute",
        "dangling",
        "loop",
        "../fresh",
        "own/../../secret",
        "",
        secret.to_str().unwrap(),
        long.as_str(),
    ] {
        assert_ne!(answer(&opener(path)), "0", "{path} was opened");
    }
    // A link that the guest makes itself may be refused, or lead nowhere.
    let link = "(i32.const 0) (i32.const 9) (i32.const 3) (i32.const 1024) (i32.const 4)";
    answer(&with_paths("path_symlink", "i32 i32 i32 i32 i32", link, &["../secret", "made"]));
    assert_ne!(answer(&opener("made")), "0");
    let rename = "(i32.const 3) (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 1024) (i32.const 9)";
    assert_ne!(
        answer(&with_paths("path_rename", "i32 i32 i32 i32 i32 i32", rename, &["own", "../stolen"])),
        "0"
    );
    let hard = "(i32.const 3) (i32.const 1) (i32.const 0) (i32.const 9) (i32.const 3) (i32.const 1024) (i32.const 4)";
    assert_ne!(
        answer(&with_paths("path_link", "i32 i32 i32 i32 i32 i32 i32", hard, &["../secret", "copy"])),
        "0"
    );
    let unlink = "(i32.const 3) (i32.const 0) (i32.const 9)";
    assert_ne!(answer(&with_paths("path_unlink_file", "i32 i32 i32", unlink, &["../secret"])), "0");
    assert_eq!(listing(outer.path()), before);
    assert_eq!(fs::read(outer.path().join("secret")).unwrap(), b"secret");
}
