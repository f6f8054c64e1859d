//! A module that the guest's imports come from. It is not measured: what happens in it is the host's time to the guest.

use super::Link;
use super::engine::compile;
use super::guest::GuestState;
use super::invoke::initializers;
use super::link::{outline, unusable};
use super::memory_export::with_memory_exports;
use crate::RecordError;
use std::sync::Arc;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{AsContextMut, Engine, Extern, Func, Instance, Linker, Module, Result, Store};

/// A link that is compiled.
pub struct LinkedModule {
    /// The name of the module that is imported from.
    name: String,
    /// Its bytes as they were given.
    pub bytes: Arc<[u8]>,
    /// What is known of them.
    pub index: ModuleIndex,
    /// The compiled module.
    pub module: Module,
}

impl LinkedModule {
    /// Compiles it.
    pub fn compile(engine: &Engine, link: &Link) -> Result<LinkedModule, RecordError> {
        let index = outline(link)?;
        let wasm = with_memory_exports(link.bytes.to_vec()).map_err(|error| unusable(link, &error))?;
        let module = compile(engine, &wasm).map_err(|error| unusable(link, &error))?;
        Ok(LinkedModule { name: link.name.clone(), bytes: Arc::clone(&link.bytes), index, module })
    }

    /// Has it set itself up.
    pub async fn initialize(&self, store: &mut Store<GuestState>, instance: &Instance) -> Result<()> {
        store.data_mut().glue.instance = Some(*instance);
        for func in initializers(store, instance) {
            func.call_async(&mut *store, &[], &mut []).await?;
        }
        Ok(())
    }

    /// Adds what it exports to `linker`.
    pub fn define(
        &self,
        linker: &mut Linker<GuestState>,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> Result<()> {
        let exports: Vec<_> = instance
            .exports(&mut *store)
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect();
        for (name, item) in exports {
            let item = match item {
                Extern::Func(func) => abroad(store, func).into(),
                other => other,
            };
            linker.define(&mut *store, &self.name, &name, item)?;
        }
        Ok(())
    }
}

/// A function of the host's that calls `func`: so the guest's crossings are seen, and what `func` itself calls is not.
fn abroad(store: &mut Store<GuestState>, func: Func) -> Func {
    let ty = func.ty(&*store);
    Func::new_async(store, ty, move |mut caller, args, results| {
        Box::new(async move {
            caller.data_mut().watch.abroad += 1;
            let result = func.call_async(caller.as_context_mut(), args, results).await;
            caller.data_mut().watch.abroad -= 1;
            result
        })
    })
}
