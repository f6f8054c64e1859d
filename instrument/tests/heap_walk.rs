//! Heap events against the heap itself: what a replay of them leaves alive is what the C library's allocator has in use in
//! the memory that the program left behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wasmscope_instrument::probes::{
    ContextReader, EVENTS_EXPORT, HOST_EXPORT, Probes, decode, take_crossing, take_records,
};
use wasmscope_instrument::recording::{HeapEvents, HeapOp};
use wasmscope_instrument::{Measure, MeasureSet, instrument};
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{Caller, Config, Engine, Func, Instance, Linker, Memory, Module, Ref, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

struct World {
    wasi: WasiP1Ctx,
    events: Option<Memory>,
    records: Vec<u8>,
}

impl World {
    fn take(memory: &mut [u8], records: &mut Vec<u8>) {
        take_crossing(memory);
        take_records(memory, records);
    }
}

/// How a module is run.
enum Run {
    /// As a command.
    Command,
    /// `run(3000)`.
    AssemblyScript,
    /// `main(0, 0)`.
    Emscripten,
}

/// Runs a module with probes of its heap. Gives its memory as it is at the end, the records and how to read them.
fn run(wasm: &[u8], how: &Run) -> (Vec<u8>, Vec<u8>, Arc<Probes>) {
    let bytes: Arc<[u8]> = wasm.into();
    let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    let instrumented = instrument(&bytes, &index, MeasureSet::NONE.with(Measure::Heap), &[]).unwrap();
    let engine = Engine::new(Config::new().wasm_multi_memory(true)).unwrap();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p1::add_to_linker_sync(&mut linker, |world: &mut World| &mut world.wasi).unwrap();
    let wasi = WasiCtxBuilder::new().build_p1();
    let mut store = Store::new(&engine, World { wasi, events: None, records: Vec::new() });
    let module = Module::new(&engine, &instrumented.wasm).unwrap();
    linker.define_unknown_imports_as_default_values(&mut store, &module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    store.data_mut().events = instance.get_memory(&mut store, EVENTS_EXPORT);
    let drain = Func::wrap(&mut store, |mut caller: Caller<'_, World>| {
        let (memory, world) = caller.data().events.unwrap().data_and_store_mut(&mut caller);
        World::take(memory, &mut world.records);
    });
    let host = instance.get_table(&mut store, HOST_EXPORT).unwrap();
    host.set(&mut store, 0, Ref::Func(Some(drain))).unwrap();
    if let Err(error) = call(&instance, &mut store, how) {
        assert_eq!(error.downcast_ref::<I32Exit>().map(|exit| exit.0), Some(0), "{error:#}");
    }
    let (memory, world) = store.data().events.unwrap().data_and_store_mut(&mut store);
    World::take(memory, &mut world.records);
    let memory = instance.get_memory(&mut store, "memory").unwrap().data(&store).to_vec();
    (memory, std::mem::take(&mut store.data_mut().records), instrumented.probes)
}

fn call(instance: &Instance, store: &mut Store<World>, how: &Run) -> wasmtime::Result<()> {
    match how {
        Run::Command => instance.get_typed_func::<(), ()>(&mut *store, "_start")?.call(store, ()),
        Run::AssemblyScript => {
            let run = instance.get_typed_func::<i32, i32>(&mut *store, "run")?;
            run.call(store, 3_000).map(|_| ())
        }
        Run::Emscripten => {
            instance.get_typed_func::<(), ()>(&mut *store, "__wasm_call_ctors")?.call(&mut *store, ())?;
            let main = instance.get_typed_func::<(i32, i32), i32>(&mut *store, "main")?;
            main.call(store, (0, 0)).map(|_| ())
        }
    }
}

/// The blocks that are alive after all events, and the lowest address that ever was one.
fn replay(events: &HeapEvents) -> (BTreeMap<u64, u64>, u64) {
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

/// The chunks in use from the one that holds the block at `first` on: address and room of each. In dlmalloc, as wasi-libc has
/// it, a chunk begins 8 bytes in front of its block: the size of a free chunk before it, then its own size with two flags,
/// bit 1 of which says that it is in use. Chunks follow each other up to the rest of the heap, behind which is one of
/// 40 bytes that is none.
fn walk(memory: &[u8], first: u64) -> BTreeMap<u64, u64> {
    const HEADER: u64 = 8;
    const IN_USE: u32 = 2;
    const LAST: u32 = 40;
    let mut used = BTreeMap::new();
    let mut chunk = first - HEADER;
    while let Some(head) = memory.get(chunk as usize + 4..).and_then(|rest| rest.first_chunk()) {
        let head = u32::from_le_bytes(*head);
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

/// The same for TLSF as AssemblyScript has it: a word in front of each block, with its length and in bit 0 whether it is
/// free. The last one has no length.
fn walk_tlsf(memory: &[u8], first: u64) -> BTreeMap<u64, u64> {
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

/// The same for emmalloc: a region has its length at both ends, at the second with bit 0 where it is free. The first one of
/// the heap is none of the program's, and may have taken in room of the next one to align it; its third word is the end
/// of the heap. The last one of 16 bytes is none either.
fn walk_emmalloc(memory: &[u8], alive: u64) -> BTreeMap<u64, u64> {
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

fn word(memory: &[u8], at: u64) -> u32 {
    u32::from_le_bytes(*memory.get(at as usize..).and_then(|rest| rest.first_chunk()).unwrap())
}

/// Runs a module and compares, block by block. Gives how many blocks there are.
fn compare(name: &str, wasm: &[u8], how: &Run, walk: fn(&[u8], u64) -> BTreeMap<u64, u64>) -> usize {
    let (memory, records, probes) = run(wasm, how);
    let (mut growth, mut events) = (Vec::new(), HeapEvents::default());
    decode(&probes, &records, &ContextReader::default(), &mut growth, &mut events);
    let (alive, lowest) = replay(&events);
    // A region of emmalloc's may be gone, a first chunk of the others is there for good.
    let first = if let Run::Emscripten = how { *alive.keys().next().unwrap() } else { lowest };
    let used = walk(&memory, first);
    let alive_at: Vec<_> = alive.keys().collect();
    assert_eq!(alive_at, used.keys().collect::<Vec<_>>(), "{name}");
    for ((address, size), room) in alive.iter().zip(used.values()) {
        assert!(size <= room, "{name}: {size} bytes at {address:#x} in a chunk with room for {room}");
    }
    println!("{name}: {} blocks of {} operations", alive.len(), events.len());
    alive.len()
}

#[test]
fn what_events_leave_alive_the_allocator_has_in_use() {
    for (sample, fewest) in [("fragment/before.wasm", 2_000), ("fragment/after.wasm", 1)] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample);
        let blocks = compare(sample, &std::fs::read(file).unwrap(), &Run::Command, walk);
        assert!(blocks >= fewest, "{sample}: {blocks} blocks");
    }
}

#[test]
fn collected_blocks_too() {
    for build in ["incremental-O0", "incremental-O1", "incremental-O3", "minimal-O0", "minimal-O2"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/heap_walk").join(build);
        let wasm = std::fs::read(file.with_extension("wasm")).unwrap();
        let blocks = compare(build, &wasm, &Run::AssemblyScript, walk_tlsf);
        assert!((200..1_000).contains(&blocks), "{build}: {blocks} blocks");
    }
}

#[test]
fn and_those_of_emmalloc() {
    let Some(corpus) = std::env::var_os("WASMSCOPE_CORPUS") else {
        return eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
    };
    let wasm = std::fs::read(Path::new(&corpus).join("toolchains/em-leaky-emmalloc.wasm")).unwrap();
    let blocks = compare("emmalloc", &wasm, &Run::Emscripten, walk_emmalloc);
    assert!(blocks > 2_000, "{blocks} blocks");
}
