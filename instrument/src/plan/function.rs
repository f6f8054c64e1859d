//! What is injected into one function.

use super::abi::{self, ByteCount};
use super::access::AccessKind;
use super::instruction::{Bulk, Op};
use super::regions::{Region, Regions};
use super::resumption::Goroutines;
use super::scan::Instruction;
use crate::allocators::AllocatorProbe;
use crate::callgraph::{CallGraph, Entry};
use crate::probes::{Site, SiteKind};
use crate::{Measure, MeasureSet};
use rustc_hash::FxHashMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex, ImportKind, MemoryIndex, ModuleIndex};

/// Functions with more call sites than this have a slot per callee: one with 11,190 sites made 262,000 nodes, and
/// 53 this way.
const MOST_SLOTS_PER_SITE: usize = 64;
/// Indirect calls past this number share a slot.
const MOST_INDIRECT_SLOTS: usize = 256;

/// What is injected into one function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionPlan {
    pub(crate) func: FuncIndex,
    pub(crate) check: EntryCheck,
    /// In the order of the code; several may be at one instruction.
    pub(crate) points: Vec<Point>,
    /// Set where the function is an allocator: its body is wrapped in a block.
    pub(crate) allocator: Option<AllocatorProbe>,
    /// Does what it frees count even inside of an allocator?
    pub(crate) is_collector: bool,
    pub(crate) slots: u32,
    /// Is each call counted?
    pub(crate) counts_calls: bool,
    /// How many counters its nodes have beside that of calls: one for each region but the first, and the last one for
    /// bytes moved in bulk.
    pub(crate) counters: u32,
    /// Has it a calling context? Accesses need none.
    pub(crate) has_context: bool,
}

/// How a function finds out whether the node that its caller has for the call is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryCheck {
    /// Only calls that name the function can enter it: whatever is there is its own.
    Null,
    /// The node's tag must be the function's.
    Tag,
}

/// An instruction at which something is injected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Where in the code section it is.
    pub(crate) at: u32,
    /// Its bytes; of no meaning where nothing is done behind or instead of it.
    pub(crate) length: u8,
    pub(crate) action: Action,
}

/// What is done at a [`Point`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// In front: the callee is told its slot.
    SetSlot(u32),
    /// In front: the crossing is announced.
    Cross { site: u32, bytes: Option<ByteCount> },
    /// In front: what is gone on with is told, by the global that holds the stack pointer.
    Resume { sp: u32 },
    /// Around: the growth is recorded.
    Grow { site: u32, memory: u8, memory64: bool },
    /// Behind: the stack pointer is told, and looked at.
    SetStack,
    /// In front: the counter with this number is raised by one.
    Count(u32),
    /// Around: the last counter is raised by the number of bytes that are moved, once they are.
    CountBytes { wide: bool },
    /// Around: the line that is accessed is counted, once it was.
    Access { offset: u32, kind: AccessKind },
    /// Around: the lines that are accessed are counted, once they were.
    BulkAccess(Bulk),
    /// Instead: `return` becomes a branch to the block around the body.
    Return { depth: u32 },
    /// Instead: a tail call becomes a call and a branch to the block around the body.
    TailCall { depth: u32 },
}

/// What is known of the module when its functions are planned.
pub(super) struct Planner<'a> {
    pub(super) index: &'a ModuleIndex,
    pub(super) graph: &'a CallGraph,
    pub(super) measures: MeasureSet,
    pub(super) goroutines: Option<Goroutines>,
    pub(super) sites: Vec<Site>,
}

impl Planner<'_> {
    /// Plans `func`, whose instructions that matter are `instructions`. The second result is the call site of each
    /// of its slots.
    pub(super) fn function(
        &mut self,
        func: FuncIndex,
        instructions: &[Instruction],
        check: EntryCheck,
        allocator: Option<AllocatorProbe>,
        regions: &Regions,
    ) -> (FunctionPlan, Vec<Option<CodeOffset>>) {
        let slots = Slots::new(self, instructions);
        let count = |(number, region): (usize, &Region)| {
            let at = regions.ranges(region).first().map_or(0, |range| range.0);
            Point { at, length: 0, action: Action::Count(number as u32) }
        };
        // The first region is counted with the calls.
        let mut points: Vec<_> = regions.of(func).iter().skip(1).enumerate().map(count).collect();
        let mut counters = points.len() as u32;
        for (at, instruction) in instructions.iter().enumerate() {
            let event = self.event(func, instruction);
            let actions = [
                slots.of_instruction.get(&at).copied().map(Action::SetSlot),
                access(self.measures, instruction.op),
                event,
                self.resumption(func, instruction),
                leave(instruction, allocator, event),
            ];
            let Instruction { at, length, .. } = *instruction;
            points.extend(actions.into_iter().flatten().map(|action| Point { at, length, action }));
        }
        // Stable: at one instruction the counter comes first.
        points.sort_by_key(|point| point.at);
        if points.iter().any(|point| matches!(point.action, Action::CountBytes { .. })) {
            counters += 1;
        }
        let (count, counts_calls) = (slots.call_sites.len() as u32, everything_counts(self.measures));
        let has_context = self.graph.reaches(func);
        let plan = FunctionPlan {
            func,
            check,
            points,
            allocator,
            is_collector: false,
            slots: count,
            counts_calls,
            counters,
            has_context,
        };
        (plan, slots.call_sites)
    }

    /// The event that happens at an instruction.
    fn event(&mut self, func: FuncIndex, instruction: &Instruction) -> Option<Action> {
        match instruction.op {
            Op::Grow(memory) if self.measures.has(Measure::Growth) => {
                let memory64 = self.index.memories().get(memory as usize)?.memory64;
                // No valid module has more memories than that.
                let index = u8::try_from(memory).ok()?;
                let site = self.site(func, instruction, SiteKind::Grow(MemoryIndex(memory)));
                Some(Action::Grow { site, memory: index, memory64 })
            }
            Op::SetStack => Some(Action::SetStack),
            Op::Bulk(bulk) if self.measures.has(Measure::Instructions) => {
                Some(Action::CountBytes { wide: bulk.wide[2] })
            }
            Op::Call(import) | Op::TailCall(import) if self.measures.has(Measure::Boundary) => {
                let item = self.index.function(import)?.import?;
                // Behind a tail call that was made a call, a handler would catch what it must not.
                let is_seen = !(instruction.is_guarded && matches!(instruction.op, Op::TailCall(_)));
                let bytes = abi::byte_count(self.index.imports().get(item)?).filter(|_| is_seen);
                let kind = SiteKind::Import { import, bytes: bytes.map(|bytes| bytes.rule) };
                Some(Action::Cross { site: self.site(func, instruction, kind), bytes })
            }
            _ => None,
        }
    }

    /// What is to be told of the goroutine that goes on at an instruction.
    fn resumption(&self, func: FuncIndex, instruction: &Instruction) -> Option<Action> {
        let sp = self.goroutines.as_ref()?.resumption_at(func, CodeOffset(instruction.at))?;
        Some(Action::Resume { sp })
    }

    /// Adds a site and gives its id.
    fn site(&mut self, func: FuncIndex, instruction: &Instruction, kind: SiteKind) -> u32 {
        self.sites.push(Site { func, offset: CodeOffset(instruction.at), kind });
        self.sites.len() as u32
    }
}

