//! The engine: its settings, and how far it is with compiling.

use crate::RecordError;
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{CacheStore, Config, Engine, Module};

/// Frames in a backtrace: more than a stack has room for. Exact counts need all calls that still go on.
const MAX_BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(1 << 17).expect("it is not zero");

/// Stack for the guest's frames, in bytes. Twice the engine's default: probes make frames larger, and the guest must
/// not run out of stack earlier than it would without them.
const WASM_STACK_BYTES: usize = 1 << 20;
/// Stack for the host's calls above the guest's frames, in bytes.
const HOST_STACK_BYTES: usize = 1 << 20;

/// How many functions an engine has compiled. It tells of each to whoever might have kept it from another time; nobody
/// has, and asking costs a hundredth of compiling.
#[derive(Debug, Default)]
pub struct CompiledFunctions(AtomicU64);

impl CompiledFunctions {
    /// How many there are, with the engine's own on the way in and out.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl CacheStore for CompiledFunctions {
    fn get(&self, _key: &[u8]) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn insert(&self, _key: &[u8], _code: Vec<u8>) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        true
    }
}

/// Makes the engine. With `epochs`, guests can be sampled and stopped by epochs, at a price to every loop.
pub fn make_engine(epochs: bool, compiled: &Arc<CompiledFunctions>) -> Result<Engine, RecordError> {
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
        .wasm_branch_hinting(true)
        .wasm_threads(true)
        .shared_memory(true);
    #[cfg(target_vendor = "apple")]
    config.macos_use_mach_ports(false);
    let counted = Arc::clone(compiled) as Arc<dyn CacheStore>;
    config.enable_incremental_compilation(counted).map_err(engine_failed)?;
    Engine::new(&config).map_err(engine_failed)
}

/// Compiles a guest.
pub fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module, RecordError> {
    Module::new(engine, wasm).map_err(|error| RecordError::Compile { message: format!("{error:#}") })
}

/// The engine failed for a reason that is neither the guest's nor the user's.
pub fn engine_failed(error: wasmtime::Error) -> RecordError {
    RecordError::Engine { message: format!("{error:#}") }
}
