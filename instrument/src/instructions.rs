//! What counts as an executed instruction.
//!
//! Every operator does, the one that traps included, but those that only give the code its form: `block`, `loop`,
//! `else`, `end` and `try_table`. An instruction that moves many bytes, as `memory.copy` does, is one; its bytes are
//! counted beside it.
//!
//! Wasmtime's fuel at its default costs differs in this: it takes nothing for `nop`, `drop`, `return` and
//! `unreachable`, 1 for each entry of a function, and for instructions that move many bytes or elements also their
//! number. With these costs set to ours, and the entries taken off, the two agree to the instruction.

use crate::error::RewriteError;
use crate::plan::{Reader, body_error, read_body};
use wasmscope_symbolize::{CodeOffset, FuncIndex, ModuleIndex};

/// Where the instructions of `func` begin, in the order of the code; none for an import.
///
/// # Errors
/// When the body has something in it that we can't read.
pub fn instructions_of(
    bytes: &[u8],
    index: &ModuleIndex,
    func: FuncIndex,
) -> Result<Vec<CodeOffset>, RewriteError> {
    let Some(range) = index.function(func).and_then(|function| function.body.clone()) else {
        return Ok(Vec::new());
    };
    let offsets = || {
        let (body, base) = read_body(bytes, index, range)?;
        let mut operators = body.get_operators_reader()?;
        let mut reader = Reader::new(index, false);
        let mut offsets = Vec::new();
        while !operators.eof() {
            let at = operators.original_position() - base;
            if operators.visit_operator(&mut reader)?.is_counted() {
                offsets.push(CodeOffset(at as u32));
            }
        }
        Ok(offsets)
    };
    offsets().map_err(|error| body_error(index, &error))
}
