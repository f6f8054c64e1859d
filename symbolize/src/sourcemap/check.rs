//! Whether a map is that of the module. One of another build would show wrong lines, and names no build; but its
//! offsets lie in the middle of instructions as often as not.

use std::ops::Range;

use wasmparser::{BinaryReader, FunctionBody};

use super::SourceMap;
use crate::ids::{CodeOffset, FileOffset};
use crate::module::ModuleIndex;
use crate::warning::Warning;

/// How much code is looked at, in bytes; more would make no surer.
const ENOUGH_CODE: u64 = 1 << 20;
/// A map is foreign when one in so many of its mappings is misplaced. In a map of another build half are.
const TOLERATED: usize = 4;

/// Says so when the map is that of another build.
pub(super) fn belongs(map: &SourceMap, bytes: &[u8], module: &ModuleIndex) -> Result<(), Warning> {
    let bodies = || module.functions().iter().filter_map(|function| function.body.as_ref());
    let code: u64 = bodies().map(|body| u64::from(body.end.0 - body.start.0)).sum();
    let stride = usize::try_from(code / ENOUGH_CODE + 1).unwrap_or(usize::MAX);
    let (mut stray, mut mappings) = (0, 0);
    for body in bodies().step_by(stride) {
        let within = map.within(body);
        if within.is_empty() {
            continue;
        }
        let Some(starts) = instruction_starts(bytes, module, body) else { continue };
        mappings += within.len();
        stray += within.iter().filter(|mapping| starts.binary_search(&mapping.at).is_err()).count();
    }
    if stray > mappings / TOLERATED {
        return Err(Warning::SourceMapForeign { stray, mappings });
    }
    Ok(())
}

/// Where the body, its code and each instruction begin; `None` for a body that can't be read.
fn instruction_starts(
    bytes: &[u8],
    module: &ModuleIndex,
    body: &Range<CodeOffset>,
) -> Option<Vec<CodeOffset>> {
    let place = |offset| usize::try_from(module.file_offset(offset)?.0).ok();
    let start = place(body.start)?;
    let code = bytes.get(start..place(body.end)?)?;
    let mut operators = FunctionBody::new(BinaryReader::new(code, start)).get_operators_reader().ok()?;
    let mut starts = vec![body.start];
    while !operators.eof() {
        starts.push(module.code_offset(FileOffset(operators.original_position() as u64))?);
        operators.read().ok()?;
    }
    Some(starts)
}
