//! What is kept of a function's code, to find it again where it was changed.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use rustc_hash::{FxHashMap, FxHasher};
use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::Build;
use super::marks::{constant, hash, mark, offset};
use crate::module::Function;

/// A shorter function is like many others by chance.
const FEWEST_OPERATORS: u32 = 6;

/// Of longer functions the marks with the lowest hashes are kept, which are the same ones in both builds.
pub(super) const MOST_MARKS: usize = 64;

/// What is kept of a function.
#[derive(Default)]
pub(super) struct Traits {
    /// A hash of the operators, with constants and without indices: two builds have the same one for code that was not
    /// optimised further. `None` where too little is left to tell functions apart.
    pub(super) shape: Option<u64>,
    /// A hash of the code as it stands, but for which functions it calls.
    pub(super) code: u64,
    /// Hashes of operators that optimisers mostly keep, and of how often they stand there; sorted, each once.
    pub(super) marks: Vec<u32>,
    /// The functions that it calls, in the order of the code, each as often as it is called.
    pub(super) calls: Vec<u32>,
}

/// Reads functions of one build, one after another.
pub(super) struct Reader<'a> {
    build: Build<'a>,
    /// How often each mark was seen in the function.
    seen: FxHashMap<u32, u32>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(build: Build<'a>) -> Self {
        Reader { build, seen: FxHashMap::default() }
    }

    /// The traits of a function; `None` of an imported one, and where the code is broken.
    pub(super) fn read(&mut self, function: &Function) -> Option<Traits> {
        let (code, at) = self.build.body(function)?;
        let mut operators = FunctionBody::new(BinaryReader::new(code, at)).get_operators_reader().ok()?;
        let mut traits = Traits::default();
        let (mut shape, mut whole) = (FxHasher::default(), FxHasher::default());
        let mut count = 0_u32;
        let mut start = operators.original_position() - at;
        code.get(..start)?.hash(&mut whole);
        self.seen.clear();
        while !operators.eof() {
            let operator = operators.read().ok()?;
            let end = operators.original_position() - at;
            let bytes = code.get(start..end)?;
            start = end;
            count = count.saturating_add(1);
            (discriminant(&operator), constant(&operator), offset(&operator)).hash(&mut shape);
            match called(&operator) {
                Some(callee) => {
                    traits.calls.push(callee);
                    whole.write_u8(0);
                }
                None => bytes.hash(&mut whole),
            }
            traits.marks.extend(self.mark(bytes, &operator));
        }
        traits.shape = (count >= FEWEST_OPERATORS).then(|| shape.finish());
        traits.code = whole.finish();
        traits.marks.sort_unstable();
        traits.marks.dedup();
        traits.marks.truncate(MOST_MARKS);
        Some(traits)
    }

    /// The operator's mark with how often it was seen, whenever that has doubled.
    fn mark(&mut self, bytes: &[u8], operator: &Operator<'_>) -> Option<u32> {
        let mark = mark(self.build.module, opcode(bytes)?, operator)?;
        let count = self.seen.entry(mark).or_default();
        *count = count.saturating_add(1);
        count.is_power_of_two().then(|| hash((mark, *count)))
    }
}

fn called(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => Some(*function_index),
        _ => None,
    }
}

/// One byte, or two behind a prefix.
fn opcode(bytes: &[u8]) -> Option<u16> {
    match *bytes.first()? {
        prefix @ 0xfc.. => Some(u16::from_be_bytes([prefix, *bytes.get(1)?])),
        byte => Some(u16::from(byte)),
    }
}
