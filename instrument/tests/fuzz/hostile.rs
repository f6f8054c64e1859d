//! Bytes that are no modules, and modules with a few bytes changed.

use crate::bytes::try_bytes;
use crate::generate;
use crate::random::Random;

/// How many inputs are tried of each kind.
const INPUTS: u64 = 3_000;

/// Headers of a core module and of a component.
const HEADERS: [&[u8]; 2] = [b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0"];

#[test]
fn garbage_is_read_without_a_panic() {
    for seed in 0..INPUTS {
        let mut random = Random::new(seed);
        let count = random.below(400);
        let garbage = random.bytes(count);
        try_bytes(&garbage);
        HEADERS.into_iter().for_each(|header| try_bytes(&[header, &garbage].concat()));
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
