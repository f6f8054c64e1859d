//! Our frames against those that the engine itself prints after a trap.
//!
//! A program without fuel traps wherever it happens to be. So a run for each of many amounts of fuel gives the stacks
//! of that many places, each with its inlined functions and lines as the engine finds them: by addr2line, in all of the
//! debug information.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, ModuleIndex, Symbols};
use wasmtime::{
    Config, Engine, FrameInfo, FrameSymbol, Linker, Module, Store, Trap, WasmBacktrace, WasmBacktraceDetails,
};

/// How many places of a program are looked at.
const PLACES: u64 = 120;

/// What is compared of a frame: function, file, line, column.
type Place = (String, String, u32, u32);

struct Program {
    name: String,
    module: Module,
    symbols: Symbols,
}

impl Program {
    fn read(path: &Path) -> Program {
        let bytes: Arc<[u8]> = std::fs::read(path).unwrap().into();
        let mut config = Config::new();
        config.consume_fuel(true).wasm_backtrace_details(WasmBacktraceDetails::Enable);
        let module = Module::new(&Engine::new(&config).unwrap(), &bytes).unwrap();
        let index = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Program { name, module, symbols: Symbols::new(bytes, index) }
    }

    /// The error with which the program ends with so much fuel; `None` if it ends by itself.
    fn trap(&self, fuel: u64) -> Option<wasmtime::Error> {
        let engine = self.module.engine();
        let (mut linker, mut store) = (Linker::new(engine), Store::new(engine, ()));
        // Each answer of the host is 0: no error, and nothing more.
        linker.define_unknown_imports_as_default_values(&mut store, &self.module).unwrap();
        store.set_fuel(fuel).unwrap();
        let ended = linker.instantiate(&mut store, &self.module).and_then(|instance| {
            let start = instance.get_func(&mut store, "_start").unwrap();
            start.call(&mut store, &[], &mut [])
        });
        ended.err().filter(|error| error.downcast_ref::<Trap>().is_some())
    }

    /// Compares each frame of a stack. Gives how many places of the source there were.
    fn compare(&self, stack: &[FrameInfo]) -> usize {
        let compared = stack.iter().map(|frame| {
            let mut theirs: Vec<Place> = frame.symbols().iter().map(theirs).collect();
            let offset =
                frame.module_offset().unwrap() as u64 - self.symbols.module().code_start().unwrap().0;
            let offset = CodeOffset(u32::try_from(offset).unwrap());
            let func = self.symbols.module().function_at(offset);
            assert_eq!(func, Some(FuncIndex(frame.func_index())), "{}", self.name);
            let mut ours: Vec<Place> = self.symbols.frames(offset).iter().map(ours).collect();
            // The function itself has the name that the linker gave it, which the engine tells, too.
            let Some((outermost, ..)) = theirs.last_mut() else { return 0 };
            *outermost = last_name(frame.func_name().unwrap_or_default());
            without_mangled(&mut ours, &mut theirs);
            assert_eq!(ours, theirs, "{} at {offset:?} of {func:?}", self.name);
            theirs.len()
        });
        compared.sum()
    }
}

/// The last name of a path of names, which mangled and plain names have in common.
fn last_name(name: &str) -> String {
    let plain = format!("{:#}", rustc_demangle::demangle(name));
    let plain = plain.split(['<', '(']).next().unwrap_or_default();
    plain.rsplit("::").next().unwrap_or_default().to_owned()
}

/// Takes the names away that the engine leaves mangled, as C++'s.
fn without_mangled(ours: &mut [Place], theirs: &mut [Place]) {
    for (ours, theirs) in ours.iter_mut().zip(theirs).filter(|(_, theirs)| theirs.0.starts_with("_Z")) {
        ours.0.clear();
        theirs.0.clear();
    }
}

/// A path as we tell it: without segments that mean nothing, and of two that were joined the second where it is a URL.
fn file(path: &str) -> String {
    let url = path.rfind("://").map(|at| path[..at].rfind('/').map_or(0, |slash| slash + 1));
    let path = &path[url.unwrap_or(0)..];
    path.split('/').filter(|part| *part != ".").collect::<Vec<_>>().join("/")
}

fn theirs(symbol: &FrameSymbol) -> Place {
    let (line, column) = (symbol.line().unwrap_or(0), symbol.column().unwrap_or(0));
    (last_name(symbol.name().unwrap_or_default()), file(symbol.file().unwrap_or_default()), line, column)
}

fn ours(frame: &Frame) -> Place {
    let at = frame.location.as_ref();
    let (line, column) = at.map_or((0, 0), |at| (at.line, at.column));
    (last_name(&frame.name.full), file(at.map_or("", |at| &*at.file)), line, column)
}

/// Stops the program at many places of the first `most_fuel` instructions.
fn check(path: &Path, most_fuel: u64) -> usize {
    let program = Program::read(path);
    // Not by equal steps, which a loop may be in time with.
    let amounts = (1..=PLACES).map(|step| most_fuel * step * step / (PLACES * PLACES) + step * 7);
    let traps = amounts.filter_map(|fuel| program.trap(fuel));
    traps.map(|trap| program.compare(trap.downcast_ref::<WasmBacktrace>().unwrap().frames())).sum()
}

fn sample(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path)
}

#[test]
fn stacks_of_the_samples_are_those_that_the_engine_tells() {
    for (module, places) in [
        ("json/json.wasm", 1_500),
        ("words/words.wasm", 100),
        ("fragment/before.wasm", 100),
        ("hotloop/hotloop.wasm", 100),
    ] {
        let compared = check(&sample(module), 40_000_000);
        println!("{module}: {compared} places");
        assert!(compared >= places, "{module}: {compared}");
    }
}

#[test]
fn stacks_of_real_modules_are_those_that_the_engine_tells() {
    let Some(corpus) = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from) else {
        println!("skipped: WASMSCOPE_CORPUS names no folder");
        return;
    };
    // Of TinyGo's modules the engine's library finds no functions; LLVM's does, and agrees with us.
    for module in [
        "modules/wazero-dwarf-rust.wasm",
        "modules/wazero-dwarf-zig.wasm",
        "modules/cpp-gcc-loops.wasm",
        "toolchains/c-leaky-dwarf5-clang19.wasm",
    ] {
        let compared = check(&corpus.join(module), 10_000_000);
        println!("{module}: {compared} places");
        assert!(compared > 100, "{module}: {compared}");
    }
}
