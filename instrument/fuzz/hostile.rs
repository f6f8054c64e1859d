//! Nothing that reads bytes panics, whatever they are, and what is rewritten is valid.

#![no_main]

#[path = "../tests/fuzz/bytes.rs"]
mod bytes;
#[allow(dead_code, reason = "what only those need that run modules")]
#[path = "../tests/common/mod.rs"]
mod common;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bytes::try_bytes(input));
