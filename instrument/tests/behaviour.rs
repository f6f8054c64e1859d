//! Allocators found by what they do, in programs without a name: recorded with what is proposed, the blocks are those
//! that are recorded by name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wasmscope_instrument::recording::{HeapLog, HeapOp, read};
use wasmscope_instrument::{
    Guest, Invocation, Limits, Measure, MeasureSet, Nobody, OwnAllocator, RunOptions, Value, find_allocators,
    record,
};

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn guest(bytes: Vec<u8>) -> Guest {
    Guest { bytes: bytes.into(), name: "program.wasm".into(), path: String::new() }
}

/// The module without its custom sections. No module here exports an allocator.
fn stripped(wasm: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (wasm[..8].to_vec(), 8);
    while let Some(id) = wasm.get(at) {
        let (mut length, mut shift, mut end) = (0usize, 0, at + 1);
        loop {
            let byte = wasm[end];
            length |= usize::from(byte & 0x7f) << shift;
            (shift, end) = (shift + 7, end + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if *id != 0 {
            out.extend_from_slice(&wasm[at..end + length]);
        }
        at = end + length;
    }
    out
}

fn options(run: Option<i32>) -> RunOptions {
    let invoke = run.map(|count| Invocation::once("run", &[Value::I32(count)]));
    let limits = Limits { time: Some(Duration::from_secs(120)), ..Limits::default() };
    RunOptions { invoke, limits, ..RunOptions::default() }
}

/// What is proposed for a module, as the command line takes it.
fn proposed(bytes: &[u8], run: Option<i32>) -> Vec<OwnAllocator> {
    let trial = find_allocators(&guest(bytes.to_vec()), &options(run), Arc::new(Nobody)).unwrap();
    trial.proposals.into_iter().map(|proposal| proposal.allocator).collect()
}

/// What happens to the heap where these are its allocators, besides those that are known.
fn heap(bytes: &[u8], allocators: Vec<OwnAllocator>) -> HeapLog {
    let mut out = Vec::new();
    let measures = MeasureSet::NONE.with(Measure::Heap);
    let options = RunOptions { measures, allocators, ..options(None) };
    record(&guest(bytes.to_vec()), &options, Arc::new(Nobody), &mut out).unwrap();
    read(&out).unwrap().heap
}

/// Blocks that are alive at the end: address and size.
fn alive(heap: &HeapLog) -> BTreeMap<u64, u64> {
    let mut alive = BTreeMap::new();
    for event in heap.iter() {
        match event.op {
            HeapOp::Alloc => {}
            HeapOp::Free => assert!(alive.remove(&event.address).is_some()),
            HeapOp::Realloc => assert!(alive.remove(&event.old_address).is_some()),
        }
        if event.op != HeapOp::Free {
            alive.insert(event.address, event.size);
        }
    }
    alive
}

#[test]
fn the_allocators_of_a_stripped_program_are_those_that_it_had_by_name() {
    let named = file("../samples/fragment/before.wasm");
    let bare = stripped(&named);
    let found = proposed(&bare, None);
    let kinds: Vec<_> = found.iter().map(|own| own.kind.name()).collect();
    assert!(kinds.contains(&"malloc") && kinds.contains(&"free"), "{kinds:?}");
    let (by_name, by_behaviour) = (alive(&heap(&named, Vec::new())), alive(&heap(&bare, found)));
    assert!(by_name.len() > 2_000);
    assert_eq!(by_name, by_behaviour);
}

/// Of three million calls few are the allocator's: it is found once those that can't be one are left out.
#[test]
fn in_a_busy_program_the_allocators_are_found_at_the_second_try() {
    let named = file("../samples/words/words.wasm");
    let found = proposed(&stripped(&named), None);
    let kinds: Vec<_> = found.iter().map(|own| own.kind.name()).collect();
    assert_eq!(kinds, ["malloc", "sized_free"]);
    let (by_name, by_behaviour) = (heap(&named, Vec::new()), heap(&stripped(&named), found));
    let blocks = |heap: &HeapLog| -> Vec<_> {
        heap.iter().map(|event| (event.op, event.address, event.size)).collect()
    };
    assert!(by_name.len() > 5_000);
    assert_eq!(blocks(&by_name), blocks(&by_behaviour));
}

#[test]
fn of_assemblyscript_there_is_what_its_collector_takes_back() {
    let found = proposed(&stripped(&file("tests/heap_walk/incremental-O3.wasm")), Some(3_000));
    assert_eq!(found.iter().map(|own| own.kind.name()).collect::<Vec<_>>(), ["__new"]);
}

#[test]
fn programs_without_an_allocator_get_none() {
    for sample in ["hotloop/hotloop.wasm", "chatty/before.wasm", "simd/simd.wasm"] {
        let found = proposed(&stripped(&file(&format!("../samples/{sample}"))), None);
        assert_eq!(found, [], "{sample}");
    }
}

/// What is called once for each new block takes none back, and a list's next one was not handed out.
#[test]
fn what_only_looks_like_an_allocator_is_none() {
    let module = |body: &str| {
        let text = format!(
            r#"(module (memory 4) (global $top (mut i32) (i32.const 4096)) (global $mark (mut i32) (i32.const 0))
              (func $take (param i32) (result i32) (global.get $top)
                (global.set $top (i32.add (global.get $top) (i32.and (i32.add (local.get 0) (i32.const 15)) (i32.const -16))))
                (if (i32.gt_u (global.get $top) (i32.const 60000)) (then (global.set $top (i32.const 4096)))))
              (func $init (param i32) (i32.store (local.get 0) (i32.const 1)))
              (func $next (param i32) (result i32) (i32.add (i32.const 8192)
                (i32.and (i32.mul (local.get 0) (i32.const 64)) (i32.const 1023))))
              (func $one (param i32) {body})
              (func (export "run") (param i32) (result i32)
                (loop $again (call $one (i32.and (local.get 0) (i32.const 127)))
                  (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (i32.const 0)))"#
        );
        wat::parse_str(text).unwrap()
    };
    let init = "(call $init (call $take (i32.add (local.get 0) (i32.const 1))))";
    let next = "(call $init (call $next (local.get 0)))";
    for body in [init, next] {
        assert_eq!(proposed(&module(body), Some(5_000)), [], "{body}");
    }
}
