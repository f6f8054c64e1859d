//! Exact counts against something that counts by itself: the engine's fuel.
//!
//! Fuel is set to cost 1 for each instruction that we count, and nothing else but 1 at each entry of a function. So the
//! fuel that a program burns is its instructions and its calls together, whatever it does and however it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "common/fuel.rs"]
mod fuel;

use fuel::{by_function, costs};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::recording::{Outcome, Recording, read};
use wasmscope_instrument::{
    Argument, Guest, Invocation, Measure, MeasureSet, Nobody, Program, RunOptions, Stdin, Value,
    instructions_of, record,
};
use wasmscope_symbolize::{FuncIndex, ModuleIndex};
use wasmtime::{Config, Engine, Instance, Linker, Module, Store, Val};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

const EXACT: MeasureSet = MeasureSet::NONE.with(Measure::Calls).with(Measure::Instructions);

/// The engine calls a start function out of a function of its own: its entry, and the call.
const START_FUEL: u64 = 2;

/// A program and what it is given.
struct Case {
    guest: Guest,
    invoke: Option<Invocation>,
    program: Program,
}

impl Case {
    fn wat(text: &str) -> Case {
        let invoke = Some(Invocation::once("run", &[]));
        Case { guest: guest("test.wasm", wat::parse_str(text).unwrap()), invoke, program: Program::default() }
    }

    fn record(&self, measures: MeasureSet) -> Recording {
        let Case { invoke, program, .. } = self;
        let options = RunOptions {
            measures,
            invoke: invoke.clone(),
            program: program.clone(),
            ..RunOptions::default()
        };
        let mut file = Vec::new();
        record(&self.guest, &options, Arc::new(Nobody), &mut file).unwrap();
        let recording = read(&file).unwrap();
        assert_eq!((&recording.damage, &recording.meta.warnings), (&None, &Vec::new()));
        recording
    }

    /// The fuel that the original burns.
    fn fuel(&self) -> u64 {
        let mut config = Config::new();
        config.consume_fuel(true).operator_cost(costs()).max_wasm_stack(1 << 20);
        config.wasm_exceptions(true).wasm_tail_call(true).wasm_gc(true).wasm_function_references(true);
        let engine = Engine::new(&config).unwrap();
        let mut linker: Linker<WasiP1Ctx> = Linker::new(&engine);
        wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |world| world).unwrap();
        let module = Module::new(&engine, &self.guest.bytes).unwrap();
        let mut world = WasiCtxBuilder::new();
        let output = MemoryOutputPipe::new(1 << 20);
        world.arg(&self.guest.name).args(&self.program.args).stdout(output);
        let mut store = Store::new(&engine, world.build_p1());
        store.set_fuel(u64::MAX / 2).unwrap();
        // A start function may trap, and what is called too, or exit: the fuel counts all the same.
        if let Ok(instance) = linker.instantiate(&mut store, &module) {
            self.call(&mut store, &instance);
        }
        let burnt = u64::MAX / 2 - store.get_fuel().unwrap();
        let starts = ModuleIndex::parse(&self.guest.bytes).unwrap().start().is_some();
        if starts { burnt - START_FUEL } else { burnt }
    }

    fn call(&self, store: &mut Store<WasiP1Ctx>, instance: &Instance) {
        let (export, args) = match &self.invoke {
            None => ("_start", Vec::new()),
            Some(invocation) => (&*invocation.export, invocation.args.iter().map(val).collect()),
        };
        let func = instance.get_func(&mut *store, export).unwrap();
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        let _ = func.call(store, &args, &mut results);
    }

    /// The recording agrees with the fuel.
    fn check(&self) -> Recording {
        let recording = self.record(EXACT);
        let calls: u64 = recording.counts.calls.iter().sum();
        let instructions: u64 = by_function(&recording).values().sum();
        assert_eq!(instructions + calls, self.fuel(), "{}: {calls} calls", self.guest.name);
        recording
    }
}

