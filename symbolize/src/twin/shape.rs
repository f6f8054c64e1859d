//! What stays of a function when a tool moves and renumbers what it refers to.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use rustc_hash::FxHasher;
use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::Build;
use crate::module::{FuncType, Function};

/// A shorter function is like many others by chance.
const FEWEST_OPERATORS: usize = 6;

/// The type and the operators of a function, with constants and without indices: two builds have the same one for
/// code that was not optimised further. `None` where too little is left to tell functions apart.
pub(super) fn shape<'a>(build: Build<'_>, function: &'a Function) -> Option<(&'a FuncType, u64)> {
    let (code, at) = build.body(function)?;
    let mut operators = FunctionBody::new(BinaryReader::new(code, at)).get_operators_reader().ok()?;
    let mut hasher = FxHasher::default();
    let mut count = 0;
    while !operators.eof() {
        let operator = operators.read().ok()?;
        discriminant(&operator).hash(&mut hasher);
        constant(&operator).hash(&mut hasher);
        count += 1;
    }
    (count >= FEWEST_OPERATORS).then(|| (&*function.ty, hasher.finish()))
}

fn constant(operator: &Operator<'_>) -> Option<u64> {
    match operator {
        Operator::I32Const { value } => Some(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Some(value.cast_unsigned()),
        Operator::F32Const { value } => Some(u64::from(value.bits())),
        Operator::F64Const { value } => Some(value.bits()),
        _ => None,
    }
}
