//! Writes records.

use super::super::indices::Indices;
use super::super::inject::{long, word};
use crate::probes::layout::{events, kind};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// ```wat
/// (func $emit (param $kind i32) (param $context i32) (param $a i64) (param $b i64) (param $c i64)
///   (local $at i32)
///   (if (i32.eq (local.tee $at (load WRITE)) (load END))
///     (then (if (i32.eqz (local.tee $at (call $room))) (then return))))
///   store the record at $at
///   (store WRITE (i32.add (local.get $at) (i32.const 40))))
/// ```
pub(super) fn emit(indices: &Indices) -> Function {
    let [kind, context, a, b, c, at] = [0, 1, 2, 3, 4, 5];
    let memory = indices.events;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    code.i32_const(0).i32_load(word(memory, events::WRITE)).local_tee(at);
    code.i32_const(0).i32_load(word(memory, events::END)).i32_eq().if_(BlockType::Empty);
    code.call(indices.room).local_tee(at).i32_eqz().if_(BlockType::Empty).return_().end().end();
    code.local_get(at).local_get(kind).i32_store(word(memory, 0));
    code.local_get(at).local_get(context).i32_store(word(memory, 4));
    code.local_get(at).i32_const(0).i64_load(long(memory, events::CLOCK)).i64_store(long(memory, 8));
    for (value, offset) in [(a, 16), (b, 24), (c, 32)] {
        code.local_get(at).local_get(value).i64_store(long(memory, offset));
    }
    code.i32_const(0)
        .local_get(at)
        .i32_const(events::RECORD as i32)
        .i32_add()
        .i32_store(word(memory, events::WRITE));
    code.end();
    function
}

/// Makes room for a record when the buffer is full, and gives its address, or 0 if there is no room to be had:
///
/// ```wat
/// (func $room (result i32)
///   if there is no buffer yet: begin one
///   if there is a host: let it drain the buffer, and take what it freed
///   if the memory can grow: go on behind the last record
///   otherwise count a dropped record
/// ```
pub(super) fn room(indices: &Indices) -> Function {
    let at = 0;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    begin(&mut code, indices);
    drained(&mut code, indices, at);
    grown(&mut code, indices, at);
    let memory = indices.events;
    code.i32_const(0).i32_const(0).i64_load(long(memory, events::DROPPED)).i64_const(1).i64_add();
    code.i64_store(long(memory, events::DROPPED)).i32_const(0).end();
    function
}

fn begin(code: &mut InstructionSink<'_>, indices: &Indices) {
    let memory = indices.events;
    code.i32_const(0).i32_load(word(memory, events::END)).i32_eqz().if_(BlockType::Empty);
    code.i32_const(0).i32_const(events::BASE as i32).i32_store(word(memory, events::WRITE));
    set_end(code, indices);
    code.i32_const(events::BASE as i32).return_().end();
}

fn drained(code: &mut InstructionSink<'_>, indices: &Indices, at: u32) {
    let memory = indices.events;
    code.i32_const(0).table_get(indices.host_table).ref_is_null().i32_eqz().if_(BlockType::Empty);
    code.i32_const(0).i32_const(events::DRAIN as i32).i32_store(word(memory, events::SITE));
    code.i32_const(0).call_indirect(indices.host_table, indices.host_type);
    code.i32_const(0).i32_load(word(memory, events::WRITE)).local_tee(at);
    code.i32_const(0).i32_load(word(memory, events::END)).i32_ne();
    code.if_(BlockType::Empty).local_get(at).return_().end().end();
}

/// Doubles the memory, or takes what is left of its maximum.
fn grown(code: &mut InstructionSink<'_>, indices: &Indices, pages: u32) {
    let memory = indices.events;
    code.i32_const(events::MAX_PAGES as i32)
        .memory_size(memory)
        .i32_sub()
        .local_tee(pages)
        .memory_size(memory);
    code.local_get(pages).memory_size(memory).i32_lt_u().select().local_tee(pages).if_(BlockType::Empty);
    code.local_get(pages).memory_grow(memory).i32_const(-1).i32_ne().if_(BlockType::Empty);
    set_end(code, indices);
    code.i32_const(0).i32_load(word(memory, events::WRITE)).return_().end().end();
}

/// The end of a buffer of the memory's size: a whole number of records behind the base.
fn set_end(code: &mut InstructionSink<'_>, indices: &Indices) {
    let (base, record) = (events::BASE as i32, events::RECORD as i32);
    code.i32_const(0).memory_size(indices.events).i32_const(16).i32_shl().i32_const(base).i32_sub();
    code.i32_const(record).i32_div_u().i32_const(record).i32_mul().i32_const(base).i32_add();
    code.i32_store(word(indices.events, events::END));
}

/// Records a heap operation:
///
/// ```wat
/// (func $heap (param $me i32) (param $new i64) (param $size i64) (param $old i64)
///   (if (i64.eqz $old)
///     (then (if $new (then emit ALLOC $new $size)))
///     (else
///       (if $new (then emit REALLOC $new $size $old)
///         (else (if (i64.eqz $size) (then emit FREE $old)))))))
/// ```
pub(super) fn heap(indices: &Indices) -> Function {
    let [me, new, size, old] = [0, 1, 2, 3];
    let mut function = Function::new([]);
    let mut code = function.instructions();
    let record = |code: &mut InstructionSink<'_>, kind: u32, address: u32| {
        code.i32_const(kind as i32).local_get(me).local_get(address).local_get(size).local_get(old);
        code.call(indices.emit);
    };
    code.local_get(old).i64_eqz().if_(BlockType::Empty);
    code.local_get(new).i64_eqz().i32_eqz().if_(BlockType::Empty);
    record(&mut code, kind::ALLOC, new);
    code.end().else_().local_get(new).i64_eqz().i32_eqz().if_(BlockType::Empty);
    record(&mut code, kind::REALLOC, new);
    code.else_().local_get(size).i64_eqz().if_(BlockType::Empty);
    code.i32_const(kind::FREE as i32)
        .local_get(me)
        .local_get(old)
        .local_get(size)
        .i64_const(0)
        .call(indices.emit);
    code.end().end().end().end();
    function
}
