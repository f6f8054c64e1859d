//! The global that holds the pointer of the shadow stack: what of a program's own stack must have an address lies in
//! linear memory, and grows downwards (tool-conventions: BasicCABI.md, "The linear stack").

use super::read_body;
use wasmparser::{BinaryReader, Operator, OperatorsReader};
use wasmscope_symbolize::{ExportKind, Function, ModuleIndex, ValType};

/// The name that linkers give it.
pub(crate) const STACK_POINTER: &str = "__stack_pointer";

/// The pointer of a module's shadow stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackPointer {
    /// The global.
    pub global: u32,
    /// Its value at the start: the end of the stack, which is empty.
    pub top: u64,
    /// Is it of 64 bits?
    pub wide: bool,
}

impl StackPointer {
    /// The one that is `named` so, or exported under its name, or else the first global if functions make room on a
    /// stack by it. `None` where its value at the start is no constant.
    pub(super) fn find(bytes: &[u8], index: &ModuleIndex, named: Option<u32>) -> Option<StackPointer> {
        let is_its = |kind, name: &str| kind == ExportKind::Global && name == STACK_POINTER;
        let exported = index.exports().iter().find(|export| is_its(export.kind, &export.name));
        if let Some(global) = named.or(exported.map(|export| export.index)) {
            return StackPointer::of(index, global);
        }
        let first = StackPointer::of(index, 0)?;
        let makes_room = |function: &Function| first.makes_room(bytes, index, function).unwrap_or(false);
        index.functions().iter().any(makes_room).then_some(first)
    }

    fn of(index: &ModuleIndex, number: u32) -> Option<StackPointer> {
        let global = index.globals().get(number as usize).filter(|global| global.mutable)?;
        let wide = match global.ty {
            ValType::I32 => false,
            ValType::I64 => true,
            _ => return None,
        };
        let top = global.initial.filter(|top| *top > 0)?;
        Some(StackPointer { global: number, top, wide })
    }

    /// Does a function begin as compilers have it that make room on the stack?
    ///
    /// ```wat
    /// (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 16))))
    /// ```
    fn makes_room(&self, bytes: &[u8], index: &ModuleIndex, function: &Function) -> Option<bool> {
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
        Some(is_lower && [*read, *set] == [self.global; 2])
    }
}
