//! From a module to its instrumented form, and which sampler can be had.

use super::{Limits, RunOptions, STACK_BYTES, SamplerChoice};
use crate::component::{InstrumentedComponent, Probed, instrument_visibly};
use crate::probes::Probes;
use crate::recording::{Allocator, SamplerKind};
use crate::sample::SIGNALS_REACH_GUESTS;
use crate::{
    AllocatorKind, FunctionProbes, Measure, MeasureSet, OffsetMap, OwnAllocator, Plan, ProbeOptions,
    ProbeReader, RecordError, RewriteError, rewrite,
};
use std::sync::Arc;
use wasmscope_symbolize::{
    Export, ExportKind, FuncIndex, Function, Memory, ModuleIndex, NameSource, Symbols,
};

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

/// What is said of Go: `runtime.mallocgc` and all that it calls have the address on Go's own stack.
const GO: &str = "; Go's runtime hands blocks out on a stack of its own: what can be seen is which calls make the \
    memory grow, and its pages";

/// Why nothing is read of probes in a core module.
const UNSEEN: &str = "no instance of it can be seen from outside of the component";

/// What is said where there is none of the name that the user gave.
const NO_FUNCTION: &str = "no function is named";

/// Plans and rewrites `bytes` for `measures`, where the functions in `own` are allocators besides those that are known.
pub fn instrument(
    bytes: &Arc<[u8]>,
    index: &Arc<ModuleIndex>,
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<Instrumented, RewriteError> {
    let symbols = Symbols::new(Arc::clone(bytes), Arc::clone(index));
    instrument_for(ProbeReader::Any, bytes, &symbols, index, measures, own)
}

/// The same for whoever reads the probes, with the names in `symbols`.
pub(crate) fn instrument_for(
    reader: ProbeReader,
    bytes: &Arc<[u8]>,
    symbols: &Symbols,
    index: &Arc<ModuleIndex>,
    measures: MeasureSet,
    own: &[OwnAllocator],
) -> Result<Instrumented, RewriteError> {
    let mut warnings = Vec::new();
    let allocators = own.iter().flat_map(|own| find_own(index, symbols, own, &mut warnings)).collect();
    // Whoever only wants the module takes no samples.
    let is_sampled = reader == ProbeReader::Starter && measures.has(Measure::Time);
    let goroutines = if is_sampled { symbols.go_frames().map(Arc::new) } else { None };
    let stack_pointer = if measures.has(Measure::Stack) { symbols.stack_pointer() } else { None };
    let options = ProbeOptions { measures, allocators, reader, stack_pointer, goroutines };
    let plan = Plan::new(bytes, index, |func| Arc::clone(&symbols.name(func).raw), options)?;
    let rewritten = rewrite(bytes, index, &plan)?;
    warnings.extend_from_slice(plan.warnings());
    if measures.has(Measure::Heap) && plan.allocators().is_empty() {
        let go = if symbols.is_go() { GO } else { "" };
        warnings.push(NO_ALLOCATOR.to_owned() + go + &proposal(index, symbols));
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

/// The functions that have the name, in whichever way it may be written; where there are none, the one that is exported
/// by it.
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
    let mut found: Vec<_> = defined.clone().map(|function| function.index).filter(has_name).collect();
    if found.is_empty() {
        let exported = |func: &FuncIndex| {
            let of = |export: &&Export| export.kind == ExportKind::Function && export.index == func.0;
            index.exports().iter().filter(of).any(|export| *export.name == *own.name)
        };
        found = defined.map(|function| function.index).filter(exported).collect();
    }
    if found.is_empty() {
        warnings.push(format!("{NO_FUNCTION} `{}`, which was to be an allocator", own.name));
    }
    found.into_iter().map(|func| (func, own.kind)).collect()
}

/// Is it a warning about what the user named in vain?
pub fn is_unmet(warning: &str) -> bool {
    warning.starts_with(NO_FUNCTION)
}

/// What is to be compiled for a run.
pub struct CompileInput {
    /// The rewritten module or component.
    pub wasm: Vec<u8>,
    /// Its core modules, in the order of the file; one where it is no component.
    pub modules: Vec<PreparedModule>,
    /// The core instances of a component whose probes can be seen, by the number of their view.
    pub probed: Vec<Probed>,
    /// The functions that were taken for allocators, of the original.
    pub allocators: Vec<Allocator>,
    /// What can't be measured, one sentence each.
    pub warnings: Vec<String>,
}

/// A core module that is to be run.
pub struct PreparedModule {
    /// Its number in what is to be compiled.
    pub number: usize,
    /// The way back to the original's code.
    pub offsets: OffsetMap,
    /// Where the probes write.
    pub probes: Arc<Probes>,
}

impl PreparedModule {
    /// One that stays as it is.
    fn untouched(number: usize) -> Self {
        PreparedModule { number, offsets: OffsetMap::identity(), probes: Arc::default() }
    }
}

/// Rewrites for a run of ours. What can't be rewritten is left as it is, with a warning: it can still be sampled.
pub fn prepare(bytes: &Arc<[u8]>, index: &Arc<ModuleIndex>, options: &RunOptions) -> CompileInput {
    let prepared = if index.is_component() {
        prepare_component(bytes, index, options)
    } else {
        prepare_module(bytes, index, options)
    };
    prepared.unwrap_or_else(|warnings| CompileInput::untouched(bytes, index, warnings))
}

impl CompileInput {
    /// What stays as it is.
    fn untouched(bytes: &[u8], index: &ModuleIndex, warnings: Vec<String>) -> Self {
        let modules = index.core_modules().len().max(1);
        let modules = (0..modules).map(PreparedModule::untouched).collect();
        CompileInput { wasm: bytes.to_vec(), modules, probed: Vec::new(), allocators: Vec::new(), warnings }
    }

    /// Takes the original in `bytes` for what can't be compiled, unless that is the original itself.
    pub fn leave(
        &mut self,
        bytes: &[u8],
        index: &ModuleIndex,
        error: &RecordError,
    ) -> Result<(), RecordError> {
        if self.wasm == bytes {
            return Err(RecordError::Engine { message: error.to_string() });
        }
        let told = format!("only time was measured: with probes, {error}");
        *self = Self::untouched(bytes, index, vec![told]);
        Ok(())
    }
}

/// The host calls the start function itself, after it has found the probes.
fn prepare_module(
    bytes: &Arc<[u8]>,
    index: &Arc<ModuleIndex>,
    options: &RunOptions,
) -> Result<CompileInput, Vec<String>> {
    let RunOptions { measures, allocators, symbols, .. } = options;
    let symbols = Symbols::with_files(Arc::clone(bytes), Arc::clone(index), symbols.clone());
    let has_own_stacks = measures.has(Measure::Time) && symbols.is_go();
    if !(measures.needs_rewriting() || has_own_stacks) {
        return Err(Vec::new());
    }
    let instrumented = instrument_for(ProbeReader::Starter, bytes, &symbols, index, *measures, allocators);
    let Instrumented { wasm, offsets, probes, allocators, warnings, .. } =
        instrumented.map_err(|error| vec![sampled_only(&error)])?;
    let modules = vec![PreparedModule { number: 0, offsets, probes }];
    Ok(CompileInput { wasm, modules, probed: Vec::new(), allocators, warnings })
}

fn prepare_component(
    bytes: &Arc<[u8]>,
    index: &ModuleIndex,
    options: &RunOptions,
) -> Result<CompileInput, Vec<String>> {
    let RunOptions { measures, allocators, .. } = options;
    if !measures.needs_rewriting() {
        return Err(Vec::new());
    }
    let rewritten = instrument_visibly(bytes, *measures, allocators);
    let InstrumentedComponent { wasm, modules, probed } =
        rewritten.map_err(|error| vec![sampled_only(&error)])?;
    let mut prepared =
        CompileInput { wasm, modules: Vec::new(), probed, allocators: Vec::new(), warnings: Vec::new() };
    // An allocator that the user names is in one of them.
    let mut nowhere: Option<Vec<String>> = None;
    let mut allocating = 0;
    for (at, (module, core)) in modules.into_iter().zip(index.core_modules()).enumerate() {
        let number = module.number;
        prepared.modules.push(match module.instrumented {
            Ok(instrumented) => {
                if !instrumented.allocators.is_empty() {
                    let instances = prepared.probed.iter().filter(|probed| probed.module == at).count();
                    allocating = allocating.max(instances);
                }
                let is_seen = prepared.probed.iter().any(|probed| probed.module == at);
                if !instrumented.probes.is_empty() && !is_seen {
                    prepared.warnings.push(format!("{}: only time was measured: {UNSEEN}", core.name));
                }
                let whole = |own: Allocator| {
                    let memory = core.memory(own.memory).unwrap_or(own.memory);
                    Some(Allocator { func: core.function(own.func)?, memory, ..own })
                };
                prepared.allocators.extend(instrumented.allocators.into_iter().filter_map(whole));
                let (lost, told): (Vec<_>, Vec<_>) =
                    instrumented.warnings.into_iter().partition(|warning| is_unmet(warning));
                nowhere = Some(
                    nowhere
                        .map_or(lost.clone(), |all| all.into_iter().filter(|w| lost.contains(w)).collect()),
                );
                prepared.warnings.extend(told.into_iter().map(|warning| format!("{}: {warning}", core.name)));
                PreparedModule { number, offsets: instrumented.offsets, probes: instrumented.probes }
            }
            Err(error) => {
                prepared.warnings.push(format!("{}: {}", core.name, sampled_only(&error)));
                PreparedModule::untouched(number)
            }
        });
    }
    prepared.warnings.extend(nowhere.into_iter().flatten());
    if allocating > 1 {
        let told =
            "instances of one core module have allocators: blocks of different memories stand in one map";
        prepared.warnings.push(format!("{allocating} {told}"));
    }
    Ok(prepared)
}

fn sampled_only(error: &RewriteError) -> String {
    format!("only time was measured: {error}")
}

/// Refuses limits that no run can have, and a module whose memories or tables are larger from the start than they may
/// be.
pub fn check_limits(index: &ModuleIndex, limits: &Limits) -> Result<(), RecordError> {
    if let Some(bytes) = limits.stack_bytes.filter(|bytes| !STACK_BYTES.contains(bytes)) {
        return Err(RecordError::StackLimit { bytes });
    }
    let modules = index.core_modules().iter().map(|module| &*module.index).chain([index]);
    let tables = modules.flat_map(ModuleIndex::tables);
    let asked = tables.fold(0, |sum: u64, table| sum.saturating_add(table.initial));
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
