//! Heap events against the heap itself: what a replay of them leaves alive is what the C library's allocator has in use
//! in the memory that the program left behind, both as a recording has them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::run;
use std::collections::BTreeMap;
use std::path::Path;
use wasmscope_instrument::recording::{HeapLog, HeapOp, MemoryImage, Outcome, Recording};
use wasmscope_instrument::{Guest, Limits, Measure, MeasureSet, RunOptions};

/// The blocks that are alive after all events, and the lowest address that ever was one.
fn replay(events: &HeapLog) -> (BTreeMap<u64, u64>, u64) {
    let (mut alive, mut lowest) = (BTreeMap::new(), u64::MAX);
    for event in events.iter() {
        let freed = match event.op {
            HeapOp::Alloc => None,
            HeapOp::Free => Some(event.address),
            HeapOp::Realloc => Some(event.old_address),
        };
        if let Some(address) = freed {
            assert!(alive.remove(&address).is_some(), "{address:#x} was not alive");
        }
        if event.op != HeapOp::Free {
            assert_eq!(alive.insert(event.address, event.size), None, "{:#x} was alive", event.address);
            lowest = lowest.min(event.address);
        }
    }
    (alive, lowest)
}

/// The chunks in use from the one that holds the block at `first` on: address and room of each. In dlmalloc, as
/// wasi-libc has it, a chunk begins 8 bytes in front of its block: the size of a free chunk before it, then its own
/// size with two flags, bit 1 of which says that it is in use. Chunks follow each other up to the rest of the heap,
/// behind which is one of 40 bytes that is none.
fn walk(memory: &MemoryImage, first: u64) -> BTreeMap<u64, u64> {
    const HEADER: u64 = 8;
    const IN_USE: u32 = 2;
    const LAST: u32 = 40;
    let mut used = BTreeMap::new();
    let mut chunk = first - HEADER;
    while let Some(head) = memory.read(chunk + 4, 4) {
        let head = u32::from_le_bytes(head.try_into().unwrap());
        let size = u64::from(head & !7);
        if head == LAST {
            return used;
        }
        assert!(size >= 16, "no chunk at {chunk:#x}: {head:#x}");
        if head & IN_USE != 0 {
            // The block may go on into the next chunk's first word.
            used.insert(chunk + HEADER, size - 4);
        }
        chunk += size;
    }
    used
}

/// A run of a sample whose memory may have so many bytes. A program that asks for more is told that there is none, and
/// gives up with all its blocks in use.
fn recorded(sample: &str, memory_bytes: Option<u64>) -> Recording {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample);
    let guest =
        Guest { bytes: std::fs::read(file).unwrap().into(), name: sample.into(), path: String::new() };
    let measures = MeasureSet::NONE.with(Measure::Heap);
    let limits = Limits { memory_bytes, ..Limits::default() };
    let recording = run(&guest, &RunOptions { measures, limits, ..RunOptions::default() });
    let is_whole = recording.outcome == Outcome::Exited { code: 0 };
    assert_eq!(is_whole, memory_bytes.is_none(), "{}", recording.outcome);
    recording
}

#[test]
fn what_events_leave_alive_the_allocator_has_in_use() {
    // C, C++ and Rust; all of them have the C library's allocator. The last two free everything when they may.
    for (sample, memory_mib, fewest) in [
        ("fragment/before.wasm", None, 2_000),
        ("fragment/after.wasm", None, 1),
        ("words/words.wasm", None, 0),
        ("words/words.wasm", Some(3), 5_000),
        ("json/json.wasm", None, 0),
        ("json/json.wasm", Some(4), 20_000),
    ] {
        let recording = recorded(sample, memory_mib.map(|mib: u64| mib << 20));
        let (alive, lowest) = replay(&recording.heap);
        let used = walk(&recording.images[0], lowest);
        println!("{sample}: {} operations, {} blocks alive", recording.heap.len(), alive.len());
        assert!(alive.len() >= fewest, "{sample}: {} blocks", alive.len());
        let alive_at: Vec<_> = alive.keys().collect();
        assert_eq!(alive_at, used.keys().collect::<Vec<_>>(), "{sample}");
        for ((address, size), room) in alive.iter().zip(used.values()) {
            assert!(size <= room, "{sample}: {size} bytes at {address:#x} in a chunk with room for {room}");
        }
    }
}
