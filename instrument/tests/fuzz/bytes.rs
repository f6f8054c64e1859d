//! Bytes of any kind, read as a module.

use crate::common::{Prepared, measure_sets, prepare};
use wasmparser::{Validator, WasmFeatures};
use wasmscope_instrument::{MeasureSet, instrument_component, is_component};

/// Reads the bytes, and rewrites them if they can be: what comes of it is valid.
pub fn try_bytes(bytes: &[u8]) {
    if is_component(bytes)
        && let Ok(component) = instrument_component(bytes, MeasureSet::ALL, &[])
    {
        validate(&component.wasm);
    }
    for measures in measure_sets() {
        if let Prepared::Rewritten(wasm) = prepare(bytes, measures) {
            validate(&wasm);
        }
    }
}

fn validate(wasm: &[u8]) {
    let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm);
    validated.unwrap_or_else(|error| panic!("what was rewritten is not valid: {error}"));
}
