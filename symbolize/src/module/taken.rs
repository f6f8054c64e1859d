//! Constant expressions: which functions they refer to, and which address they give.

use wasmparser::{ConstExpr, Element, ElementItems, ElementKind, Operator};

use super::{ExportKind, ModuleError, ModuleIndex, TableSlot};
use crate::ids::FuncIndex;

/// Collects functions that are referred to from outside of function bodies.
#[derive(Default)]
pub(super) struct Taken {
    functions: Vec<u32>,
    slots: Vec<TableSlot>,
}

impl Taken {
    pub(super) fn elements(
        &mut self,
        elements: wasmparser::ElementSectionReader<'_>,
    ) -> Result<(), ModuleError> {
        for element in elements {
            let element = element?;
            let mut place = place(&element)?;
            match element.items {
                ElementItems::Functions(functions) => {
                    for function in functions {
                        self.function(function?, &mut place);
                    }
                }
                ElementItems::Expressions(_, expressions) => {
                    for expression in expressions {
                        self.item(&expression?, &mut place)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The next item of a segment, which goes to `place`; that moves on.
    fn item(&mut self, item: &ConstExpr<'_>, place: &mut Option<(u32, u64)>) -> Result<(), ModuleError> {
        match item.get_operators_reader().read()? {
            Operator::RefFunc { function_index } => self.function(function_index, place),
            _ => {
                self.expression(item)?;
                *place = next(*place);
            }
        }
        Ok(())
    }

    fn function(&mut self, function: u32, place: &mut Option<(u32, u64)>) {
        self.functions.push(function);
        if let Some((table, slot)) = *place {
            self.slots.push(TableSlot { function: FuncIndex(function), table, slot });
        }
        *place = next(*place);
    }

    pub(super) fn expression(&mut self, expression: &ConstExpr<'_>) -> Result<(), ModuleError> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.functions.push(function_index);
            }
        }
        Ok(())
    }

    /// Puts what was found into `module`.
    pub(super) fn finish(self, module: &mut ModuleIndex) -> Result<(), ModuleError> {
        let Taken { mut functions, mut slots } = self;
        let exported = module.exports.iter().filter(|export| export.kind == ExportKind::Function);
        functions.extend(exported.map(|export| export.index));
        functions.sort_unstable();
        functions.dedup();
        let count = module.functions.len();
        if let Some(&index) = functions.last().filter(|index| **index as usize >= count) {
            return Err(ModuleError::Index { what: "element or global", kind: "function", index, count });
        }
        module.address_taken = functions.into_iter().map(FuncIndex).collect();
        slots.sort_unstable();
        slots.dedup_by_key(|slot| slot.function);
        slots.shrink_to_fit();
        module.table_slots = slots;
        Ok(())
    }
}

/// The table and the place in it of an active segment's first item; `None` where it has none, or not a constant one.
fn place(element: &Element<'_>) -> Result<Option<(u32, u64)>, ModuleError> {
    let ElementKind::Active { table_index, offset_expr } = &element.kind else { return Ok(None) };
    Ok(constant(offset_expr)?.map(|slot| (table_index.unwrap_or(0), slot)))
}

fn next(place: Option<(u32, u64)>) -> Option<(u32, u64)> {
    place.and_then(|(table, slot)| Some((table, slot.checked_add(1)?)))
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
