//! Constant expressions: which functions they refer to, and which address they give.

use wasmparser::{ConstExpr, ElementItems, Operator};

use super::{ExportKind, ModuleError, ModuleIndex};
use crate::ids::FuncIndex;

/// Collects functions that are referred to from outside of function bodies.
#[derive(Default)]
pub(super) struct Taken(Vec<u32>);

impl Taken {
    pub(super) fn elements(
        &mut self,
        elements: wasmparser::ElementSectionReader<'_>,
    ) -> Result<(), ModuleError> {
        for element in elements {
            match element?.items {
                ElementItems::Functions(functions) => {
                    for function in functions {
                        self.0.push(function?);
                    }
                }
                ElementItems::Expressions(_, expressions) => {
                    for expression in expressions {
                        self.expression(&expression?)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn expression(&mut self, expression: &ConstExpr<'_>) -> Result<(), ModuleError> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.0.push(function_index);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, module: &ModuleIndex) -> Result<Vec<FuncIndex>, ModuleError> {
        let exported = module.exports.iter().filter(|export| export.kind == ExportKind::Function);
        self.0.extend(exported.map(|export| export.index));
        self.0.sort_unstable();
        self.0.dedup();
        let count = module.functions.len();
        match self.0.last() {
            Some(&index) if index as usize >= count => {
                Err(ModuleError::Index { what: "element or global", kind: "function", index, count })
            }
            _ => Ok(self.0.into_iter().map(FuncIndex).collect()),
        }
    }
}

/// The value of an expression that is one constant; `None` for any other.
pub(crate) fn constant(expression: &ConstExpr<'_>) -> Result<Option<u64>, ModuleError> {
    let mut operators = expression.get_operators_reader().into_iter();
    let first = operators.next().transpose()?;
    let second = operators.next().transpose()?;
    let value = match first {
        // Addresses are unsigned, whatever the constant's own sign.
        Some(Operator::I32Const { value }) => Some(u64::from(value.cast_unsigned())),
        Some(Operator::I64Const { value }) => Some(value.cast_unsigned()),
        _ => None,
    };
    Ok(value.filter(|_| matches!(second, Some(Operator::End))))
}
