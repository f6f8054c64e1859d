//! What is recorded of memory besides blocks, of programs that touch and fill it by construction.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::run;
use std::path::Path;
use std::time::Duration;
use wasmscope_instrument::recording::{ContextId, MemoryImage, PageSource, PageTable, Recording, StackLow};
use wasmscope_instrument::{Guest, Invocation, Limits, Measure, MeasureSet, RunOptions, SamplerChoice};
use wasmscope_symbolize::MemoryIndex;

const FIRST: MemoryIndex = MemoryIndex(0);
const SECOND: MemoryIndex = MemoryIndex(1);

fn wat(text: &str) -> Guest {
    Guest { bytes: wat::parse_str(text).unwrap().into(), name: "test.wasm".into(), path: String::new() }
}

fn call(export: &str, measure: Measure) -> RunOptions {
    let invoke = Some(Invocation::once(export, &[]));
    RunOptions { measures: MeasureSet::NONE.with(measure), invoke, ..RunOptions::default() }
}

/// When a page of 4 KiB was first touched.
fn touched(pages: &PageTable, memory: MemoryIndex, page: u64) -> Option<u64> {
    let has = |first: u64, pages: u64| (first..first + pages).contains(&page);
    let row = pages.iter().find(|row| row.memory == memory && has(row.first_page, row.pages))?;
    Some(row.time_nanos)
}

fn run_start(recording: &Recording) -> u64 {
    recording.phases.last().unwrap().start_nanos
}

/// Touches page 3, sleeps for 150 ms, and touches page 40; grows by 64 pages in between, and touches none of them.
const TOUCHES: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory 16) (memory $other 4)
    (func $sleep
        (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 150000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96))))
    (func (export "touch")
        (i32.store (i32.const 12300) (i32.const 7))
        (call $sleep)
        (drop (memory.grow (i32.const 64)))
        (i32.store8 $other (i32.const 20480) (i32.const 1))
        (i32.store (i32.const 163840) (i32.const 7)) (call $sleep)))"#;

#[test]
#[cfg(target_os = "linux")]
fn pages_are_told_when_they_are_first_touched() {
    let recording = run(&wat(TOUCHES), &call("touch", Measure::Growth));
    let pages = recording.pages.as_ref().unwrap();
    assert_eq!(pages.source, PageSource::Resident);
    assert!(pages.time_nanos.is_sorted());
    if pages.page_bytes != 4096 {
        eprintln!("skipped: pages of {} bytes", pages.page_bytes);
        return;
    }
    let began = run_start(&recording);
    let millis = |page| (touched(pages, FIRST, page).unwrap() - began) / 1_000_000;
    // Until the next look it may take some time on a busy machine, but none is before its time.
    assert!(millis(3) < 120, "{}", millis(3));
    assert!((150..280).contains(&millis(40)), "{}", millis(40));
    // The first page has the subscription that the sleep reads.
    assert_eq!([FIRST, SECOND].map(|memory| pages.touched_pages(memory, u64::MAX)), [3, 1], "{pages:?}");
    assert!(touched(pages, SECOND, 5).unwrap() >= touched(pages, FIRST, 0).unwrap());
}

/// At which parts of the run the pages 0, 8 and 15 of 64 KiB were first touched; these and 13 others are all.
#[cfg(target_os = "linux")]
fn shares(recording: Recording) -> Vec<f64> {
    let pages = recording.pages.unwrap();
    let span = recording.phases.last().unwrap();
    let first = |page: u64| touched(&pages, FIRST, page * 65_536 / u64::from(pages.page_bytes)).unwrap();
    assert_eq!(pages.touched_pages(FIRST, u64::MAX), 16);
    let share = |at| (at - span.start_nanos) as f64 / (span.end_nanos - span.start_nanos) as f64;
    [0, 8, 15].map(|page| share(first(page))).to_vec()
}

#[test]
#[cfg(target_os = "linux")]
fn a_guest_that_never_calls_the_host_is_seen_as_well() {
    let guest = wat(r#"(module (memory 16) (global $n (mut i32) (i32.const 0))
        (func (export "fill") (local $at i32)
            (loop $pages
                (i32.store (local.get $at) (i32.const 1))
                (global.set $n (i32.const 80000000))
                (loop $spin (global.set $n (i32.sub (global.get $n) (i32.const 1))) (br_if $spin (global.get $n)))
                (local.set $at (i32.add (local.get $at) (i32.const 65536)))
                (br_if $pages (i32.lt_u (local.get $at) (i32.const 1048576))))))"#);
    // A busy machine may take the time of one run, or of those who look at it.
    let mut found = (0..4).map(|_| shares(run(&guest, &call("fill", Measure::Growth))));
    let is_near = |shares: &Vec<f64>| {
        let planned = [0.0, 0.5, 15.0 / 16.0];
        planned.iter().zip(shares).all(|(planned, share)| (planned - 0.1..planned + 0.2).contains(share))
    };
    assert!(found.any(|shares| is_near(&shares)));
}

