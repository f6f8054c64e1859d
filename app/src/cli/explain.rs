//! `wasmscope instrument --explain`: which functions get probes, which, why, and what they cost in bytes.

use super::table::{Align, Table, clean};
use crate::units;
use std::fmt::Write;
use std::sync::Arc;
use wasmscope_instrument::recording::HeapOp;
use wasmscope_instrument::{FunctionProbes, Instrumented};
use wasmscope_symbolize::{FuncIndex, ModuleError, ModuleIndex, Symbols};

/// The explanation, as text.
///
/// # Errors
/// When the module with probes can't be read, which would be a defect of ours.
pub(super) fn explanation(
    bytes: &Arc<[u8]>,
    index: &Arc<ModuleIndex>,
    instrumented: &Instrumented,
) -> Result<String, ModuleError> {
    let symbols = Symbols::new(Arc::clone(bytes), Arc::clone(index));
    let rewritten = ModuleIndex::parse(&instrumented.wasm)?;
    let mut table = Table::new(&[
        ("bytes", Align::Right),
        ("more", Align::Right),
        ("function", Align::Left),
        ("probes", Align::Left),
    ]);
    for probes in &instrumented.functions {
        let before = body_bytes(index, probes.func);
        let more = body_bytes(&rewritten, probes.func).saturating_sub(before);
        let name = format!("{} {}", probes.func, symbols.name(probes.func).name.short);
        table.row([units::exact(before), units::exact(more), name, what(probes)]);
    }
    let ours = rewritten.functions().iter().skip(index.functions().len());
    let more: u64 = ours.clone().map(|function| body_bytes(&rewritten, function.index)).sum();
    if more > 0 {
        let name = format!("{} behind those of the module", units::things(ours.count() as u64, "function"));
        let what = "what probes call, and what the host enters";
        table.row([units::exact(0), units::exact(more), name, what.to_owned()]);
    }
    let mut text = head(bytes, index, instrumented, &rewritten);
    if !table.is_empty() {
        // Writing to a string can't fail.
        let _ = write!(text, "\n{}", table.text());
    }
    Ok(text)
}

fn head(bytes: &[u8], index: &ModuleIndex, instrumented: &Instrumented, rewritten: &ModuleIndex) -> String {
    let defined = index.functions().len() - index.imported_function_count();
    let code = |index: &ModuleIndex| -> u64 {
        index.functions().iter().map(|function| body_bytes(index, function.index)).sum()
    };
    let (before, after) = (code(index), code(rewritten));
    let mut text = format!(
        "{} of {} get probes, the others stay as they are.\n\
         The code grows from {} to {}, {:.2} times. The module goes from {} to {}: its debug information stays in the \
         original.\n",
        units::things(instrumented.functions.len() as u64, "function"),
        units::exact(defined as u64),
        units::bytes(before),
        units::bytes(after),
        after as f64 / before.max(1) as f64,
        units::bytes(bytes.len() as u64),
        units::bytes(instrumented.wasm.len() as u64),
    );
    instrumented.warnings.iter().for_each(|warning| {
        let _ = writeln!(text, "warning: {}", clean(warning));
    });
    text
}

fn body_bytes(index: &ModuleIndex, func: FuncIndex) -> u64 {
    let body = index.function(func).and_then(|function| function.body.as_ref());
    body.map_or(0, |body| u64::from(body.end.0 - body.start.0))
}

/// What is injected, and for what.
fn what(probes: &FunctionProbes) -> String {
    let FunctionProbes { calls, crossings, growths, accesses, counters, bulk, stack_sets, .. } = *probes;
    let counted = |count: u32, thing: &str| (count > 0).then(|| units::things(u64::from(count), thing));
    let allocator = probes.allocator.map(|op| match op {
        HeapOp::Alloc => "allocates: its block is recorded",
        HeapOp::Free => "frees: its block is recorded",
        HeapOp::Realloc => "reallocates: its block is recorded",
    });
    let leads_on = counted(calls, "call").map(|calls| format!("{calls} on to what is measured"));
    let parts = [
        allocator.map(str::to_owned),
        probes.counts_entries.then(|| "its entries are counted".to_owned()),
        counted(crossings, "call").map(|calls| format!("{calls} of imports")),
        counted(growths, "memory.grow"),
        counted(counters, "more counter"),
        counted(accesses, "memory instruction"),
        counted(stack_sets, "setting").map(|sets| format!("{sets} of the stack pointer")),
        counted(bulk, "bulk instruction").map(|bulk| format!("bytes of {bulk}")),
        leads_on,
        probes.by_reference.then(|| "can be entered by reference".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
