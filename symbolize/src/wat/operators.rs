//! Each instruction as text. Mnemonics follow from the names of the library's methods, operands from the names of their
//! parameters, so that an instruction of a new proposal needs nothing here unless it is written in a way of its own.

use wasmparser::{
    BlockType, BrTable, MemArg, Ordering, ResumeTable, TryTable, V128, VisitOperator, VisitSimdOperator,
};

use super::literal::{float32, float64, mnemonic};
use super::printer::Printer;
use crate::symbols::Space;

/// How an instruction and those behind it are indented.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    /// It begins a block.
    Begin,
    /// It stands between the parts of a block.
    Between,
    /// It ends a block.
    End,
}

impl Printer<'_> {
    /// Begins an instruction's line, and gives its depth.
    fn instruction(&mut self, shape: Shape, method: &str) -> u32 {
        let depth = self.depth();
        if shape == Shape::End && !self.end() {
            self.push(")");
            return 0;
        }
        self.push(&mnemonic(method));
        match shape {
            Shape::Plain | Shape::Begin => depth,
            Shape::Between | Shape::End => depth - 1,
        }
    }

    fn memory_argument(&mut self, argument: MemArg) {
        let MemArg { align, max_align, offset, memory } = argument;
        self.item_unless_first(Space::Memory, memory);
        if offset != 0 {
            self.operand(&format!("offset={offset}"));
        }
        // The natural alignment is what is meant without one.
        if align != max_align {
            self.operand(&format!("align={}", 1u64.checked_shl(u32::from(align)).unwrap_or(0)));
        }
    }

    fn ordering(&mut self, ordering: Ordering) {
        self.operand(match ordering {
            Ordering::SeqCst => "seq_cst",
            Ordering::AcqRel => "acq_rel",
        });
    }

    fn vector(&mut self, value: V128) {
        self.operand("i32x4");
        for lane in value.bytes().as_chunks::<4>().0 {
            self.operand(&format!("{:#010x}", u32::from_le_bytes(*lane)));
        }
    }

    fn lanes(&mut self, lanes: [u8; 16]) {
        lanes.iter().for_each(|lane| self.operand(&lane.to_string()));
    }

    fn targets(&mut self, targets: &BrTable<'_>) {
        // What can't be read of them the reader has refused before.
        targets.targets().flatten().chain([targets.default()]).for_each(|label| self.label(label));
    }

    fn try_table(&mut self, table: &TryTable) {
        self.begin(table.ty, &table.catches);
    }

    fn handlers(&mut self, table: &ResumeTable) {
        table.handlers.iter().for_each(|handle| self.handler(handle));
    }

    fn block(&mut self, ty: BlockType) {
        self.begin(ty, &[]);
    }
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> u32 {
                let depth = self.instruction(shape!($op), stringify!($visit));
                operands!(self $op $($($arg)*)?);
                depth
            }
        )*
    };
}

macro_rules! shape {
    (Block) => {
        Shape::Begin
    };
    (Loop) => {
        Shape::Begin
    };
    (If) => {
        Shape::Begin
    };
    (Try) => {
        Shape::Begin
    };
    (TryTable) => {
        Shape::Begin
    };
    (Else) => {
        Shape::Between
    };
    (Catch) => {
        Shape::Between
    };
    (CatchAll) => {
        Shape::Between
    };
    (Delegate) => {
        Shape::End
    };
    (End) => {
        Shape::End
    };
    ($op:ident) => {
        Shape::Plain
    };
}

