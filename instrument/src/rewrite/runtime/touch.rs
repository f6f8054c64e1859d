//! Counts the lines that an instruction touches which moves many bytes.

use super::super::indices::AccessIndices;
use super::super::inject::long;
use crate::probes::layout::accesses::{ENTRY, MASK, SHIFT};
use wasm_encoder::{BlockType, Function, ValType};

/// ```wat
/// (func $touch (param $address i64) (param $bytes i64) (param $word i32) (local $at i64)
///   (if $bytes is 0 then return)
///   for the counters of each line, $at, from that of $address to that of its last byte:
///     (if $at is out of what is counted then return)
///     add 1 to the word $word of the line)
/// ```
pub(super) fn touch(accesses: &AccessIndices) -> Function {
    let [address, bytes, word, at] = [0, 1, 2, 3];
    let counter = long(accesses.memory, 0);
    let mut function = Function::new([(1, ValType::I64)]);
    let mut code = function.instructions();
    code.local_get(bytes).i64_eqz().if_(BlockType::Empty).return_().end();
    code.local_get(address).i64_const(i64::from(SHIFT)).i64_shr_u();
    code.i64_const(i64::from(MASK)).i64_and().local_set(at);
    // From here on the parameter holds the last line's counters.
    code.local_get(address).local_get(bytes).i64_add().i64_const(1).i64_sub();
    code.i64_const(i64::from(SHIFT)).i64_shr_u().i64_const(i64::from(MASK)).i64_and().local_set(address);
    code.loop_(BlockType::Empty);
    code.local_get(at).i64_const(1 << (32 - SHIFT)).i64_ge_u().if_(BlockType::Empty).return_().end();
    code.local_get(at).i32_wrap_i64().local_get(word).i32_add().local_tee(word);
    code.local_get(word).i64_load(counter).i64_const(1).i64_add().i64_store(counter);
    code.local_get(word).local_get(at).i32_wrap_i64().i32_sub().local_set(word);
    code.local_get(at).i64_const(ENTRY as i64).i64_add().local_tee(at);
    code.local_get(address).i64_le_u().br_if(0).end().end();
    function
}
