//! The sequences that are injected into the module's own functions.
//!
//! ```wat
//! ;; at entry                                     ;; in front of a call
//! (local.set $me (i32.load (global.get $slot)))   (global.set $slot (i32.add (local.get $me) (i32.const SLOT)))
//! (if (node is not mine)
//!   (then (local.set $me (call $miss TAG SHAPE COUNTERS))))
//! ;; where instructions are counted               ;; in front of a region but the first
//! (local.set $counters (the bytes in front of $me)) (i64.store COUNTER (i64.add (i64.load COUNTER) (i64.const 1)))
//! ;; where calls or instructions are counted
//! (i64.store CALLS (i64.add (i64.load CALLS) (i64.const 1)))
//!
//! ;; in front of the call of an import            ;; behind a memory.grow, whose operand was kept in $asked
//! (i32.store CONTEXT (local.get $me))             (local.tee $got)
//! (i32.store SITE (i32.const id))                 (call $emit kind $me pages_before $asked id)
//! ;; behind it, where its bytes are counted
//! (local.tee $errno)
//! (i32.store ANSWERS (i32.add (i32.load ANSWERS) (i32.eqz (local.get $errno))))
//!
//! ;; behind what sets the pointer of the shadow stack
//! (i32.store STACK (global.get $sp))
//! (if (i32.lt_u (global.get $sp) (global.get $lowest)) (then (call $lower $me)))
//!
//! ;; in front of the call that goes on with a goroutine of Go's
//! (i32.store SP (global.get $sp))
//! (i32.store16 PC (i32.load16_u (i32.sub (global.get $sp) (i32.const 8))))
//! (i32.store PC+2 (i32.load offset=2 (i32.sub (global.get $sp) (i32.const 8))))
//!
//! ;; an allocator's body
//! (local.set $saved (local.get 0)) ...
//! (block (result i32) the old body)
//! (local.tee $result)
//! (if (the node is not nested)
//!   (then (call $alloc $me new size)))           ;; or $free, or $realloc
//! ```

use super::indices::Indices;
use super::locals::{GrowLocals, Local, Locals};
use crate::allocators::{AllocatorProbe, AllocatorShape};
use crate::plan::{Action, EntryCheck, FunctionPlan};
use crate::probes::layout::{Width, events, kind, node};
use wasm_encoder::{BlockType, InstructionSink, MemArg, ValType};

/// Writes the sequences for one function.
pub(super) struct Injector<'a> {
    pub(super) indices: &'a Indices,
    pub(super) locals: &'a Locals,
    pub(super) plan: &'a FunctionPlan,
}

/// An access to a word at `offset` behind the address on the stack.
pub(super) fn word(memory_index: u32, offset: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align: 2, memory_index }
}

/// The same for a word of 16 bits.
fn half(memory_index: u32, offset: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align: 1, memory_index }
}

/// The same for a word of 64 bits.
pub(super) fn long(memory_index: u32, offset: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align: 3, memory_index }
}

