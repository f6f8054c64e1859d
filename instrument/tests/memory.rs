//! What is recorded of memory besides blocks, of programs that touch and fill it by construction.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::run;
use wasmscope_instrument::recording::{PageSource, PageTable, Recording};
use wasmscope_instrument::{Guest, Invocation, Measure, MeasureSet, RunOptions};
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
