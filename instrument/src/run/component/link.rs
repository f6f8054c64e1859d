//! Links a component to the world it gets: WASI preview 2, and what stands in for the rest.

use super::stubs;
use crate::RecordError;
use crate::run::RunOptions;
use crate::run::engine::engine_failed;
use crate::run::guest::GuestState;
use crate::run::imports::{Choices, Stubs};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime_wasi::p2;

/// The packages of WASI preview 2 that are provided.
const PROVIDED: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// Is there somebody for an import of this name?
pub fn is_provided(name: &str) -> bool {
    let is_stable = !name.starts_with("wasi:clocks/timezone");
    is_stable && PROVIDED.iter().any(|package| name.starts_with(package)) && name.contains("@0.2.")
}

/// Finds somebody for each import, or something that stands in.
pub fn link(
    component: &Component,
    options: &RunOptions,
) -> Result<(InstancePre<GuestState>, Stubs), RecordError> {
    let mut linker = Linker::new(component.engine());
    p2::add_to_linker_async(&mut linker).map_err(engine_failed)?;
    let stubs = stubs::define(&mut linker, component, &Choices::of(options), is_provided)?;
    let misfit = |error| RecordError::ImportMismatch { message: format!("{error:#}") };
    Ok((linker.instantiate_pre(component).map_err(misfit)?, stubs))
}