fn guest(name: &str, bytes: Vec<u8>) -> Guest {
    Guest { bytes: bytes.into(), name: name.into(), path: String::new() }
}

fn val(argument: &Argument) -> Val {
    let Argument::Value(value) = argument else { panic!("{argument}") };
    match value {
        Value::I32(v) => Val::I32(*v),
        Value::I64(v) => Val::I64(*v),
        other => panic!("{other}"),
    }
}

fn sample(path: &str) -> Guest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path);
    guest(path, std::fs::read(file).unwrap())
}

#[test]
fn accesses_of_a_start_function_count_even_when_it_traps() {
    let case = Case::wat(
        r#"(module (memory 1) (start $boot) (func $boot (i32.store (i32.const 64) (i32.const 7)) (unreachable))
            (func (export "run")))"#,
    );
    let recording = case.record(MeasureSet::NONE.with(Measure::Access));
    assert_eq!(recording.accesses.iter().collect::<Vec<_>>(), [(1, 0, 1)]);
}

#[test]
fn accesses_of_a_shared_memory_count() {
    let case = Case::wat(
        r#"(module (memory 1 1 shared) (func (export "run") (drop (i32.atomic.rmw.add (i32.const 128) (i32.const 7)))))"#,
    );
    let recording = case.record(MeasureSet::NONE.with(Measure::Access));
    assert!(matches!(recording.outcome, Outcome::Returned { .. }), "{:?}", recording.outcome);
    assert_eq!(recording.accesses.iter().collect::<Vec<_>>(), [(2, 1, 1)]);
}

/// The stack runs out in the function, in the probe at its entry, or in what the probe calls: a call that was not
/// counted yet takes nothing away from those that were.
#[test]
fn wherever_the_stack_runs_out_the_counts_are_right() {
    let record = |depth: i32| {
        let mut case = Case::wat(
            r#"(module (func $h (nop) (nop))
                (func $f (export "run") (param i32)
                  (if (i32.eqz (local.get 0)) (then (call $h))
                    (else (call $h) (call $f (i32.sub (local.get 0) (i32.const 1)))))))"#,
        );
        case.invoke = Some(Invocation::once("run", &[Value::I32(depth)]));
        case.record(EXACT)
    };
    let returns = |depth| matches!(record(depth).outcome, Outcome::Returned { .. });
    let (mut deepest, mut too_deep) = (1, 1 << 17);
    while too_deep - deepest > 1 {
        let depth = (deepest + too_deep) / 2;
        if returns(depth) { deepest = depth } else { too_deep = depth }
    }
    for depth in deepest - 1..deepest + 4 {
        let recording = record(depth);
        let calls: BTreeMap<_, u64> = recording.counts.iter().fold(BTreeMap::new(), |mut sums, row| {
            *sums.entry(recording.contexts.func[row.0.0 as usize]).or_default() += row.1;
            sums
        });
        let h = FuncIndex(0);
        let executed = by_function(&recording).get(&h).copied().unwrap_or(0);
        // The last call may have ended on its way in.
        assert!((2 * calls[&h]).abs_diff(executed) <= 2, "depth {depth}: {} calls, {executed}", calls[&h]);
        assert!(calls[&h].abs_diff(depth as u64) <= 1, "depth {depth}: {} calls", calls[&h]);
    }
}

#[test]
fn start_functions_count_even_when_they_trap() {
    for end in ["nop", "unreachable"] {
        let case = Case::wat(&format!(
            "(module (start $boot) (func $step (param i32) (drop (i32.popcnt (local.get 0))))
                (func $boot (local i32)
                  (loop (call $step (local.get 0))
                    (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 5))))
                  {end} (call $step (i32.const 0)))
                (func (export \"run\") (call $step (i32.const 1))))"
        ));
        let recording = case.check();
        assert_eq!(matches!(recording.outcome, Outcome::Trapped { .. }), end == "unreachable");
    }
}

