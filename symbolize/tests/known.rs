//! Functions of libraries found by their code. `BLESS=1` writes their table, `src/known/bodies.txt`, anew: it comes
//! from the samples and from modules that others made, as far as these have names and tell where functions are
//! declared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{corpus, modules, sample, stripped};
use wasmscope_symbolize::{BodyHash, FuncIndex, ModuleIndex, NameSource, Symbols};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/known/bodies.txt");

const HEAD: &str = "\
# Functions of libraries, by their code: a hash, which stays the same wherever they are linked, and the name.
# Each hash stands once, under the first of the builds that have it. Made by `tests/known.rs` with BLESS=1.
";

/// A function that has a name, in one of the modules.
struct Body {
    program: String,
    hash: BodyHash,
    name: String,
    /// The library that it is of, and what it was compiled with.
    origin: Option<String>,
}

/// The functions of all modules that say what they are called and are long enough.
fn bodies(paths: &[PathBuf]) -> Vec<Body> {
    let mut found = Vec::new();
    for path in paths {
        let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let Ok(module) = ModuleIndex::parse_module(&bytes) else { continue };
        let tools = tools(&bytes, &module);
        let symbols = Symbols::new(Arc::clone(&bytes), Arc::new(module));
        for function in symbols.module().functions() {
            let name = symbols.name(function.index);
            let Some(hash) = symbols.body_hash(function.index).filter(|_| name.source.is_told()) else {
                continue;
            };
            // What an export is called need not be what the function is.
            if name.source != NameSource::Export {
                let library = symbols.declaration(function.index).and_then(|at| library(&at.file));
                let origin = library.map(|library| format!("{library}, by {tools}"));
                found.push(Body { program: program(path), hash, name: name.name.full.to_string(), origin });
            }
        }
    }
    found
}

