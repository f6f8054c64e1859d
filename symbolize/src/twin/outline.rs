//! What is kept of all functions of a build, and who calls whom.

use super::Build;
use super::lists::Lists;
use super::traits::{Reader, Traits};
use crate::ids::FuncIndex;
use crate::module::Function;

/// The functions of a build.
pub(super) struct Outline<'a> {
    pub(super) build: Build<'a>,
    shapes: Vec<Option<u64>>,
    codes: Vec<u64>,
    marks: Lists,
    /// As the code has them.
    calls: Lists,
    /// Of each function the one that its calls go to.
    stand_ins: Vec<u32>,
    callees: Lists,
    callers: Lists,
    /// How many calls of each function there are.
    sites: Vec<u32>,
}

impl<'a> Outline<'a> {
    /// Reads all code once.
    pub(super) fn read(build: Build<'a>) -> Outline<'a> {
        let functions = build.module.functions();
        let mut outline = Outline {
            build,
            shapes: Vec::with_capacity(functions.len()),
            codes: Vec::with_capacity(functions.len()),
            marks: Lists::default(),
            calls: Lists::default(),
            stand_ins: Vec::new(),
            callees: Lists::default(),
            callers: Lists::default(),
            sites: Vec::new(),
        };
        let mut reader = Reader::new(build);
        for function in functions {
            let Traits { shape, code, marks, calls } = reader.read(function).unwrap_or_default();
            outline.shapes.push(shape);
            outline.codes.push(code);
            outline.marks.push(&marks);
            outline.calls.push(&calls);
        }
        outline.call_instead((0..functions.len() as u32).collect());
        outline
    }

    /// Makes the graph of calls as if another function was called instead of each one; those without calls of their
    /// own are gone then. A function that stands for others stands for itself.
    pub(super) fn call_instead(&mut self, stand_ins: Vec<u32>) {
        self.stand_ins = stand_ins;
        self.sites = vec![0; self.stand_ins.len()];
        self.callees = Lists::default();
        for at in 0..self.stand_ins.len() {
            let here = if self.stand_in(at as u32) == at as u32 { self.calls.get(at) } else { &[] };
            let mut callees: Vec<u32> = here.iter().map(|callee| self.stand_in(*callee)).collect();
            for callee in &callees {
                if let Some(sites) = self.sites.get_mut(*callee as usize) {
                    *sites = sites.saturating_add(1);
                }
            }
            callees.sort_unstable();
            callees.dedup();
            self.callees.push(&callees);
        }
        self.callers = self.callees.inverse();
    }

    pub(super) fn stand_in(&self, function: u32) -> u32 {
        self.stand_ins.get(function as usize).copied().unwrap_or(function)
    }

    /// Whether the function has code and no other one stands for it.
    pub(super) fn is_there(&self, function: FuncIndex) -> bool {
        let has_code = self.function(function).is_some_and(|function| function.body.is_some());
        has_code && self.stand_in(function.0) == function.0
    }

    pub(super) fn len(&self) -> usize {
        self.shapes.len()
    }

    pub(super) fn function(&self, index: FuncIndex) -> Option<&'a Function> {
        self.build.module.function(index)
    }

    pub(super) fn shape(&self, function: FuncIndex) -> Option<u64> {
        self.shapes.get(function.index()).copied().flatten()
    }

    pub(super) fn code(&self, function: FuncIndex) -> Option<u64> {
        self.codes.get(function.index()).copied()
    }

    /// The functions that its code calls, each as often as it does, whatever stands for them.
    pub(super) fn code_calls(&self, function: FuncIndex) -> &[u32] {
        self.calls.get(function.index())
    }

    /// Sorted, each once.
    pub(super) fn marks(&self, function: FuncIndex) -> &[u32] {
        self.marks.get(function.index())
    }

    /// Sorted, each once.
    pub(super) fn callees(&self, function: FuncIndex) -> &[u32] {
        self.callees.get(function.index())
    }

    /// Sorted, each once.
    pub(super) fn callers(&self, function: FuncIndex) -> &[u32] {
        self.callers.get(function.index())
    }

    pub(super) fn calls(&self, caller: FuncIndex, callee: FuncIndex) -> bool {
        self.callees(caller).binary_search(&callee.0).is_ok()
    }

    /// How many calls of it there are.
    pub(super) fn sites(&self, function: FuncIndex) -> u32 {
        self.sites.get(function.index()).copied().unwrap_or(0)
    }

    /// Whether it can be reached otherwise than by calls.
    pub(super) fn is_taken(&self, function: FuncIndex) -> bool {
        let module = self.build.module;
        module.address_taken().binary_search(&function).is_ok() || module.start() == Some(function)
    }

    /// The only function that calls it, in only one place: optimisers inline it there.
    pub(super) fn sole_caller(&self, function: FuncIndex) -> Option<FuncIndex> {
        let is_sole = self.sites(function) == 1 && self.is_there(function) && !self.is_taken(function);
        let caller = FuncIndex(*self.callers(function).first()?);
        (is_sole && caller != function).then_some(caller)
    }

    /// How many functions are called in only one place.
    pub(super) fn sole_count(&self) -> usize {
        let functions = self.build.defined().iter();
        functions.filter(|function| self.sole_caller(function.index).is_some()).count()
    }
}
