//! Modules made of the fuzzer's bytes do the same with probes as without.

#![no_main]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/fuzz/compare.rs"]
mod compare;
#[path = "../tests/fuzz/generate.rs"]
mod generate;
#[path = "../tests/fuzz/world.rs"]
mod world;

use std::sync::LazyLock;
use wasmtime::Engine;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&common::config()).expect("Wasmtime has all of it"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(wasm) = generate::module(bytes)
        && let Err(difference) = compare::compare(&ENGINE, &wasm, &common::measure_sets())
    {
        panic!("{difference}");
    }
});
