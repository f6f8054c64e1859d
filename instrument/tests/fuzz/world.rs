//! The host of a generated module: gives it what it imports, notes each call, bounds what it may grow to.

use crate::common::seen;
use wasmscope_instrument::probes::{ACCESSES_MAXIMUM_PAGES, PROBE_MAXIMUM_PAGES};
use wasmtime::{
    Caller, Extern, ExternRef, ExternType, Func, FuncType, Global, Linker, Memory, Module, Ref,
    ResourceLimiter, Result, SharedMemory, Store, Table, Tag, Val, ValType, format_err,
};

/// Bytes that a memory of the module's may grow to.
const MOST_BYTES: usize = 8 << 20;
/// Elements that a table may grow to.
const MOST_ELEMENTS: usize = 10_000;

/// What the host keeps.
#[derive(Default)]
pub struct World {
    /// Each call of an import, with its arguments.
    pub calls: Vec<String>,
}

impl ResourceLimiter for World {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let ours = [PROBE_MAXIMUM_PAGES, ACCESSES_MAXIMUM_PAGES].map(|pages| (pages as usize) << 16);
        let is_ours = maximum.is_some_and(|maximum| ours.contains(&maximum));
        Ok(is_ours || desired <= MOST_BYTES)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= MOST_ELEMENTS)
    }
}

/// A linker with all that `module` imports; an error where it imports what can't be made.
pub fn linker(store: &mut Store<World>, module: &Module) -> Result<Linker<World>> {
    let mut linker = Linker::new(module.engine());
    linker.allow_shadowing(true);
    for (at, import) in module.imports().enumerate() {
        let item = item(store, at, import.ty())?;
        linker.define(&mut *store, import.module(), import.name(), item)?;
    }
    Ok(linker)
}

fn item(store: &mut Store<World>, at: usize, ty: ExternType) -> Result<Extern> {
    Ok(match ty {
        ExternType::Func(ty) => function(store, at, ty).into(),
        ExternType::Global(ty) => {
            let value = any_value(&mut *store, ty.content(), at)?;
            Global::new(store, ty, value)?.into()
        }
        ExternType::Memory(ty) if ty.is_shared() => SharedMemory::new(store.engine(), ty)?.into(),
        ExternType::Memory(ty) => Memory::new(store, ty)?.into(),
        ExternType::Table(ty) => {
            let first = any_value(&mut *store, &ValType::Ref(ty.element().clone()), at)?;
            let first = first.ref_().ok_or_else(|| format_err!("no reference"))?;
            Table::new(store, ty, first)?.into()
        }
        ExternType::Tag(ty) => Tag::new(store, &ty)?.into(),
    })
}

/// A function that notes its calls, and gives values that depend on how many there were.
fn function(store: &mut Store<World>, at: usize, ty: FuncType) -> Func {
    let result_types: Vec<_> = ty.results().collect();
    Func::new(store, ty, move |mut caller: Caller<'_, World>, arguments, results| {
        let mut call = format!("import {at}:");
        for argument in arguments {
            call += &format!(" {}", seen::value(&mut caller, argument)?);
        }
        caller.data_mut().calls.push(call);
        let count = caller.data().calls.len();
        for (result, ty) in results.iter_mut().zip(&result_types) {
            *result = any_value(&mut caller, ty, count)?;
        }
        Ok(())
    })
}

/// A value of type `ty`, another one for each `seed`.
pub fn any_value(store: impl wasmtime::AsContextMut, ty: &ValType, seed: usize) -> Result<Val> {
    let number = seed as u64 * 7;
    Ok(match ty {
        ValType::I32 => Val::I32(number as i32),
        ValType::I64 => Val::I64(number as i64),
        ValType::F32 => Val::F32((number as f32 * 0.5).to_bits()),
        ValType::F64 => Val::F64((number as f64 * 0.5).to_bits()),
        ValType::V128 => Val::V128((u128::from(number) << 60).into()),
        ValType::Ref(ty) if ty.is_nullable() => Ref::null(ty.heap_type()).into(),
        ValType::Ref(ty) if ty.heap_type().is_extern() => {
            Val::ExternRef(Some(ExternRef::new(store, seed as u32)?))
        }
        ValType::Ref(ty) => return Err(format_err!("no value of type {ty} can be made")),
    })
}
