//! Rewrites one function body: what lies between two points is copied as it is.

use super::indices::Indices;
use super::inject::Injector;
use super::locals::Locals;
use crate::offsets::OffsetMap;
use crate::plan::{Action, FunctionPlan, Point};
use wasm_encoder::{Encode, InstructionSink};
use wasmscope_symbolize::FuncType;

/// A rewritten body, without its size field. One serves for all functions, so that its room is used again.
#[derive(Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// From offsets in `bytes` to offsets in the original code section.
    pub(super) offsets: OffsetMap,
    /// Where in `bytes` the `if` of ours is that is hardly ever taken.
    pub(super) cold: Option<u32>,
}

/// The original of a body.
pub(super) struct Original<'a> {
    /// The code section's contents.
    pub(super) code: &'a [u8],
    /// Where in it the body's first group of locals, its first instruction, and its end are.
    pub(super) groups_start: u32,
    pub(super) code_start: u32,
    pub(super) end: u32,
    /// Where the body starts: the number of groups.
    pub(super) start: u32,
    pub(super) groups: u32,
    /// How many locals there are, parameters counted.
    pub(super) locals: u32,
}

impl Body {
    /// Becomes the body with all that `plan` says.
    pub(super) fn rewrite(
        &mut self,
        original: &Original<'_>,
        plan: &FunctionPlan,
        ty: &FuncType,
        indices: &Indices,
    ) {
        let locals =
            Locals::new(plan, ty, original.locals, indices.accesses.is_some_and(|accesses| accesses.wide));
        let injector = Injector { indices, locals: &locals, plan };
        self.bytes.clear();
        self.offsets.clear();
        self.injected(original.start, |out| (original.groups + locals.groups()).encode(out));
        self.copied(original, original.groups_start, original.code_start);
        let mut cold = None;
        self.injected(original.start, |out| {
            locals.encode(out);
            cold = injector.find_node(out);
        });
        self.cold = cold.map(|at| at as u32);
        // For the first instruction: what ends at the body's first byte was not counted as entered yet.
        self.injected(original.code_start, |out| injector.open_allocator(out));
        let mut copied_to = original.code_start;
        for points in plan.points.chunk_by(|a, b| a.at == b.at) {
            copied_to = self.instruction(original, &injector, points, copied_to);
        }
        self.copied(original, copied_to, original.end);
        if plan.allocator.is_some() {
            // The body's last instruction is its `end`.
            self.injected(original.end.saturating_sub(1), |out| injector.exit(out));
        }
    }

    /// The code up to one instruction, the instruction, and what `points` put around it. Gives where the rest
    /// begins.
    fn instruction(
        &mut self,
        original: &Original<'_>,
        injector: &Injector<'_>,
        points: &[Point],
        copied_to: u32,
    ) -> u32 {
        let Some(at) = points.first().map(|point| point.at) else { return copied_to };
        let end = at + points.iter().map(|point| u32::from(point.length)).max().unwrap_or(0);
        self.copied(original, copied_to, at);
        self.injected(at, |out| points.iter().for_each(|point| injector.before(point.action, out)));
        match points.iter().find_map(|point| instead(point.action)) {
            Some(Instead::Branch(depth)) => self.injected(at, |out| {
                InstructionSink::new(out).br(depth);
            }),
            Some(Instead::Call) => self.called(original, at, end),
            None => self.copied(original, at, end),
        }
        self.injected(at, |out| points.iter().for_each(|point| injector.after(point.action, out)));
        end
    }

    /// A tail call, made a call: the opcode is another one, the operands are the same.
    fn called(&mut self, original: &Original<'_>, at: u32, end: u32) {
        const TAIL_CALL_REF: u8 = 0x15;
        self.injected(at, |out| {
            let opcode = original.code.get(at as usize).copied().unwrap_or_default();
            // return_call, return_call_indirect and return_call_ref stand right behind what they end in a call of.
            let distance = if opcode == TAIL_CALL_REF { 1 } else { 2 };
            out.push(opcode.wrapping_sub(distance));
        });
        self.copied(original, at + 1, end);
    }

    fn copied(&mut self, original: &Original<'_>, from: u32, to: u32) {
        self.offsets.copied(self.bytes.len() as u32, from);
        self.bytes.extend_from_slice(original.code.get(from as usize..to as usize).unwrap_or_default());
    }

    fn injected(&mut self, original: u32, write: impl FnOnce(&mut Vec<u8>)) {
        self.offsets.injected(self.bytes.len() as u32, original);
        write(&mut self.bytes);
    }
}

enum Instead {
    Branch(u32),
    Call,
}

fn instead(action: Action) -> Option<Instead> {
    match action {
        Action::Return { depth } => Some(Instead::Branch(depth)),
        Action::TailCall { .. } => Some(Instead::Call),
        Action::SetSlot(_)
        | Action::Cross { .. }
        | Action::Resume { .. }
        | Action::Grow { .. }
        | Action::SetStack
        | Action::Count(_)
        | Action::CountBytes { .. }
        | Action::Access { .. }
        | Action::BulkAccess(_) => None,
    }
}
