//! Links a guest to the world it gets: WASI preview 1, and the snapshot before it, which old programs ask for.

use super::engine::engine_failed;
use super::guest::GuestState;
use super::imports::{MissingImport, Stubs, Unprovided, missing};
use super::waits;
use crate::RecordError;
use rustc_hash::FxHashSet;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{Engine, InstancePre, Linker, Module, Store};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxBuilder, p0, p1};

/// The imports of the module behind `index` that nobody provides. By name alone, and before anything takes long; what has
/// the right name and another type is refused when the run is to begin.
///
/// # Errors
/// When the engine can't be made.
pub fn missing_imports(index: &ModuleIndex) -> Result<Vec<MissingImport>, RecordError> {
    missing_in(&Engine::default(), index)
}

/// Refuses the module behind `index` where nobody provides what it imports.
pub fn refuse_missing(engine: &Engine, index: &ModuleIndex) -> Result<(), RecordError> {
    let names: Vec<_> = missing_in(engine, index)?.iter().map(ToString::to_string).collect();
    if names.is_empty() { Ok(()) } else { Err(RecordError::UnknownImports { names }) }
}

fn missing_in(engine: &Engine, index: &ModuleIndex) -> Result<Vec<MissingImport>, RecordError> {
    let mut store = Store::new(engine, WasiCtxBuilder::new().build_p1());
    let linker = world(engine, |world: &mut WasiP1Ctx| world)?;
    let known: FxHashSet<_> = linker.iter(&mut store).map(|(module, name, _)| (module, name)).collect();
    Ok(missing(index, |module, name| known.contains(&(module, name))))
}

/// Finds somebody for each import, or something that stands in.
pub fn link(
    module: &Module,
    store: &mut Store<GuestState>,
    unprovided: Unprovided,
) -> Result<(InstancePre<GuestState>, Stubs), RecordError> {
    let mut linker = world(module.engine(), |state: &mut GuestState| &mut state.world)?;
    waits::shadow_waits(&mut linker).map_err(engine_failed)?;
    let misfit = |error| RecordError::ImportMismatch { message: format!("{error:#}") };
    let stubs = Stubs::define(&mut linker, store, module, unprovided).map_err(misfit)?;
    Ok((linker.instantiate_pre(module).map_err(misfit)?, stubs))
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
