//! The instruction that stops a guest.

use wasmtime::{Engine, Module};

/// `(module (func unreachable))`
const TRIPWIRE: [u8; 25] = [
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
    0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // types: [] -> []
    0x03, 0x02, 0x01, 0x00, // functions
    0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b, // code: unreachable end
];

/// The machine instruction that Cranelift makes of `unreachable`.
#[cfg(target_arch = "x86_64")]
const TRAP: &[u8] = &[0x0f, 0x0b];
#[cfg(not(target_arch = "x86_64"))]
const TRAP: &[u8] = &[0x1f, 0xc1, 0x00, 0x00];

/// A module whose only instruction traps.
pub struct Tripwire {
    /// Its address in this process.
    pub(super) address: u64,
    /// Keeps the code alive.
    _module: Module,
}

impl Tripwire {
    /// Compiles it with `engine`; `None` where the instruction is not found in the machine code.
    pub fn new(engine: &Engine) -> Option<Self> {
        let module = Module::new(engine, TRIPWIRE).ok()?;
        let function = module.functions().next()?;
        let code = module.text().get(function.offset..function.offset + function.len)?;
        let at = code.windows(TRAP.len()).position(|bytes| bytes == TRAP)?;
        let address = code.as_ptr() as u64 + at as u64;
        Some(Tripwire { address, _module: module })
    }
}
