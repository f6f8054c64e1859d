//! Allocators behind a wrapper. In a stripped module only the exported `malloc` has a name; where it does nothing but
//! hand its arguments on, an optimiser has the program call what is behind it. Rust's `__rust_alloc` hands them to the
//! allocator that the program chose, in another order and with that one's address in front.

use super::body_bytes;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

const LOCAL_GET: u8 = 0x20;
const I32_CONST: u8 = 0x41;
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const END: u8 = 0x0b;

/// What a wrapper calls.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    pub(super) to: FuncIndex,
    /// By the callee's parameter: the wrapper's, or none for a number that is not 0.
    arguments: Vec<Option<u32>>,
}

impl Forwarded {
    /// The callee's parameter that is the wrapper's `param`.
    pub(super) fn place(&self, param: u32) -> Option<u32> {
        self.arguments.iter().position(|argument| *argument == Some(param)).map(|place| place as u32)
    }
}

/// The function that `func` hands its arguments to, if it does nothing else and gives what that one gives. A 0 among
/// the arguments may ask for something else than others do: `realloc(0, size)` is no `realloc`.
pub(super) fn forwarded_to(bytes: &[u8], index: &ModuleIndex, func: FuncIndex) -> Option<Forwarded> {
    let function = index.function(func)?;
    // No locals of its own.
    let mut code = body_bytes(bytes, index, func)?.strip_prefix(&[0])?;
    let mut arguments = Vec::new();
    loop {
        let (opcode, rest) = code.split_first()?;
        let (operand, rest) = leb(rest)?;
        code = rest;
        match *opcode {
            LOCAL_GET => arguments.push(Some(operand)),
            I32_CONST if operand != 0 => arguments.push(None),
            CALL | RETURN_CALL if code == [END] => {
                let callee = index.function(FuncIndex(operand)).filter(|callee| callee.import.is_none())?;
                let takes_all = callee.ty.params.len() == arguments.len();
                let same = takes_all && callee.ty.results == function.ty.results;
                return same.then_some(Forwarded { to: callee.index, arguments });
            }
            _ => return None,
        }
    }
}

/// A number of at most 32 bits and what is behind it; of signed ones no more is asked than whether they are 0.
fn leb(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0u32;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_nothing_else_forwards() {
        let forwarded = |body: &str| {
            let text = format!(
                "(module (func $f (param i32 i32) (result i32) {body})
                 (func $g (param i32 i32) (result i32) (i32.const 0))
                 (func $h (param i32 i32 i32) (result i32) (i32.const 0)))"
            );
            let bytes = wat::parse_str(text).unwrap();
            let index = ModuleIndex::parse(&bytes).unwrap();
            let forwarded = forwarded_to(&bytes, &index, FuncIndex(0))?;
            Some((forwarded.to.0, [0, 1].map(|param| forwarded.place(param))))
        };
        let straight = Some((1, [Some(0), Some(1)]));
        assert_eq!(forwarded("(call $g (local.get 0) (local.get 1))"), straight);
        assert_eq!(forwarded("(return_call $g (local.get 0) (local.get 1))"), straight);
        assert_eq!(forwarded("(call $g (local.get 1) (local.get 0))"), Some((1, [Some(1), Some(0)])));
        let third = "(call $h (i32.const 5000) (local.get 1) (local.get 0))";
        assert_eq!(forwarded(third), Some((2, [Some(2), Some(1)])));
        assert_eq!(forwarded("(call $g (local.get 1) (i32.const 8))"), Some((1, [None, Some(0)])));
        assert_eq!(forwarded("(call $g (i32.const 0) (local.get 1))"), None);
        assert_eq!(forwarded("(i32.add (call $g (local.get 0) (local.get 1)) (i32.const 1))"), None);
        assert_eq!(forwarded("(local i32) (call $g (local.get 0) (local.get 1))"), None);
    }
}
