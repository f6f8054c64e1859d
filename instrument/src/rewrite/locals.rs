//! The locals that are added to a function.

use crate::plan::{Action, FunctionPlan};
use wasm_encoder::{Encode, ValType};
use wasmscope_symbolize::FuncType;

/// A local of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    pub(super) index: u32,
    pub(super) ty: ValType,
}

/// What goes into a `memory.grow` and what comes out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GrowLocals {
    pub(super) asked: u32,
    pub(super) got: u32,
}

/// The locals that are added to a function, behind its own. Those that nothing in the function needs are not
/// declared, and their index here is of no meaning.
#[derive(Clone, Debug, Default)]
pub(super) struct Locals {
    /// The function's calling-context node.
    pub(super) me: u32,
    grow32: GrowLocals,
    grow64: GrowLocals,
    bytes32: u32,
    bytes64: u32,
    /// The argument of a crossing that is looked at, and the one behind it.
    pub(super) arguments: [u32; 2],
    /// An allocator's parameters, in the order of [`crate::allocators::AllocatorShape::params`].
    pub(super) saved: Vec<Local>,
    /// An allocator's result.
    pub(super) result: Option<Local>,
    declared: Vec<ValType>,
    first: u32,
}

impl Locals {
    /// The locals for `plan`; `first` is the first free index of a function of type `ty`.
    pub(super) fn new(plan: &FunctionPlan, ty: &FuncType, first: u32) -> Locals {
        let mut locals = Locals { first, ..Locals::default() };
        locals.me = locals.add(ValType::I32);
        let has = |wanted: fn(Action) -> bool| plan.points.iter().any(|point| wanted(point.action));
        if has(|action| matches!(action, Action::Grow { memory64: false, .. })) {
            locals.grow32 = locals.add_grow(ValType::I32);
        }
        if has(|action| matches!(action, Action::Grow { memory64: true, .. })) {
            locals.grow64 = locals.add_grow(ValType::I64);
        }
        if has(|action| matches!(action, Action::Cross { bytes: Some(_), .. })) {
            locals.arguments = [locals.add(ValType::I32), locals.add(ValType::I32)];
        }
        if has(|action| matches!(action, Action::CountBytes { wide: false })) {
            locals.bytes32 = locals.add(ValType::I32);
        }
        if has(|action| matches!(action, Action::CountBytes { wide: true })) {
            locals.bytes64 = locals.add(ValType::I64);
        }
        let params = plan.allocator.map_or_else(Vec::new, |shape| shape.params());
        for param in params.into_iter().filter_map(|param| ty.params.get(param as usize)) {
            let saved = locals.add_word(param);
            locals.saved.push(saved);
        }
        if plan.allocator.is_some() {
            locals.result = ty.results.first().map(|result| locals.add_word(result));
        }
        locals
    }

    /// The locals around a `memory.grow`.
    pub(super) fn grow(&self, memory64: bool) -> &GrowLocals {
        if memory64 { &self.grow64 } else { &self.grow32 }
    }

    /// How many bytes are moved in bulk.
    pub(super) fn bytes(&self, wide: bool) -> u32 {
        if wide { self.bytes64 } else { self.bytes32 }
    }

    /// How many groups [`Locals::encode`] writes.
    pub(super) fn groups(&self) -> u32 {
        self.declared.len() as u32
    }

    /// Writes the declarations.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for ty in &self.declared {
            1u32.encode(out);
            ty.encode(out);
        }
    }

    fn add(&mut self, ty: ValType) -> u32 {
        self.declared.push(ty);
        self.first + self.declared.len() as u32 - 1
    }

    fn add_grow(&mut self, ty: ValType) -> GrowLocals {
        GrowLocals { asked: self.add(ty), got: self.add(ty) }
    }

    /// A local for an integer of 32 or 64 bits, as allocators have no others.
    fn add_word(&mut self, ty: &wasmscope_symbolize::ValType) -> Local {
        let ty = if *ty == wasmscope_symbolize::ValType::I64 { ValType::I64 } else { ValType::I32 };
        Local { index: self.add(ty), ty }
    }
}