/// The operands of an instruction: of some in an order or form of their own, else one after the other by its kind.
macro_rules! operands {
    ($p:ident CallIndirect $ty:ident $table:ident) => { operands!($p ReturnCallIndirect $ty $table) };
    ($p:ident ReturnCallIndirect $ty:ident $table:ident) => {
        $p.item_unless_first(Space::Table, $table);
        $p.type_use($ty);
    };
    ($p:ident TypedSelect $ty:ident) => { $p.select(vec![$ty]) };
    ($p:ident TableInit $elem:ident $table:ident) => {
        $p.item_unless_first(Space::Table, $table);
        $p.item(Space::Element, $elem);
    };
    ($p:ident TableCopy $to:ident $from:ident) => { $p.items_unless_first(Space::Table, $to, $from) };
    ($p:ident MemoryInit $data:ident $memory:ident) => {
        $p.item_unless_first(Space::Memory, $memory);
        $p.data($data);
    };
    ($p:ident MemoryCopy $to:ident $from:ident) => { $p.items_unless_first(Space::Memory, $to, $from) };
    ($p:ident F32Const $value:ident) => { $p.operand(&float32($value.bits())) };
    ($p:ident F64Const $value:ident) => { $p.operand(&float64($value.bits())) };
    ($p:ident V128Const $value:ident) => { $p.vector($value) };
    ($p:ident RefNull $ty:ident) => { $p.heap_type($ty) };
    ($p:ident RefTestNullable $ty:ident) => { $p.reference_to(true, $ty) };
    ($p:ident RefCastNullable $ty:ident) => { $p.reference_to(true, $ty) };
    ($p:ident RefCastDescEqNullable $ty:ident) => { $p.reference_to(true, $ty) };
    ($p:ident $op:ident $ty:ident $field:ident) => { operands!(@two $p $ty $field $ty $field) };
    ($p:ident $op:ident $order:ident $ty:ident $field:ident) => {
        operands!(@three $p $order $ty $field $order $ty $field)
    };
    ($p:ident $op:ident $($arg:ident)*) => { $(operand!($p $arg $arg);)* };
    // A field is named in its type.
    (@two $p:ident struct_type_index field_index $ty:ident $field:ident) => { $p.field($ty, $field) };
    (@two $p:ident $first:ident $second:ident $($arg:ident)*) => { $(operand!($p $arg $arg);)* };
    (@three $p:ident ordering struct_type_index field_index $order:ident $ty:ident $field:ident) => {
        $p.ordering($order);
        $p.field($ty, $field);
    };
    (@three $p:ident $first:ident $second:ident $third:ident $($arg:ident)*) => { $(operand!($p $arg $arg);)* };
}

/// An operand by the name that the library gives it.
macro_rules! operand {
    ($p:ident function_index $v:ident) => {
        $p.function($v)
    };
    ($p:ident local_index $v:ident) => {
        $p.local($v)
    };
    ($p:ident global_index $v:ident) => {
        $p.item(Space::Global, $v)
    };
    ($p:ident table $v:ident) => {
        $p.item(Space::Table, $v)
    };
    ($p:ident table_index $v:ident) => {
        $p.item(Space::Table, $v)
    };
    ($p:ident mem $v:ident) => {
        $p.item_unless_first(Space::Memory, $v)
    };
    ($p:ident tag_index $v:ident) => {
        $p.item(Space::Tag, $v)
    };
    ($p:ident data_index $v:ident) => {
        $p.data($v)
    };
    ($p:ident array_data_index $v:ident) => {
        $p.data($v)
    };
    ($p:ident elem_index $v:ident) => {
        $p.item(Space::Element, $v)
    };
    ($p:ident array_elem_index $v:ident) => {
        $p.item(Space::Element, $v)
    };
    ($p:ident type_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident struct_type_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident array_type_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident array_type_index_dst $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident array_type_index_src $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident cont_type_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident argument_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident result_index $v:ident) => {
        $p.item(Space::Type, $v)
    };
    ($p:ident relative_depth $v:ident) => {
        $p.label($v)
    };
    ($p:ident targets $v:ident) => {
        $p.targets(&$v)
    };
    ($p:ident blockty $v:ident) => {
        $p.block($v)
    };
    ($p:ident try_table $v:ident) => {
        $p.try_table(&$v)
    };
    ($p:ident resume_table $v:ident) => {
        $p.handlers(&$v)
    };
    ($p:ident memarg $v:ident) => {
        $p.memory_argument($v)
    };
    ($p:ident ordering $v:ident) => {
        $p.ordering($v)
    };
    ($p:ident hty $v:ident) => {
        $p.reference_to(false, $v)
    };
    ($p:ident from_ref_type $v:ident) => {
        $p.reference($v)
    };
    ($p:ident to_ref_type $v:ident) => {
        $p.reference($v)
    };
    ($p:ident tys $v:ident) => {
        $p.select($v)
    };
    ($p:ident lanes $v:ident) => {
        $p.lanes($v)
    };
    // Numbers.
    ($p:ident $other:ident $v:ident) => {
        $p.operand(&$v.to_string())
    };
}

impl<'a> VisitOperator<'a> for Printer<'_> {
    type Output = u32;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = u32>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl<'a> VisitSimdOperator<'a> for Printer<'_> {
    wasmparser::for_each_visit_simd_operator!(visit);
}
