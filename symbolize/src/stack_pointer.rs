//! The global that holds the pointer of the shadow stack: what of a program's own stack must have an address lies in
//! linear memory, and grows downwards (tool-conventions: BasicCABI.md, "The linear stack").

use crate::module::{ExportKind, ModuleIndex, ValType};
use crate::symbols::Symbols;

/// The name that linkers give it.
const NAME: &str = "__stack_pointer";

/// The pointer of a module's shadow stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackPointer {
    /// The global, by its place in [`ModuleIndex::globals`].
    pub global: u32,
    /// Its value at the start: the end of the stack, which is empty.
    pub top: u64,
    /// Is it of 64 bits?
    pub wide: bool,
}

impl StackPointer {
    /// A global of `module`, where it can be one: it changes, and its value at the start is a constant other than 0.
    pub fn of(module: &ModuleIndex, global: u32) -> Option<StackPointer> {
        let its = module.globals().get(global as usize).filter(|global| global.mutable)?;
        let wide = match its.ty {
            ValType::I32 => false,
            ValType::I64 => true,
            _ => return None,
        };
        let top = its.initial.filter(|top| *top > 0)?;
        Some(StackPointer { global, top, wide })
    }

    /// The global that `module` exports by the name of one, whether it can be one or not.
    pub fn exported(module: &ModuleIndex) -> Option<u32> {
        let mut exports = module.exports().iter();
        let export = exports.find(|export| export.kind == ExportKind::Global && &*export.name == NAME);
        export.map(|export| export.index)
    }
}

impl Symbols {
    /// The global that has the name of a shadow stack's pointer, or else is exported by it; for [`StackPointer::of`].
    /// In a component it is that of the first core module that names one.
    pub fn stack_pointer(&self) -> Option<u32> {
        let mut globals = 0..self.module().globals().len() as u32;
        let named = globals.find(|global| self.global_name(*global).as_deref() == Some(NAME));
        named.or_else(|| StackPointer::exported(self.module()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn found(text: &str) -> (Option<u32>, Option<StackPointer>) {
        let bytes: Arc<[u8]> = wat::parse_str(text).unwrap().into();
        let module = Arc::new(ModuleIndex::parse(&bytes).unwrap());
        let global = Symbols::new(bytes, Arc::clone(&module)).stack_pointer();
        (global, global.and_then(|global| StackPointer::of(&module, global)))
    }

    #[test]
    fn it_is_the_one_with_the_name() {
        let pointer = |global, wide| (Some(global), Some(StackPointer { global, top: 64, wide }));
        let both = r#"(module (global (export "__stack_pointer") (mut i32) (i32.const 8))
            (global $__stack_pointer (mut i32) (i32.const 64)))"#;
        for (text, expected) in [
            (
                "(module (global i32 (i32.const 1)) (global $__stack_pointer (mut i32) (i32.const 64)))",
                pointer(1, false),
            ),
            (r#"(module (global (export "__stack_pointer") (mut i64) (i64.const 64)))"#, pointer(0, true)),
            (both, pointer(1, false)),
            ("(module (global $sp (mut i32) (i32.const 64)))", (None, None)),
            (r#"(module (func (export "__stack_pointer")))"#, (None, None)),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_global_that_stays_or_begins_with_nothing_is_none() {
        for global in ["i32 (i32.const 64)", "(mut i32) (i32.const 0)", "(mut f32) (f32.const 64)"] {
            assert_eq!(
                found(&format!("(module (global $__stack_pointer {global}))")),
                (Some(0), None),
                "{global}"
            );
        }
    }
}
