//! The sequences that count accesses of the first memory. They run behind the instruction: one that traps accessed
//! nothing.
//!
//! ```wat
//! ;; in front                                ;; behind, for a read and likewise for a write
//! (local.set $operand) (local.tee $address)  (local.tee $at (i32.and (i32.const -16)
//! (local.get $operand)                         (i32.shr_u (i32.add (local.get $address) offset) (i32.const 2))))
//!                                            (i64.store READS (i64.add (i64.load READS $at) (i64.const 1)))
//! ```

use super::indices::AccessIndices;
use super::inject::{Injector, long};
use crate::plan::{AccessKind, Bulk};
use crate::probes::layout::accesses::{MASK, READS, SHIFT, WRITES};
use wasm_encoder::{BlockType, InstructionSink};

impl Injector<'_> {
    /// Keeps the address, which is below the operands.
    pub(super) fn keep_operands(&self, code: &mut InstructionSink<'_>, kind: AccessKind) {
        let operands = || kind.operands().iter().enumerate();
        let local = |(place, ty): (usize, &_)| self.locals.operand(place, *ty);
        for operand in operands().rev().filter_map(local) {
            code.local_set(operand);
        }
        code.local_tee(self.locals.address);
        for operand in operands().filter_map(local) {
            code.local_get(operand);
        }
    }

    pub(super) fn count_access(&self, code: &mut InstructionSink<'_>, offset: u32, kind: AccessKind) {
        let Some(accesses) = self.indices.accesses else { return };
        if accesses.wide {
            // What lies behind 32 bits is not counted.
            self.wide_counter(code, offset);
            code.i64_const(1 << (32 - SHIFT)).i64_lt_u().if_(BlockType::Empty);
            self.wide_counter(code, offset);
            code.i32_wrap_i64();
        } else {
            code.local_get(self.locals.address);
            if offset != 0 {
                code.i32_const(offset as i32).i32_add();
            }
            code.i32_const(SHIFT as i32).i32_shr_u().i32_const(MASK).i32_and();
        }
        self.count_line(code, accesses, kind);
        if accesses.wide {
            code.end();
        }
    }

    /// Pushes the address of the line's counters, in 64 bits.
    fn wide_counter(&self, code: &mut InstructionSink<'_>, offset: u32) {
        code.local_get(self.locals.address).i64_const(i64::from(offset)).i64_add();
        code.i64_const(i64::from(SHIFT)).i64_shr_u().i64_const(i64::from(MASK)).i64_and();
    }

    /// Adds to the counters at the address on the stack.
    fn count_line(&self, code: &mut InstructionSink<'_>, accesses: AccessIndices, kind: AccessKind) {
        let at = self.locals.counter;
        code.local_set(at);
        let words = [(kind.reads(), READS), (kind.writes(), WRITES)];
        for (_, word) in words.into_iter().filter(|(counts, _)| *counts) {
            let counter = long(accesses.memory, word);
            code.local_get(at).local_get(at).i64_load(counter).i64_const(1).i64_add().i64_store(counter);
        }
    }

    /// Keeps the operands of an instruction that moves many bytes.
    pub(super) fn keep_bulk(&self, code: &mut InstructionSink<'_>, bulk: Bulk) {
        let local = |place: usize| self.locals.bulk(place, bulk.wide[place]).unwrap_or_default();
        code.local_set(local(2)).local_set(local(1)).local_tee(local(0));
        code.local_get(local(1)).local_get(local(2));
    }

    pub(super) fn count_bulk(&self, code: &mut InstructionSink<'_>, bulk: Bulk) {
        let Some(accesses) = self.indices.accesses else { return };
        if bulk.writes {
            self.touch(code, accesses, bulk, 0, WRITES);
        }
        if bulk.reads {
            self.touch(code, accesses, bulk, 1, READS);
        }
    }

    fn touch(
        &self,
        code: &mut InstructionSink<'_>,
        accesses: AccessIndices,
        bulk: Bulk,
        place: usize,
        word: u32,
    ) {
        for place in [place, 2] {
            let wide = bulk.wide[place];
            code.local_get(self.locals.bulk(place, wide).unwrap_or_default());
            if !wide {
                code.i64_extend_i32_u();
            }
        }
        code.i32_const(word as i32).call(accesses.touch);
    }
}
