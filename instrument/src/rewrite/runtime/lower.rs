//! Notes that the shadow stack is deeper than ever.

use super::super::indices::{Indices, StackIndices};
use crate::probes::layout::kind;
use wasm_encoder::{BlockType, Function, InstructionSink};

/// A record tells of so many bytes at least: a deep recursion would write one a call.
const LEAST_BYTES: i32 = 64;

/// ```wat
/// (func $lower (param $me i32)
///   (global.set $lowest (global.get $pointer))
///   (if (the pointer is LEAST_BYTES below $recorded)
///     (then (global.set $recorded (global.get $pointer))
///           (call $emit LOW $me (global.get $pointer) 0 0))))
/// ```
pub(super) fn lower(indices: &Indices, stack: &StackIndices) -> Function {
    let StackIndices { pointer, lowest, recorded, wide, .. } = *stack;
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.global_get(pointer).global_set(lowest);
    code.global_get(recorded).global_get(pointer);
    if wide {
        code.i64_sub().i64_const(i64::from(LEAST_BYTES)).i64_ge_u();
    } else {
        code.i32_sub().i32_const(LEAST_BYTES).i32_ge_u();
    }
    code.if_(BlockType::Empty).global_get(pointer).global_set(recorded);
    code.i32_const(kind::LOW as i32).local_get(0).global_get(pointer);
    as_word(&mut code, wide, indices.width.is_wide());
    for _ in 0..2 {
        code.i32_const(0);
        as_word(&mut code, false, indices.width.is_wide());
    }
    code.call(indices.emit).end().end();
    function
}

/// Makes the number on the stack one of the records' width.
fn as_word(code: &mut InstructionSink<'_>, from_wide: bool, to_wide: bool) {
    match (from_wide, to_wide) {
        (false, true) => code.i64_extend_i32_u(),
        (true, false) => code.i32_wrap_i64(),
        _ => code,
    };
}
