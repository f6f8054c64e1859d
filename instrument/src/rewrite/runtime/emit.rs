//! Writes records. Their layout is in [`crate::probes::layout`]; a *word* is a number of the record's width.

use super::super::indices::Indices;
use super::super::inject::{long, word};
use crate::probes::layout::{HEAD_KIND_SHIFT, events, kind};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// ```wat
/// (func $emit (param $kind i32) (param $context i32) (param $a word) (param $b word) (param $c word)
///   store the record)
/// ```
pub(super) fn emit(indices: &Indices) -> Function {
    let [kind, context, a, b, c, at] = [0, 1, 2, 3, 4, 5];
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    let head = |code: &mut InstructionSink<'_>| {
        code.local_get(kind).i32_const(HEAD_KIND_SHIFT as i32).i32_shl().local_get(context).i32_or();
    };
    record(&mut code, indices, at, head, &[a, b, c]);
    code.end();
    function
}

/// Records a block that was given, unless it is none:
///
/// ```wat
/// (func $alloc (param $me i32) (param $new word) (param $size word)
///   (if $new (then store ALLOC $new $size)))
/// ```
pub(super) fn alloc(indices: &Indices) -> Function {
    let [me, new, size, at] = [0, 1, 2, 3];
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    is_zero(&mut code, indices, new);
    code.if_(BlockType::Empty).return_().end();
    record(&mut code, indices, at, head_of(kind::ALLOC, me), &[new, size]);
    code.end();
    function
}

/// Records a block that was taken back, unless it is none:
///
/// ```wat
/// (func $free (param $me i32) (param $old word)
///   (if $old (then store FREE $old)))
/// ```
pub(super) fn free(indices: &Indices) -> Function {
    let [me, old, at] = [0, 1, 2];
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    is_zero(&mut code, indices, old);
    code.if_(BlockType::Empty).return_().end();
    record(&mut code, indices, at, head_of(kind::FREE, me), &[old]);
    code.end();
    function
}

/// Records a block that became another one. Without an old block it is one that was given; a block that could not be
/// made larger stays, one that could not be made smaller than nothing is gone:
///
/// ```wat
/// (func $realloc (param $me i32) (param $new word) (param $size word) (param $old word)
///   (if (not $old) (then (return (call $alloc $me $new $size))))
///   (if (not $new) (then (if (not $size) (then (call $free $me $old))) (return)))
///   store REALLOC $new $size $old)
/// ```
pub(super) fn realloc(indices: &Indices) -> Function {
    let [me, new, size, old, at] = [0, 1, 2, 3, 4];
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    is_zero(&mut code, indices, old);
    code.if_(BlockType::Empty).local_get(me).local_get(new).local_get(size).call(indices.alloc);
    code.return_().end();
    is_zero(&mut code, indices, new);
    code.if_(BlockType::Empty);
    is_zero(&mut code, indices, size);
    code.if_(BlockType::Empty).local_get(me).local_get(old).call(indices.free).end();
    code.return_().end();
    record(&mut code, indices, at, head_of(kind::REALLOC, me), &[new, size, old]);
    code.end();
    function
}

fn is_zero(code: &mut InstructionSink<'_>, indices: &Indices, local: u32) {
    code.local_get(local);
    if indices.width.is_wide() {
        code.i64_eqz()
    } else {
        code.i32_eqz()
    };
}

/// Pushes the first word of a record of a kind that is known beforehand.
fn head_of(kind: u32, context: u32) -> impl FnOnce(&mut InstructionSink<'_>) {
    move |code| {
        code.local_get(context).i32_const((kind << HEAD_KIND_SHIFT) as i32).i32_or();
    }
}

/// Stores a record, or returns where there is no room for one.
///
/// ```wat
/// (if (i32.eq (local.tee $at (load WRITE)) (load END))
///   (then (if (i32.eqz (local.tee $at (call $room))) (then return))))
/// store the record at $at
/// (store WRITE (i32.add (local.get $at) (i32.const bytes of a record)))
/// ```
fn record(
    code: &mut InstructionSink<'_>,
    indices: &Indices,
    at: u32,
    head: impl FnOnce(&mut InstructionSink<'_>),
    values: &[u32],
) {
    let (memory, width) = (indices.events, indices.width);
    code.i32_const(0).i32_load(word(memory, events::WRITE)).local_tee(at);
    code.i32_const(0).i32_load(word(memory, events::END)).i32_eq().if_(BlockType::Empty);
    code.call(indices.room).local_tee(at).i32_eqz().if_(BlockType::Empty).return_().end().end();
    code.local_get(at);
    head(code);
    code.i32_store(word(memory, 0));
    code.local_get(at).i32_const(0).i64_load(long(memory, events::CLOCK));
    code.i64_store(long(memory, width.clock()));
    for (value, offset) in values.iter().zip(width.values()) {
        code.local_get(at).local_get(*value);
        if width.is_wide() {
            code.i64_store(long(memory, offset));
        } else {
            code.i32_store(word(memory, offset));
        }
    }
    code.i32_const(0).local_get(at).i32_const(width.record_bytes() as i32).i32_add();
    code.i32_store(word(memory, events::WRITE));
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
    let (base, record) = (events::BASE as i32, indices.width.record_bytes() as i32);
    code.i32_const(0).memory_size(indices.events).i32_const(16).i32_shl().i32_const(base).i32_sub();
    code.i32_const(record).i32_div_u().i32_const(record).i32_mul().i32_const(base).i32_add();
    code.i32_store(word(indices.events, events::END));
}
