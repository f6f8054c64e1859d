//! Links a component to the world it gets: WASI preview 2.

use crate::RecordError;
use crate::run::Unprovided;
use crate::run::engine::engine_failed;
use crate::run::guest::GuestState;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime_wasi::p2;

/// The packages of WASI preview 2 that are provided.
const PROVIDED: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// What `component` imports and nobody provides, by name.
fn missing_imports(component: &Component) -> Vec<String> {
    let ty = component.component_type();
    let imports = ty.imports(component.engine());
    let missing = imports.filter(|(name, item)| is_needed(&item.ty) && !is_provided(name));
    missing.map(|(name, _)| name.to_owned()).collect()
}

/// Types alone ask for nothing.
fn is_needed(item: &ComponentItem) -> bool {
    !matches!(item, ComponentItem::Type(_) | ComponentItem::CoreFunc(_))
}

fn is_provided(name: &str) -> bool {
    PROVIDED.iter().any(|package| name.starts_with(package)) && name.contains("@0.2.")
}

/// Finds somebody for each import. What nobody provides is a trap when it is called, unless it is to be refused: there is
/// no answer that would do for every type. Also gives the names of what is missing.
pub fn link(
    component: &Component,
    unprovided: Unprovided,
) -> Result<(InstancePre<GuestState>, Vec<String>), RecordError> {
    let mut linker = Linker::new(component.engine());
    p2::add_to_linker_async(&mut linker).map_err(engine_failed)?;
    let names = missing_imports(component);
    if !names.is_empty() && unprovided == Unprovided::Refuse {
        return Err(RecordError::UnknownImports { names });
    }
    let misfit = |error| RecordError::ImportMismatch { message: format!("{error:#}") };
    if !names.is_empty() {
        linker.define_unknown_imports_as_traps(component).map_err(misfit)?;
    }
    Ok((linker.instantiate_pre(component).map_err(misfit)?, names))
}
