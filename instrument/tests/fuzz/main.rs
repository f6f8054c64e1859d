//! Generated modules, run as they are and rewritten: all that can be seen is the same. And bytes that are no modules:
//! nothing that reads them panics.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that finds something else than it expects fails"
)]

mod bytes;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod generate;
mod hostile;
mod random;
mod world;

use compare::{Compared, compare};
use random::Random;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmscope_instrument::MeasureSet;
use wasmtime::Engine;

/// How long it goes on, and the most seeds that are tried, of which 19 in 20 give a module, unless the environment
/// says.
const SECONDS: u64 = 60;
const SEEDS: u64 = 21_500;
/// Fewer runs than this would mean that hardly anything is tried any more.
const FEWEST_RUNS: usize = 300;
/// Bytes that a module is made of.
const SEED_BYTES: usize = 3_000;

/// `WASMSCOPE_FUZZ_SECONDS` and `WASMSCOPE_FUZZ_SEEDS` make it go on for longer, and `WASMSCOPE_FUZZ_SEED` begins
/// elsewhere.
#[test]
fn generated_modules_see_no_difference() {
    let number = |name, otherwise| {
        std::env::var(name).map_or(otherwise, |value: String| value.parse::<u64>().expect("a number"))
    };
    let first = number("WASMSCOPE_FUZZ_SEED", 0);
    let seeds = number("WASMSCOPE_FUZZ_SEEDS", SEEDS);
    let deadline = Instant::now() + Duration::from_secs(number("WASMSCOPE_FUZZ_SECONDS", SECONDS));
    let engine = Engine::new(&common::config()).unwrap();
    let (next, found) = (AtomicU64::new(0), Mutex::new(Found::default()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= seeds || Instant::now() >= deadline {
                return;
            }
            let result = try_seed(&engine, first + at);
            found.lock().unwrap().note(first + at, result);
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
        (0..threads).for_each(|_| {
            scope.spawn(work);
        });
    });
    let found = found.into_inner().unwrap();
    // Past the harness, which keeps to itself what passing tests print.
    writeln!(std::io::stdout(), "{}", found.summary()).unwrap();
    assert!(found.differences.is_empty(), "{}", found.differences.join("\n"));
    let runs = found.compared.runs - found.compared.exhausted;
    assert!(runs >= FEWEST_RUNS, "only {runs} runs of rewritten modules");
}

/// All measures together, and the single ones by turns: twice as many modules as with each of them.
fn sets(seed: u64) -> [MeasureSet; 2] {
    let sets = common::measure_sets();
    let (all, single) = sets.split_last().unwrap();
    [*all, single[seed as usize % single.len()]]
}

/// Makes a module of a seed and compares its runs; `None` where the seed gives no module.
fn try_seed(engine: &Engine, seed: u64) -> Option<Result<Compared, String>> {
    let bytes = Random::new(seed).bytes(SEED_BYTES);
    let wasm = generate::module(&bytes)?;
    // A panic must not hide which module it came from.
    let compared = catch_unwind(AssertUnwindSafe(|| compare(engine, &wasm, &sets(seed))));
    Some(compared.unwrap_or_else(|_| Err("a panic".to_owned())))
}

#[derive(Default)]
struct Found {
    modules: usize,
    rewritten: usize,
    compared: Compared,
    differences: Vec<String>,
}

impl Found {
    fn note(&mut self, seed: u64, result: Option<Result<Compared, String>>) {
        let Some(result) = result else { return };
        self.modules += 1;
        match result {
            Ok(Compared { runs, exhausted, returned, crossings }) => {
                self.rewritten += usize::from(runs > 0);
                self.compared.runs += runs;
                self.compared.exhausted += exhausted;
                self.compared.returned += returned;
                self.compared.crossings += crossings;
            }
            Err(difference) => self.differences.push(format!("seed {seed}: {difference}")),
        }
    }

    fn summary(&self) -> String {
        let Compared { runs, exhausted, returned, crossings } = self.compared;
        format!(
            "{} modules, {} of them rewritten, in {runs} runs: {} differ; {returned} calls returned, \
             {crossings} crossings, {exhausted} runs excepted because an allocator's tail calls become calls",
            self.modules,
            self.rewritten,
            self.differences.len()
        )
    }
}