/// Builds of one program share it: `c-leaky` of `c-leaky-dwarf5-clang19.wasm`, `words` of `words/words.wasm`.
fn program(path: &Path) -> String {
    if path.starts_with(samples()) {
        return path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    }
    let stem = path.file_stem().unwrap().to_string_lossy();
    let parts: Vec<_> = stem.split(['-', '.']).take(2).collect();
    parts.join("-")
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// The library that the file at `path` is of, with its version if the path has it.
fn library(path: &str) -> Option<String> {
    let after = |mark: &str| path.split_once(mark).and_then(|(_, rest)| rest.split(['/', '~']).next());
    let named = |name: &str| match (after("wasisdk://v"), after("llvm-toolchain-")) {
        (Some(version), _) => format!("{name} of wasi-sdk {version}"),
        (None, Some(version)) => format!("{name} of LLVM {version}"),
        _ => name.to_owned(),
    };
    let has = |marks: &[&str]| marks.iter().any(|mark| path.contains(mark));
    if has(&["emscripten"]) && has(&["/system/lib/"]) {
        let version = path.rsplit_once("/emscripten-").and_then(|(_, rest)| rest.split(['~', '/']).next());
        return Some(version.map_or("Emscripten".to_owned(), |version| format!("Emscripten {version}")));
    }
    if has(&["libc-top-half/", "libc-bottom-half/"])
        || path.starts_with("dlmalloc/src/")
        || has(&["/dlmalloc/src/"])
    {
        return Some(named("wasi-libc"));
    }
    if has(&[
        "/library/core/src/",
        "/library/alloc/src/",
        "/library/std/src/",
        "/compiler_builtins-",
        "/dlmalloc-",
    ]) {
        return Some("Rust".to_owned());
    }
    let llvm = [
        ("libcxx/src/", "libc++"),
        ("libcxxabi/src/", "libc++abi"),
        ("compiler-rt/lib/builtins/", "compiler-rt"),
    ];
    llvm.into_iter().find(|(mark, _)| path.contains(mark)).map(|(_, name)| named(name))
}

/// The compilers in the producers section: pairs of strings in lists, of which those with a version are told.
fn tools(bytes: &[u8], module: &ModuleIndex) -> String {
    let section = module.custom_section("producers");
    let text = section.map(|s| &bytes[s.data.start.0 as usize..s.data.end.0 as usize]).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let version = |tool: &str| {
        let (_, rest) = text.split_once(tool)?;
        // A string begins with its length.
        let version: String = rest.chars().skip(1).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        (!version.is_empty()).then(|| format!("{tool} {version}"))
    };
    let known: Vec<_> = ["rustc", "clang"].into_iter().filter_map(version).collect();
    if known.is_empty() { "a compiler that is not told".to_owned() } else { known.join(" and ") }
}

/// What a name says without what implementations of C's functions put in front, `dlmalloc` and `__libc_malloc` being
/// `malloc`, and however Rust's manglings write methods.
fn plain(name: &str) -> String {
    // Tools number functions of the same name: `f[1]`.
    let name = name.split('[').next().unwrap_or(name);
    let name = name.strip_prefix("__rustc::").unwrap_or(name).trim_start_matches('_');
    if let Some(method) = name.strip_prefix('<').filter(|name| !name.contains(" as ")) {
        return method.replace(">::", "::");
    }
    let prefixes = ["emscripten_builtin_", "emmalloc_", "libc_", "dl"];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned()
}

/// Names by hash, and where the function is from; of libraries, where all functions with the hash have the same name.
fn table<'a>(bodies: impl Iterator<Item = &'a Body> + Clone) -> BTreeMap<BodyHash, (&'a str, &'a str)> {
    let mut names: BTreeMap<BodyHash, BTreeSet<String>> = BTreeMap::new();
    bodies.clone().for_each(|body| _ = names.entry(body.hash).or_default().insert(plain(&body.name)));
    let mut table = BTreeMap::new();
    for body in bodies.filter(|body| names[&body.hash].len() == 1 && is_general(&body.name)) {
        let Some(origin) = &body.origin else { continue };
        let new = (&*body.name, &**origin);
        let entry = table.entry(body.hash).or_insert(new);
        entry.0 = [entry.0, new.0].into_iter().min_by_key(|name| (name.len(), *name)).unwrap();
        entry.1 = entry.1.min(new.1);
    }
    table
}

/// Not made for a type, which another with the same code would be taken for, and not without a name of its own.
fn is_general(name: &str) -> bool {
    let name = name.replace("<dlmalloc::sys::System>", "");
    let of_type = name.strip_prefix('<').unwrap_or(&name);
    !of_type.contains(['<', '&', '{', '$', '\'', '['])
}

fn all_modules(corpus: &Path) -> Vec<PathBuf> {
    [modules(&samples()), modules(corpus)].concat()
}

#[test]
fn the_table_is_that_of_the_modules() {
    let Some(corpus) = corpus() else { return };
    let bodies = bodies(&all_modules(&corpus));
    let mut by_origin: BTreeMap<&str, Vec<(&str, BodyHash)>> = BTreeMap::new();
    for (hash, (name, origin)) in table(bodies.iter()) {
        by_origin.entry(origin).or_default().push((name, hash));
    }
    let mut text = HEAD.to_owned();
    for (origin, mut entries) in by_origin {
        entries.sort();
        text += &format!("# {origin}\n");
        text.extend(entries.iter().map(|(name, hash)| format!("{hash} {name}\n")));
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(TABLE, &text).unwrap();
    }
    assert!(std::fs::read_to_string(TABLE).unwrap() == text, "BLESS=1 writes {TABLE} anew");
}

