//! Whole stacks of a Go program, whose goroutines hand over to each other, yield, sleep and outgrow their stacks. The
//! program is in the folder beside this file, with what it is built by.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wasmparser::{BinaryReader, Operator, OperatorsReader, Validator, WasmFeatures};
use wasmscope_instrument::recording::{Outcome, Recording, StackFrame, read};
use wasmscope_instrument::{
    Guest, Measure, MeasureSet, Nobody, Plan, ProbeOptions, RunOptions, SamplerChoice, instrument, record,
    rewrite,
};
use wasmscope_symbolize::{ModuleIndex, Symbols};

/// Below each stack.
const LOOP: [&str; 2] = ["_rt0_wasm_wasip1", "wasm_pc_f_loop"];

fn program() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/goroutines.wasm")).unwrap()
}

/// The module without its custom sections, the name section among them.
fn stripped(bytes: &[u8]) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let kept = module.sections().iter().filter(|section| section.id != 0);
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat())
}

fn run(bytes: Vec<u8>, options: &RunOptions) -> Recording {
    let guest = Guest { bytes: bytes.into(), name: "goroutines.wasm".into(), path: String::new() };
    let mut file = Vec::new();
    let outcome = record(&guest, options, Arc::new(Nobody), &mut file).unwrap();
    assert_eq!(outcome, Outcome::Exited { code: 0 });
    read(&file).unwrap()
}

/// A stack, outermost first, and how long it was sampled, in nanoseconds.
struct Sampled {
    frames: Vec<StackFrame>,
    names: Vec<Arc<str>>,
    nanos: u64,
}

fn sampled(recording: &Recording) -> (Symbols, Vec<Sampled>) {
    let module = Arc::new(ModuleIndex::parse(&recording.module).unwrap());
    let symbols = Symbols::new(Arc::clone(&recording.module), module);
    let name = |frame: &StackFrame| match frame {
        StackFrame::Wasm { func, .. } | StackFrame::Host { import: func } => {
            Arc::clone(&symbols.name(*func).name.full)
        }
        StackFrame::Engine => "(engine)".into(),
    };
    let rows = recording.samples.iter().map(|(_, stack, nanos)| {
        let mut frames: Vec<_> = recording.stacks.frames(stack).collect();
        frames.reverse();
        let names = frames.iter().map(name).collect();
        Sampled { frames, names, nanos }
    });
    let rows = rows.collect();
    (symbols, rows)
}

/// What `function` is called by, as the program's source has it: the goroutine's first function to the caller.
fn is_called_rightly(function: &str, callers: &[&str]) -> bool {
    const MAIN: [&str; 2] = ["runtime.main", "main.main"];
    let from_main = |rest: &[&str]| callers == [&MAIN, rest].concat();
    let descents = |count: usize| {
        let (first, rest) = callers.split_first().unwrap_or((&"", &[]));
        *first == "main.fall.func1" && rest.len() == count && rest.iter().all(|name| *name == "main.descend")
    };
    match function {
        "main.spinPing" => from_main(&["main.(*table).serve", "main.(*table).serveInner"]),
        "main.spinGeneric" => from_main(&["main.each[go.shape.string]", "main.main.func1"]),
        "time.Sleep" => from_main(&["main.nap", "main.napInner"]),
        "main.spinPong" => callers == ["main.main.gowrap1", "main.receive", "main.receiveInner"],
        "main.spinYield" => {
            let (first, rest) = callers.split_first().unwrap_or((&"", &[]));
            first.starts_with("main.main.gowrap") && rest == ["main.yield", "main.yieldInner"]
        }
        "main.spinDeep" => descents(100),
        "main.spinBack" => callers.len() % 10 == 1 && descents(callers.len() - 1),
        other => panic!("nobody knows who calls {other}"),
    }
}

/// The functions whose callers are known.
const KNOWN: [&str; 7] = [
    "main.spinPing",
    "main.spinPong",
    "main.spinYield",
    "main.spinGeneric",
    "main.spinDeep",
    "main.spinBack",
    "time.Sleep",
];

