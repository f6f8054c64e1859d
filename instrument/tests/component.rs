//! Runs components: what they answer, what is recorded of their core modules, and against what the engine counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/fuel.rs"]
mod fuel;
#[path = "common/recorded.rs"]
mod recorded;

use fuel::{by_function, costs};
use recorded::run;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::recording::{Direction, Outcome, Recording, StackFrame};
use wasmscope_instrument::{
    GrantedDir, Guest, Invocation, Limits, Measure, MeasureSet, Nobody, Program, RecordError, Repeat,
    RunOptions, SamplerChoice, Unprovided, record,
};
use wasmscope_symbolize::{FuncIndex, ModuleIndex, Symbols};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

const EXACT: MeasureSet = MeasureSet::NONE.with(Measure::Calls).with(Measure::Instructions);

/// A program that allocates, calls itself through an adapter and the host, and the adapter, which uses its memory;
/// behind a table, as tools make them.
const PROGRAM: &str = r#"(component
    (import "host" (instance $host (export "mark" (func (param "text" string)))))
    (core module $main
        (import "adapter" "twice" (func $twice (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $malloc (local.get 3)))
        (func $malloc (param i32) (result i32) (i32.const 4096))
        (func $free (param i32))
        (func $work (param $n i32) (result i32)
            (loop $l (drop (call $malloc (local.get $n))) (call $free (i32.const 4096))
                (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (memory.grow (i32.const 1)))
        (func (export "run") (param $n i32) (result i32)
            (i32.add (call $work (local.get $n)) (call $twice (local.get $n))))
        (func (export "fail") (param i32) (result i32) (drop (call $work (local.get 0))) unreachable)
        (func (export "echo") (param i32 i32) (result i32)
            (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
    (core module $shim
        (table (export "table") 2 funcref)
        (func (export "twice") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
        (func (export "mark") (param i32 i32) (call_indirect (param i32 i32) (local.get 0) (local.get 1) (i32.const 1))))
    (core module $adapter
        (import "env" "memory" (memory 0))
        (import "host" "mark" (func $mark (param i32 i32)))
        (func $twice (export "twice") (param i32) (result i32)
            (call $mark (i32.const 0) (i32.const 3)) (call $mark (i32.const 0) (i32.const 5))
            (i32.mul (local.get 0) (i32.const 2))))
    (core module $fixup
        (import "" "table" (table 2 funcref))
        (import "" "twice" (func $t (param i32) (result i32))) (import "" "mark" (func $m (param i32 i32)))
        (elem (i32.const 0) func $t $m))
    (core instance $s (instantiate $shim))
    (core instance $m (instantiate $main (with "adapter" (instance $s))))
    (core instance $a (instantiate $adapter (with "env" (instance $m)) (with "host" (instance $s))))
    (alias core export $m "memory" (core memory $memory))
    (core func $mark (canon lower (func $host "mark") (memory $memory)))
    (core instance (instantiate $fixup (with "" (instance
        (export "table" (table $s "table")) (export "twice" (func $a "twice")) (export "mark" (func $mark))))))
    (func (export "run") (param "n" u32) (result s32) (canon lift (core func $m "run")))
    (func (export "fail") (param "n" u32) (result s32) (canon lift (core func $m "fail")))
    (func (export "echo") (param "text" string) (result string)
        (canon lift (core func $m "echo") (memory $memory) (realloc (func $m "cabi_realloc")))))"#;

fn guest(name: &str, bytes: Vec<u8>) -> Guest {
    Guest { bytes: bytes.into(), name: name.into(), path: String::new() }
}

fn wat(text: &str) -> Guest {
    guest("test.wasm", wat::parse_str(text).unwrap())
}

fn call(expression: &str) -> RunOptions {
    RunOptions {
        invoke: Some(Invocation::once(expression, &[])),
        unprovided: Unprovided::Stub,
        ..RunOptions::default()
    }
}

fn refused(guest: &Guest, options: &RunOptions) -> String {
    record(guest, options, Arc::new(Nobody), Vec::new()).unwrap_err().to_string()
}

fn returned(value: &str) -> Outcome {
    Outcome::Returned { values: vec![value.to_owned()] }
}

fn name(recording: &Recording, func: FuncIndex) -> String {
    let module = Arc::new(ModuleIndex::parse(&recording.module).unwrap());
    Symbols::new(Arc::clone(&recording.module), module).name(func).name.full.to_string()
}

/// The call path of a context, outermost first.
fn path(recording: &Recording, context: Option<wasmscope_instrument::recording::ContextId>) -> Vec<String> {
    let table = &recording.contexts;
    let parents = std::iter::successors(context, |context| table.parent[context.0 as usize]);
    let mut path: Vec<_> = parents.map(|context| name(recording, table.func[context.0 as usize])).collect();
    path.reverse();
    path
}

#[test]
fn values_of_all_kinds_go_in_and_out_as_text() {
    let component = r#"(component
        (core module $m (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            (func (export "add") (param i32 f64 i64) (result f64)
                (f64.add (f64.convert_i32_u (local.get 0)) (f64.add (local.get 1) (f64.convert_i64_s (local.get 2)))))
            (func (export "same") (param i32 i32) (result i32)
                (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
            (func (export "other") (param i32) (result i32) (i32.sub (i32.const 2) (local.get 0))))
        (core instance $i (instantiate $m))
        (alias core export $i "memory" (core memory $memory))
        (type $color (enum "red" "green" "blue"))
        (export $exported "color" (type $color))
        (func (export "add") (param "a" u8) (param "b" f64) (param "c" s64) (result f64) (canon lift (core func $i "add")))
        (func (export "same") (param "list" (list (tuple u16 (option string)))) (result (list (tuple u16 (option string))))
            (canon lift (core func $i "same") (memory $memory) (realloc (func $i "realloc"))))
        (func (export "other") (param "color" $exported) (result $exported) (canon lift (core func $i "other"))))"#;
    let guest = wat(component);
    assert_eq!(run(&guest, &call("add(200, 0.5, -1)")).outcome, returned("199.5"));
    assert_eq!(run(&guest, &call("other(red)")).outcome, returned("blue"));
    assert_eq!(run(&guest, &call("same([])")).outcome, returned("[]"));
    assert_eq!(run(&guest, &call("same([(7, none)])")).outcome, returned("[(7, none)]"));
    assert_eq!(run(&wat(PROGRAM), &call(r#"echo("a \"text\"")"#)).outcome, returned(r#""a \"text\"""#));
}

/// Interfaces that nobody provides speak of resources that somebody does.
#[test]
fn stubs_take_the_worlds_own_resources() {
    let component = r#"(component
        (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
            (alias outer 1 $pollable (type $p))
            (export "pollable" (type $q (eq $p)))
            (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
        (import "demo:web/waiting@1.0.0" (instance $waiting
            (alias outer 1 $pollable (type $p))
            (export "pollable" (type $q (eq $p)))
            (export "request" (type $request (sub resource)))
            (export "wait" (func (param "for" (borrow $q)) (result u32)))))
        (core func $subscribe (canon lower (func $clock "subscribe-duration")))
        (core func $wait (canon lower (func $waiting "wait")))
        (core module $m
            (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
            (import "host" "wait" (func $wait (param i32) (result i32)))
            (func (export "run") (result i32)
                (i32.add (i32.const 5) (call $wait (call $subscribe (i64.const 0))))))
        (core instance $i (instantiate $m (with "host"
            (instance (export "subscribe" (func $subscribe)) (export "wait" (func $wait))))))
        (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
    let recording = run(&wat(component), &call("run()"));
    assert_eq!(recording.outcome, returned("5"));
    assert!(recording.meta.warnings.iter().any(|warning| warning.contains("demo:web/waiting@1.0.0.wait")));
}

#[test]
fn calls_of_an_export_are_told_with_what_they_took() {
    let times = Invocation { repeat: Repeat::Times(3), ..Invocation::once("run(50000)", &[]) };
    let recording = run(&wat(PROGRAM), &RunOptions { invoke: Some(times), ..call("") });
    let exports = recording.crossings.functions.iter().filter(|row| row.direction == Direction::HostToGuest);
    let [row] = exports.collect::<Vec<_>>()[..] else { panic!("{:?}", recording.crossings.functions) };
    assert!(name(&recording, row.func).ends_with("run"), "{}", name(&recording, row.func));
    let time = recording.time.unwrap();
    assert_eq!(row.calls, 3);
    assert!(row.self_nanos >= time.guest_nanos && row.total_nanos >= row.self_nanos, "{row:?} {time:?}");
    let spans = recording.spans.iter().filter(|span| span.direction == Direction::HostToGuest);
    assert!(spans.clone().count() == 3 && spans.clone().all(|span| span.depth == 0));
}

/// As in a component of several libraries that share a memory.
#[test]
fn a_block_that_one_library_hands_on_from_another_is_counted_once() {
    let component = r#"(component
        (core module $libc (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 1024))
            (func (export "realloc") (param i32 i32) (result i32)
                (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 1))))
            (func (export "free") (param i32)))
        (core module $runtime
            (import "libc" "memory" (memory 1))
            (import "libc" "realloc" (func $realloc (param i32 i32) (result i32)))
            (import "libc" "free" (func $free (param i32)))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (call $realloc (local.get 0) (local.get 3)))
            (func (export "length") (param i32 i32) (result i32) (call $free (local.get 0)) (local.get 1)))
        (core instance $l (instantiate $libc))
        (core instance $r (instantiate $runtime (with "libc" (instance $l))))
        (alias core export $l "memory" (core memory $memory))
        (func (export "length") (param "text" string) (result u32)
            (canon lift (core func $r "length") (memory $memory) (realloc (func $r "cabi_realloc")))))"#;
    let recording = run(&wat(component), &call(r#"length("four")"#));
    assert_eq!(recording.outcome, returned("4"));
    let names: Vec<_> = recording.heap.iter().map(|event| path(&recording, event.context)).collect();
    assert_eq!(recording.heap.len(), 2, "{names:?}");
    assert_eq!(recording.meta.warnings, Vec::<String>::new());
}

#[test]
fn what_cannot_be_called_is_said() {
    let guest = wat(PROGRAM);
    assert!(
        refused(&guest, &RunOptions { unprovided: Unprovided::Refuse, ..call("run(1)") })
            .contains("imports: host")
    );
    assert!(refused(&guest, &call("walk(1)")).contains("run(n: u32) -> s32"));
    assert!(refused(&guest, &call("run(1, 2)")).contains("run(n: u32) -> s32"));
    assert!(refused(&guest, &call("run(\"1\")")).contains("invalid value"));
    assert!(refused(&guest, &call("run(1")).contains("run"));
    let error = record(&guest, &RunOptions { invoke: None, ..call("") }, Arc::new(Nobody), Vec::new());
    assert!(matches!(error, Err(RecordError::NotACommandComponent { .. })));
}

#[test]
fn events_have_their_paths_through_core_modules() {
    let measures = MeasureSet::NONE.with(Measure::Heap).with(Measure::Growth).with(Measure::Boundary);
    let recording = run(&wat(PROGRAM), &RunOptions { measures, ..call("run(10)") });
    assert_eq!(recording.outcome, returned("21"));
    assert_eq!(recording.heap.len(), 20, "ten blocks, allocated and freed");
    let [growth] = recording.growth.as_slice() else { panic!("{:?}", recording.growth) };
    assert_eq!((growth.before_pages, growth.asked_pages, growth.granted), (1, 1, true));
    assert_eq!(path(&recording, growth.context), ["main!run", "main!work"]);
    let crossings = &recording.crossings;
    let imports = crossings.functions.iter().filter(|row| row.direction == Direction::GuestToHost);
    let imports: Vec<_> = imports.map(|row| (name(&recording, row.func), row.calls)).collect();
    assert_eq!(imports, [("adapter!mark".into(), 2)], "none between core modules");
    let [first, second] = crossings.sites.as_slice() else { panic!("{:?}", crossings.sites) };
    assert_ne!(first.site, second.site);
    assert_eq!(path(&recording, first.context), ["adapter!twice"]);
    let index = ModuleIndex::parse(&recording.module).unwrap();
    assert_eq!(name(&recording, index.function_at(first.site.unwrap()).unwrap()), "adapter!twice");
    assert!(
        recording.meta.warnings.iter().all(|warning| warning.contains("host")),
        "{:?}",
        recording.meta.warnings
    );
}

/// The fuel that the original burns, with imports that do nothing.
fn fuel(guest: &Guest, export: &str, argument: u32) -> u64 {
    let mut config = Config::new();
    config.consume_fuel(true).operator_cost(costs());
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, &guest.bytes).unwrap();
    let mut linker: Linker<()> = Linker::new(&engine);
    let mut host = linker.instance("host").unwrap();
    host.func_wrap("mark", |_, (_,): (String,)| Ok(())).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_fuel(u64::MAX / 2).unwrap();
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let func = instance.get_typed_func::<(u32,), (i32,)>(&mut store, export).unwrap();
    let before = store.get_fuel().unwrap();
    let _ = func.call(&mut store, (argument,));
    before - store.get_fuel().unwrap()
}

#[test]
fn exact_counts_agree_with_the_fuel() {
    for (export, argument) in [("run", 10), ("run", 1_000), ("fail", 10)] {
        let guest = wat(PROGRAM);
        let options = RunOptions { measures: EXACT, ..call(&format!("{export}({argument})")) };
        let recording = run(&guest, &options);
        let calls: u64 = recording.counts.calls.iter().sum();
        let instructions: u64 = by_function(&recording).values().sum();
        assert_eq!(instructions + calls, fuel(&guest, export, argument), "{export}: {calls} calls");
    }
}

#[test]
fn a_trap_is_an_outcome_with_its_place() {
    let recording = run(&wat(PROGRAM), &call("fail(3)"));
    let Outcome::Trapped { message, frames } = &recording.outcome else { panic!("{:?}", recording.outcome) };
    assert!(message.contains("unreachable"), "{message}");
    assert_eq!(name(&recording, frames[0].func), "main!fail");
    let index = ModuleIndex::parse(&recording.module).unwrap();
    let at = index.file_offset(frames[0].offset.unwrap()).unwrap().0;
    assert_eq!(recording.module[at as usize], 0x00, "the instruction `unreachable`");
    assert_eq!(recording.heap.len(), 6, "what came before is there");
}

#[test]
fn nested_components_are_seen_each_instance_by_itself() {
    let component = r#"(component
        (component $part
            (core module $m
                (memory (export "memory") 1)
                (func $grow (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
            (core instance $i (instantiate $m))
            (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow"))))
        (component $top
            (import "one" (func $one (param "pages" u32) (result s32)))
            (import "two" (func $two (param "pages" u32) (result s32)))
            (core func $g1 (canon lower (func $one)))
            (core func $g2 (canon lower (func $two)))
            (core module $m
                (import "" "one" (func $one (param i32) (result i32)))
                (import "" "two" (func $two (param i32) (result i32)))
                (func $spin (export "spin") (result i32) (local $n i64) (local.set $n (i64.const 300000000))
                    (loop $l (br_if $l (i64.ne (i64.const 0) (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
                    (i32.add (call $one (i32.const 3)) (call $two (i32.const 5))))
                (func (export "run") (result i32)
                    (i32.add (call $one (i32.const 3)) (i32.add (call $two (i32.const 5)) (call $two (i32.const 7))))))
            (core instance $i (instantiate $m (with "" (instance (export "one" (func $g1)) (export "two" (func $g2))))))
            (func (export "spin") (result s32) (canon lift (core func $i "spin")))
            (func (export "run") (result s32) (canon lift (core func $i "run"))))
        (instance $one (instantiate $part))
        (instance $two (instantiate $part))
        (instance $top (instantiate $top (with "one" (func $one "grow")) (with "two" (func $two "grow"))))
        (export "run" (func $top "run"))
        (export "spin" (func $top "spin")))"#;
    let recording = run(&wat(component), &call("run"));
    assert_eq!(recording.outcome, returned("8"));
    let asked: Vec<_> =
        recording.growth.iter().map(|event| (event.before_pages, event.asked_pages)).collect();
    assert_eq!(asked, [(1, 3), (1, 5), (6, 7)]);
    assert!(recording.growth.iter().all(|event| path(&recording, event.context) == ["m!grow"]));
    let measures = MeasureSet::NONE.with(Measure::Time).with(Measure::Growth);
    let recording = run(&wat(component), &RunOptions { measures, ..call("spin") });
    let names: Vec<_> = recording.contexts.func.iter().map(|func| name(&recording, *func)).collect();
    assert_eq!(names, ["m!grow", "m!grow"]);
    let frames = recording.samples.iter().map(|(_, stack, _)| {
        let names = recording.stacks.frames(stack).map(|frame| match frame {
            StackFrame::Wasm { func, .. } => name(&recording, func),
            other => format!("{other:?}"),
        });
        names.collect::<Vec<_>>()
    });
    assert!(frames.into_iter().filter(|names| names.contains(&"m#1!spin".to_owned())).count() > 10);
}

const LOOPS: &str = r#"(component
    (core module $m (memory (export "memory") 1)
        (func $spin (param $n i64) (loop $l (br_if $l (i64.ne (i64.const 0) (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
        (func $long (call $spin (i64.const 75000000)))
        (func $short (call $spin (i64.const 25000000)))
        (func (export "run") (local $n i32) (local.set $n (i32.const 20))
            (loop $l (call $long) (call $short) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "endless") (loop $l (br $l))))
    (core instance $i (instantiate $m))
    (func (export "run") (canon lift (core func $i "run")))
    (func (export "endless") (canon lift (core func $i "endless"))))"#;

#[test]
fn samples_find_three_quarters_in_the_loop_that_runs_three_times_as_long() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let options = RunOptions { sampler, measures: MeasureSet::NONE.with(Measure::Time), ..call("run") };
        let recording = run(&wat(LOOPS), &options);
        let share = |wanted: &str| {
            let is_wanted =
                |frame| matches!(frame, StackFrame::Wasm { func, .. } if name(&recording, func) == wanted);
            let rows = recording
                .samples
                .iter()
                .filter(|(_, stack, _)| recording.stacks.frames(*stack).any(is_wanted));
            rows.map(|(_, _, weight)| weight).sum::<u64>() as f64
        };
        let (long, short) = (share("m!long"), share("m!short"));
        // Wall-clock time: a busy machine may take some of it away from either loop.
        assert!((long / (long + short) - 0.75).abs() < 0.1, "{sampler:?}: {long} {short}");
    }
}

#[test]
fn an_endless_loop_ends_at_the_time_limit() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let limits = Limits { time: Some(std::time::Duration::from_millis(100)), ..Limits::default() };
        let recording = run(&wat(LOOPS), &RunOptions { sampler, limits, ..call("endless") });
        assert!(matches!(recording.outcome, Outcome::LimitReached { .. }), "{:?}", recording.outcome);
        let left_behind = |warning: &String| warning.contains("left behind");
        assert!(!recording.meta.warnings.iter().any(left_behind), "{:?}", recording.meta.warnings);
    }
}

/// A component of the corpus, if it is there.
fn corpus(path: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from);
    let found = dir.map(|dir| dir.join(path)).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: WASMSCOPE_CORPUS has no {path}");
    }
    found
}

#[test]
fn real_commands_print_what_they_print() {
    for path in ["toolchains/c-leaky-p2component.wasm", "toolchains/c-leaky-wasip2-clang22.wasm"] {
        let Some(path) = corpus(path) else { return };
        let recording = run(&guest("leaky", std::fs::read(path).unwrap()), &RunOptions::default());
        assert_eq!(recording.outcome, Outcome::Exited { code: 0 });
        assert!(recording.output.starts_with(b"live=105 log=470"), "{:?}", recording.output);
        assert!(recording.heap.len() > 4_000);
        assert_eq!(recording.meta.warnings, Vec::<String>::new());
    }
}

#[test]
fn a_real_library_is_called_with_typed_arguments() {
    let Some(path) = corpus("toolchains/rust-textcomp-wasip2.wasm") else { return };
    let guest = guest("textcomp", std::fs::read(path).unwrap());
    for export in ["analyse", "demo:text/stats#analyse"] {
        let recording = run(&guest, &call(&format!("{export}(\"a bb a ccc\")")));
        let expected = r#"{words: 4, longest: "ccc", top: [("a", 2), ("bb", 1), ("ccc", 1)]}"#;
        assert_eq!(recording.outcome, returned(expected));
        let blocks =
            recording.heap.iter().filter(|event| path_has(&recording, event.context, "cabi_realloc"));
        assert!(blocks.count() > 0, "what the canonical ABI allocates is seen");
    }
}

fn path_has(
    recording: &Recording,
    context: Option<wasmscope_instrument::recording::ContextId>,
    part: &str,
) -> bool {
    path(recording, context).iter().any(|name| name.contains(part))
}

#[test]
fn a_real_component_of_four_core_modules_runs() {
    let Some(path) = corpus("modules/cm-online-stats.component.wasm") else { return };
    let Some(inputs) = corpus("inputs/sg/cm-online-stats") else { return };
    let program =
        Program { dirs: vec![GrantedDir { host: inputs, guest: ".".into() }], ..Program::default() };
    let options = RunOptions { program, unprovided: Unprovided::Stub, ..RunOptions::default() };
    let recording = run(&guest("stats", std::fs::read(path).unwrap()), &options);
    assert_eq!(recording.outcome, Outcome::Exited { code: 0 });
    assert!(!recording.crossings.functions.is_empty());
}