#[test]
fn functions_are_found_by_those_of_other_programs() {
    let Some(corpus) = corpus() else { return };
    let bodies = bodies(&all_modules(&corpus));
    let programs: BTreeSet<_> = bodies.iter().map(|body| &body.program).collect();
    let (mut right, mut back, mut of_libraries, mut wrong) = (0, 0, 0, Vec::new());
    for program in programs {
        let table = table(bodies.iter().filter(|body| body.program != *program));
        for body in bodies.iter().filter(|body| body.program == *program) {
            of_libraries += usize::from(body.origin.is_some());
            let Some((name, _)) = table.get(&body.hash) else { continue };
            if plain(name) == plain(&body.name) {
                right += 1;
                back += usize::from(body.origin.is_some());
            } else {
                wrong.push((&body.name, *name));
            }
        }
    }
    let all = bodies.len();
    eprintln!("of {all} functions {right} were named and {} named wrong: {wrong:#?}", wrong.len());
    eprintln!("of {of_libraries} that are of libraries {back} were named");
    assert!(wrong.len() * 200 < right && back * 3 > of_libraries);
}

#[test]
fn stripped_samples_get_the_names_of_their_libraries_back() {
    for name in ["json/json.wasm", "words/words.wasm", "fragment/before.wasm"] {
        let Some(path) = sample(name) else { return };
        let bytes = std::fs::read(&path).unwrap();
        let whole = common::symbols(&path);
        let bare = stripped(&bytes);
        let module = ModuleIndex::parse(&bare).unwrap();
        let symbols = Symbols::new(bare.into(), Arc::new(module));
        let mut found = BTreeSet::new();
        for function in symbols.module().functions() {
            let name = symbols.name(function.index);
            if name.source == NameSource::Known {
                let known = name.name.full.strip_suffix('?').unwrap();
                assert_eq!(plain(known), plain(&whole.name(function.index).name.full), "{}", function.index);
                assert_eq!(&*name.raw, function.index.to_string());
                found.insert(plain(known));
            }
        }
        eprintln!("{name}: {} of {}", found.len(), symbols.module().functions().len());
        assert!(found.contains("malloc") && found.contains("free"), "{found:?}");
    }
}

/// Enough instructions that say more than where the linker put things.
fn long(body: &str) -> String {
    format!("{body} i32.const 3 i32.const 5 i32.mul drop {}", "nop ".repeat(30))
}

fn hash_of(text: &str, index: u32) -> Option<BodyHash> {
    let bytes = wat::parse_str(text).unwrap();
    let module = ModuleIndex::parse(&bytes).unwrap();
    Symbols::new(bytes.into(), Arc::new(module)).body_hash(FuncIndex(index))
}

#[test]
fn what_linking_changes_makes_no_difference() {
    let one = long("call $f global.get 0 drop i32.const 1100 i32.load offset=4 drop");
    let other = long("call $f global.get 1 drop i32.const 70000 i32.load offset=4 drop");
    let head = "(memory 1) (global i32 (i32.const 0)) (global i32 (i32.const 0))";
    let one = hash_of(&format!("(module {head} (func $f) (func {one}))"), 1);
    let moved = format!("(module {head} (func (result i64) i64.const 0) (func {other}) (func $f))");
    assert!(one.is_some());
    assert_eq!(one, hash_of(&moved, 1));
}

#[test]
fn what_is_other_code_is_told_apart() {
    let hash = |head: &str, body: &str| {
        hash_of(&format!("(module (memory 1) (func $f {head} {}) (func))", long(body)), 0)
    };
    let plain = hash("", "nop").unwrap();
    for (head, body) in [
        ("(param i32)", "nop"),
        ("", "block end"),
        ("", "call $f"),
        ("", "call 1 nop"),
        ("", "i32.const 8 drop"),
        ("", "i32.const 9 drop"),
        ("", "i32.const -1100 drop"),
        ("", "i32.const 1100 drop"),
        ("", "i32.const 0 i32.load drop"),
        ("", "i32.const 0 i32.load offset=8 drop"),
        ("", "i32.const 0 i32.load offset=8 align=1 drop"),
    ] {
        assert_ne!(hash(head, body), Some(plain), "{head} {body}");
    }
    assert_ne!(hash("", "i32.const 8 drop"), hash("", "i32.const 9 drop"));
    assert_eq!(hash_of("(module (func nop nop nop))", 0), None);
}
