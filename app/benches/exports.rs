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
/// So many are in the same part of the program.
const WHILE: u64 = 1_000;

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
    let mut leaf = StackId(0);
    let mut random = 1u64;
    let mut parent = None;
    let mut dice = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) as u32
    };
    for number in 0..STACKS {
        let func = FuncIndex(dice() % FUNCTIONS);
        let above = parent.filter(|_| number % DEPTH != 0);
        let id: StackId = stacks.push(above, StackFrame::Wasm { func, offset: CodeOffset(number) });
        parent = Some(id);
    }
    // For a while a program is somewhere in the same part of itself.
    for sample in 0..SAMPLES {
        if sample % SAME == 0 {
            let part = (sample / WHILE) as u32 % (STACKS / DEPTH);
            leaf = StackId(part * DEPTH + dice() % DEPTH);
        }
        samples.push((sample + 1) * 1_000_000, leaf, 1_000_000);
    }
    Recording { stacks, samples, ..Recording::default() }
}

fn print_peak_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("  {line}"));
}