/// Each sampled stack must be whole: each of its functions is where the source has it.
fn check_whole(stacks: &[Sampled]) {
    let mut nanos_of = BTreeMap::<&str, u64>::new();
    for Sampled { names, nanos, .. } in stacks {
        let names: Vec<_> = names.iter().map(|name| &**name).collect();
        let starts = ["runtime.main", "main.main.gowrap", "main.fall.func1"];
        if names.iter().any(|name| name.starts_with("main.")) {
            let first = names.get(2).copied().unwrap_or_default();
            assert!(starts.iter().any(|start| first.starts_with(start)), "{names:?}");
        }
        let Some(at) = names.iter().position(|name| KNOWN.contains(name)) else { continue };
        let callers = names[..at].strip_prefix(&LOOP).unwrap_or_default();
        assert!(is_called_rightly(names[at], callers), "{names:?}");
        *nanos_of.entry(names[at]).or_default() += nanos;
    }
    eprintln!(
        "{} stacks, ms: {:?}",
        stacks.len(),
        nanos_of.values().map(|nanos| nanos / 1_000_000).collect::<Vec<_>>()
    );
    for known in KNOWN {
        assert!(nanos_of.get(known).is_some_and(|nanos| *nanos > 5_000_000), "{known}: {nanos_of:?}");
    }
}

/// Where a frame stands at a call that names its callee, the next frame must be that.
fn check_call_sites(symbols: &Symbols, bytes: &[u8], stacks: &[Sampled]) {
    let mut named = 0;
    for two in stacks.iter().flat_map(|stack| stack.frames.windows(2)) {
        let [StackFrame::Wasm { offset, .. }, StackFrame::Wasm { func, .. }] = two else { continue };
        let at = symbols.module().file_offset(*offset).unwrap().0 as usize;
        let reader = BinaryReader::new(&bytes[at..at + 16], at);
        match OperatorsReader::new(reader).read().unwrap() {
            Operator::Call { function_index } => {
                assert_eq!(function_index, func.0, "{offset} in {}", symbols.name(*func).name.full);
                named += 1;
            }
            Operator::CallIndirect { .. } => {}
            other => panic!("{offset} is no call: {other:?}"),
        }
    }
    assert!(named > 1000, "{named}");
}

fn time_only() -> RunOptions {
    RunOptions { measures: MeasureSet::NONE.with(Measure::Time), ..RunOptions::default() }
}

#[test]
fn stacks_are_whole_and_their_calls_are_those_of_the_code() {
    let recording = run(program(), &time_only());
    let (symbols, stacks) = sampled(&recording);
    check_whole(&stacks);
    check_call_sites(&symbols, &recording.module, &stacks);
}

#[test]
fn stacks_are_whole_beside_other_measures_and_without_a_name_section() {
    let options = RunOptions { measures: MeasureSet::ALL, ..RunOptions::default() };
    let recording = run(stripped(&program()), &options);
    check_whole(&sampled(&recording).1);
}

#[test]
fn stacks_are_whole_where_the_guest_takes_samples_itself() {
    let recording = run(program(), &RunOptions { sampler: SamplerChoice::Epoch, ..time_only() });
    check_whole(&sampled(&recording).1);
}

#[test]
fn there_is_one_probe_and_only_where_stacks_are_sampled() {
    let bytes: Arc<[u8]> = program().into();
    let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    let symbols = Symbols::new(Arc::clone(&bytes), Arc::clone(&index));
    let time = MeasureSet::NONE.with(Measure::Time);
    assert!(instrument(&bytes, &index, time, &[]).unwrap().wasm == bytes[..], "nobody samples it");
    let goroutines = symbols.go_frames().map(Arc::new);
    let options = ProbeOptions { measures: time, goroutines, ..ProbeOptions::default() };
    let plan = Plan::new(&bytes, &index, |func| Arc::clone(&symbols.name(func).raw), options).unwrap();
    let changed: Vec<_> =
        plan.functions().map(|probes| symbols.name(probes.func).name.full.to_string()).collect();
    assert_eq!(changed, ["wasm_pc_f_loop"]);
    let rewritten = rewrite(&bytes, &index, &plan).unwrap();
    Validator::new_with_features(WasmFeatures::all()).validate_all(&rewritten.wasm).unwrap();
}
