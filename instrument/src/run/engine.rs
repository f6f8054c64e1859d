//! The engine: its settings, the compiled guest, and the instruction that stops a guest.

use crate::RecordError;
use std::num::NonZeroUsize;
use std::path::Path;
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};

/// Frames in a backtrace; the engine's own default of 20 would cut most stacks.
const MAX_BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(4_096).expect("it is not zero");

/// Stack for the guest's frames, in bytes. Twice the engine's default: probes make frames larger, and the guest must
/// not run out of stack earlier than it would without them.
const WASM_STACK_BYTES: usize = 1 << 20;
/// Stack for the host's calls above the guest's frames, in bytes.
const HOST_STACK_BYTES: usize = 1 << 20;

/// Makes the engine. With `epochs`, guests can be sampled and stopped by epochs, at a price to every loop.
pub fn make_engine(epochs: bool, cache_dir: Option<&Path>) -> Result<Engine, RecordError> {
    let mut config = Config::new();
    config
        .epoch_interruption(epochs)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        .wasm_backtrace_max_frames(Some(MAX_BACKTRACE_FRAMES))
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_tail_call(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .cache(cache_dir.and_then(open_cache));
    #[cfg(target_vendor = "apple")]
    config.macos_use_mach_ports(false);
    Engine::new(&config).map_err(engine_failed)
}

/// A cache that can't be opened is no reason not to run: compiling again only takes longer.
fn open_cache(dir: &Path) -> Option<Cache> {
    let mut config = CacheConfig::new();
    config.with_directory(dir);
    Cache::new(config).ok()
}

/// Compiles a guest.
pub fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module, RecordError> {
    Module::new(engine, wasm).map_err(|error| RecordError::Compile { message: format!("{error:#}") })
}

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
    pub address: u64,
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

/// The engine failed for a reason that is neither the guest's nor the user's.
pub fn engine_failed(error: wasmtime::Error) -> RecordError {
    RecordError::Engine { message: format!("{error:#}") }
}
