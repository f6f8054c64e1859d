//! How fast modules are rewritten on one core, how much memory it takes, and how much longer the code gets; beside it
//! the time that two general libraries take to read and write the same module without a change.
//! `cargo bench -p wasmscope-instrument --bench rewriting`
//!
//! Measured is [`Plan::new`] and [`rewrite`], with the module's outline and its functions' names at hand. The libraries
//! have to find those out by themselves: to compare with them, the time of the outline is added to ours. Words on the
//! command line choose modules by a part of their name. A figure behind which a `!` stands misses its bar.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{corpus, mark, median, repository, thread_time, words};
use wasmscope_instrument::{Measure, MeasureSet, Plan, rewrite};
use wasmscope_symbolize::{FuncIndex, ModuleIndex, Symbols};

/// How long each module is rewritten again and again, and how often at least; the median counts.
const TIME_OF_EACH: Duration = Duration::from_millis(400);
const FEWEST_ROUNDS: usize = 5;
/// How many modules of the corpus are timed: the largest.
const TIMED: usize = 10;

/// MB of module a second.
const DEFAULT_SPEED: f64 = 150.0;
const ALL_SPEED: f64 = 90.0;
/// The most memory, as a multiple of the module's size.
const MEMORY: f64 = 3.0;
/// The argument by which the bench starts itself to see how much memory one module takes.
const CHILD: &str = "--memory-of";

/// Measures of which it is told how much longer they make the code, and the median over all modules that is allowed.
const GROWTH: &[(&str, Option<f64>)] =
    &[("time,boundary,growth,heap", None), ("calls", Some(1.4)), ("calls,instructions", Some(1.8))];

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == CHILD) {
        return memory_child(&arguments[at + 1..]);
    }
    let words = words();
    let is_chosen =
        |path: &PathBuf| words.is_empty() || words.iter().any(|word| name(path).contains(&**word));
    let real = corpus("large modules").map_or_else(Vec::new, |corpus| modules(&corpus.join("modules")));
    let samples = ["json/json.wasm", "words/words.wasm"].map(|sample| repository("samples").join(sample));
    let timed: Vec<_> = real.iter().take(TIMED).cloned().chain(samples).filter(is_chosen).collect();
    speeds(&timed);
    growths(&real.into_iter().filter(is_chosen).collect::<Vec<_>>());
}

/// The core modules in `folder`, the largest first.
fn modules(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut modules: Vec<_> = entries.map(|entry| entry.path()).collect();
    modules.retain(|path| std::fs::read(path).is_ok_and(|bytes| ModuleIndex::parse(&bytes).is_ok()));
    modules.sort_by_key(|path| std::cmp::Reverse(std::fs::metadata(path).unwrap().len()));
    modules
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// A module as the rewriter is given it.
struct Subject {
    bytes: Arc<[u8]>,
    index: Arc<ModuleIndex>,
    names: Vec<Arc<str>>,
}

impl Subject {
    fn read(path: &Path) -> Subject {
        let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let symbols = Symbols::new(Arc::clone(&bytes), Arc::clone(&index));
        let names = index.functions().iter().map(|f| Arc::clone(&symbols.name(f.index).raw)).collect();
        Subject { bytes, index, names }
    }

    fn rewritten(&self, measures: MeasureSet) -> Vec<u8> {
        rewrite(&self.bytes, &self.index, &self.plan(measures)).unwrap().wasm
    }

    fn plan(&self, measures: MeasureSet) -> Plan {
        let name_of = |func: FuncIndex| Arc::clone(&self.names[func.index()]);
        Plan::new(&self.bytes, &self.index, name_of, measures).unwrap()
    }

    fn megabytes(&self) -> f64 {
        self.bytes.len() as f64 / 1e6
    }
}

fn all() -> MeasureSet {
    Measure::ALL.into_iter().fold(MeasureSet::NONE, MeasureSet::with)
}

/// Seconds that one module takes.
struct Times {
    megabytes: f64,
    default: f64,
    all: f64,
    outline: f64,
    walrus: Option<f64>,
    wirm: Option<f64>,
}

fn speeds(paths: &[PathBuf]) {
    println!(
        "{:34} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "module", "MB", "code MB", "default", "all", "outline", "walrus", "wirm", "memory", "with all"
    );
    let times: Vec<_> = paths.iter().map(|path| speed(path)).collect();
    if times.is_empty() {
        return;
    }
    let megabytes: f64 = times.iter().map(|times| times.megabytes).sum();
    let of = |seconds: fn(&Times) -> f64| megabytes / times.iter().map(seconds).sum::<f64>();
    let (default, all) = (of(|times| times.default), of(|times| times.all));
    println!(
        "all of them: {default:.0} MB/s by default (bar {DEFAULT_SPEED}){}, {all:.0} MB/s with all measures (bar {ALL_SPEED}){}",
        mark(default < DEFAULT_SPEED),
        mark(all < ALL_SPEED)
    );
    println!();
}

fn speed(path: &Path) -> Times {
    let subject = Subject::read(path);
    let times = Times {
        megabytes: subject.megabytes(),
        default: seconds(|| subject.rewritten(MeasureSet::default())),
        all: seconds(|| subject.rewritten(all())),
        outline: seconds(|| ModuleIndex::parse(&subject.bytes).unwrap()),
        walrus: seconds_if_any(|| {
            walrus::Module::from_buffer(&subject.bytes).ok().map(|mut m| m.emit_wasm())
        }),
        wirm: seconds_if_any(|| wirm::Module::parse(&subject.bytes, true, false).ok()?.encode().ok()),
    };
    let code = code_bytes(&subject.index) as f64 / 1e6;
    print!("{:34} {:7.2} {code:7.2}", name(path), times.megabytes);
    print!(" {:>6.0} MB/s", times.megabytes / times.default);
    print!(" {:>6.0} MB/s", times.megabytes / times.all);
    print!(" {:6.1} ms", times.outline * 1e3);
    [times.walrus, times.wirm].iter().for_each(|other| match other {
        Some(seconds) => print!(" {:6.1} ms{}", seconds * 1e3, mark(*seconds < times.outline + times.all)),
        None => print!(" {:>9} ", "fails"),
    });
    for (measures, bar) in [(MeasureSet::default(), MEMORY), (all(), f64::INFINITY)] {
        match memory(path, &subject, measures) {
            Some(multiple) => print!(" {multiple:6.1} x{}", mark(multiple > bar)),
            None => print!("  unknown"),
        }
    }
    println!();
    times
}

/// The median time of `work`, its result's end not counted.
fn seconds<T>(work: impl Fn() -> T) -> f64 {
    let (mut rounds, began) = (Vec::new(), Instant::now());
    while rounds.len() < FEWEST_ROUNDS || began.elapsed() < TIME_OF_EACH {
        let began = thread_time();
        let result = work();
        rounds.push((thread_time() - began).as_secs_f64());
        drop(result);
    }
    median(rounds)
}

/// The same for a library that may not know what is in the module.
fn seconds_if_any<T>(work: impl Fn() -> Option<T> + std::panic::RefUnwindSafe) -> Option<f64> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let found = std::panic::catch_unwind(&work).ok().flatten();
    std::panic::set_hook(hook);
    found.map(|_| seconds(work))
}

