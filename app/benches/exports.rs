//! How long profiles for other programs take of a large recording: 10 M samples on 100,000 distinct stacks, 20 deep.
//! Prints a line a format, and the most memory that was in use.

use std::hint::black_box;
use std::time::Instant;
use wasmscope::analysis::CallTreeQuery;
use wasmscope::export::{Format, export};
use wasmscope::profile::Profile;
use wasmscope_instrument::recording::{Recording, SampleTable, StackFrame, StackId, StackTable};
use wasmscope_symbolize::{CodeOffset, FuncIndex};

const STACKS: u32 = 100_000;
const DEPTH: u32 = 20;
const FUNCTIONS: u32 = 2_000;
const SAMPLES: u64 = 10_000_000;
/// So many samples in a row find the same stack.
const SAME: u64 = 4;

fn main() {
    let profile = Profile::new(recording());
    println!("samples {SAMPLES}, paths {}", profile.paths().len());
    print_peak_memory();
    for format in Format::ALL.into_iter().filter(|format| format.available_in(&profile)) {
        let start = Instant::now();
        let bytes = black_box(export(&profile, &CallTreeQuery::default(), format)).len();
        let seconds = start.elapsed().as_secs_f64();
        println!("{:<20} {seconds:>7.2} s {:>9.1} MB", format.name(), bytes as f64 / 1e6);
        print_peak_memory();
    }
}

fn recording() -> Recording {
    let mut stacks = StackTable::default();
    let mut samples = SampleTable::default();
    let mut leaves = Vec::new();
    let mut random = 1u64;
    let mut parent = None;
    for number in 0..STACKS {
        // From time to time a stack begins anew; else it goes on from one before.
        if number % DEPTH == 0 {
            parent = leaves.get(number as usize / 2).copied().filter(|_| number % (DEPTH * 10) != 0);
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let func = FuncIndex((random >> 33) as u32 % FUNCTIONS);
        let id: StackId = stacks.push(parent, StackFrame::Wasm { func, offset: CodeOffset(number) });
        parent = Some(id);
        leaves.push(id);
    }
    for sample in 0..SAMPLES {
        let at = (sample / SAME).wrapping_mul(7_919) % u64::from(STACKS);
        samples.push((sample + 1) * 1_000_000, leaves[at as usize], 1_000_000);
    }
    Recording { stacks, samples, ..Recording::default() }
}

fn print_peak_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("  {line}"));
}