#[test]
fn nothing_is_told_where_nothing_can_be_seen() {
    let guest = wat(r#"(module (func (export "f")))"#);
    assert_eq!(run(&guest, &call("f", Measure::Growth)).pages, None);
    let guest = wat(r#"(module (memory 1) (func (export "f") (i32.store (i32.const 0) (i32.const 1))))"#);
    assert_eq!(run(&guest, &call("f", Measure::Calls)).pages, None);
    let untouched = wat(r#"(module (memory 1) (func (export "f")))"#);
    assert!(run(&untouched, &call("f", Measure::Growth)).pages.unwrap().is_empty());
}

fn kept(recording: &Recording, memory: MemoryIndex) -> &MemoryImage {
    recording.images.iter().find(|image| image.memory == memory).unwrap()
}

/// Fills stretches of both memories with a pattern, and returns, exits or traps as it is asked to.
const FILLS: &str = r#"(module
    (memory 3) (memory $other (export "x") 2)
    (data (i32.const 70000) "never touched by the code")
    (data (memory $other) (i32.const 5) "other")
    (func $fill (param $from i32) (param $to i32)
        (loop $l
            (i32.store8 (local.get $from) (i32.mul (local.get $from) (i32.const 7)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $from) (local.get $to)))))
    (func $all (call $fill (i32.const 4090) (i32.const 12345)) (drop (memory.grow (i32.const 1)))
        (call $fill (i32.const 262139) (i32.const 262144)))
    (func (export "returns") (call $all))
    (func (export "traps") (call $all) unreachable)
    (func (export "spins") (call $all) (loop $l (br $l))))"#;

/// What [`FILLS`] leaves in its first memory.
fn filled() -> Vec<u8> {
    let pattern = |address: usize| (address * 7) as u8;
    let mut bytes = vec![0; 4 << 16];
    for address in (4_090..12_345).chain(262_139..262_144) {
        bytes[address] = pattern(address);
    }
    let data = b"never touched by the code";
    bytes[70_000..70_000 + data.len()].copy_from_slice(data);
    bytes
}

#[test]
fn the_content_of_memory_at_the_end_is_kept_however_it_ends() {
    for export in ["returns", "traps", "spins"] {
        let limits = Limits { time: Some(Duration::from_millis(300)), ..Limits::default() };
        for measure in [Measure::Growth, Measure::Heap] {
            let recording = run(&wat(FILLS), &RunOptions { limits, ..call(export, measure) });
            let image = kept(&recording, FIRST);
            assert_eq!((image.bytes, image.known_bytes), (4 << 16, 4 << 16));
            let read = image.read(0, 4 << 16).unwrap();
            let differs = read.iter().zip(filled()).position(|(found, filled)| *found != filled);
            assert_eq!(differs, None, "{export}");
            let pieces: Vec<_> = image.pieces.iter().map(|(at, piece)| (*at, piece.len())).collect();
            assert_eq!(pieces, [(0, 16_384), (69_632, 4_096), (258_048, 4_096)], "{export}");
            assert_eq!(kept(&recording, SECOND).read(0, 12).unwrap(), b"\0\0\0\0\0other\0\0");
        }
    }
}

#[test]
fn memory_is_kept_only_where_it_is_wanted() {
    let without = RunOptions { memory_image: false, ..call("returns", Measure::Growth) };
    for options in [without, call("returns", Measure::Calls)] {
        assert_eq!(run(&wat(FILLS), &options).images, []);
    }
}

#[test]
fn of_very_much_memory_the_beginning_is_kept_and_the_rest_is_told() {
    let guest = wat(r#"(module (memory 6000)
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 3) (i32.const 0x12c00000))))"#);
    let recording = run(&guest, &call("fill", Measure::Growth));
    let image = kept(&recording, FIRST);
    assert_eq!((image.bytes, image.known_bytes), (6_000 << 16, 256 << 20));
    assert_eq!(image.read((256 << 20) - 2, 2).unwrap(), [3, 3]);
    assert_eq!(image.read((256 << 20) - 2, 3), None);
    let told = "124780544 bytes of memory were not kept: a recording holds 256 MiB that are not zeros";
    assert!(recording.meta.warnings.iter().any(|warning| warning == told), "{:?}", recording.meta.warnings);
}

