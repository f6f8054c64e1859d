//! How long a module's debug information takes to answer, and how much memory: beside LLVM's symbolizer where it is
//! installed. `cargo bench -p wasmscope-symbolize -- module.wasm` takes modules of one's own; otherwise the samples are
//! asked, and the modules of the folder that `WASMSCOPE_CORPUS` names. A figure behind which a `!` stands misses its bar;
//! the bars of time hold for 18 MB of debug information and grow with it.

#![allow(clippy::unwrap_used, reason = "a bench has no user: what goes wrong ends it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmscope_symbolize::{CodeOffset, ModuleIndex, Symbols};

/// What the bars of time hold for.
const BAR_BYTES: f64 = 18e6;
/// Until the first answer.
const READY: Duration = Duration::from_millis(150);
/// Until every line table was read.
const LINES: Duration = Duration::from_secs(1);
/// For a million offsets, whatever the module.
const MILLION: Duration = Duration::from_millis(1_500);
const OFFSETS: usize = 1_000_000;
/// The share of them that LLVM's symbolizer is asked for, and how much longer it should take.
const ASKED: usize = 100_000;
const FASTER: f64 = 5.0;
/// The most memory, as a multiple of the debug sections.
const MEMORY: f64 = 2.0;
/// The argument by which the bench starts itself to see how much memory one module takes.
const CHILD: &str = "--memory-of";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, path] = &arguments[..]
        && word == CHILD
    {
        return memory_child(Path::new(path));
    }
    println!(
        "{:34} {:>8} {:>10} {:>10} {:>13} {:>12} {:>9}",
        "module", "debug MB", "ready", "lines", "1 M offsets", "LLVM", "memory"
    );
    for path in modules(&arguments) {
        row(&path);
    }
}

/// The modules with debug information.
fn modules(arguments: &[String]) -> Vec<PathBuf> {
    let named: Vec<_> = arguments.iter().filter(|word| !word.starts_with('-')).map(PathBuf::from).collect();
    if !named.is_empty() {
        return named;
    }
    let samples = ["json/json.wasm", "words/words.wasm"]
        .map(|sample| Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(sample));
    let corpus = std::env::var_os("WASMSCOPE_CORPUS").map(|folder| PathBuf::from(folder).join("modules"));
    let real = corpus.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut modules: Vec<_> = real.map(|entry| entry.path()).collect();
    modules.retain(|path| debug_bytes_of(path).is_some_and(|bytes| bytes > 500_000));
    modules.sort();
    samples.into_iter().chain(modules).collect()
}

fn debug_bytes_of(path: &Path) -> Option<usize> {
    let index = ModuleIndex::parse(&std::fs::read(path).ok()?).ok()?;
    Some(debug_bytes(&index))
}

fn debug_bytes(index: &ModuleIndex) -> usize {
    let debug = index.sections().iter().filter(|section| section.name.starts_with(".debug_"));
    debug.map(|section| (section.data.end.0 - section.data.start.0) as usize).sum()
}

fn open(path: &Path) -> (Arc<[u8]>, Arc<ModuleIndex>) {
    let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
    let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
    (bytes, index)
}

