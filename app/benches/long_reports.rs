//! How long it takes to look at the recording of a long run: an hour at 1 kHz with 100 million heap operations, written
//! to a file first. `cargo bench -p wasmscope --bench long_reports [-- MILLIONS]`. Prints a line a report with
//! wall-clock time, the processor time of all threads, which other programs don't lengthen, and the most memory that
//! was in use until then; each report is made from the file, as the command line does it.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::time::Instant;
use wasmscope::analysis::{CallTreeQuery, Metric, call_tree, flame, functions, heap_at, summary};
use wasmscope::pipeline::open_recording;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::{
    Batch, ContextId, HeapEvent, HeapOp, Recording, StackFrame, StackId, Writer,
};
use wasmscope_symbolize::{CodeOffset, FuncIndex, MemoryIndex};

/// The memory of all of them.
const MEMORY: MemoryIndex = MemoryIndex(0);

const DEFAULT_MILLIONS: u64 = 100;
const HOUR_NANOS: u64 = 3_600_000_000_000;
const SAMPLES: u64 = 3_600_000;
const FUNCTIONS: u64 = 2_000;
const STACKS: u64 = 200_000;
const CONTEXTS: u64 = 20_000;
const LIVE_BLOCKS: usize = 100_000;
/// Operations between two batches: what 28,000 a second make in the quarter of a second after which a recorder writes.
const BATCH_ROWS: u64 = 7_000;
/// What opening a recording and one report of it may take.
const BAR_SECONDS: f64 = 5.0;

fn main() {
    let words: Vec<u64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let rows = words.first().copied().unwrap_or(DEFAULT_MILLIONS) * 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wscope");
    let began = Instant::now();
    write(&path, rows);
    let bytes = path.metadata().unwrap().len();
    let each = bytes as f64 / rows as f64;
    println!("written in {:.1} s: {bytes} bytes, {each:.2} a heap operation", began.elapsed().as_secs_f64());
    let time = CallTreeQuery::default();
    let allocated = CallTreeQuery { metric: Metric::AllocatedBytes, ..CallTreeQuery::default() };
    report(&path, "functions", |profile| functions(profile, &time).rows.len());
    report(&path, "flame", |profile| flame(&call_tree(profile, &time)).row_count());
    report(&path, "functions by allocated bytes", |profile| functions(profile, &allocated).rows.len());
    report(&path, "summary", |profile| summary(profile).top_functions.len());
    report(&path, "heap at the end", |profile| heap_at(profile, MEMORY, u64::MAX).blocks.len());
    report(&path, "heap in the middle", |profile| heap_at(profile, MEMORY, HOUR_NANOS / 2).blocks.len());
}

fn report(path: &Path, name: &str, view: impl FnOnce(&Profile) -> usize) {
    let (began, processor_before) = (Instant::now(), processor_seconds());
    let profile = open_recording(path, None).unwrap();
    let opened = began.elapsed().as_secs_f64();
    let rows = black_box(view(&profile));
    let seconds = began.elapsed().as_secs_f64();
    let mark = if seconds > BAR_SECONDS { '!' } else { ' ' };
    let peak = peak_mebibytes();
    let processor = processor_seconds() - processor_before;
    println!(
        "{name:<30} {seconds:6.2} s{mark} ({opened:.2} s to open; {processor:.2} s of processors), {rows} rows, {peak} MiB at most"
    );
}

/// As Linux tells it, in hundredths.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn write(path: &Path, rows: u64) {
    let mut random = Lcg(1);
    let folded: String = (0..FUNCTIONS).map(|func| format!("f{func} 1\n")).collect();
    let Recording { module, stacks: known, mut meta, .. } = ProfileBuilder::new().folded(&folded).recording();
    meta.measures = meta.measures.with(Measure::Time).with(Measure::Heap);
    let mut writer = Writer::new(BufWriter::new(File::create(path).unwrap()), &meta, &module).unwrap();
    let mut batch = tables(&mut random, &known.frame);
    let mut heap = Heap::default();
    let (mut row, mut sample) = (0, 0);
    while row < rows {
        for _ in 0..BATCH_ROWS.min(rows - row) {
            batch.heap.push(heap.operation(&mut random, row * (HOUR_NANOS / rows)));
            row += 1;
        }
        while sample < SAMPLES * row / rows {
            batch.samples.push(sample * 1_000_000, StackId(random.below(STACKS) as u32), 1_000_000);
            sample += 1;
        }
        writer.write(&batch).unwrap();
        batch.clear();
    }
}

/// A tree of stacks, each of which grows out of one of the last thousand, and one of contexts.
fn tables(random: &mut Lcg, frames: &[StackFrame]) -> Batch {
    let mut batch = Batch::default();
    for row in 0..STACKS {
        let frame = frames[random.below(FUNCTIONS) as usize];
        let parent = (row > 0).then(|| StackId((row - 1 - random.below(row.min(1_000))) as u32));
        batch.stacks.push(parent.filter(|_| random.below(30) > 0), frame);
    }
    for row in 0..CONTEXTS {
        let parent = (row > 0).then(|| ContextId(random.below(row) as u32));
        let func = FuncIndex(random.below(FUNCTIONS) as u32);
        batch.contexts.push(parent, func, Some(CodeOffset(row as u32)));
    }
    batch
}

/// Blocks of random sizes that come and go in random order, at addresses that are used again.
#[derive(Default)]
struct Heap {
    live: Vec<u64>,
    free: Vec<u64>,
    top: u64,
}

impl Heap {
    fn operation(&mut self, random: &mut Lcg, time_nanos: u64) -> HeapEvent {
        let context = Some(ContextId(random.below(CONTEXTS) as u32));
        let frees = self.live.len() >= LIVE_BLOCKS || (!self.live.is_empty() && random.below(5) < 2);
        if frees {
            let address = self.live.swap_remove(random.below(self.live.len() as u64) as usize);
            self.free.push(address);
            return HeapEvent { time_nanos, op: HeapOp::Free, address, size: 0, old_address: 0, context };
        }
        let address = self.free.pop().unwrap_or_else(|| {
            self.top += 512;
            self.top
        });
        self.live.push(address);
        let size = 16 + random.below(496);
        HeapEvent { time_nanos, op: HeapOp::Alloc, address, size, old_address: 0, context }
    }
}
