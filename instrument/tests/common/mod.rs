//! What the proofs of the rewriter have in common: the engine with all that it runs, the sets of measures, and the
//! rewriting with allocators wherever a type allows one.

pub mod seen;

use wasmscope_instrument::{Measure, MeasureSet, Plan, rewrite};
use wasmscope_symbolize::{Function, ModuleIndex, ValType};
use wasmtime::{Config, OptLevel};

/// The measures that change a module, one by one, and all of them together.
pub fn measure_sets() -> Vec<MeasureSet> {
    let single = Measure::ALL.into_iter().map(|measure| MeasureSet::NONE.with(measure));
    // Not the default: some measures may be off unless they are asked for.
    let all = Measure::ALL.into_iter().fold(MeasureSet::NONE, MeasureSet::with);
    single.filter(|set| set.needs_rewriting()).chain([all]).collect()
}

/// The settings of an engine with every proposal that Wasmtime runs. Optimising would take longer than it saves.
pub fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_tail_call(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .wasm_branch_hinting(true)
        .wasm_threads(true)
        .shared_memory(true)
        .wasm_relaxed_simd(true)
        .wasm_extended_const(true)
        // Which of two NaNs an addition gives is the compiler's choice, and so differs with the code around it.
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::None);
    config
}

/// What became of a module.
pub enum Prepared {
    /// Nothing in it matters to the measures.
    Unchanged,
    /// With probes.
    Rewritten(Vec<u8>),
    /// It stays as it is: why.
    Left(String),
}

/// Rewrites a module for `measures`, with names of allocators given to functions by their types.
pub fn prepare(bytes: &[u8], measures: MeasureSet) -> Prepared {
    let index = match ModuleIndex::parse(bytes) {
        Ok(index) => index,
        Err(error) => return Prepared::Left(error.to_string()),
    };
    let name_of = |func| index.function(func).map_or("", allocator_name).into();
    let plan = Plan::new(bytes, &index, name_of, measures);
    match plan.and_then(|plan| rewrite(bytes, &index, &plan)) {
        Ok(rewritten) if rewritten.wasm == bytes => Prepared::Unchanged,
        Ok(rewritten) => Prepared::Rewritten(rewritten.wasm),
        Err(error) => Prepared::Left(error.to_string()),
    }
}

/// The name of an allocator that a function of this type could be; several by turns where there are several.
fn allocator_name(function: &Function) -> &'static str {
    let is_word = |ty: &ValType| matches!(ty, ValType::I32 | ValType::I64);
    let ty = &function.ty;
    if !ty.params.iter().chain(&ty.results).all(is_word) {
        return "";
    }
    let names: &[&str] = match (ty.params.len(), ty.results.len()) {
        (1, 1) => &["malloc"],
        (1, 0) => &["free"],
        (2, 1) => &["calloc", "realloc", "aligned_alloc"],
        (3, 1) => &["posix_memalign", "reallocarray"],
        (4, 1) => &["cabi_realloc", "__rust_realloc"],
        _ => &[""],
    };
    names[function.index.index() % names.len()]
}
