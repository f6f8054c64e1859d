//! What a plan injects into each function, for people.

use super::Plan;
use super::function::{Action, EntryCheck, FunctionPlan};
use crate::recording::HeapOp;
use wasmscope_symbolize::FuncIndex;

/// What is injected into one function, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionProbes {
    /// The function.
    pub func: FuncIndex,
    /// Can it be entered through a table or a reference? Then it checks whether the context it was given is its own.
    pub by_reference: bool,
    /// Is each entry counted?
    pub counts_entries: bool,
    /// Calls, each told apart or not, that lead to something that is measured.
    pub calls: u32,
    /// Calls of imports.
    pub crossings: u32,
    /// `memory.grow` instructions.
    pub growths: u32,
    /// Instructions whose accesses of memory are counted.
    pub accesses: u32,
    /// Counters of instructions.
    pub counters: u32,
    /// Instructions whose bytes are counted.
    pub bulk: u32,
    /// Instructions that set the stack pointer.
    pub stack_sets: u32,
    /// What it does if it is an allocator.
    pub allocator: Option<HeapOp>,
}

impl Plan {
    /// The functions that get probes, in the order of their indices. The others stay as they are.
    pub fn functions(&self) -> impl Iterator<Item = FunctionProbes> {
        self.functions.iter().map(FunctionProbes::of)
    }
}

impl FunctionProbes {
    fn of(plan: &FunctionPlan) -> FunctionProbes {
        let count = |wanted: fn(Action) -> bool| {
            plan.points.iter().filter(|point| wanted(point.action)).count() as u32
        };
        FunctionProbes {
            func: plan.func,
            by_reference: plan.check == EntryCheck::Tag,
            counts_entries: plan.counts_calls,
            calls: count(|action| matches!(action, Action::SetSlot(_))),
            crossings: count(|action| matches!(action, Action::Cross { .. })),
            growths: count(|action| matches!(action, Action::Grow { .. })),
            accesses: count(|action| matches!(action, Action::Access { .. } | Action::BulkAccess(_))),
            counters: count(|action| matches!(action, Action::Count(_))),
            bulk: count(|action| matches!(action, Action::CountBytes { .. })),
            stack_sets: count(|action| matches!(action, Action::SetStack)),
            allocator: plan.allocator.map(|probe| probe.shape.op()),
        }
    }
}
