//! How long it takes to compare two large recordings: 1 M samples on 1 M distinct stacks each, of which a part is the
//! same in both. Prints a line a step, and the most memory that was in use.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use wasmscope::analysis::{
    BoxWidth, CompareQuery, Comparison, Metric, compare_functions, compare_summary, compare_tree,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{Recording, SampleTable, StackFrame, StackId, StackTable};

const FUNCTIONS: u64 = 2_000;
const STACKS: u64 = 1_000_000;
const SAMPLES: u64 = 1_000_000;

fn main() {
    let profile = |seed: u64| Arc::new(Profile::new(recording(seed)));
    for repeats in [1u64, 3] {
        println!("{repeats} recordings of each build");
        let side = |seed| (0..repeats).map(|repeat| profile(seed + repeat)).collect::<Vec<_>>();
        let (old, new) = (side(1), side(100));
        let comparison = timed("Comparison::new", || Comparison::new(old, new));
        let Ok(comparison) = comparison else { return };
        for inverted in [false, true] {
            let query = CompareQuery { inverted, ..CompareQuery::by(Metric::Time) };
            let name = if inverted { "compare_tree inverted" } else { "compare_tree" };
            let tree = timed(name, || compare_tree(&comparison, &query));
            println!("  nodes {}", tree.len());
            timed("layout", || tree.layout(BoxWidth::Larger));
        }
        let query = CompareQuery::by(Metric::Time);
        let table = timed("compare_functions", || compare_functions(&comparison, &query));
        println!("  functions {}", table.rows.len());
        timed("compare_summary", || compare_summary(&comparison));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}

fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    println!("{name:<40} {:>9.1} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

/// Numbers that look random (Knuth's MMIX multiplier).
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A tree of stacks, each growing out of one of the last thousand; the first tenth is the same whatever the seed.
fn recording(seed: u64) -> Recording {
    let folded: String = (0..FUNCTIONS).map(|func| format!("f{func} 1\n")).collect();
    let Recording { meta, module, stacks: known, .. } = ProfileBuilder::new().folded(&folded).recording();
    let (mut random, mut samples) = (Lcg(0), SampleTable::default());
    let stacks = stacks(&mut random, seed, &known);
    for sample in 0..SAMPLES {
        samples.push(sample * 1_000, StackId(random.below(STACKS) as u32), 1_000);
    }
    Recording { meta, module, stacks, samples, ..Recording::default() }
}

fn stacks(random: &mut Lcg, seed: u64, known: &StackTable) -> StackTable {
    let mut stacks = StackTable::default();
    for row in 0..STACKS {
        if row == STACKS / 10 {
            random.0 = seed;
        }
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
