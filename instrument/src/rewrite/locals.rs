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
    /// The address of the counters of the function's node.
    pub(super) counters: u32,
    grow32: GrowLocals,
    grow64: GrowLocals,
    bytes32: u32,
    bytes64: u32,
    /// The address of an access, and what is on the stack above it, by place and type.
    pub(super) address: u32,
    /// The address of its line's counters.
    pub(super) counter: u32,
    operands: Vec<(usize, ValType, u32)>,
    /// The operands of an instruction that moves many bytes.
    bulk: Vec<(usize, bool, u32)>,
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
    /// The locals for `plan`, from the first free index of a function of type `ty` on. `wide_addresses` says of which
    /// width the addresses of counted accesses are.
    pub(super) fn new(plan: &FunctionPlan, ty: &FuncType, first: u32, wide_addresses: bool) -> Locals {
        let mut locals = Locals { first, ..Locals::default() };
        if plan.has_context {
            locals.me = locals.add(ValType::I32);
        }
        if plan.counters > 0 {
            locals.counters = locals.add(ValType::I32);
        }
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
        locals.add_accesses(plan, wide_addresses);
        let params = plan.allocator.map_or_else(Vec::new, |probe| probe.shape.params());
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

    fn add_accesses(&mut self, plan: &FunctionPlan, wide_addresses: bool) {
        let accesses = plan.points.iter().filter_map(|point| match point.action {
            Action::Access { kind, .. } => Some(kind),
            _ => None,
        });
        for (at, kind) in accesses.enumerate() {
            if at == 0 {
                self.address = self.add(word_type(wide_addresses));
                self.counter = self.add(ValType::I32);
            }
            for (place, ty) in kind.operands().iter().enumerate() {
                if self.operand(place, *ty).is_none() {
                    let local = self.add(*ty);
                    self.operands.push((place, *ty, local));
                }
            }
        }
        let bulks = plan.points.iter().filter_map(|point| match point.action {
            Action::BulkAccess(bulk) => Some(bulk),
            _ => None,
        });
        for (place, wide) in bulks.flat_map(|bulk| bulk.wide.into_iter().enumerate()) {
            if self.bulk(place, wide).is_none() {
                let local = self.add(word_type(wide));
                self.bulk.push((place, wide, local));
            }
        }
    }

    /// The local for the operand of an access at a place above the address.
    pub(super) fn operand(&self, place: usize, ty: ValType) -> Option<u32> {
        let mut operands = self.operands.iter();
        operands.find(|known| (known.0, known.1) == (place, ty)).map(|known| known.2)
    }

    /// The local for the operand at a place of an instruction that moves many bytes.
    pub(super) fn bulk(&self, place: usize, wide: bool) -> Option<u32> {
        self.bulk.iter().find(|known| (known.0, known.1) == (place, wide)).map(|known| known.2)
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

fn word_type(wide: bool) -> ValType {
    if wide { ValType::I64 } else { ValType::I32 }
}
