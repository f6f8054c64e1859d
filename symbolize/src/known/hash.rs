//! What stays of a function's code wherever it is linked.

use std::fmt;

use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator, OperatorsReader};

use crate::ids::FuncIndex;
use crate::module::{FuncType, Function, ModuleIndex, TypeEntry, ValType};

/// A shorter function is like others: those that only call another one differ in nothing else.
const FEWEST_OPERATORS: usize = 32;
/// So many instructions are the beginning.
const BEGINNING: usize = 8;

/// Longer functions that are called are told by their type alone.
const LONGEST_CALLEE_BYTES: u32 = 48;
/// So many instructions of functions that are called count, then those are told by their type alone too.
const MOST_CALLEE_OPERATORS: u32 = 1024;

/// Smaller constants are no addresses: linkers leave the first bytes of memory free.
const LOWEST_ADDRESS: u64 = 1024;
/// Nor are larger ones, since a module's data is not that large.
const ADDRESS_END: u64 = 1 << 26;

/// A number for a function's type and code, equal for functions that differ only in what linking changes: the indices
/// of functions, types, tables and globals, and addresses. Displayed as 24 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BodyHash {
    /// That of the type and the first instructions.
    pub(super) beginning: u32,
    pub(super) whole: u64,
}

impl BodyHash {
    pub(crate) fn of(bytes: &[u8], module: &ModuleIndex, function: FuncIndex) -> Option<BodyHash> {
        hash(bytes, module, function, |_| true)
    }
}

impl fmt::Display for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:016x}", self.beginning, self.whole)
    }
}

/// The hash of a function; `None` where it is too short or broken, and where `is_of_use` refuses how it begins.
pub(super) fn hash(
    bytes: &[u8],
    module: &ModuleIndex,
    function: FuncIndex,
    is_of_use: impl FnOnce(u32) -> bool,
) -> Option<BodyHash> {
    let function = module.function(function)?;
    let body = function.body.as_ref()?;
    // An instruction takes a byte at least.
    if ((body.end.0 - body.start.0) as usize) < FEWEST_OPERATORS {
        return None;
    }
    let mut code = Code { bytes, module, hash: Fnv::default(), callee_operators: Some(0) };
    code.function_type(&function.ty);
    let mut operators = operators(bytes, module, function)?;
    for _ in 0..BEGINNING {
        code.operator(&mut operators)?;
    }
    let beginning = (code.hash.0 >> 32) as u32;
    if !is_of_use(beginning) {
        return None;
    }
    let mut count = BEGINNING;
    while !operators.eof() {
        code.operator(&mut operators)?;
        count += 1;
    }
    (count >= FEWEST_OPERATORS).then_some(BodyHash { beginning, whole: code.hash.0 })
}

fn operators<'a>(bytes: &'a [u8], module: &ModuleIndex, function: &Function) -> Option<OperatorsReader<'a>> {
    let body = function.body.as_ref()?;
    let place = |offset| usize::try_from(module.file_offset(offset)?.0).ok();
    let (start, end) = (place(body.start)?, place(body.end)?);
    FunctionBody::new(BinaryReader::new(bytes.get(start..end)?, start)).get_operators_reader().ok()
}

/// The code of a function while it is hashed.
struct Code<'a> {
    bytes: &'a [u8],
    module: &'a ModuleIndex,
    hash: Fnv,
    /// How many instructions of functions that are called were added; `None` inside of one.
    callee_operators: Option<u32>,
}

impl<'a> Code<'a> {
    /// Adds the next instruction: its bytes as they stand, but for what linking changes.
    fn operator(&mut self, operators: &mut OperatorsReader<'a>) -> Option<()> {
        let start = operators.original_position();
        let operator = operators.read().ok()?;
        let code = self.bytes.get(start..operators.original_position())?;
        let opcode = *code.first()?;
        match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                self.hash.byte(opcode);
                self.callee(self.module.function(FuncIndex(function_index))?)?;
            }
            Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => {
                self.hash.byte(opcode);
                self.type_at(type_index);
            }
            Operator::Block { blockty: BlockType::FuncType(ty) }
            | Operator::Loop { blockty: BlockType::FuncType(ty) }
            | Operator::If { blockty: BlockType::FuncType(ty) } => {
                self.hash.byte(opcode);
                self.type_at(ty);
            }
            Operator::GlobalGet { .. } | Operator::GlobalSet { .. } | Operator::RefFunc { .. } => {
                self.hash.byte(opcode)
            }
            Operator::I32Const { value } => {
                self.hash.byte(opcode);
                self.constant(u64::from(value.cast_unsigned()));
            }
            Operator::I64Const { value } => {
                self.hash.byte(opcode);
                self.constant(value.cast_unsigned());
            }
            // Loads and stores: opcode, alignment, offset.
            _ if (0x28..=0x3e).contains(&opcode) => {
                code.get(..2)?.iter().for_each(|byte| self.hash.byte(*byte));
                self.constant(offset(code.get(2..)?));
            }
            _ => code.iter().for_each(|byte| self.hash.byte(*byte)),
        }
        Some(())
    }

    /// What is called: an import by its name; of others the type, and the code if it is but a few instructions.
    /// Without, `read` would be `write`.
    fn callee(&mut self, function: &Function) -> Option<()> {
        self.function_type(&function.ty);
        if let Some(import) = function.import.and_then(|import| self.module.imports().get(import)) {
            self.hash.bytes(import.name.as_bytes());
            return Some(());
        }
        let body = function.body.as_ref()?;
        let is_short = body.end.0 - body.start.0 <= LONGEST_CALLEE_BYTES;
        let Some(mut count) =
            self.callee_operators.take_if(|count| is_short && *count < MOST_CALLEE_OPERATORS)
        else {
            return Some(());
        };
        let mut operators = operators(self.bytes, self.module, function)?;
        while !operators.eof() {
            self.operator(&mut operators)?;
            count += 1;
        }
        self.callee_operators = Some(count);
        Some(())
    }

    /// A number that may be an address.
    fn constant(&mut self, value: u64) {
        let is_address = (LOWEST_ADDRESS..ADDRESS_END).contains(&value);
        self.hash.bytes(&(if is_address { LOWEST_ADDRESS } else { value }).to_le_bytes());
    }

    fn type_at(&mut self, index: u32) {
        if let Some(TypeEntry::Func(ty)) = self.module.types().get(index as usize) {
            self.function_type(ty);
        }
    }

    fn function_type(&mut self, ty: &FuncType) {
        ty.params.iter().for_each(|ty| self.value_type(ty));
        self.hash.byte(b':');
        ty.results.iter().for_each(|ty| self.value_type(ty));
        self.hash.byte(b';');
    }

    fn value_type(&mut self, ty: &ValType) {
        match ty {
            ValType::I32 => self.hash.byte(b'i'),
            ValType::I64 => self.hash.byte(b'I'),
            ValType::F32 => self.hash.byte(b'f'),
            ValType::F64 => self.hash.byte(b'F'),
            ValType::V128 => self.hash.byte(b'v'),
            ValType::Ref(name) => self.hash.bytes(name.as_bytes()),
        }
    }
}

/// A LEB128 number that was read already.
fn offset(leb: &[u8]) -> u64 {
    leb.iter()
        .take(10)
        .enumerate()
        .fold(0, |value, (at, byte)| value | u64::from(byte & 0x7f) << (7 * at).min(63))
}

/// FNV-1a: the table was written with it, so that it must stay the same everywhere and for good.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }
}
