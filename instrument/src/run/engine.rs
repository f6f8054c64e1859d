//! The engine: its settings, and how far it is with compiling.

use super::Limits;
use super::limit::MEMORY64_BYTES;
use crate::RecordError;
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{CacheStore, Config, Engine, Module};

/// A backtrace has a frame for so many bytes of stack at most: exact counts need all calls that still go on, and a
/// frame takes twice that at least.
const BYTES_PER_FRAME: usize = 8;

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

/// Makes the engine for a run of the module behind `index`. With `epochs`, guests can be sampled and stopped by epochs,
/// at a price to every loop. The limits must have been checked.
pub fn make_engine(
    index: &ModuleIndex,
    epochs: bool,
    limits: &Limits,
    compiled: &Arc<CompiledFunctions>,
) -> Result<Engine, RecordError> {
    let stack_bytes = limits.stack_bytes.map_or(WASM_STACK_BYTES, |bytes| bytes as usize);
    let mut config = Config::new();
    config
        .epoch_interruption(epochs)
        .consume_fuel(limits.fuel.is_some())
        .max_wasm_stack(stack_bytes)
        .async_stack_size(stack_bytes + HOST_STACK_BYTES)
        .wasm_backtrace_max_frames(NonZeroUsize::new(stack_bytes / BYTES_PER_FRAME))
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
    if index.memories().iter().any(|memory| memory.memory64) {
        config.memory_reservation(MEMORY64_BYTES);
    }
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