/// Sleeps for 60 ms with nothing on its stack, and then 4,096 bytes deep, which a function of 4,000 bytes and one of 96
/// make.
const SINKS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory 2) (global $__stack_pointer (mut i32) (i32.const 65536))
    (func $sleep (local $fp i32)
        (global.set 0 (local.tee $fp (i32.sub (global.get 0) (i32.const 96))))
        (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 60000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96)))
        (global.set 0 (i32.add (local.get $fp) (i32.const 96))))
    (func $deep (local $fp i32)
        (global.set 0 (local.tee $fp (i32.sub (global.get 0) (i32.const 4000))))
        (call $sleep)
        (global.set 0 (i32.add (local.get $fp) (i32.const 4000))))
    (func (export "sink") (call $sleep) (call $deep)))"#;

#[test]
fn the_depth_of_the_stack_is_told_over_time_and_by_call_path() {
    for sampler in [SamplerChoice::Auto, SamplerChoice::Epoch] {
        let guest = wat(SINKS);
        let recording = run(&guest, &RunOptions { sampler, ..call("sink", Measure::Stack) });
        let stack = recording.shadow_stack.as_ref().unwrap();
        assert_eq!((stack.top, stack.lowest, stack.deepest_bytes()), (65_536, 61_440, 4_096));
        let low = |low: &StackLow| (stack.top - low.pointer, path(&recording, low.context));
        let lows: Vec<_> = stack.lows.iter().map(low).collect();
        assert_eq!(lows, [(96, vec![3, 1]), (4_000, vec![3, 2]), (4_096, vec![3, 2, 1])]);
        assert!(stack.lows[1].time_nanos >= stack.lows[0].time_nanos + 50_000_000, "{stack:?}");
        if sampler == SamplerChoice::Auto && cfg!(target_os = "linux") {
            // Ticks fall into both sleeps.
            let seen =
                |depth| stack.depths.iter().filter(|(_, pointer)| stack.top - pointer == depth).count();
            assert!(seen(96) >= 3 && seen(4_096) >= 3, "{:?}", stack.depths);
            assert!(stack.depths.is_sorted());
        }
    }
}

/// The functions of a call path, outermost first.
fn path(recording: &Recording, context: Option<ContextId>) -> Vec<u32> {
    let ancestors = context.into_iter().flat_map(|context| recording.contexts.ancestors(context));
    let mut functions: Vec<_> = ancestors.map(|id| recording.contexts.func[id.0 as usize].0).collect();
    functions.reverse();
    functions
}

#[test]
fn samples_have_a_shadow_stack() {
    for sample in ["words/words.wasm", "json/json.wasm", "fragment/before.wasm"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample);
        let guest =
            Guest { bytes: std::fs::read(file).unwrap().into(), name: sample.into(), path: String::new() };
        let measures = MeasureSet::NONE.with(Measure::Stack).with(Measure::Growth);
        let recording = run(&guest, &RunOptions { measures, ..RunOptions::default() });
        let stack = recording.shadow_stack.as_ref().unwrap();
        println!("{sample}: {} of {} bytes, {} records", stack.deepest_bytes(), stack.top, stack.lows.len());
        let deepest = stack.lows.last().unwrap();
        assert!(deepest.pointer - stack.lowest < 64 && deepest.context.is_some(), "{sample}");
        assert!(stack.lows.is_sorted_by(|a, b| a.pointer >= b.pointer + 64), "{sample}");
        // What was on the stack was touched: the page of the deepest frame is among those that were.
        let pages = recording.pages.as_ref().unwrap();
        let page = stack.top.saturating_sub(1) / u64::from(pages.page_bytes);
        assert!(touched(pages, FIRST, page).is_some(), "{sample}: {pages:?}");
    }
}

#[test]
fn a_module_without_a_shadow_stack_says_so() {
    let recording = run(&wat(FILLS), &call("returns", Measure::Stack));
    assert_eq!(recording.shadow_stack, None);
    let told = "no global is known as the stack pointer: the shadow stack can't be seen";
    assert_eq!(recording.meta.warnings, [told]);
}
