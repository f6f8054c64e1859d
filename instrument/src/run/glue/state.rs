//! What glue keeps for a guest: the numbers and values that its JavaScript would.

use super::super::OutputStream;
use super::super::output::GuestOutput;
use super::bindgen::Values;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use wasmtime::Instance;

/// What glue keeps for a guest.
pub struct State {
    /// Where it prints.
    pub console: Console,
    /// The upper half of a 64-bit result, as Emscripten hands it on.
    pub temp_ret0: i32,
    /// The values that wasm-bindgen's handles stand for.
    pub values: Values,
    /// The instance that is being set up, or runs: the caller where the engine names none, since the host calls an
    /// export that is itself an import.
    pub instance: Option<Instance>,
    random: u64,
    began: Instant,
}

/// Where a guest prints what it does not write by WASI.
pub struct Console {
    /// For `console.log` and the like.
    pub stdout: GuestOutput,
    /// For `console.error` and the like.
    pub stderr: GuestOutput,
}

impl Console {
    /// Prints a line.
    pub fn print(&self, stream: OutputStream, line: &str) {
        let output = match stream {
            OutputStream::Stdout => &self.stdout,
            OutputStream::Stderr => &self.stderr,
        };
        output.forward(format!("{line}\n").as_bytes());
    }
}

impl State {
    /// As it is when a run begins.
    pub fn new(console: Console) -> State {
        // The hash map's own seed is the one source of chance in the standard library.
        let random = RandomState::new().build_hasher().finish();
        State {
            console,
            temp_ret0: 0,
            values: Values::default(),
            instance: None,
            random,
            began: Instant::now(),
        }
    }

    /// 64 bits by chance: SplitMix64.
    pub fn random_bits(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number by chance, from 0 to below 1.
    pub fn random(&mut self) -> f64 {
        (self.random_bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// So many bytes by chance.
    pub fn random_bytes(&mut self, length: u32) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).flat_map(|_| self.random_bits().to_le_bytes());
        words.take(length as usize).collect()
    }

    /// Milliseconds since the run began.
    pub fn now_millis(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1e3
    }
}

/// Milliseconds since 1970.
pub fn date_millis() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
}