fn code_bytes(index: &ModuleIndex) -> u64 {
    const CODE: u8 = 10;
    let code = index.sections().iter().find(|section| section.id == CODE);
    code.map_or(0, |code| code.contents.end.0 - code.contents.start.0)
}

/// How much memory outline, plan, rewriting and the module itself take, as a multiple of its size; `None` where the
/// system does not tell. A process of its own does it, which is told the allocators' names: all names, demangled,
/// would take more than the rewriting.
fn memory(path: &Path, subject: &Subject, measures: MeasureSet) -> Option<f64> {
    let plan = subject.plan(measures);
    let allocators =
        plan.allocators().iter().map(|allocator| format!("{}={}", allocator.func.0, allocator.name));
    let mut child = Command::new(std::env::current_exe().ok()?);
    child.arg(CHILD).arg(path).arg(measures.to_string()).args(allocators);
    String::from_utf8_lossy(&child.output().ok()?.stdout).trim().parse().ok()
}

fn memory_child(arguments: &[String]) {
    // A small module first: the program's own code takes memory, too, when it is run for the first time.
    Subject::read(&repository("samples/library/library.wasm")).rewritten(all());
    let before = most_resident_bytes();
    let (nameless, mut names) = (Arc::from(""), HashMap::<u32, Arc<str>>::new());
    for (func, name) in arguments[2..].iter().filter_map(|argument| argument.split_once('=')) {
        names.insert(func.parse().unwrap(), Arc::from(name));
    }
    let bytes = std::fs::read(&arguments[0]).unwrap();
    let index = ModuleIndex::parse(&bytes).unwrap();
    let name_of = |func: FuncIndex| Arc::clone(names.get(&func.0).unwrap_or(&nameless));
    let plan = Plan::new(&bytes, &index, name_of, arguments[1].parse::<MeasureSet>().unwrap()).unwrap();
    let rewritten = rewrite(&bytes, &index, &plan).unwrap();
    let taken = most_resident_bytes().zip(before).map(|(after, before)| after - before);
    if let Some(taken) = taken.filter(|_| !rewritten.wasm.is_empty()) {
        println!("{}", taken / bytes.len() as f64);
    }
}

/// The most memory that this process ever had.
fn most_resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// How much longer the code section gets: the median over `paths`.
fn growths(paths: &[PathBuf]) {
    if paths.is_empty() {
        return;
    }
    for (measures, bar) in GROWTH {
        let growth = median(paths.iter().map(|path| growth(path, measures.parse::<MeasureSet>().unwrap())));
        let bar = bar.map_or_else(String::new, |bar| format!(" (bar {bar}){}", mark(growth > bar)));
        println!(
            "code with {measures}: {growth:.2} times as long{bar}, the median of {} modules",
            paths.len()
        );
    }
}

fn growth(path: &Path, measures: MeasureSet) -> f64 {
    let subject = Subject::read(path);
    let rewritten = ModuleIndex::parse(&subject.rewritten(measures)).unwrap();
    code_bytes(&rewritten) as f64 / code_bytes(&subject.index).max(1) as f64
}
