//! What is injected where: decided here, as data, before any byte is written.

mod abi;
mod access;
mod explain;
mod forwards;
mod function;
mod instruction;
mod options;
mod outermost;
mod pass;
mod references;
mod regions;
mod resumption;
mod scan;
mod stack_pointer;
mod whose;

pub(crate) use access::AccessKind;
pub use explain::FunctionProbes;
pub(crate) use function::{Action, EntryCheck, FunctionPlan, Point};
pub(crate) use instruction::{Bulk, Op, Reader};
pub use options::{ProbeOptions, ProbeReader};
pub(crate) use outermost::callees;
pub(crate) use pass::read as read_code;
pub(crate) use references::References;
pub(crate) use regions::{Region, Regions};
pub(crate) use resumption::Goroutines;
pub(crate) use scan::{Instruction, Scan, body_error, read_body};

use crate::allocators::{self, AllocatorKind, AllocatorProbe, AllocatorShape, Found, Named, TRACED};
use crate::callgraph::CallGraph;
use crate::error::RewriteError;
use crate::probes::layout::Width;
use crate::probes::{
    ACCESSED_EXPORT, ACCESSES_EXPORT, CONTEXTS_EXPORT, EVENTS_EXPORT, HOST_EXPORT, LOWEST_EXPORT, Probes,
    START_EXPORT,
};
use crate::recording::{Allocator, Frees, HeapOp, KnownBy};
use crate::{Measure, MeasureSet};
use function::Planner;
use references::host_holds_references;
use rustc_hash::FxHashSet;
use std::sync::Arc;
use wasmscope_symbolize::{
    CodeOffset, ExportKind, FileOffset, FuncIndex, FuncType, Function, ModuleIndex, ValType,
};

/// What is to be injected into a module, and where.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(crate) probes: Arc<Probes>,
    /// The functions that get a calling context, in the order of their indices.
    pub(crate) functions: Vec<FunctionPlan>,
    /// Each function's type index.
    pub(crate) type_of: Vec<u32>,
    /// Functions whose references the code takes, and which may have been declared for it by no more than exports
    /// that lead to thunks now.
    pub(crate) undeclared: Vec<FuncIndex>,
    pub(crate) reader: ProbeReader,
    allocators: Vec<Allocator>,
    warnings: Vec<String>,
}

/// What is said where the shadow stack is to be measured and there is none to be seen.
const NO_STACK_POINTER: &str = "no global is known as the stack pointer: the shadow stack can't be seen";

/// Engines take no function with more locals.
const MOST_LOCALS: u64 = 50_000;
/// Engines take no longer function body.
const LONGEST_BODY_BYTES: usize = 7_654_321;
/// More than anything that is injected at one instruction, or once into a function.
const LONGEST_INJECTION_BYTES: usize = 128;
/// More than what raises a counter.
const LONGEST_COUNTER_BYTES: usize = 32;
/// More than the locals that are added to any function.
const MOST_ADDED_LOCALS: u64 = 32;