#[test]
fn the_samples_agree_with_the_fuel() {
    for path in ["words/words.wasm", "fragment/before.wasm", "hotloop/hotloop.wasm", "simd/simd.wasm"] {
        Case { guest: sample(path), invoke: None, program: Program::default() }.check();
    }
    let fib = Some(Invocation::once("fib", &[Value::I32(20)]));
    let recording =
        Case { guest: sample("library/library.wasm"), invoke: fib, program: Program::default() }.check();
    assert_eq!(recording.counts.calls.iter().sum::<u64>(), 21_891, "calls of fib(20), by its recurrence");
}

#[test]
fn control_flow_of_all_kinds_agrees_with_the_fuel() {
    for body in [
        "(loop $l (block $b (br_if $b (i32.rem_u (local.get $n) (i32.const 3))) (nop)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        "(block $out (loop $l (br_if $out (i32.eq (local.get $n) (i32.const 7))) (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br $l))) (drop (local.get $n))",
        "(loop $l (if (i32.and (local.get $n) (i32.const 1)) (then (nop) (nop)) (else (nop))) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        "(loop $l (block $c (block $b (block $a (br_table $a $b $c (i32.rem_u (local.get $n) (i32.const 4)))) (nop) (br $c)) (nop) (nop)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        "(loop $l (block (result i32) (br_if 0 (i32.const 5) (i32.rem_u (local.get $n) (i32.const 5))) (drop) (i32.const 6)) (drop) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        "(loop $l (if (i32.eq (local.get $n) (i32.const 20)) (then (return))) (call $leaf (local.get $n)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 300)) (memory.copy (i32.const 9) (i32.const 0) (i32.const 40)) (nop)",
    ] {
        let text = format!(
            "(module (memory 1) (func $leaf (param $n i32) (if (i32.and (local.get $n) (i32.const 4)) (then (return))) (nop))
               (func (export \"run\") (local $n i32) (local.set $n (i32.const 100)) {body}))"
        );
        Case::wat(&text).check();
    }
}

/// Executed instructions of a program that ends deep in calls and loops with `end`.
fn trapped(end: &str) -> (Case, Recording) {
    let case = Case::wat(&format!(
        "(module (memory 1)
           (func $deep (param $n i32) (if (i32.eqz (local.get $n)) (then (nop) {end} (nop) (nop)))
             (call $deep (i32.sub (local.get $n) (i32.const 1))) (nop) (nop))
           (func $mid (param $n i32) (loop $l (nop) (block (call $deep (local.get $n))) (nop) (br $l)))
           (func (export \"run\") (nop) (call $mid (i32.const 9)) (nop) (nop) (nop)))"
    ));
    let recording = case.record(EXACT);
    assert!(matches!(recording.outcome, Outcome::Trapped { .. }), "{:?}", recording.outcome);
    (case, recording)
}

#[test]
fn a_run_that_traps_is_counted_to_the_instruction() {
    let (case, recording) = trapped("(unreachable)");
    case.check();
    let count = |recording: &Recording| by_function(recording).values().sum::<u64>();
    // The engine forgets the fuel of the last few instructions where one traps that it did not expect to.
    for (end, more) in
        [("(drop (i32.load (i32.const -1)))", 1), ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", 2)]
    {
        assert_eq!(count(&trapped(end).1), count(&recording) + more, "{end}");
    }
}

#[test]
fn calls_that_go_on_are_found_however_they_began() {
    for text in [
        // A tail call by the function that the host called.
        "(module (func $main (nop) (unreachable) (nop)) (func (export \"run\") (nop) (return_call $main)))",
        // Deep recursion: its calls are all in one context.
        "(module (func $deep (param i32) (if (i32.eqz (local.get 0)) (then (unreachable)))
           (call $deep (i32.sub (local.get 0) (i32.const 1))) (nop) (nop))
           (func (export \"run\") (call $deep (i32.const 9000)) (nop)))",
        // A call in one arm while the other arm's code goes on behind.
        "(module (func $end (param i32) (if (local.get 0) (then (unreachable))))
           (func $f (param i32) (block $out
             (if (local.get 0) (then (nop) (nop)) (else (call $end (i32.const 1)) (br $out))) (nop) (nop) (nop)))
           (func (export \"run\") (local i32) (local.set 0 (i32.const 3))
             (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (call $f (local.get 0)) (br $l))))",
    ] {
        assert!(matches!(Case::wat(text).check().outcome, Outcome::Trapped { .. }), "{text}");
    }
}

#[test]
fn a_run_that_exits_in_the_middle_is_counted_to_the_instruction() {
    let case = Case::wat(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
             (memory (export "memory") 1)
             (func $leave (param i32) (nop) (if (local.get 0) (then (call $exit (i32.const 3)) (nop))) (nop))
             (func (export "run") (call $leave (i32.const 0)) (call $leave (i32.const 1)) (nop) (nop)))"#,
    );
    assert_eq!(case.check().outcome, Outcome::Exited { code: 3 });
}

#[test]
fn exceptions_tail_calls_and_references_agree_with_the_fuel() {
    Case::wat(
        "(module (tag $e) (type $t (func (param i32))) (table funcref (elem $thrower $tail))
           (func $thrower (param i32) (nop) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e))) (nop))
           (func $tail (param i32) (nop) (return_call $thrower (local.get 0)))
           (func $catcher (param i32)
             (block $h (try_table (catch $e $h)
               (call_indirect (type $t) (local.get 0) (i32.and (local.get 0) (i32.const 1))) (nop)
               (call_ref $t (local.get 0) (ref.func $tail)) (nop) (nop)) (nop) (nop)) (nop))
           (elem declare func $tail)
           (func (export \"run\") (local $n i32) (local.set $n (i32.const 50))
             (loop $l (call $catcher (local.get $n)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))",
    )
    .check();
}

#[test]
fn bytes_that_are_moved_in_bulk_are_counted_once_they_are() {
    let case = Case::wat(
        r#"(module (memory 1) (data $d "hello")
             (func (export "run") (memory.init $d (i32.const 8) (i32.const 0) (i32.const 5))
               (memory.copy (i32.const 99) (i32.const 8) (i32.const 100)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 1000))
               (memory.fill (i32.const 65530) (i32.const 0) (i32.const 1000))))"#,
    );
    assert_eq!(case.record(EXACT).counts.bulk_bytes.iter().sum::<u64>(), 5 + 100 + 1000);
}

/// Executed instructions by name, as far as `wanted`.
fn executed(recording: &Recording, wanted: impl Fn(&str) -> bool) -> u64 {
    let index = ModuleIndex::parse(&recording.module).unwrap();
    let base = index.code_start().unwrap().0 as usize;
    let mut sum = 0;
    for (context, start, end, count) in recording.instructions.iter() {
        let func = recording.contexts.func[context.0 as usize];
        for at in instructions_of(&recording.module, &index, func).unwrap() {
            if (start..end).contains(&at) {
                let rest = &recording.module[base + at.0 as usize..];
                let operator =
                    wasmparser::OperatorsReader::new(wasmparser::BinaryReader::new(rest, 0)).read();
                sum += if wanted(&format!("{:?}", operator.unwrap())) { count } else { 0 };
            }
        }
    }
    sum
}

#[test]
fn accesses_are_as_many_as_the_instructions_that_make_them() {
    let case = Case { guest: sample("words/words.wasm"), invoke: None, program: Program::default() };
    let recording = case.record(MeasureSet::ALL.without(Measure::Time));
    let [reads, writes] =
        [&recording.accesses.reads, &recording.accesses.writes].map(|all| all.iter().sum::<u64>());
    let is = |word: &'static str| move |name: &str| name.contains(word);
    // What is moved in bulk touches more lines than there are instructions.
    let [copies, fills] = [executed(&recording, is("MemoryCopy")), executed(&recording, is("MemoryFill"))];
    assert_eq!((copies, fills), (0, 0), "this program moves nothing in bulk");
    assert_eq!(reads, executed(&recording, is("Load")));
    assert_eq!(writes, executed(&recording, is("Store")));
}

#[test]
fn each_access_counts_in_its_line() {
    let case = Case::wat(
        r#"(module (memory 2) (data $d "hello")
             (func (export "run") (local $v v128)
               (i32.store8 offset=64 (i32.const 63) (i32.const 1)) (i32.store8 (i32.const 128) (i32.const 1))
               (drop (i64.load offset=100 (i32.const 28))) (drop (f64.load (i32.const 0)))
               (f32.store (i32.const 4) (f32.const 1)) (f64.store (i32.const 8) (f64.const 1)) (i64.store (i32.const 0) (i64.const 1))
               (v128.store (i32.const 640) (local.get $v)) (drop (v128.load8_lane 3 (i32.const 700) (local.get $v)))
               (drop (i32.atomic.rmw.add (i32.const 1024) (i32.const 1)))
               (drop (i64.atomic.rmw.cmpxchg (i32.const 1088) (i64.const 1) (i64.const 2)))
               (memory.fill (i32.const 4095) (i32.const 0) (i32.const 66))
               (memory.copy (i32.const 8192) (i32.const 4100) (i32.const 1))
               (memory.copy (i32.const 70000) (i32.const 4100) (i32.const 0))
               (memory.init $d (i32.const 65534) (i32.const 0) (i32.const 5))
               (drop (i32.load (i32.const 0x7fffffff)))))"#,
    );
    let recording = case.record(MeasureSet::NONE.with(Measure::Access));
    assert!(matches!(recording.outcome, Outcome::Trapped { .. }));
    let rows: Vec<_> = recording.accesses.iter().collect();
    let expected = [
        (0, 1, 3),
        (1, 0, 1),
        (2, 1, 1),
        (10, 1, 1),
        (16, 1, 1),
        (17, 1, 1),
        (63, 0, 1),
        (64, 1, 1),
        (65, 0, 1),
        (128, 0, 1),
        (1023, 0, 1),
        (1024, 0, 1),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn two_runs_count_the_same() {
    let case = Case { guest: sample("words/words.wasm"), invoke: None, program: Program::default() };
    let all = MeasureSet::ALL.without(Measure::Time);
    let [one, two] = [case.record(all), case.record(all)];
    assert_eq!((&one.contexts, &one.counts), (&two.contexts, &two.counts));
    assert_eq!(one.instructions, two.instructions);
}

#[test]
fn calls_are_those_that_the_program_makes() {
    let recording = Case::wat(
        "(module (func $a (call $b) (call $b)) (func $b (call $c)) (func $c)
           (func $even (param i32) (if (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1))))))
           (func $odd (param i32) (if (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1))))))
           (func (export \"run\") (call $a) (call $a) (call $b) (call $even (i32.const 10000))))",
    )
    .check();
    let contexts = &recording.contexts;
    let calls: Vec<_> =
        recording.counts.iter().map(|(id, calls, _)| (contexts.func[id.0 as usize].0, calls)).collect();
    let of = |func: u32| calls.iter().filter(|(f, _)| *f == func).map(|(_, calls)| *calls).sum::<u64>();
    assert_eq!([of(0), of(1), of(2), of(3), of(4), of(5)], [2, 5, 5, 5_001, 5_000, 1]);
    assert_eq!(calls.iter().filter(|(func, _)| *func == 3).count(), 1, "recursion is folded");
}

#[test]
fn a_real_program_agrees_with_the_fuel() {
    let Some(corpus) = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from) else {
        return eprintln!("WASMSCOPE_CORPUS is not set: no real program was counted");
    };
    let bytes = std::fs::read(corpus.join("modules/c-binary-trees.wasm")).unwrap();
    let program = Program { args: vec!["8".to_owned()], stdin: Stdin::Empty, ..Program::default() };
    Case { guest: guest("c-binary-trees", bytes), invoke: None, program }.check();
}
