//! Runs a module as it is and rewritten, and compares all that can be seen.

use crate::common::{Prepared, prepare, seen};
use crate::world::{World, any_value, linker};
use std::hash::{DefaultHasher, Hasher};
use wasmparser::{Validator, WasmFeatures};
use wasmscope_instrument::MeasureSet;
use wasmscope_instrument::probes::{
    ACCESSED_EXPORT, ACCESSES_EXPORT, CONTEXTS_EXPORT, EVENTS_EXPORT, HOST_EXPORT,
};
use wasmtime::{Engine, Extern, Instance, Module, Result, Store};

/// What was compared.
#[derive(Debug, Default)]
pub struct Compared {
    /// Sets of measures for which the module was rewritten and run.
    pub runs: usize,
    /// Runs in which an allocator of the rewritten module had no stack left: its tail calls become calls.
    pub exhausted: usize,
    /// Calls of exports that came back with values.
    pub returned: usize,
    /// Calls of imports.
    pub crossings: usize,
}

/// All that can be seen of a run, a line each.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    lines: Vec<String>,
    calls: Vec<String>,
    returned: usize,
}

/// Compares the runs of `wasm` for each set of measures.
///
/// # Errors
/// What differs.
pub fn compare(engine: &Engine, wasm: &[u8], sets: &[MeasureSet]) -> std::result::Result<Compared, String> {
    let mut compared = Compared::default();
    let mut all_rewritten = Vec::new();
    for measures in sets.iter().copied() {
        match prepare(wasm, measures) {
            Prepared::Unchanged => {}
            Prepared::Left(why) => return Err(format!("{measures}: not rewritten: {why}")),
            // What does the same for several measures need not run for each.
            Prepared::Rewritten(rewritten) if all_rewritten.iter().any(|(_, other)| *other == rewritten) => {}
            Prepared::Rewritten(rewritten) => all_rewritten.push((measures, rewritten)),
        }
    }
    if all_rewritten.is_empty() {
        return Ok(compared);
    }
    let Ok(module) = Module::new(engine, wasm) else { return Ok(compared) };
    let Ok(before) = run(&module) else { return Ok(compared) };
    for (measures, rewritten) in all_rewritten {
        let after = run_rewritten(engine, &rewritten).map_err(|why| format!("{measures}: {why}"))?;
        compared.runs += 1;
        compared.returned += after.returned;
        compared.crossings += after.calls.len();
        if after.lines.iter().any(|line| line.contains("call stack exhausted")) {
            compared.exhausted += 1;
        } else if after != before {
            return Err(difference(measures, &before, &after));
        }
    }
    Ok(compared)
}

fn run_rewritten(engine: &Engine, rewritten: &[u8]) -> std::result::Result<Seen, String> {
    let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(rewritten);
    validated.map_err(|error| format!("not valid: {error}"))?;
    let module = Module::new(engine, rewritten).map_err(|error| format!("not taken: {error:#}"))?;
    run(&module).map_err(|error| format!("not run: {error:#}"))
}

fn difference(measures: MeasureSet, before: &Seen, after: &Seen) -> String {
    let lines = |seen: &Seen| [&seen.lines[..], &seen.calls[..]].concat();
    let (before, after) = (lines(before), lines(after));
    let pairs = before.iter().zip(&after).filter(|(before, after)| before != after);
    let pairs = pairs.map(|(before, after)| format!("  {before}\n  became {after}\n"));
    format!("{measures}: {} and {} lines\n{}", before.len(), after.len(), pairs.collect::<String>())
}

/// Instantiates the module, calls each export, and looks at all that it exports. An error where nothing can be seen
/// because the host can't give it what it imports.
fn run(module: &Module) -> Result<Seen> {
    let mut store = Store::new(module.engine(), World::default());
    store.limiter(|world| world);
    let linker = linker(&mut store, module)?;
    let mut seen = Seen::default();
    match linker.instantiate(&mut store, module) {
        Ok(instance) => {
            call_exports(&mut store, instance, module, &mut seen);
            look_at_exports(&mut store, instance, module, &mut seen)?;
        }
        Err(error) => seen.lines.push(format!("instantiation: {}", seen::failure(&error))),
    }
    seen.calls = store.into_data().calls;
    Ok(seen)
}

fn call_exports(store: &mut Store<World>, instance: Instance, module: &Module, seen: &mut Seen) {
    for (at, export) in module.exports().enumerate() {
        let Some(func) = instance.get_func(&mut *store, export.name()) else { continue };
        let ty = func.ty(&*store);
        let arguments = ty.params().map(|ty| any_value(&mut *store, &ty, at + 1)).collect::<Result<Vec<_>>>();
        let Ok(arguments) = arguments else { continue };
        let mut results = vec![wasmtime::Val::I32(0); ty.results().len()];
        let line = match func.call(&mut *store, &arguments, &mut results) {
            Ok(()) => {
                seen.returned += 1;
                let text = |value| seen::value(&mut *store, value).unwrap_or_else(|error| error.to_string());
                results.iter().map(text).collect::<Vec<_>>().join(", ")
            }
            Err(error) => {
                // What was thrown is done with: the next call is another one.
                store.take_pending_exception();
                seen::failure(&error)
            }
        };
        seen.lines.push(format!("{}: {line}", export.name()));
    }
}

fn look_at_exports(
    store: &mut Store<World>,
    instance: Instance,
    module: &Module,
    seen: &mut Seen,
) -> Result<()> {
    for export in module.exports().filter(|export| !is_ours(export.name())) {
        let line = match instance.get_export(&mut *store, export.name()) {
            Some(Extern::Global(global)) => {
                let value = global.get(&mut *store);
                seen::value(&mut *store, &value)?
            }
            Some(Extern::Memory(memory)) => digest(memory.data(&*store)),
            Some(Extern::SharedMemory(memory)) => format!("{} bytes", memory.data().len()),
            Some(Extern::Table(table)) => {
                let size = table.size(&*store);
                let elements = (0..size).filter_map(|at| table.get(&mut *store, at));
                format!("{size} elements, {} null", elements.filter(|element| element.is_null()).count())
            }
            Some(Extern::Func(func)) => seen::without_type_numbers(&func.ty(&*store).to_string()),
            Some(Extern::Tag(tag)) => seen::without_type_numbers(&tag.ty(&*store).ty().to_string()),
            None => "nothing".to_owned(),
        };
        seen.lines.push(format!("{}: {line}", export.name()));
    }
    Ok(())
}

fn is_ours(name: &str) -> bool {
    [CONTEXTS_EXPORT, EVENTS_EXPORT, HOST_EXPORT, ACCESSES_EXPORT, ACCESSED_EXPORT].contains(&name)
}

/// The size of a memory, and a number that no other contents are likely to have. Most of a memory is zero.
fn digest(data: &[u8]) -> String {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut hasher = DefaultHasher::new();
    for (at, page) in data.chunks(ZEROS.len()).enumerate().filter(|(_, page)| *page != &ZEROS[..page.len()]) {
        hasher.write_usize(at);
        hasher.write(page);
    }
    format!("{} bytes, {:#x}", data.len(), hasher.finish())
}
