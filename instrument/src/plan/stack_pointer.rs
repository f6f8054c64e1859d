//! Which global holds the pointer of the shadow stack.

use super::read_body;
use wasmparser::{BinaryReader, Operator, OperatorsReader};
use wasmscope_symbolize::{Function, ModuleIndex, StackPointer};

/// The one that is `named` so, or exported under its name, or else the first global if functions make room on a stack
/// by it. `None` where its value at the start is no constant.
pub(super) fn find(bytes: &[u8], index: &ModuleIndex, named: Option<u32>) -> Option<StackPointer> {
    if let Some(global) = named.or_else(|| StackPointer::exported(index)) {
        return StackPointer::of(index, global);
    }
    let first = StackPointer::of(index, 0)?;
    let makes_room = |function: &Function| makes_room(first.global, bytes, index, function).unwrap_or(false);
    index.functions().iter().any(makes_room).then_some(first)
}

/// Does a function begin as compilers have it that make room on the stack?
///
/// ```wat
/// (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 16))))
/// ```
fn makes_room(global: u32, bytes: &[u8], index: &ModuleIndex, function: &Function) -> Option<bool> {
    use Operator::{GlobalGet, GlobalSet, I32Const, I32Sub, I64Const, I64Sub, LocalTee};
    let (body, _) = read_body(bytes, index, function.body.clone()?).ok()?;
    let code: BinaryReader<'_> = body.get_binary_reader_for_operators().ok()?;
    let mut operators = OperatorsReader::new(code);
    let mut next = || operators.read().ok();
    let begins = [next()?, next()?, next()?, next()?, next()?];
    let (GlobalGet { global_index: read }, LocalTee { .. }, GlobalSet { global_index: set }) =
        (&begins[0], &begins[3], &begins[4])
    else {
        return Some(false);
    };
    let is_lower = match (&begins[1], &begins[2]) {
        (I32Const { value }, I32Sub) => *value > 0,
        (I64Const { value }, I64Sub) => *value > 0,
        _ => false,
    };
    Some(is_lower && [*read, *set] == [global; 2])
}
