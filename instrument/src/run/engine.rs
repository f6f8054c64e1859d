//! The engine: its settings, and the compiled guest.

use crate::RecordError;
use std::num::NonZeroUsize;
use std::path::Path;
use wasmtime::component::Component;
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};

/// Frames in a backtrace: more than a stack has room for. Exact counts need all calls that still go on.
const MAX_BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(1 << 17).expect("it is not zero");

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
        .wasm_branch_hinting(true)
        .wasm_threads(true)
        .shared_memory(true)
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

/// Compiles a guest that is a component.
pub fn compile_component(engine: &Engine, wasm: &[u8]) -> Result<Component, RecordError> {
    Component::new(engine, wasm).map_err(|error| RecordError::Compile { message: format!("{error:#}") })
}

/// The engine failed for a reason that is neither the guest's nor the user's.
pub fn engine_failed(error: wasmtime::Error) -> RecordError {
    RecordError::Engine { message: format!("{error:#}") }
}