/// Does every function need a context, whatever happens in it?
pub(super) fn everything_counts(measures: MeasureSet) -> bool {
    measures.has(Measure::Calls) || measures.has(Measure::Instructions)
}

/// Is this an instruction at which an event happens?
pub(super) fn is_event(index: &ModuleIndex, measures: MeasureSet, op: Op) -> bool {
    match op {
        Op::Grow(_) => measures.has(Measure::Growth),
        Op::SetStack => true,
        Op::Call(func) | Op::TailCall(func) => {
            measures.has(Measure::Boundary) && func.index() < index.imported_function_count()
        }
        _ => false,
    }
}

/// The access of the first memory that an instruction makes, where accesses are counted.
pub(super) fn access(measures: MeasureSet, op: Op) -> Option<Action> {
    match op {
        Op::Access { offset, kind } => Some(Action::Access { offset, kind }),
        Op::Bulk(bulk) if measures.has(Measure::Access) => {
            (bulk.writes || bulk.reads).then_some(Action::BulkAccess(bulk))
        }
        _ => None,
    }
}

/// What leaves an allocator must come by its end, and what a crossing answers must be seen.
fn leave(
    instruction: &Instruction,
    allocator: Option<AllocatorProbe>,
    event: Option<Action>,
) -> Option<Action> {
    let depth = instruction.depth;
    let is_answered = matches!(event, Some(Action::Cross { bytes: Some(_), .. }));
    match instruction.op {
        Op::Return if allocator.is_some() => Some(Action::Return { depth }),
        Op::TailCall(_) | Op::TailCallIndirect(_) if allocator.is_some() || is_answered => {
            Some(Action::TailCall { depth })
        }
        _ => None,
    }
}

/// Which slot each call of a function uses. Those of indirect calls come first: they are missed more often, and a
/// miss looks for the node's tag from the slot downwards.
#[derive(Default)]
struct Slots {
    of_instruction: FxHashMap<usize, u32>,
    call_sites: Vec<Option<CodeOffset>>,
}

impl Slots {
    fn new(planner: &Planner<'_>, instructions: &[Instruction]) -> Slots {
        let (mut direct, mut indirect) = (Vec::new(), Vec::new());
        for (at, instruction) in instructions.iter().enumerate() {
            match planner.graph.entry(planner.index, instruction.op) {
                Entry::None => {}
                Entry::Direct(callee) => direct.push((at, callee)),
                Entry::Indirect => indirect.push(at),
            }
        }
        let shared = direct.len() + indirect.len() > MOST_SLOTS_PER_SITE;
        let mut slots = Slots::default();
        for at in indirect {
            let last = slots.call_sites.len().min(MOST_INDIRECT_SLOTS - 1);
            slots.assign(at, last as u32, &instructions[at]);
        }
        let mut of_callee = FxHashMap::default();
        for (at, callee) in direct {
            let next = slots.call_sites.len() as u32;
            let slot = if shared { *of_callee.entry(callee).or_insert(next) } else { next };
            slots.assign(at, slot, &instructions[at]);
        }
        slots
    }

    /// The call at `instruction` uses `slot`. A slot that is used twice has no call site.
    fn assign(&mut self, instruction: usize, slot: u32, Instruction { at, .. }: &Instruction) {
        match self.call_sites.get_mut(slot as usize) {
            Some(call_site) => *call_site = None,
            None => self.call_sites.push(Some(CodeOffset(*at))),
        }
        self.of_instruction.insert(instruction, slot);
    }
}

/// The imports that can be called other than by an instruction that names them.
pub(super) fn escaping_imports(index: &ModuleIndex, graph: &CallGraph) -> Vec<FuncIndex> {
    let exported = |func| {
        let mut exports = index.exports().iter();
        exports.any(|e| e.kind == wasmscope_symbolize::ExportKind::Function && FuncIndex(e.index) == func)
    };
    let imports = index.imports().iter().filter_map(|import| match import.kind {
        ImportKind::Function { index, .. } => Some(index),
        _ => None,
    });
    imports.filter(|func| graph.is_taken(*func) || exported(*func)).collect()
}
