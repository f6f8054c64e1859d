//! Where the meaning of a code offset comes from.

use super::{FrameInfo, FrameKind};
use wasmscope_symbolize::{CodeOffset, Frame, FuncIndex, Group, Location, ModuleIndex, Symbols};

/// Tells what functions and code offsets mean: the symbols of a module, what another profiler told, and made-up ones for
/// tests.
pub(super) trait FrameSource {
    /// The logical frames at `offset` in `func`, innermost first; none where nothing is known.
    fn frames(&self, func: FuncIndex, offset: CodeOffset) -> Vec<Frame>;

    /// The module that they belong to.
    fn module(&self) -> &ModuleIndex;

    /// What the function is that a frame of guest code names.
    fn kind(&self, func: FuncIndex) -> FrameKind {
        FrameKind::Wasm(func)
    }

    /// The function itself.
    fn info(&self, kind: FrameKind, func: FuncIndex) -> FrameInfo;
}

impl FrameSource for Symbols {
    fn frames(&self, func: FuncIndex, offset: CodeOffset) -> Vec<Frame> {
        // An offset in another function can only come from a damaged recording; its lines would be wrong.
        let belongs = self.module().function_at(offset) == Some(func);
        if belongs { Symbols::frames(self, offset) } else { Vec::new() }
    }

    fn module(&self) -> &ModuleIndex {
        Symbols::module(self)
    }

    fn info(&self, kind: FrameKind, func: FuncIndex) -> FrameInfo {
        let declared = match kind {
            FrameKind::Wasm(_) => self.declaration(func),
            _ => None,
        };
        info(self, kind, func, declared)
    }
}

/// A function by its name in `symbols`, declared where `declared` says.
pub(super) fn info(
    symbols: &Symbols,
    kind: FrameKind,
    func: FuncIndex,
    declared: Option<Location>,
) -> FrameInfo {
    let name = &symbols.name(func).name;
    FrameInfo {
        kind,
        name: name.full.clone(),
        short: name.short.clone(),
        // Made-up functions are declared where the symbols know of nothing.
        group: symbols.group(func).or_else(|| Group::of_file(&declared.as_ref()?.file)),
        line: declared.as_ref().map(|at| at.line).filter(|line| *line > 0),
        file: declared.map(|at| at.file),
    }
}
