//! How long it takes to open a large recording and to look at it: 1 M samples on 1 M distinct stacks, 10 M heap
//! operations. Prints a line a step, and the most memory that was in use.

use std::hint::black_box;
use std::time::Instant;
use wasmscope::analysis::{
    CallTreeQuery, HeapMapQuery, LanesQuery, Metric, boundary, call_tree, flame, functions, growth, heap_at,
    heap_map, heap_range, lanes, lines, summary,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{
    ContextId, ContextTable, HeapEvent, HeapEvents, HeapOp, Recording, SampleTable, StackFrame, StackId,
    StackTable,
};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex};

/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);
const FUNCTIONS: u64 = 2_000;
const STACKS: u64 = 1_000_000;
const SAMPLES: u64 = 1_000_000;
const CONTEXTS: u64 = 100_000;
const HEAP_EVENTS: u64 = 10_000_000;
const LIVE_BLOCKS: usize = 1_000_000;
/// The clock of heap operations goes on with each sample; of a program that does little else there are more between
/// two.
const TICK_EVENTS: u64 = 1_000;

fn main() {
    let recording = timed("make the recording", recording);
    let profile = timed("Profile::new", || Profile::new(recording));
    println!("  paths {}, frames {}", profile.paths().len(), profile.frames().len());
    let query = |metric, inverted| CallTreeQuery { metric, inverted, ..CallTreeQuery::default() };
    for (metric, inverted) in [(Metric::Time, false), (Metric::Time, true), (Metric::AllocatedBytes, false)] {
        let name = format!("call_tree {metric}{}", if inverted { " inverted" } else { "" });
        let tree = timed(&name, || call_tree(&profile, &query(metric, inverted)));
        println!("  nodes {}, cut {:?}", tree.len(), tree.cut_at_depth());
        timed("flame", || flame(&tree));
    }
    let part = CallTreeQuery { time: Some(0..SAMPLES / 100 * 1_000), ..CallTreeQuery::default() };
    timed("call_tree of 1 % of the time", || call_tree(&profile, &part));
    let duration = profile.duration_nanos();
    for (name, time) in [("all", 0..duration), ("a hundredth", duration / 2..duration / 100 * 51)] {
        let column_nanos = (time.end - time.start) / 1_280;
        let query = LanesQuery { time, column_nanos, inline_frames: true };
        timed(&format!("lanes of {name}"), || lanes(&profile, &query));
    }
    timed("functions", || functions(&profile, &query(Metric::Time, false)));
    timed("lines", || lines(&profile, &query(Metric::Time, false)));
    timed("boundary", || boundary(&profile));
    timed("heap_timeline", || profile.heap_timeline().whole().totals);
    timed("growth", || growth(&profile));
    timed("call_tree live", || call_tree(&profile, &query(Metric::LiveBytes, false)));
    timed("summary", || summary(&profile));
    for percent in [0, 13, 50, 87, 100] {
        let at = HEAP_EVENTS * percent;
        let heap = timed(&format!("heap_at {percent} %"), || heap_at(&profile, MEMORY, at));
        let range = 0..heap.memory_bytes.max(heap.high_water);
        let map = HeapMapQuery { range: range.clone(), cells: 100_000, overlay: None };
        timed(&format!("  heap_map of {} blocks", heap.blocks.len()), || heap_map(&profile, &heap, &map));
        timed("  heap_range of all", || heap_range(&profile, &heap, &range));
    }
    print_peak_memory();
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    println!("{name:<40} {:>9.1} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn print_peak_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn recording() -> Recording {
    let mut random = Lcg(1);
    let folded: String = (0..FUNCTIONS).map(|func| format!("f{func} 1\n")).collect();
    let Recording { module, stacks: known, .. } = ProfileBuilder::new().folded(&folded).recording();
    let stacks = stacks(&mut random, &known);
    let mut samples = SampleTable::default();
    for sample in 0..SAMPLES {
        samples.push(sample * 1_000, StackId(random.below(STACKS) as u32), 1_000);
    }
    let contexts = contexts(&mut random);
    let heap = heap(&mut random).into();
    Recording { module, stacks, samples, contexts, heap, ..Recording::default() }
}

/// A tree of stacks: each grows out of one of the last thousand.
fn stacks(random: &mut Lcg, known: &StackTable) -> StackTable {
    let mut stacks = StackTable::default();
    for row in 0..STACKS {
        let mut frame = known.frame[random.below(FUNCTIONS) as usize];
        // Now and then a place of which nothing is known, so that places differ.
        if let StackFrame::Wasm { offset, .. } = &mut frame {
            offset.0 += random.below(2) as u32;
        }
        let parent = (row > 0).then(|| StackId((row - 1 - random.below(row.min(1_000))) as u32));
        stacks.push(parent.filter(|_| random.below(100) > 0), frame);
    }
    stacks
}

fn contexts(random: &mut Lcg) -> ContextTable {
    let mut contexts = ContextTable::default();
    for row in 0..CONTEXTS {
        let parent = (row > 0).then(|| ContextId(random.below(row) as u32));
        contexts.push(parent, FuncIndex(random.below(FUNCTIONS) as u32), Some(CodeOffset(row as u32)));
    }
    contexts
}

/// Blocks come and go at random places; half of all operations are frees once as many live as may.
fn heap(random: &mut Lcg) -> HeapEvents {
    let mut heap = HeapEvents::default();
    let mut live: Vec<u64> = Vec::new();
    let mut free: Vec<u64> = (1..2 * LIVE_BLOCKS as u64).rev().map(|slot| slot * 64).collect();
    for row in 0..HEAP_EVENTS {
        let frees = live.len() >= LIVE_BLOCKS || (!live.is_empty() && random.below(5) < 2);
        let context = Some(ContextId(random.below(CONTEXTS) as u32));
        let (op, address, size) = if frees {
            (HeapOp::Free, live.swap_remove(random.below(live.len() as u64) as usize), 0)
        } else {
            (HeapOp::Alloc, free.pop().unwrap_or(64), 16 + random.below(48))
        };
        match op {
            HeapOp::Free => free.push(address),
            _ => live.push(address),
        }
        heap.push(HeapEvent {
            time_nanos: row / TICK_EVENTS * TICK_EVENTS * 100,
            op,
            address,
            size,
            old_address: 0,
            context,
        });
    }
    heap
}