impl Injector<'_> {
    /// What stands in front of the body: the function finds its node, and counts that it was entered. Gives where in
    /// `out` the `if` is that is hardly ever taken.
    pub(super) fn find_node(&self, out: &mut Vec<u8>) -> Option<usize> {
        self.plan.has_context.then(|| {
            self.look_up_node(&mut InstructionSink::new(out));
            let cold = out.len();
            self.miss_node(&mut InstructionSink::new(out));
            cold
        })
    }

    fn tag(&self) -> i32 {
        (self.plan.func.0 | node::TAGGED) as i32
    }

    /// Pushes whether the node that the caller has for the call is not the function's own.
    fn look_up_node(&self, code: &mut InstructionSink<'_>) {
        let (indices, me) = (self.indices, self.locals.me);
        code.global_get(indices.slot).i32_load(word(indices.contexts, 0)).local_tee(me);
        match self.plan.check {
            EntryCheck::Null => code.i32_eqz(),
            EntryCheck::Tag => {
                code.i32_load(word(indices.contexts, node::TAG)).i32_const(self.tag()).i32_ne()
            }
        };
    }

    fn miss_node(&self, code: &mut InstructionSink<'_>) {
        let me = self.locals.me;
        code.if_(BlockType::Empty);
        code.i32_const(self.tag())
            .i32_const(self.shape())
            .i32_const(8 * self.plan.counters as i32)
            .call(self.indices.miss)
            .local_set(me)
            .end();
        if self.plan.counters > 0 {
            code.local_get(me).i32_const(8 * self.plan.counters as i32).i32_sub();
            code.local_set(self.locals.counters);
        }
        if self.plan.counts_calls {
            self.add_to(code, me, node::CALLS, |code| {
                code.i64_const(1);
            });
        }
    }

    /// The bytes of a node, and in the top bits whether the function is an allocator or a collector.
    fn shape(&self) -> i32 {
        let allocator = if self.plan.allocator.is_some() { node::ALLOCATOR_SHAPE } else { 0 };
        let collector = if self.plan.is_collector { node::COLLECTOR_SHAPE } else { 0 };
        (node::size(self.plan.slots) | allocator | collector) as i32
    }

    /// Adds to a word of 64 bits at `offset` behind `base`.
    fn add_to(
        &self,
        code: &mut InstructionSink<'_>,
        base: u32,
        offset: u32,
        what: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let word = long(self.indices.contexts, offset);
        code.local_get(base).local_get(base).i64_load(word);
        what(code);
        code.i64_add().i64_store(word);
    }

    /// What stands in front of an instruction.
    pub(super) fn before(&self, action: Action, out: &mut Vec<u8>) {
        let code = &mut InstructionSink::new(out);
        match action {
            Action::SetSlot(slot) => {
                code.local_get(self.locals.me).i32_const((node::SLOTS + 4 * slot) as i32).i32_add();
                code.global_set(self.indices.slot);
            }
            Action::Cross { site, bytes } => {
                if let Some(count) = bytes {
                    self.keep_argument(code, count.before_last);
                }
                self.announce(code, site);
            }
            Action::Resume { sp } => self.tell_resumed(code, sp),
            Action::Grow { memory64, .. } => {
                code.local_tee(self.locals.grow(memory64).asked);
            }
            Action::Count(number) => self.add_to(code, self.locals.counters, 8 * number, |code| {
                code.i64_const(1);
            }),
            Action::CountBytes { wide } => {
                code.local_tee(self.locals.bytes(wide));
            }
            Action::Access { kind, .. } => self.keep_operands(code, kind),
            Action::BulkAccess(bulk) => self.keep_bulk(code, bulk),
            Action::Return { .. } | Action::TailCall { .. } | Action::SetStack => {}
        }
    }

    /// The loads are those that the loop itself makes: they trap nowhere else.
    fn tell_resumed(&self, code: &mut InstructionSink<'_>, sp: u32) {
        let below = |code: &mut InstructionSink<'_>| {
            code.i32_const(0).global_get(sp).i32_const(8).i32_sub();
        };
        let (place, slot) = (half(0, 0), MemArg { align: 1, ..word(0, 2) });
        code.i32_const(0).global_get(sp).i32_store(word(self.indices.events, events::RESUMED_SP));
        below(code);
        code.i32_load16_u(place).i32_store16(half(self.indices.events, events::RESUMED_PC));
        below(code);
        let upper = MemArg { align: 1, ..word(self.indices.events, events::RESUMED_PC + 2) };
        code.i32_load(slot).i32_store(upper);
    }

    fn announce(&self, code: &mut InstructionSink<'_>, site: u32) {
        let memory = self.indices.events;
        code.i32_const(0).local_get(self.locals.me).i32_store(word(memory, events::CONTEXT));
        code.i32_const(0).i32_const(site as i32).i32_store(word(memory, events::SITE));
    }

    /// Stores the call's last argument, or the one before it, for the host.
    fn keep_argument(&self, code: &mut InstructionSink<'_>, before_last: bool) {
        let [argument, last] = self.locals.arguments;
        if before_last {
            code.local_set(last);
        }
        code.local_tee(argument).i32_const(0).local_get(argument).i64_extend_i32_u();
        code.i64_store(long(self.indices.events, events::ARGUMENT));
        if before_last {
            code.local_get(last);
        }
    }

    /// The call's result is an error number: 0 says that the bytes crossed.
    fn count_answer(&self, code: &mut InstructionSink<'_>) {
        let ([errno, _], answers) = (self.locals.arguments, word(self.indices.events, events::ANSWERS));
        code.local_tee(errno).i32_const(0).i32_const(0).i32_load(answers);
        code.local_get(errno).i32_eqz().i32_add().i32_store(answers);
    }

    /// What stands behind an instruction.
    pub(super) fn after(&self, action: Action, out: &mut Vec<u8>) {
        let code = &mut InstructionSink::new(out);
        match action {
            Action::Grow { site, memory, memory64 } => self.grown(code, site, u32::from(memory), memory64),
            Action::TailCall { depth } => {
                code.br(depth);
            }
            Action::Cross { bytes: Some(_), .. } => self.count_answer(code),
            Action::CountBytes { wide } => self.count_bytes(code, wide),
            Action::SetStack => self.tell_stack(code),
            Action::Access { offset, kind } => self.count_access(code, offset, kind),
            Action::BulkAccess(bulk) => self.count_bulk(code, bulk),
            Action::SetSlot(_)
            | Action::Cross { bytes: None, .. }
            | Action::Resume { .. }
            | Action::Return { .. }
            | Action::Count(_) => {}
        }
    }

    fn tell_stack(&self, code: &mut InstructionSink<'_>) {
        let Some(stack) = self.indices.stack else { return };
        let told = events::STACK;
        code.i32_const(0).global_get(stack.pointer);
        if stack.wide {
            code.i64_store(long(self.indices.events, told));
        } else {
            code.i32_store(word(self.indices.events, told));
        }
        code.global_get(stack.pointer).global_get(stack.lowest);
        if stack.wide {
            code.i64_lt_u();
        } else {
            code.i32_lt_u();
        }
        code.if_(BlockType::Empty).local_get(self.locals.me).call(stack.lower).end();
    }

    /// The bytes were moved: if they could not be, the instruction has trapped.
    fn count_bytes(&self, code: &mut InstructionSink<'_>, wide: bool) {
        let last = self.plan.counters.saturating_sub(1);
        self.add_to(code, self.locals.counters, 8 * last, |code| {
            code.local_get(self.locals.bytes(wide));
            if !wide {
                code.i64_extend_i32_u();
            }
        });
    }

    fn grown(&self, code: &mut InstructionSink<'_>, site: u32, memory: u32, memory64: bool) {
        let GrowLocals { asked, got } = *self.locals.grow(memory64);
        let ty = if memory64 { ValType::I64 } else { ValType::I32 };
        let refused = |code: &mut InstructionSink<'_>| {
            code.local_get(got);
            if memory64 {
                code.i64_const(-1).i64_eq()
            } else {
                code.i32_const(-1).i32_eq()
            };
        };
        code.local_tee(got);
        // GROW and REFUSED follow each other.
        refused(code);
        code.i32_const(kind::GROW as i32).i32_add().local_get(self.locals.me);
        // A refused growth leaves the size as it was.
        code.memory_size(memory).local_get(got);
        refused(code);
        code.select();
        self.as_word(code, ty);
        code.local_get(asked);
        self.as_word(code, ty);
        code.i32_const(site as i32);
        self.as_word(code, ValType::I32);
        code.call(self.indices.emit);
    }

    /// Saves what the parameters tell, since the body may overwrite them, and opens the block around the body.
    pub(super) fn open_allocator(&self, out: &mut Vec<u8>) {
        let Some(probe) = self.plan.allocator else { return };
        let code = &mut InstructionSink::new(out);
        let saved = &self.locals.saved;
        for (param, saved) in probe.shape.params().into_iter().zip(saved) {
            code.local_get(param).local_set(saved.index);
        }
        match (probe.shape, self.locals.result) {
            (AllocatorShape::Free { .. }, _) => {
                self.if_outermost(code);
                code.local_get(self.locals.me);
                self.saved(code, 0);
                self.add(code, probe.shift.into());
                code.call(self.indices.free).end();
            }
            (AllocatorShape::Trace { .. }, None) => self.traced(code, None),
            (AllocatorShape::Resize { .. }, None) => {
                self.if_outermost(code);
                self.resized_block(code, probe);
                code.end();
            }
            _ => {}
        }
        code.block(self.locals.result.map_or(BlockType::Empty, |result| BlockType::Result(result.ty)));
    }

    /// What stands behind the body of an allocator, whose own `end` closes the block around it.
    pub(super) fn exit(&self, out: &mut Vec<u8>) {
        let code = &mut InstructionSink::new(out);
        if let (Some(probe), Some(result)) = (self.plan.allocator, self.locals.result) {
            code.local_tee(result.index);
            if let AllocatorShape::Trace { .. } = probe.shape {
                self.traced(code, Some(result));
                code.end();
                return;
            }
            self.if_outermost(code);
            match probe.shape {
                AllocatorShape::AllocInto { .. } => self.stored_block(code, result.index, result.ty),
                AllocatorShape::Resize { .. } | AllocatorShape::Remap { .. } => {
                    self.if_not_zero(code, result);
                    match probe.shape {
                        AllocatorShape::Remap { .. } => self.returned_block(code, probe, result),
                        _ => self.resized_block(code, probe),
                    }
                    code.end();
                }
                _ => self.returned_block(code, probe, result),
            }
            code.end();
        }
        code.end();
    }

    /// Tells a call of what is only looked at, within other ones, too: its result, or 0, and two parameters.
    fn traced(&self, code: &mut InstructionSink<'_>, result: Option<Local>) {
        code.i32_const(kind::REALLOC as i32).local_get(self.locals.me);
        match result {
            Some(result) => code.local_get(result.index),
            None => code.i32_const(0),
        };
        self.as_word(code, result.map_or(ValType::I32, |result| result.ty));
        self.saved(code, 0);
        self.saved(code, 1);
        code.call(self.indices.emit);
    }

    fn if_not_zero(&self, code: &mut InstructionSink<'_>, Local { index, ty }: Local) {
        code.local_get(index);
        if ty == ValType::I64 {
            code.i64_eqz()
        } else {
            code.i32_eqz()
        };
        code.i32_eqz().if_(BlockType::Empty);
    }

    /// The block at the first saved parameter has the size in the second.
    fn resized_block(&self, code: &mut InstructionSink<'_>, probe: AllocatorProbe) {
        code.local_get(self.locals.me);
        self.saved(code, 0);
        self.add(code, probe.shift.into());
        self.size(code, 1, probe);
        self.saved(code, 0);
        self.add(code, probe.shift.into());
        code.call(self.indices.realloc);
    }

    /// Opens the `if` around what is done unless the allocator runs inside of another one.
    fn if_outermost(&self, code: &mut InstructionSink<'_>) {
        code.local_get(self.locals.me).i32_load(word(self.indices.contexts, node::PARENT));
        code.i32_const(node::NESTED as i32).i32_and().i32_eqz().if_(BlockType::Empty);
    }

    fn returned_block(&self, code: &mut InstructionSink<'_>, probe: AllocatorProbe, result: Local) {
        let shift = i32::from(probe.shift);
        code.local_get(self.locals.me).local_get(result.index);
        self.as_word(code, result.ty);
        self.add(code, shift);
        match probe.shape {
            AllocatorShape::Alloc { .. } => {
                self.size(code, 0, probe);
                code.call(self.indices.alloc);
            }
            AllocatorShape::AllocSome { .. } => {
                self.null_if_empty(code, 0);
                self.size(code, 0, probe);
                code.call(self.indices.alloc);
            }
            AllocatorShape::AllocArray { .. } => {
                self.product(code, 0, 1);
                code.call(self.indices.alloc);
            }
            AllocatorShape::Realloc { .. }
            | AllocatorShape::CanonicalRealloc { .. }
            | AllocatorShape::Remap { .. } => {
                if let AllocatorShape::CanonicalRealloc { .. } = probe.shape {
                    self.null_if_empty(code, 1);
                }
                self.size(code, 1, probe);
                self.saved(code, 0);
                self.add(code, shift);
                code.call(self.indices.realloc);
            }
            AllocatorShape::ReallocArray { .. } => {
                self.product(code, 1, 2);
                self.saved(code, 0);
                code.call(self.indices.realloc);
            }
            AllocatorShape::Free { .. }
            | AllocatorShape::AllocInto { .. }
            | AllocatorShape::Resize { .. }
            | AllocatorShape::Trace { .. }
            | AllocatorShape::Quiet => {}
        }
    }

    /// A saved parameter as the size of a block.
    fn size(&self, code: &mut InstructionSink<'_>, at: usize, probe: AllocatorProbe) {
        self.saved(code, at);
        self.add(code, probe.header.into());
    }

    /// Adds to the word on the stack.
    fn add(&self, code: &mut InstructionSink<'_>, number: i32) {
        match (number, self.indices.width) {
            (0, _) => {}
            (_, Width::Wide) => {
                code.i64_const(number.into()).i64_add();
            }
            (_, Width::Narrow) => {
                code.i32_const(number).i32_add();
            }
        }
    }

    /// Replaces the block on the stack by none where none was asked for, as the saved parameter tells.
    fn null_if_empty(&self, code: &mut InstructionSink<'_>, size: usize) {
        if self.indices.width.is_wide() {
            code.i64_const(0)
        } else {
            code.i32_const(0)
        };
        self.saved(code, size);
        if self.indices.width.is_wide() {
            code.i64_eqz()
        } else {
            code.i32_eqz()
        };
        code.i32_eqz().select();
    }

    /// The result is an error number, and the block's address is in memory 0.
    fn stored_block(&self, code: &mut InstructionSink<'_>, result: u32, ty: ValType) {
        code.local_get(result);
        if ty == ValType::I64 {
            code.i64_eqz()
        } else {
            code.i32_eqz()
        };
        self.is_inside_memory(code, self.locals.saved.first());
        code.i32_and().if_(BlockType::Empty).local_get(self.locals.me);
        if let Some(out) = self.locals.saved.first() {
            let stored = MemArg { offset: 0, align: 0, memory_index: 0 };
            code.local_get(out.index);
            if out.ty == ValType::I64 {
                code.i64_load(stored)
            } else {
                code.i32_load(stored)
            };
            self.as_word(code, out.ty);
        }
        self.saved(code, 1);
        code.call(self.indices.alloc).end();
    }

    /// Pushes whether there is a word in memory 0 where `out` points to: an allocator that says so without having
    /// written there must not trap.
    fn is_inside_memory(&self, code: &mut InstructionSink<'_>, out: Option<&Local>) {
        let Some(Local { index, ty }) = out.copied() else {
            code.i32_const(0);
            return;
        };
        let is_wide = ty == ValType::I64;
        let last = if is_wide { 7 } else { 3 };
        let as_long = |code: &mut InstructionSink<'_>| {
            if !is_wide {
                code.i64_extend_i32_u();
            }
        };
        for offset in [0, last] {
            code.local_get(index);
            as_long(code);
            code.i64_const(offset).i64_add().memory_size(0);
            as_long(code);
            code.i64_const(i64::from(self.indices.first_page_log2)).i64_shl().i64_lt_u();
        }
        code.i32_and();
    }

    fn product(&self, code: &mut InstructionSink<'_>, a: usize, b: usize) {
        self.saved(code, a);
        self.saved(code, b);
        if self.indices.width.is_wide() {
            code.i64_mul()
        } else {
            code.i32_mul()
        };
    }

    /// A saved parameter, as a word.
    fn saved(&self, code: &mut InstructionSink<'_>, at: usize) {
        if let Some(saved) = self.locals.saved.get(at) {
            code.local_get(saved.index);
            self.as_word(code, saved.ty);
        }
    }

    /// Makes the number on the stack one of the records' width.
    fn as_word(&self, code: &mut InstructionSink<'_>, ty: ValType) {
        match (ty, self.indices.width) {
            (ValType::I32, Width::Wide) => code.i64_extend_i32_u(),
            (ValType::I64, Width::Narrow) => code.i32_wrap_i64(),
            _ => code,
        };
    }
}