impl Plan {
    /// Decides what is needed to do what `options` ask in the module in `bytes`, of which `index` is the outline.
    /// `name_of` gives functions' names as the module has them, by which allocators are known.
    ///
    /// # Errors
    /// When the module is not valid, has something in it that we can't read, or was instrumented before.
    pub fn new(
        bytes: &[u8],
        index: &ModuleIndex,
        name_of: impl Fn(FuncIndex) -> Arc<str>,
        options: impl Into<ProbeOptions>,
    ) -> Result<Plan, RewriteError> {
        let ProbeOptions { measures, allocators, reader, stack_pointer, goroutines } = options.into();
        let goroutines = goroutines.and_then(|frames| Goroutines::find(bytes, index, frames));
        if !measures.needs_rewriting() && goroutines.is_none() {
            return Ok(Plan::default());
        }
        if index.is_component() {
            let message = "a component's core modules are instrumented one by one".to_owned();
            return Err(RewriteError::Section { at: FileOffset(0), message });
        }
        refuse_instrumented(index)?;
        let counts_accesses = measures.has(Measure::Access) && !index.memories().is_empty();
        let probes = Arc::new(Probes { goroutines, counts_accesses, ..Probes::default() });
        let mut plan = Plan { reader, probes, ..Plan::default() };
        if measures.has(Measure::Stack) {
            plan.find_stack_pointer(bytes, index, stack_pointer);
        }
        if index.memories().iter().any(|memory| memory.memory64) {
            Arc::make_mut(&mut plan.probes).width = Width::Wide;
        }
        let mut found = if measures.has(Measure::Heap) {
            plan.find_allocators(bytes, index, &name_of, &allocators)
        } else {
            Found::default()
        };
        let references = References::read(bytes)?;
        let (scan, regions) =
            pass::read(bytes, index, measures, plan.probes.stack.map(|stack| stack.global))?;
        drop_guarded_tail_calls(&scan, &mut found);
        let inside = outermost::only_inside(index, &references, &scan, &found);
        whose::tell(bytes, index, &scan, name_of, &inside, &mut found.allocators);
        plan.allocators = std::mem::take(&mut found.allocators);
        plan.warnings.append(&mut found.warnings);
        let is_traced = |probe: &AllocatorProbe| matches!(probe.shape, AllocatorShape::Trace { .. });
        found.probes.retain(|func, probe| is_traced(probe) || !inside.contains(func));
        let open = host_holds_references(index);
        let has_event = |func| {
            let mut instructions = scan.of(func).iter();
            function::everything_counts(measures)
                || found.probes.contains_key(&func)
                || instructions.any(|i| function::is_event(index, measures, i.op))
        };
        let graph = CallGraph::new(index, &references, &scan, open, has_event);
        let left_alone = plan.leave_alone(bytes, index, &scan, &graph, measures, &regions)?;
        plan.plan_functions(index, &scan, &graph, measures, &found, &regions, &left_alone, open);
        Arc::make_mut(&mut plan.probes).regions = regions;
        let taken: FxHashSet<_> = scan.taken.iter().copied().collect();
        plan.undeclared = plan.probes.thunks.iter().copied().filter(|func| taken.contains(func)).collect();
        plan.type_of = references.type_of;
        Ok(plan)
    }

    /// The functions that were taken for allocators; empty unless the heap is measured.
    pub fn allocators(&self) -> &[Allocator] {
        &self.allocators
    }

    /// What can't be measured, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The defined functions that are allocators by the user's word, by their name or by that of an export.
    fn find_allocators(
        &self,
        bytes: &[u8],
        index: &ModuleIndex,
        name_of: impl Fn(FuncIndex) -> Arc<str>,
        own: &[(FuncIndex, AllocatorKind)],
    ) -> Found {
        let exports = index.exports().iter().filter(|export| export.kind == ExportKind::Function);
        let exported: FxHashSet<_> = exports.clone().map(|export| FuncIndex(export.index)).collect();
        // Of a module without a name section the names are those of exports, where there are any.
        let is_named = index.custom_section("name").is_some();
        let known_by = |func| {
            if is_named || !exported.contains(&func) { KnownBy::Name } else { KnownBy::Export }
        };
        let functions = index.functions().iter().map(|function| function.index);
        let named = functions.map(|func| (func, name_of(func), known_by(func)));
        let exported =
            exports.map(|export| (FuncIndex(export.index), Arc::clone(&export.name), KnownBy::Export));
        let function = |(func, name, known_by)| {
            let function = index.function(func).filter(|function| function.import.is_none())?;
            Some(Named { func, name, known_by, ty: &function.ty })
        };
        let mut functions: Vec<_> = named.chain(exported).filter_map(function).collect();
        if self.hands_on(index) {
            functions.retain(|function| own.iter().any(|(func, _)| *func == function.func));
        }
        let mut found = allocators::find(&functions, own, |function, probe| {
            address_fits(index, function.ty, probe.shape)
        });
        if !own.iter().any(|(_, kind)| *kind == TRACED) {
            find_behind_wrappers(bytes, index, &mut found);
        }
        found
    }

    /// Finds the global that holds the shadow stack's pointer, which may be the one that is `named` so.
    fn find_stack_pointer(&mut self, bytes: &[u8], index: &ModuleIndex, named: Option<u32>) {
        let found = stack_pointer::find(bytes, index, named);
        if found.is_none() {
            self.warnings.push(NO_STACK_POINTER.to_owned());
        }
        Arc::make_mut(&mut self.probes).stack = found;
    }

    /// Do the module's allocators hand out what another core module of its component does, in whose memory it works?
    /// Each block would be reported twice, and nobody could tell in which order.
    fn hands_on(&self, index: &ModuleIndex) -> bool {
        let imports_memory = index.memories().first().is_some_and(|memory| memory.imported);
        // A library that is linked dynamically may import what it exports itself.
        let is_own = |name: &str| index.exports().iter().any(|export| &*export.name == name);
        let is_allocator = |function: &Function| {
            let import = function.import.and_then(|import| index.imports().get(import));
            import.is_some_and(|import| {
                !is_own(&import.name) && allocators::recognise(&import.name, &function.ty).is_some()
            })
        };
        self.reader == ProbeReader::Component && imports_memory && index.functions().iter().any(is_allocator)
    }

