//! A component as one module: the functions of all its core modules in one index space, its file as one code section.

mod merge;
mod scan;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use merge::parse;

use crate::ids::{CodeOffset, FileOffset, FuncIndex, MemoryIndex};
use crate::module::ModuleIndex;

/// A core module in a component, and how its indices and offsets become those of the component.
#[derive(Debug)]
pub struct CoreModule {
    /// What the component calls it, or else it itself, or else `core module 3`. No two have the same.
    pub name: Arc<str>,
    /// Its bytes in the component's file.
    pub range: Range<FileOffset>,
    /// Its own outline.
    pub index: Arc<ModuleIndex>,
    first_import: u32,
    first_defined: u32,
    first_global: u32,
    memories: Vec<MemoryIndex>,
}

/// The one of `modules` that a function of their component is in, its position, and the function's index there.
pub(crate) fn module_of(modules: &[CoreModule], function: FuncIndex) -> Option<(usize, FuncIndex)> {
    // Functions with code come behind all imported ones; both ascend.
    let first_defined = modules.first()?.first_defined;
    let after = match function.0 < first_defined {
        true => modules.partition_point(|module| module.first_import <= function.0),
        false => modules.partition_point(|module| module.first_defined <= function.0),
    };
    let at = after.checked_sub(1)?;
    Some((at, modules.get(at)?.local_function(function)?))
}

/// The one of `modules` that a code offset of their component is in, its position, and the offset there.
pub(crate) fn module_at(modules: &[CoreModule], offset: CodeOffset) -> Option<(usize, CodeOffset)> {
    let after = modules.partition_point(|module| module.range.start.0 <= u64::from(offset.0));
    let at = after.checked_sub(1)?;
    Some((at, modules.get(at)?.local_code_offset(offset)?))
}

impl CoreModule {
    /// The function of the component that its function `local` is; `None` where it has none such.
    pub fn function(&self, local: FuncIndex) -> Option<FuncIndex> {
        self.index.function(local)?;
        let imported = self.index.imported_function_count() as u32;
        Some(FuncIndex(match local.0.checked_sub(imported) {
            Some(defined) => self.first_defined + defined,
            None => self.first_import + local.0,
        }))
    }

    /// Its own function that `function` of the component is; `None` for those of other core modules.
    pub fn local_function(&self, function: FuncIndex) -> Option<FuncIndex> {
        let imported = self.index.imported_function_count() as u32;
        let defined = self.index.functions().len() as u32 - imported;
        let within = |first: u32, count: u32| function.0.checked_sub(first).filter(|at| *at < count);
        let defined = within(self.first_defined, defined).map(|at| at + imported);
        defined.or_else(|| within(self.first_import, imported)).map(FuncIndex)
    }

    /// The component's code offset that `local` in its code section is; `None` where it has no code.
    pub fn code_offset(&self, local: CodeOffset) -> Option<CodeOffset> {
        let at = self.index.file_offset(local)?.0 + self.range.start.0;
        u32::try_from(at).ok().map(CodeOffset)
    }

    /// Its own code offset that `offset` of the component is; `None` outside of its code.
    pub fn local_code_offset(&self, offset: CodeOffset) -> Option<CodeOffset> {
        let at = u64::from(offset.0).checked_sub(self.range.start.0)?;
        self.index.code_offset(FileOffset(at))
    }

    /// The memory of the component that its memory `local` is. One that it imports is that of the only core module that
    /// has one, as adapters' are; where there are several it stands for itself.
    pub fn memory(&self, local: MemoryIndex) -> Option<MemoryIndex> {
        self.memories.get(local.index()).copied()
    }

    /// The global of the component that its global `local` is; `None` where it has none such. One that it imports
    /// stands for itself.
    pub fn global(&self, local: u32) -> Option<u32> {
        ((local as usize) < self.index.globals().len()).then(|| self.first_global + local)
    }

    /// Its own global that `global` of the component is; `None` for those of other core modules.
    pub(crate) fn local_global(&self, global: u32) -> Option<u32> {
        let local = global.checked_sub(self.first_global)?;
        ((local as usize) < self.index.globals().len()).then_some(local)
    }
}
