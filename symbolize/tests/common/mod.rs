//! Modules to test with: those of the corpus and of the samples, where they are.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmscope_symbolize::{ModuleIndex, Section, SymbolFiles, Symbols};

/// The folder with modules that others made, or `None` with a word about it.
pub fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from).filter(|dir| dir.is_dir());
    if dir.is_none() {
        eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
    }
    dir
}

/// A file of the samples, or `None` with a word about it.
pub fn sample(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(name);
    let found = path.is_file();
    if !found {
        eprintln!("skipped: there is no samples/{name}");
    }
    found.then_some(path)
}

/// All modules below `dir`, sorted.
pub fn modules(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("inputs") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wasm") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The symbols of the core module in `path`.
pub fn symbols(path: &Path) -> Symbols {
    let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
    let module = ModuleIndex::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Symbols::new(bytes, Arc::new(module))
}

/// The symbols of the core module in `bytes`, with files beside it.
pub fn with_files(bytes: &[u8], files: SymbolFiles) -> Symbols {
    let module = Arc::new(ModuleIndex::parse(bytes).unwrap());
    Symbols::with_files(bytes.into(), module, files)
}

/// A file of the program that is built whole and split.
pub fn split_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/split").join(name)
}

/// Numbers that look random and are the same each time.
pub struct Lcg(pub u64);

impl Lcg {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// A column of the generated file, and source, line and column that it comes from; all count from 0.
pub type Segment = (i64, Option<(i64, i64, i64)>);

/// A source map of these sources and mappings.
pub fn json(sources: &[&str], mappings: &str) -> String {
    format!(r#"{{"version":3,"sources":{sources:?},"names":[],"mappings":"{mappings}"}}"#)
}

/// Mappings as a source map has them, on one line.
pub fn mappings(segments: &[Segment]) -> String {
    let mut last = [0; 4];
    let mut relative = |at: usize, value: i64| vlq(value - std::mem::replace(&mut last[at], value));
    let mut text = Vec::new();
    for (column, place) in segments {
        let mut segment = relative(0, *column);
        if let Some((source, line, column)) = place {
            segment += &[relative(1, *source), relative(2, *line), relative(3, *column)].concat();
        }
        text.push(segment);
    }
    text.join(",")
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A number in base 64, the sign in the lowest bit.
pub fn vlq(value: i64) -> String {
    let mut rest = value.unsigned_abs() << 1 | u64::from(value < 0);
    let mut text = String::new();
    loop {
        let more = rest > 31;
        text.push(char::from(DIGITS[(rest & 31) as usize | usize::from(more) << 5]));
        rest >>= 5;
        if !more {
            return text;
        }
    }
}

/// The module without its custom sections.
pub fn stripped(bytes: &[u8]) -> Vec<u8> {
    only(bytes, |section| section.id != 0)
}

/// The module without the sections of this name.
pub fn without(bytes: &[u8], name: &str) -> Vec<u8> {
    only(bytes, |section| &*section.name != name)
}

fn only(bytes: &[u8], is_kept: impl Fn(&Section) -> bool) -> Vec<u8> {
    let module = ModuleIndex::parse(bytes).unwrap();
    let kept = module.sections().iter().filter(|section| is_kept(section));
    let places = kept.map(|section| section.header.0 as usize..section.contents.end.0 as usize);
    places.fold(bytes[..8].to_vec(), |whole, place| [&whole, &bytes[place]].concat())
}
