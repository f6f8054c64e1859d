//! The same questions to another symbolizer: where LLVM's is installed, its frames and ours must agree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use wasmscope_symbolize::{CodeOffset, Frame, SymbolFiles, Symbols};

const OFFSETS: usize = 10_000;

/// Modules of the corpus about which the two differ: at how many of the offsets at most, and why.
const DIFFERENT: [(&str, usize, &str); 2] = [
    ("cpp-gcc-loops", 15, "two units describe one function, and each is believed by one of the two"),
    ("tinygo-json", 50, "ranges overlap where code was moved"),
];

/// Modules of the corpus of which LLVM tells no lines where there are some: it finds no unit, since the units' own
/// ranges do not cover their functions; or it has no lines of assembly. These places are left out.
const UNTOLD: [&str; 3] = ["sqlite-livedwarf-wasi_unstable", "tinygo-json", "web-tree-sitter-debug"];
const TOOLS: [&str; 4] =
    ["llvm-symbolizer", "llvm-symbolizer-19", "llvm-symbolizer-20", "llvm-symbolizer-21"];

/// A frame: function, path, line, column.
type Answer = (String, String, u32, u32);

/// LLVM's answers for each offset, with the package of split debug information where there is one; `None` when it isn't
/// there or is too old to know WebAssembly.
fn ask_llvm(path: &Path, package: Option<&Path>, offsets: &[u32]) -> Option<Vec<Vec<Answer>>> {
    let tool = TOOLS.iter().find(|tool| Command::new(tool).arg("--version").output().is_ok());
    let Some(tool) = tool else {
        eprintln!("skipped: no llvm-symbolizer");
        return None;
    };
    let mut child = Command::new(tool)
        .arg(format!("--obj={}", path.display()))
        .args(package.map(|package| format!("--dwp={}", package.display())))
        .args(["--functions=linkage", "--no-demangle", "--inlines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text: String = offsets.iter().map(|offset| format!("{offset:#x}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split("\n\n").filter(|block| !block.trim().is_empty()).map(answers).collect())
}

fn answers(block: &str) -> Vec<Answer> {
    let lines: Vec<&str> = block.trim().lines().collect();
    lines.chunks_exact(2).map(|pair| answer(pair[0], pair[1])).collect()
}

fn answer(function: &str, place: &str) -> Answer {
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let (column, line) = (number(), number());
    (function.to_owned(), plain(parts.next().unwrap_or("")), line, column)
}

/// A path without what the two spell differently.
fn plain(path: &str) -> String {
    path.split('/')
        .filter(|segment| *segment != ".")
        .collect::<Vec<_>>()
        .join("/")
        .trim_matches('/')
        .to_owned()
}

/// A linker's name as people read it, by the demanglers that the program has: that they are right is not asked here.
fn demangled(linkage: &str) -> String {
    let symbol = linkage.split(".llvm.").next().unwrap_or(linkage);
    if let Ok(rust) = rustc_demangle::try_demangle(symbol) {
        return format!("{rust:#}");
    }
    let cpp = symbol.starts_with("_Z").then(|| cpp_demangle::Symbol::new(symbol).ok()?.demangle().ok());
    cpp.flatten().unwrap_or_else(|| symbol.to_owned())
}

fn is_untold(theirs: &[Answer]) -> bool {
    theirs.iter().all(|(_, file, ..)| file == "??")
}

/// Why two answers differ, or `None` if they don't.
fn difference(ours: &[Frame], theirs: &[Answer]) -> Option<String> {
    if is_untold(theirs) {
        // Without lines LLVM knows at most the function.
        return ours
            .iter()
            .any(|frame| frame.location.is_some())
            .then(|| "a line that LLVM has not".to_owned());
    }
    if ours.len() != theirs.len() {
        return Some(format!("{} frames, LLVM has {}: {ours:?} {theirs:?}", ours.len(), theirs.len()));
    }
    ours.iter().zip(theirs).find_map(|(ours, (function, file, line, column))| {
        let mine = ours.location.as_ref().map(|l| (plain(&l.file), l.line, l.column)).unwrap_or_default();
        // Where the line is 0, nobody cares for the rest.
        let file = if file == "??" { "" } else { file };
        let same_place = (mine.1 == 0 && *line == 0) || mine == (file.to_owned(), *line, *column);
        let same_name = function == "??" || demangled(function) == *ours.name.full;
        (!same_place || !same_name).then(|| format!("{ours:?}, LLVM has {function} {file}:{line}:{column}"))
    })
}

fn probes(symbols: &Symbols) -> Vec<u32> {
    let bodies: Vec<_> = symbols.module().functions().iter().filter_map(|f| f.body.clone()).collect();
    let mut random = common::Lcg(3);
    let mut offsets: Vec<u32> = (0..OFFSETS)
        .map(|_| {
            let body = &bodies[random.below(bodies.len())];
            body.start.0 + random.below((body.end.0 - body.start.0) as usize) as u32
        })
        .collect();
    offsets.sort_unstable();
    offsets
}

/// Compares, and gives how many of the offsets have different answers.
fn compare(path: &Path) -> Option<usize> {
    compare_with(path, None)
}

/// The same, with the package of split debug information that goes with the module.
fn compare_with(path: &Path, package: Option<&Path>) -> Option<usize> {
    let split = package.iter().map(|package| std::fs::read(package).unwrap().into()).collect();
    // Without a name section the outermost name, too, is that of the debug information.
    let bytes = common::without(&std::fs::read(path).unwrap(), "name");
    let symbols = common::with_files(&bytes, SymbolFiles { split, ..SymbolFiles::default() });
    let offsets = probes(&symbols);
    let theirs = ask_llvm(path, package, &offsets)?;
    assert_eq!(theirs.len(), offsets.len());
    let has_untold = path.file_stem().is_some_and(|stem| UNTOLD.iter().any(|name| stem == *name));
    let (mut different, mut compared) = (0, 0);
    for (offset, theirs) in offsets.iter().zip(&theirs) {
        if has_untold && is_untold(theirs) {
            continue;
        }
        compared += 1;
        if let Some(why) = difference(&symbols.frames(CodeOffset(*offset)), theirs) {
            different += 1;
            if different <= 5 {
                eprintln!("  {offset:#x}: {why}");
            }
        }
    }
    eprintln!("{}: {different} of {compared} offsets differ", path.display());
    assert!(compared >= OFFSETS / 100, "{}: too few to say anything", path.display());
    Some(different)
}

#[test]
fn samples_agree() {
    let names = [
        "hotloop/hotloop.wasm",
        "words/words.wasm",
        "json/json.wasm",
        "chatty/before.wasm",
        "fragment/before.wasm",
        "library/library.wasm",
        "simd/simd.wasm",
    ];
    for name in names {
        let Some(path) = common::sample(name) else { continue };
        let Some(different) = compare(&path) else { return };
        assert_eq!(different, 0, "{name}");
    }
}

#[test]
fn split_files_agree() {
    for version in [4, 5] {
        let path = |ending| common::split_path(&format!("split{version}.{ending}"));
        let Some(different) = compare_with(&path("wasm"), Some(&path("dwp"))) else { return };
        assert_eq!(different, 0, "DWARF {version}");
    }
}

#[test]
fn corpus_agrees() {
    let Some(dir) = common::corpus() else { return };
    for path in common::modules(&dir) {
        let bytes = std::fs::read(&path).unwrap();
        if wasmscope_symbolize::ModuleIndex::parse_module(&bytes).is_err() {
            continue;
        }
        // The other symbolizer knows nothing of the table that Go's lines are from.
        let symbols = common::symbols(&path);
        if !symbols.has_lines() || symbols.is_go() {
            continue;
        }
        let Some(different) = compare(&path) else { return };
        let known = DIFFERENT.iter().find(|(name, ..)| path.file_stem().is_some_and(|stem| stem == *name));
        let (most, why) = known.map_or((0, "no reason is known"), |(_, most, why)| (*most, why));
        assert!(different <= most, "{}: {different} offsets differ, {why}", path.display());
    }
}