    /// The functions that would go past an engine's limits with what we inject.
    fn leave_alone(
        &mut self,
        bytes: &[u8],
        index: &ModuleIndex,
        scan: &Scan,
        graph: &CallGraph,
        measures: MeasureSet,
        regions: &Regions,
    ) -> Result<FxHashSet<FuncIndex>, RewriteError> {
        let mut left_alone = FxHashSet::default();
        for function in index.functions() {
            if !self.needs_probes(index, scan, graph, measures, function.index) {
                continue;
            }
            let Some(body) = &function.body else { continue };
            let length = (body.end.0 - body.start.0) as usize;
            let counters = regions.of(function.index).len();
            let injected = (scan.of(function.index).len() + 2) * LONGEST_INJECTION_BYTES
                + counters * LONGEST_COUNTER_BYTES;
            let locals = locals(bytes, index, body.clone())? + function.ty.params.len() as u64;
            if locals + MOST_ADDED_LOCALS > MOST_LOCALS || length + injected > LONGEST_BODY_BYTES {
                left_alone.insert(function.index);
                self.warnings.push(format!(
                    "{} is too large for probes ({locals} locals, {length} bytes): what happens in it is not counted",
                    function.index
                ));
            }
        }
        Ok(left_alone)
    }

    #[allow(clippy::too_many_arguments, reason = "the results of all that was found out, used once")]
    fn plan_functions(
        &mut self,
        index: &ModuleIndex,
        scan: &Scan,
        graph: &CallGraph,
        measures: MeasureSet,
        found: &Found,
        regions: &Regions,
        left_alone: &FxHashSet<FuncIndex>,
        open: bool,
    ) {
        // Code without probes leaves the slot of another call behind. One stray entry could then put a wrong node
        // into a slot whose callee doesn't check.
        let all_check = open || !left_alone.is_empty();
        let goroutines = self.probes.goroutines.clone();
        let mut planner = Planner { index, graph, measures, goroutines, sites: Vec::new() };
        for function in index.functions() {
            let func = function.index;
            let is_planned =
                !left_alone.contains(&func) && self.needs_probes(index, scan, graph, measures, func);
            let probes = Arc::make_mut(&mut self.probes);
            if !is_planned {
                probes.slots.push(&[], 0);
                continue;
            }
            let check = if all_check || graph.is_taken(func) { EntryCheck::Tag } else { EntryCheck::Null };
            let probe = found.probes.get(&func).copied();
            let (mut planned, call_sites) = planner.function(func, scan.of(func), check, probe, regions);
            planned.is_collector = found.collectors.contains(&func);
            probes.slots.push(&call_sites, planned.counters);
            planned.points.shrink_to_fit();
            self.functions.push(planned);
        }
        let probes = Arc::make_mut(&mut self.probes);
        probes.sites = planner.sites;
        probes.injected = !self.functions.is_empty();
        probes.measures = measures;
        probes.thunks = thunks(&self.functions, index);
        if measures.has(Measure::Boundary) {
            probes.escaping_imports = function::escaping_imports(index, graph);
        }
    }

    /// Does `func` need a context, does it access the first memory where accesses are counted, or does it go on with
    /// goroutines?
    fn needs_probes(
        &self,
        index: &ModuleIndex,
        scan: &Scan,
        graph: &CallGraph,
        measures: MeasureSet,
        func: FuncIndex,
    ) -> bool {
        let is_defined = index.function(func).is_some_and(|function| function.body.is_some());
        let accesses = |instruction: &Instruction| function::access(measures, instruction.op).is_some();
        let resumes = self.probes.goroutines.as_ref().is_some_and(|goroutines| goroutines.resumes(func));
        resumes || graph.reaches(func) || is_defined && scan.of(func).iter().any(accesses)
    }
}

