//! What several benches need: where modules are, and what is made of many measurements.

#![allow(dead_code, reason = "each bench needs a part of it")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wasmtime::{Config, Engine, Linker, Module, Store, WasmParams, WasmResults};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};

/// A file of the repository, by its path from the root.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The programs whose source is beside the benches, and one of the samples: names and modules.
pub fn programs() -> impl Iterator<Item = (String, PathBuf)> {
    const PROGRAMS: [&str; 8] = [
        "ackermann",
        "binary_trees",
        "blake3_tree",
        "compress",
        "fib",
        "markdown",
        "regex_scan",
        "simd_blur",
    ];
    let own = |name: &str| repository("instrument/benches/programs").join(name).join(format!("{name}.wasm"));
    let programs = PROGRAMS.map(|name| (name.to_owned(), own(name)));
    programs.into_iter().chain([("json".to_owned(), repository("samples/json/json.wasm"))])
}

/// The folder of real modules that `WASMSCOPE_CORPUS` names; without one, a word that `left_out` is.
pub fn corpus(left_out: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WASMSCOPE_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("WASMSCOPE_CORPUS names no folder of real modules: without {left_out}");
    }
    folder
}

/// The processor time of this thread: what other programs take in between does not count.
#[cfg(unix)]
pub fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// Wall-clock time, where nobody tells that of a thread.
#[cfg(not(unix))]
pub fn thread_time() -> Duration {
    static BEGAN: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    BEGAN.elapsed()
}

/// The words of the command line; those with a dash are cargo's.
pub fn words() -> Vec<String> {
    std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect()
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub fn quickest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// What marks a figure that misses its bar.
pub fn mark(missed: bool) -> char {
    if missed { '!' } else { ' ' }
}

/// A module as it is, in an engine with its default settings.
pub struct Bare {
    linker: Linker<WasiP1Ctx>,
    module: Module,
}

impl Bare {
    pub fn new(wasm: &[u8]) -> Self {
        let engine = Engine::new(&Config::new()).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker_sync(&mut linker, |world| world).unwrap();
        let module = Module::new(&engine, wasm).unwrap();
        Bare { linker, module }
    }

    /// How long the program takes, or where it is a library, the call of an export with a number.
    pub fn run(&self, invoke: Option<(&str, i32)>) -> Duration {
        match invoke {
            Some((export, n)) => self.call::<_, i32>(export, n),
            None => self.call::<_, ()>("_start", ()),
        }
    }

    /// How long the call of an export takes, of a new instance.
    pub fn call<P: WasmParams, R: WasmResults>(&self, export: &str, params: P) -> Duration {
        let mut store = Store::new(self.linker.engine(), WasiCtxBuilder::new().build_p1());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        let func = instance.get_typed_func::<P, R>(&mut store, export).unwrap();
        let began = Instant::now();
        func.call(&mut store, params).map(drop).unwrap();
        began.elapsed()
    }
}
