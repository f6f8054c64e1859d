//! Real programs, recorded here and now.

use std::path::Path;
use std::sync::Arc;
use wasmscope::profile::Profile;
use wasmscope_instrument::recording::read;
use wasmscope_instrument::{Guest, MeasureSet, Nobody, Program, RunOptions, record};

/// A module of this repository, by its path, run as a command with `args`.
pub fn recorded(module: &str, args: &[&str]) -> Profile {
    recorded_with(module, args, MeasureSet::default())
}

/// The same, with these measures.
pub fn recorded_with(module: &str, args: &[&str], measures: MeasureSet) -> Profile {
    run(file(module).into(), module, args, measures)
}

/// A module of a sample.
pub fn sample(sample: &str, module: &str) -> Vec<u8> {
    file(&format!("samples/{sample}/{module}"))
}

/// This module, run as a command with these measures.
pub fn recorded_bytes(module: &[u8], measures: MeasureSet) -> Profile {
    run(module.into(), "module.wasm", &[], measures)
}

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn run(bytes: Arc<[u8]>, name: &str, args: &[&str], measures: MeasureSet) -> Profile {
    let guest = Guest { bytes, name: name.into(), path: String::new() };
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let options =
        RunOptions { program: Program { args, ..Program::default() }, measures, ..RunOptions::default() };
    let mut written = Vec::new();
    record(&guest, &options, Arc::new(Nobody), &mut written).unwrap();
    Profile::new(read(&written).unwrap())
}