fn row(path: &Path) {
    let (bytes, index) = open(path);
    let debug = debug_bytes(&index);
    let offsets = offsets(&index);
    let began = Instant::now();
    let symbols = Symbols::new(Arc::clone(&bytes), Arc::clone(&index));
    symbols.frames(offsets[0]);
    let ready = began.elapsed();
    let began = Instant::now();
    read_all_lines(&symbols);
    let lines = began.elapsed();
    let began = Instant::now();
    let frames: usize = offsets.iter().map(|offset| symbols.frames(*offset).len()).sum();
    let million = began.elapsed();
    assert!(frames >= offsets.len());
    let scale = (debug as f64 / BAR_BYTES).max(1.0);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let mark = |missed: bool| if missed { '!' } else { ' ' };
    print!("{:34} {:8.2}", path.file_stem().unwrap().to_string_lossy(), debug as f64 / 1e6);
    print!(" {:7.1} ms{}", millis(ready), mark(ready > READY.mul_f64(scale)));
    print!(" {:6.0} ms{}", millis(lines), mark(lines > LINES.mul_f64(scale)));
    print!(" {:9.0} ms{}", millis(million), mark(million > MILLION));
    match llvm(path, &offsets[..ASKED]) {
        Some(theirs) => {
            let fresh = fresh(&bytes, &index, &offsets[..ASKED]);
            let ratio = theirs.as_secs_f64() / fresh.as_secs_f64();
            print!(" {ratio:9.1} x{}", mark(ratio < FASTER));
        }
        None => print!(" {:>12}", "not there"),
    }
    match memory(path) {
        Some(taken) => println!(" {:6.1} x{}", taken / debug as f64, mark(taken > MEMORY * debug as f64)),
        None => println!("  unknown"),
    }
}

/// Asks for a place in each function, so that every unit's lines are read.
fn read_all_lines(symbols: &Symbols) {
    for function in symbols.module().functions() {
        if let Some(body) = &function.body {
            symbols.frames(body.start);
        }
    }
}

/// Ours from the start, as LLVM's symbolizer has to do it.
fn fresh(bytes: &Arc<[u8]>, index: &Arc<ModuleIndex>, offsets: &[CodeOffset]) -> Duration {
    let began = Instant::now();
    let symbols = Symbols::new(Arc::clone(bytes), Arc::clone(index));
    let frames: usize = offsets.iter().map(|offset| symbols.frames(*offset).len()).sum();
    assert!(frames > 0);
    began.elapsed()
}

/// Places in the code, spread over all bodies in an order without pattern.
fn offsets(index: &ModuleIndex) -> Vec<CodeOffset> {
    let bodies: Vec<_> = index.functions().iter().filter_map(|function| function.body.clone()).collect();
    let code: u64 = bodies.iter().map(|body| u64::from(body.end.0 - body.start.0)).sum();
    let mut ends: Vec<u64> = Vec::new();
    for body in &bodies {
        ends.push(ends.last().copied().unwrap_or(0) + u64::from(body.end.0 - body.start.0));
    }
    // Steps by a number that has no divisor in common with most lengths.
    let place = |at: usize| {
        let byte = (at as u64).wrapping_mul(2_654_435_761) % code;
        let body = ends.partition_point(|end| *end <= byte);
        CodeOffset(bodies[body].end.0 - (ends[body] - byte) as u32)
    };
    (0..OFFSETS).map(place).collect()
}

/// The time that LLVM's symbolizer takes; `None` where it is not installed.
fn llvm(path: &Path, offsets: &[CodeOffset]) -> Option<Duration> {
    let tool = ["llvm-symbolizer-21", "llvm-symbolizer-20", "llvm-symbolizer-19", "llvm-symbolizer"]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_ok())?;
    let text: String = offsets.iter().map(|offset| format!("{:#x}\n", offset.0)).collect();
    let began = Instant::now();
    let mut child = Command::new(tool)
        .arg(format!("--obj={}", path.display()))
        .args(["--functions=linkage", "--no-demangle", "--inlines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    child.wait().ok()?;
    Some(began.elapsed())
}

/// How much memory all answers take, the module's bytes not counted. A process of its own does it.
fn memory(path: &Path) -> Option<f64> {
    let output = Command::new(std::env::current_exe().ok()?).arg(CHILD).arg(path).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

fn memory_child(path: &Path) {
    let (bytes, index) = open(path);
    let offsets = offsets(&index);
    let before = most_resident_bytes();
    let symbols = Symbols::new(bytes, index);
    read_all_lines(&symbols);
    offsets.iter().for_each(|offset| drop(symbols.frames(*offset)));
    if let Some((after, before)) = most_resident_bytes().zip(before) {
        println!("{}", after - before);
    }
}

/// The most memory that this process ever had.
fn most_resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}
