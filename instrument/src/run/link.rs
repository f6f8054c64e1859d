//! Links a guest to the world it gets.

use super::compiled::CompiledGuest;
use super::engine::engine_failed;
use super::guest::GuestState;
use super::sleep;
use crate::RecordError;
use wasmtime::{ImportType, InstancePre, Linker, Store};
use wasmtime_wasi::p1;

/// Finds somebody for each import, or says for which there is nobody.
pub fn link(
    compiled: &CompiledGuest,
    store: &mut Store<GuestState>,
) -> Result<InstancePre<GuestState>, RecordError> {
    let mut linker: Linker<GuestState> = Linker::new(&compiled.engine);
    p1::add_to_linker_async(&mut linker, |state| &mut state.world).map_err(engine_failed)?;
    sleep::shadow_poll(&mut linker, &mut *store).map_err(engine_failed)?;
    let mut known = |import: &ImportType<'_>| linker.get_by_import(&mut *store, import).is_some();
    let unknown: Vec<_> = compiled.module.imports().filter(|import| !known(import)).collect();
    if !unknown.is_empty() {
        let names = unknown.iter().map(|import| import_text(compiled, import)).collect();
        return Err(RecordError::UnknownImports { names });
    }
    linker.instantiate_pre(&compiled.module).map_err(engine_failed)
}

/// `module.name: type`, as far as the type is a function's.
fn import_text(compiled: &CompiledGuest, import: &ImportType<'_>) -> String {
    let mut imports = compiled.places.index.imports().iter();
    let found = imports.find(|known| (&*known.module, &*known.name) == (import.module(), import.name()));
    let kind = found.map(|known| known.kind.to_string()).unwrap_or_default();
    format!("{}.{}: {kind}", import.module(), import.name())
}