/// An allocator's tail calls become calls. Where a handler is around one it would catch what it must not, since a tail
/// call leaves its function first.
fn drop_guarded_tail_calls(scan: &Scan, found: &mut Found) {
    let is_guarded = |func: FuncIndex| {
        let mut instructions = scan.of(func).iter();
        instructions.any(|i| i.is_guarded && matches!(i.op, Op::TailCall(_) | Op::TailCallIndirect(_)))
    };
    let guarded: Vec<_> = found.probes.keys().copied().filter(|func| is_guarded(*func)).collect();
    for func in guarded {
        let what =
            "is an allocator with a tail call inside of an exception handler: its blocks are not counted";
        found.remove(func, format!("{func} {what}"));
    }
}

/// What a known allocator merely forwards to is the allocator.
///
/// Rust's compiler may inline `__rust_alloc` and its like, so that programs call what is behind them. Where there is
/// something behind what allocates and nothing behind what frees, the latter was inlined, too.
fn find_behind_wrappers(bytes: &[u8], index: &ModuleIndex, found: &mut Found) {
    let mut behind_rust = FxHashSet::default();
    for wrapper in found.allocators.clone() {
        let probe = found.probes.get(&wrapper.func).copied();
        let behind =
            forwards::forwarded_to(bytes, index, wrapper.func).zip(probe).and_then(|(behind, probe)| {
                let shape = probe.shape.moved(|param| behind.place(param))?;
                Some((behind.to, AllocatorProbe { shape, ..probe }))
            });
        if let Some((func, probe)) = behind.filter(|(func, _)| !found.probes.contains_key(func)) {
            if wrapper.name.contains("__rust_") {
                behind_rust.insert(wrapper.op);
            }
            found.probes.insert(func, probe);
            found.allocators.push(Allocator { func, ..wrapper });
        }
    }
    if behind_rust.contains(&HeapOp::Alloc) && !behind_rust.contains(&HeapOp::Free) {
        found.allocators.iter_mut().for_each(|allocator| allocator.frees = Frees::Collected);
    }
}

/// Those of `functions` with a context that the host enters by name: those exported, and the start function.
fn thunks(functions: &[FunctionPlan], index: &ModuleIndex) -> Vec<FuncIndex> {
    let planned = |func: FuncIndex| {
        let at = functions.binary_search_by_key(&func, |planned| planned.func).ok()?;
        functions.get(at)
    };
    let exports = index.exports().iter().filter(|export| export.kind == ExportKind::Function);
    let entered = exports.map(|export| FuncIndex(export.index)).chain(index.start());
    let mut thunks: Vec<_> =
        entered.filter(|func| planned(*func).is_some_and(|planned| planned.has_context)).collect();
    thunks.sort_unstable();
    thunks.dedup();
    thunks
}

/// Where a block's address is read out of memory, are addresses of the width that the function was given?
fn address_fits(index: &ModuleIndex, ty: &FuncType, shape: AllocatorShape) -> bool {
    let AllocatorShape::AllocInto { out, .. } = shape else { return true };
    let is_wide = ty.params.get(out as usize) == Some(&ValType::I64);
    index.memories().first().is_some_and(|memory| memory.memory64 == is_wide)
}

fn refuse_instrumented(index: &ModuleIndex) -> Result<(), RewriteError> {
    let ours = |name: &str| {
        [
            CONTEXTS_EXPORT,
            EVENTS_EXPORT,
            HOST_EXPORT,
            ACCESSES_EXPORT,
            ACCESSED_EXPORT,
            LOWEST_EXPORT,
            START_EXPORT,
        ]
        .contains(&name)
    };
    match index.exports().iter().find(|export| ours(&export.name)) {
        Some(export) => Err(RewriteError::AlreadyInstrumented { export: export.name.to_string() }),
        None => Ok(()),
    }
}

/// The body of a defined function: its locals and its code.
fn body_bytes<'a>(bytes: &'a [u8], index: &ModuleIndex, func: FuncIndex) -> Option<&'a [u8]> {
    let body = index.function(func)?.body.clone()?;
    let start = usize::try_from(index.file_offset(body.start)?.0).ok()?;
    bytes.get(start..start + (body.end.0 - body.start.0) as usize)
}

/// The number of locals that the body in `range` declares.
fn locals(
    bytes: &[u8],
    index: &ModuleIndex,
    range: std::ops::Range<CodeOffset>,
) -> Result<u64, RewriteError> {
    let count = |body: wasmparser::FunctionBody<'_>| {
        let groups = body.get_locals_reader()?.into_iter();
        groups.map(|group| Ok(u64::from(group?.0))).sum::<wasmparser::Result<u64>>()
    };
    let body = read_body(bytes, index, range);
    body.and_then(|(body, _)| count(body)).map_err(|error| body_error(index, &error))
}
