//! Heap events against the heap itself: what a replay of them leaves alive is what the allocator has in use in the
//! memory that the program left behind, both as a recording has them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::run;
use std::collections::BTreeMap;
use std::path::Path;
use wasmscope_instrument::recording::{HeapLog, HeapOp, MemoryImage, Outcome, Recording};
use wasmscope_instrument::{Guest, Invocation, Limits, Measure, MeasureSet, RunOptions, Unprovided, Value};

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

/// The same for TLSF as AssemblyScript has it: a word in front of each block, with its length and in bit 0 whether it
/// is free. The last one has no length.
fn walk_tlsf(memory: &MemoryImage, first: u64) -> BTreeMap<u64, u64> {
    const HEADER: u64 = 4;
    const FREE: u32 = 1;
    let mut used = BTreeMap::new();
    let mut block = first - HEADER;
    loop {
        let info = word(memory, block);
        let size = u64::from(info & !3);
        if size == 0 {
            return used;
        }
        if info & FREE == 0 {
            used.insert(block + HEADER, size);
        }
        block += HEADER + size;
    }
}

/// The same for emmalloc: a region has its length at both ends, at the second with bit 0 where it is free. The first
/// one of the heap is none of the program's, and may have taken in room of the next one to align it; its third word is
/// the end of the heap. The last one of 16 bytes is none either.
fn walk_emmalloc(memory: &MemoryImage, alive: u64) -> BTreeMap<u64, u64> {
    const WORD: u64 = 4;
    const FREE: u32 = 1;
    const LAST: u64 = 16;
    let length = |word: u32| u64::from(word & !FREE);
    let mut end = alive - WORD;
    while word(memory, end) != 0 {
        end += length(word(memory, end));
    }
    let mut first = alive - WORD;
    while u64::from(word(memory, first + 2 * WORD)) != end {
        first -= length(word(memory, first - WORD));
    }
    let (mut used, mut region) = (BTreeMap::new(), first + length(word(memory, first)));
    while region < end - LAST {
        let size = length(word(memory, region));
        let ceiling = word(memory, region + size - WORD);
        assert_eq!(length(ceiling), size, "no region at {region:#x}");
        if ceiling & FREE == 0 {
            used.insert(region + WORD, size - 2 * WORD);
        }
        region += size;
    }
    used
}

fn word(memory: &MemoryImage, at: u64) -> u32 {
    u32::from_le_bytes(memory.read(at, 4).unwrap().try_into().unwrap())
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
        let blocks = compare(sample, &recording, |image, _, lowest| walk(image, lowest));
        assert!(blocks >= fewest, "{sample}: {blocks} blocks");
    }
}

/// Compares, block by block; `walk` gets the lowest address that is alive, and the lowest that ever was. Gives how many
/// blocks there are.
fn compare(
    name: &str,
    recording: &Recording,
    walk: impl Fn(&MemoryImage, u64, u64) -> BTreeMap<u64, u64>,
) -> usize {
    let (alive, lowest) = replay(&recording.heap);
    let used = walk(&recording.images[0], alive.keys().next().copied().unwrap_or(lowest), lowest);
    let alive_at: Vec<_> = alive.keys().collect();
    assert_eq!(alive_at, used.keys().collect::<Vec<_>>(), "{name}");
    for ((address, size), room) in alive.iter().zip(used.values()) {
        assert!(size <= room, "{name}: {size} bytes at {address:#x} in a chunk with room for {room}");
    }
    println!("{name}: {} blocks of {} operations", alive.len(), recording.heap.len());
    alive.len()
}

/// A run of a module by the call of an export.
fn called(path: &Path, export: &str, args: &[i32]) -> Recording {
    let guest =
        Guest { bytes: std::fs::read(path).unwrap().into(), name: export.into(), path: String::new() };
    let args: Vec<_> = args.iter().map(|arg| Value::I32(*arg)).collect();
    let options = RunOptions {
        measures: MeasureSet::NONE.with(Measure::Heap),
        invoke: Some(Invocation::once(export, &args)),
        unprovided: Unprovided::Stub,
        ..RunOptions::default()
    };
    run(&guest, &options)
}

#[test]
fn collected_blocks_too() {
    for build in ["incremental-O0", "incremental-O1", "incremental-O3", "minimal-O0", "minimal-O2"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/heap_walk");
        let recording = called(&folder.join(build).with_extension("wasm"), "run", &[3_000]);
        let blocks = compare(build, &recording, |image, _, lowest| walk_tlsf(image, lowest));
        assert!((200..1_000).contains(&blocks), "{build}: {blocks} blocks");
    }
}

#[test]
fn and_those_of_emmalloc() {
    let Some(corpus) = std::env::var_os("WASMSCOPE_CORPUS") else {
        return eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
    };
    let module = Path::new(&corpus).join("toolchains/em-leaky-emmalloc.wasm");
    // A region of the lowest block ever may be gone.
    let recording = called(&module, "main", &[0, 0]);
    let blocks = compare("emmalloc", &recording, |image, alive, _| walk_emmalloc(image, alive));
    assert!(blocks > 2_000, "{blocks} blocks");
}
