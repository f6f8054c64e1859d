//! What scripts import from `spectest`.

use wasmtime::{
    AsContextMut, Global, GlobalType, Linker, Memory, MemoryType, Mutability, Ref, RefType, Result,
    SharedMemory, Store, Table, TableType, Val, ValType,
};

/// A linker with the module `spectest`.
pub fn linker(store: &mut Store<()>) -> Result<Linker<()>> {
    let mut linker = Linker::new(store.engine());
    // Scripts give one name to several modules; the last one counts.
    linker.allow_shadowing(true);
    functions(&mut linker)?;
    let globals = [
        ("global_i32", ValType::I32, Val::I32(666)),
        ("global_i64", ValType::I64, Val::I64(666)),
        ("global_f32", ValType::F32, Val::F32(666.6f32.to_bits())),
        ("global_f64", ValType::F64, Val::F64(666.6f64.to_bits())),
    ];
    for (name, ty, value) in globals {
        let global = Global::new(&mut *store, GlobalType::new(ty, Mutability::Const), value)?;
        linker.define(&mut *store, "spectest", name, global)?;
    }
    let tables = [
        ("table", TableType::new),
        ("table64", |ty, min, max| TableType::new64(ty, u64::from(min), max.map(u64::from))),
    ] as [(&str, fn(RefType, u32, Option<u32>) -> TableType); 2];
    for (name, ty) in tables {
        let table = Table::new(&mut *store, ty(RefType::FUNCREF, 10, Some(20)), Ref::Func(None))?;
        linker.define(&mut *store, "spectest", name, table)?;
    }
    memories(&mut linker, store)?;
    Ok(linker)
}

fn memories(linker: &mut Linker<()>, mut store: impl AsContextMut<Data = ()>) -> Result<()> {
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    linker.define(&mut store, "spectest", "memory", memory)?;
    let shared = SharedMemory::new(store.as_context().engine(), MemoryType::shared(1, 2))?;
    linker.define(&mut store, "spectest", "shared_memory", shared)?;
    Ok(())
}

fn functions(linker: &mut Linker<()>) -> Result<()> {
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;
    Ok(())
}
