//! Bytes that are no modules, and modules with a few bytes changed.

use crate::common::{Prepared, measure_sets, prepare};
use crate::generate;
use crate::random::Random;
use wasmparser::{Validator, WasmFeatures};

/// How many inputs are tried of each kind.
const INPUTS: u64 = 3_000;

/// Reads the bytes, and rewrites them if they can be: what comes of it is valid.
fn try_bytes(bytes: &[u8]) {
    for measures in measure_sets() {
        if let Prepared::Rewritten(wasm) = prepare(bytes, measures) {
            let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(&wasm);
            validated.unwrap_or_else(|error| panic!("{measures}: {error}"));
        }
    }
}

#[test]
fn garbage_is_read_without_a_panic() {
    for seed in 0..INPUTS {
        let mut random = Random::new(seed);
        let count = random.below(400);
        let garbage = random.bytes(count);
        try_bytes(&garbage);
        try_bytes(&[b"\0asm\x01\0\0\0", &garbage[..]].concat());
    }
}

#[test]
fn mutated_modules_are_read_without_a_panic() {
    let mut tried = 0;
    for seed in 0..INPUTS {
        let mut random = Random::new(seed ^ 0x5eed << 32);
        let bytes = random.bytes(1_500);
        let Some(mut wasm) = generate::module(&bytes) else { continue };
        for _ in 0..1 + random.below(4) {
            mutate(&mut wasm, &mut random);
            try_bytes(&wasm);
            tried += 1;
        }
    }
    assert!(tried as u64 > INPUTS / 2, "only {tried} mutated modules");
}

fn mutate(wasm: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(wasm.len());
    match random.below(4) {
        0 => wasm[at] = random.number() as u8,
        1 => wasm[at] ^= 1 << random.below(8),
        2 => wasm.truncate(at.max(8)),
        _ => wasm.insert(at, random.number() as u8),
    }
}
