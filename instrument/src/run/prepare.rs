//! From a module to its instrumented form, and which sampler can be had.

use super::{Limits, RunOptions, STACK_BYTES, SamplerChoice};
use crate::probes::Probes;
use crate::recording::{Allocator, SamplerKind};
use crate::sample::SIGNALS_REACH_GUESTS;
use crate::{
    AllocatorKind, FunctionProbes, Measure, MeasureSet, OffsetMap, OwnAllocator, Plan, ProbeOptions,
    RecordError, RewriteError, StartCall, rewrite,
};
use std::sync::Arc;
use wasmscope_symbolize::{FuncIndex, Function, Memory, ModuleIndex, NameSource, Symbols};

/// A module that measures itself, with what is needed to read what it measured.
#[derive(Clone, Debug)]
pub struct Instrumented {
    /// The rewritten module.
    pub wasm: Vec<u8>,
    /// The way back to the original's code.
    pub offsets: OffsetMap,
    /// Where the probes write.
    pub probes: Arc<Probes>,
    /// What was injected into each function.
    pub functions: Vec<FunctionProbes>,
    /// The functions that were taken for allocators.
    pub allocators: Vec<Allocator>,
    /// What can't be measured, one sentence each.
    pub warnings: Vec<String>,
}

/// What is said where heap blocks are to be measured and there are none to be seen.
pub(crate) const NO_ALLOCATOR: &str = "no function is known as an allocator: heap blocks can't be seen";

/// Plans and rewrites `bytes` for `measures`, where the functions in `own` are allocators besides those that are known.
pub fn instrument(
    bytes: &Arc<[u8]>,
    index: &Arc<ModuleIndex>,
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<Instrumented, RewriteError> {
    let symbols = Symbols::new(Arc::clone(bytes), Arc::clone(index));
    instrument_for(StartCall::Engine, bytes, &symbols, index, measures, own)
}

fn instrument_for(
    start: StartCall,
    bytes: &Arc<[u8]>,
    symbols: &Symbols,
    index: &Arc<ModuleIndex>,
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<Instrumented, RewriteError> {
    let mut warnings = Vec::new();
    let allocators = own.iter().flat_map(|own| find_own(index, symbols, own, &mut warnings)).collect();
    // Whoever only wants the module takes no samples.
    let is_sampled = start == StartCall::Host && measures.has(Measure::Time);
    let goroutines = if is_sampled { symbols.go_frames().map(Arc::new) } else { None };
    let options = ProbeOptions { measures, allocators, start, goroutines };
    let plan = Plan::new(bytes, index, |func| Arc::clone(&symbols.name(func).raw), options)?;
    let rewritten = rewrite(bytes, index, &plan)?;
    warnings.extend_from_slice(plan.warnings());
    if measures.has(Measure::Heap) && plan.allocators().is_empty() {
        warnings.push(NO_ALLOCATOR.to_owned() + &proposal(index, symbols));
    }
    Ok(Instrumented {
        wasm: rewritten.wasm,
        offsets: rewritten.offsets,
        probes: rewritten.probes,
        functions: plan.functions().collect(),
        allocators: plan.allocators().to_vec(),
        warnings,
    })
}

/// The options that make allocators of the functions that may be some by their code. That is for the user to say:
/// blocks that are not there are worse than blocks that are missing.
fn proposal(index: &ModuleIndex, symbols: &Symbols) -> String {
    let guess = |function: &Function| {
        let guessed = symbols.name(function.index).source == NameSource::Known;
        let name = symbols.known(function.index).filter(|_| guessed)?;
        let own =
            OwnAllocator { name: function.index.to_string(), kind: AllocatorKind::like(name, &function.ty)? };
        Some(format!(" --allocator '{own}'"))
    };
    let options: String = index.functions().iter().filter_map(guess).collect();
    if options.is_empty() { options } else { format!("; by their code some may be, try{options}") }
}

/// The functions that have the name, in whichever way it may be written.
fn find_own(
    index: &ModuleIndex,
    symbols: &Symbols,
    own: &OwnAllocator,
    warnings: &mut Vec<String>,
) -> Vec<(FuncIndex, AllocatorKind)> {
    let has_name = |func: &FuncIndex| {
        let name = symbols.name(*func);
        [&name.raw, &name.name.full, &name.name.short].into_iter().any(|name| **name == *own.name)
    };
    let defined = index.functions().iter().filter(|function| function.import.is_none());
    let found: Vec<_> = defined.map(|function| function.index).filter(has_name).collect();
    if found.is_empty() {
        warnings.push(format!("no function is named `{}`, which was to be an allocator", own.name));
    }
    found.into_iter().map(|func| (func, own.kind)).collect()
}

/// The same for a run of ours, which calls the start function itself. A module that can't be rewritten is left as it is,
/// with a warning: it can still be sampled.
pub fn instrument_or_leave(
    bytes: &Arc<[u8]>,
    index: &Arc<ModuleIndex>,
    options: &RunOptions,
) -> Instrumented {
    let left = |warnings| Instrumented {
        wasm: bytes.to_vec(),
        offsets: OffsetMap::identity(),
        probes: Arc::default(),
        functions: Vec::new(),
        allocators: Vec::new(),
        warnings,
    };
    let RunOptions { measures, allocators, symbols, .. } = options;
    let symbols = Symbols::with_files(Arc::clone(bytes), Arc::clone(index), symbols.clone());
    let has_own_stacks = measures.has(Measure::Time) && symbols.is_go();
    if !(measures.needs_rewriting() || has_own_stacks) {
        return left(Vec::new());
    }
    let sampled_only = |error| left(vec![format!("only time was measured: {error}")]);
    instrument_for(StartCall::Host, bytes, &symbols, index, *measures, allocators)
        .unwrap_or_else(sampled_only)
}

/// Refuses limits that no run can have, and a module whose memories or tables are larger from the start than they may be.
pub fn check_limits(index: &ModuleIndex, limits: &Limits) -> Result<(), RecordError> {
    if let Some(bytes) = limits.stack_bytes.filter(|bytes| !STACK_BYTES.contains(bytes)) {
        return Err(RecordError::StackLimit { bytes });
    }
    let asked = index.tables().iter().fold(0, |sum: u64, table| sum.saturating_add(table.initial));
    if let Some(limit) = limits.table_entries.filter(|limit| asked > *limit) {
        return Err(RecordError::TableLimit { asked, limit });
    }
    let initial = |memory: &Memory| memory.initial_pages.saturating_mul(1 << memory.page_size_log2.min(16));
    let asked_bytes = index.memories().iter().map(initial).max().unwrap_or(0);
    match limits.memory_bytes {
        Some(limit_bytes) if asked_bytes > limit_bytes => {
            Err(RecordError::MemoryLimit { asked_bytes, limit_bytes })
        }
        _ => Ok(()),
    }
}

/// Does the guest tick by epochs? It ticks in any case, so that it can be stopped.
pub fn ticks_by_epochs(options: &RunOptions) -> bool {
    match options.sampler {
        SamplerChoice::Auto => !SIGNALS_REACH_GUESTS,
        SamplerChoice::Epoch => true,
    }
}

/// How samples will be taken.
pub fn sampler_kind(options: &RunOptions) -> SamplerKind {
    match (options.measures.has(Measure::Time), ticks_by_epochs(options)) {
        (false, _) => SamplerKind::None,
        (true, false) => SamplerKind::Signal,
        (true, true) => SamplerKind::Epoch,
    }
}
