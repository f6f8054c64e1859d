//! Real programs, where there is a corpus of them: each prints and writes in a recorded run what it does in the bare
//! engine, and ends the same way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::recording::{Outcome, Recording, read};
use wasmscope_instrument::{GrantedDir, Guest, Nobody, Program, RunOptions, Stdin, Unprovided, record};
use wasmtime::{Config, Engine, Linker, Module, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder, p0, p1};

/// How a program of the corpus is run.
struct Real {
    module: &'static str,
    args: &'static [&'static str],
    /// Folders of the corpus, and what the program calls them.
    dirs: &'static [(&'static str, &'static str)],
    /// What the program calls an empty folder.
    scratch: Option<&'static str>,
    stdin: Option<&'static str>,
    code: i32,
}

const PROGRAMS: &[Real] = &[
    Real {
        module: "go-gofmt",
        args: &["-s", "-l", "-d", "/src/parser.go", "/src/unicode/tables.go"],
        dirs: &[("inputs/go", "/src")],
        code: 1,
        ..NOTHING
    },
    Real {
        module: "sqlite-livedwarf-wasi_unstable",
        args: &[":memory:"],
        stdin: Some("inputs/sqlite/work.sql"),
        ..NOTHING
    },
    Real {
        module: "icepack",
        args: &["hx8kdemo.asc", "/out/x.bin"],
        dirs: &[("inputs/icepack", ".")],
        scratch: Some("/out"),
        ..NOTHING
    },
    Real { module: "c-binary-trees", args: &["12"], ..NOTHING },
    Real { module: "c-shootout-switch", dirs: &[("inputs/sg/shootout", ".")], ..NOTHING },
    Real { module: "c-blake3-simd", dirs: &[("inputs/sg/blake3-simd", ".")], ..NOTHING },
    Real { module: "tinygo-json", dirs: &[("inputs/sg/tinygo", ".")], ..NOTHING },
    Real { module: "rust-compression", dirs: &[("inputs/sg/rust-compression", ".")], ..NOTHING },
    Real { module: "wat-gc-splay", dirs: &[("inputs/sg/splay", ".")], ..NOTHING },
];

/// What a program prints finds room in so many bytes.
const MOST_PRINTED: usize = 1 << 20;

const NOTHING: Real = Real { module: "", args: &[], dirs: &[], scratch: None, stdin: None, code: 0 };

fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from).filter(|dir| dir.is_dir());
    if dir.is_none() {
        eprintln!("skipped: WASMSCOPE_CORPUS names no folder of real modules");
    }
    dir
}

#[test]
fn real_programs_do_what_they_do_in_the_bare_engine() {
    let Some(corpus) = corpus() else { return };
    for real in PROGRAMS {
        let bytes = std::fs::read(corpus.join("modules").join(real.module).with_extension("wasm")).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let (code, printed) = bare(real, &bytes, &corpus, scratch.path());
        let recorded_scratch = tempfile::tempdir().unwrap();
        let recording = recorded(real, bytes, &corpus, recorded_scratch.path());
        let name = real.module;
        assert_eq!(code, real.code, "{name}");
        assert_eq!(recording.outcome, Outcome::Exited { code }, "{name}");
        assert_eq!(lines(&recording.output), lines(&printed), "{name}");
        assert_eq!(files(scratch.path()), files(recorded_scratch.path()), "{name}");
        assert!(!printed.is_empty() || !files(scratch.path()).is_empty(), "{name}");
        assert_eq!(recording.damage, None, "{name}");
        assert!(!recording.crossings.functions.is_empty(), "{name}");
    }
}

/// What is in each file of a folder.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.file_name().unwrap().into(), std::fs::read(&path).unwrap())).collect()
}

/// Which of both streams a line came by, and so where it stands, is of no interest.
fn lines(printed: &[u8]) -> Vec<String> {
    let mut lines: Vec<_> = String::from_utf8_lossy(printed).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// The exit code and what was printed.
fn bare(real: &Real, bytes: &[u8], corpus: &Path, scratch: &Path) -> (i32, Vec<u8>) {
    let (stdout, stderr) = (MemoryOutputPipe::new(MOST_PRINTED), MemoryOutputPipe::new(MOST_PRINTED));
    let mut world = WasiCtxBuilder::new();
    world.arg(format!("{}.wasm", real.module)).args(real.args).stdout(stdout.clone()).stderr(stderr.clone());
    if let Some(stdin) = real.stdin {
        world.stdin(MemoryInputPipe::new(std::fs::read(corpus.join(stdin)).unwrap()));
    }
    for (host, guest) in dirs(real, corpus, scratch) {
        world.preopened_dir(host, guest, FsPerms::ReadWrite).unwrap();
    }
    let mut config = Config::new();
    config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, bytes).unwrap();
    let mut linker: Linker<WasiP1Ctx> = Linker::new(&engine);
    p1::add_to_linker_sync(&mut linker, |world| world).unwrap();
    p0::add_to_linker_sync(&mut linker, |world| world).unwrap();
    let mut store = Store::new(&engine, world.build_p1());
    linker.define_unknown_imports_as_default_values(&mut store, &module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    let code = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => {
            error.downcast_ref::<I32Exit>().unwrap_or_else(|| panic!("{}: {error:?}", real.module)).0
        }
    };
    (code, [stdout.contents(), stderr.contents()].concat())
}

fn recorded(real: &Real, bytes: Vec<u8>, corpus: &Path, scratch: &Path) -> Recording {
    let guest = Guest { bytes: bytes.into(), name: format!("{}.wasm", real.module), path: String::new() };
    let program = Program {
        args: real.args.iter().map(|arg| (*arg).to_owned()).collect(),
        stdin: real.stdin.map_or(Stdin::Empty, |file| Stdin::File(corpus.join(file))),
        dirs: dirs(real, corpus, scratch).map(|(host, guest)| GrantedDir { host, guest }).collect(),
        ..Program::default()
    };
    let options = RunOptions { program, unprovided: Unprovided::Stub, ..RunOptions::default() };
    let mut file = Vec::new();
    record(&guest, &options, Arc::new(Nobody), &mut file).unwrap();
    read(&file).unwrap()
}

fn dirs(real: &Real, corpus: &Path, scratch: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    let given = real.dirs.iter().map(|(host, guest)| (corpus.join(host), (*guest).to_owned()));
    let scratch = real.scratch.map(|guest| (scratch.to_owned(), guest.to_owned()));
    given.chain(scratch).collect::<Vec<_>>().into_iter()
}
