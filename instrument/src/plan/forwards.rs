//! Allocators behind a wrapper. In a stripped module only the exported `malloc` has a name; where it does nothing but
//! hand its arguments on, an optimiser has the program call what is behind it.

use super::body_bytes;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

const LOCAL_GET: u8 = 0x20;
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const END: u8 = 0x0b;

/// The function that `func` hands all its arguments to, if it does nothing else and both have the same type.
pub(super) fn forwarded_to(bytes: &[u8], index: &ModuleIndex, func: FuncIndex) -> Option<FuncIndex> {
    let function = index.function(func)?;
    // No locals of its own, then the parameters in order.
    let mut code = body_bytes(bytes, index, func)?.strip_prefix(&[0])?;
    for param in 0..u8::try_from(function.ty.params.len()).ok()? {
        code = code.strip_prefix(&[LOCAL_GET, param])?;
    }
    let (opcode, operand) = code.split_first()?;
    let callee = matches!(*opcode, CALL | RETURN_CALL).then(|| call_operand(operand)).flatten()?;
    let same_type =
        index.function(callee).filter(|callee| callee.ty == function.ty && callee.import.is_none());
    same_type.map(|callee| callee.index)
}

/// The function index in front of the body's end.
fn call_operand(bytes: &[u8]) -> Option<FuncIndex> {
    let mut value = 0u32;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return (bytes.get(at + 1..) == Some(&[END])).then_some(FuncIndex(value));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hands_everything_on_forwards() {
        let forwarded = |body: &str| {
            let text = format!(
                "(module (func $f (param i32 i32) (result i32) {body}) (func $g (param i32 i32) (result i32) (i32.const 0)))"
            );
            let bytes = wat::parse_str(text).unwrap();
            let index = ModuleIndex::parse(&bytes).unwrap();
            forwarded_to(&bytes, &index, FuncIndex(0))
        };
        assert_eq!(forwarded("(call $g (local.get 0) (local.get 1))"), Some(FuncIndex(1)));
        assert_eq!(forwarded("(return_call $g (local.get 0) (local.get 1))"), Some(FuncIndex(1)));
        assert_eq!(forwarded("(call $g (local.get 1) (local.get 0))"), None);
        assert_eq!(forwarded("(i32.add (call $g (local.get 0) (local.get 1)) (i32.const 1))"), None);
        assert_eq!(forwarded("(local i32) (call $g (local.get 0) (local.get 1))"), None);
    }
}
