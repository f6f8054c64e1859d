//! Links a guest to the world it gets: WASI preview 1, and the snapshot before it, which old programs ask for.

use super::compiled::CompiledGuest;
use super::engine::engine_failed;
use super::guest::GuestState;
use super::waits;
use crate::RecordError;
use rustc_hash::FxHashSet;
use wasmscope_symbolize::{Import, ModuleIndex};
use wasmtime::{Engine, InstancePre, Linker, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxBuilder, p0, p1};

/// Refuses the module behind `index` where nobody provides what it imports. By name alone, and before anything takes
/// long; what has the right name and another type, [`link`] refuses.
pub fn check_imports(engine: &Engine, index: &ModuleIndex) -> Result<(), RecordError> {
    let mut store = Store::new(engine, WasiCtxBuilder::new().build_p1());
    let linker = world(engine, |world: &mut WasiP1Ctx| world)?;
    let known: FxHashSet<_> = linker.iter(&mut store).map(|(module, name, _)| (module, name)).collect();
    let is_unknown = |import: &&Import| !known.contains(&(&*import.module, &*import.name));
    let text = |import: &Import| format!("{}.{}: {}", import.module, import.name, import.kind);
    let names: Vec<_> = index.imports().iter().filter(is_unknown).map(text).collect();
    if names.is_empty() { Ok(()) } else { Err(RecordError::UnknownImports { names }) }
}

/// Finds somebody for each import.
pub fn link(compiled: &CompiledGuest) -> Result<InstancePre<GuestState>, RecordError> {
    let mut linker = world(&compiled.engine, |state: &mut GuestState| &mut state.world)?;
    waits::shadow_waits(&mut linker).map_err(engine_failed)?;
    let misfit = |error| RecordError::ImportMismatch { message: format!("{error:#}") };
    linker.instantiate_pre(&compiled.module).map_err(misfit)
}

fn world<T: Send + 'static>(
    engine: &Engine,
    of: impl Fn(&mut T) -> &mut WasiP1Ctx + Copy + Send + Sync + 'static,
) -> Result<Linker<T>, RecordError> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_async(&mut linker, of).map_err(engine_failed)?;
    p0::add_to_linker_async(&mut linker, of).map_err(engine_failed)?;
    Ok(linker)
}

/// Does the module import anything of the snapshot before preview 1?
pub fn is_old(index: &ModuleIndex) -> bool {
    index.imports().iter().any(|import| &*import.module == "wasi_unstable")
}
