//! The engine: its settings, and the compiled guest.

use super::RunOptions;
use super::limit::MEMORY64_BYTES;
use crate::RecordError;
use std::num::NonZeroUsize;
use std::path::Path;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::component::Component;
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};

/// A backtrace has a frame for so many bytes of stack at most: exact counts need all calls that still go on, and a frame
/// takes twice that at least.
const BYTES_PER_FRAME: usize = 8;

/// Stack for the guest's frames, in bytes. Twice the engine's default: probes make frames larger, and the guest must
/// not run out of stack earlier than it would without them.
const WASM_STACK_BYTES: usize = 1 << 20;
/// Stack for the host's calls above the guest's frames, in bytes.
const HOST_STACK_BYTES: usize = 1 << 20;

/// Makes the engine for a run of the module behind `index`. With `epochs`, guests can be sampled and stopped by epochs, at a
/// price to every loop. The limits must have been checked.
pub fn make_engine(index: &ModuleIndex, epochs: bool, options: &RunOptions) -> Result<Engine, RecordError> {
    let limits = &options.limits;
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
        .shared_memory(true)
        .cache(options.cache_dir.as_deref().and_then(open_cache));
    if index.memories().iter().any(|memory| memory.memory64) {
        config.memory_reservation(MEMORY64_BYTES);
    }
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

/// Compiles a guest that is a component.
pub fn compile_component(engine: &Engine, wasm: &[u8]) -> Result<Component, RecordError> {
    Component::new(engine, wasm).map_err(|error| RecordError::Compile { message: format!("{error:#}") })
}

/// The engine failed for a reason that is neither the guest's nor the user's.
pub fn engine_failed(error: wasmtime::Error) -> RecordError {
    RecordError::Engine { message: format!("{error:#}") }
}
