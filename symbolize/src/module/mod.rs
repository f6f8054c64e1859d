//! The outline of a core module or component, in own types. One pass that checks what is needed so that no index handed
//! out here is out of range; it is no validation.

mod error;
mod items;
pub(crate) mod names;
mod parse;
mod taken;
mod types;

use std::ops::Range;
use std::sync::Arc;

pub use error::ModuleError;
pub(crate) use items::range_of;
pub use items::{
    DataKind, DataSegment, Export, ExportKind, Function, Global, Import, ImportKind, Memory, Section, Table,
    TableSlot,
};
pub use types::{FuncType, TypeEntry, ValType};

use crate::component::{self, CoreModule};
use crate::ids::{CodeOffset, FileOffset, FuncIndex};
use crate::warning::Warning;
use names::NameSection;
pub(crate) use names::NameSpan;
pub(crate) use taken::constant;
pub(crate) use types::{heap_text, ref_text};

/// The outline of a core module or component: what it has and where in the file it lies. Immutable, without the bytes.
#[derive(Debug, Default)]
pub struct ModuleIndex {
    types: Vec<TypeEntry>,
    pub(crate) functions: Vec<Function>,
    pub(crate) imported_functions: usize,
    pub(crate) imports: Vec<Import>,
    exports: Vec<Export>,
    pub(crate) sections: Vec<Section>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    tables: Vec<Table>,
    tag_count: usize,
    pub(crate) data_segments: Vec<DataSegment>,
    start: Option<FuncIndex>,
    pub(crate) code: Option<Range<FileOffset>>,
    address_taken: Vec<FuncIndex>,
    /// The first slot of each function, sorted by function.
    table_slots: Vec<TableSlot>,
    names: NameSection,
    /// Of a component.
    pub(crate) core_modules: Option<Vec<CoreModule>>,
    pub(crate) component_imports: Vec<Arc<str>>,
}

impl ModuleIndex {
    /// Reads the outline of the core module or component in `bytes`.
    ///
    /// A component has the functions, imports, memories, globals and data of all its core modules, and sections of its
    /// own; its code section is its whole file. What else a core module has is found in [`ModuleIndex::core_modules`].
    ///
    /// # Errors
    /// When the bytes are neither, are cut off, or are malformed outside of custom sections and function bodies; each
    /// error says at which offset and what can be done.
    pub fn parse(bytes: &[u8]) -> Result<ModuleIndex, ModuleError> {
        match Self::parse_module(bytes) {
            Err(ModuleError::Component) => component::parse(bytes),
            other => other,
        }
    }

    /// Reads the outline of the core module in `bytes`.
    ///
    /// # Errors
    /// As [`ModuleIndex::parse`], and where the bytes are a component.
    pub fn parse_module(bytes: &[u8]) -> Result<ModuleIndex, ModuleError> {
        parse::parse(bytes)
    }

    /// The core modules of a component, in the order of its file; none where this is a core module.
    pub fn core_modules(&self) -> &[CoreModule] {
        self.core_modules.as_deref().unwrap_or_default()
    }

    /// The names of the interfaces and functions that a component imports.
    pub fn component_imports(&self) -> &[Arc<str>] {
        &self.component_imports
    }

    /// Whether this is a component.
    pub fn is_component(&self) -> bool {
        self.core_modules.is_some()
    }

    /// All functions, imported ones first: the position is the [`FuncIndex`].
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function with this index, if there is one.
    pub fn function(&self, index: FuncIndex) -> Option<&Function> {
        self.functions.get(index.index())
    }

    /// How many of the functions are imported; the first defined function has this index.
    pub fn imported_function_count(&self) -> usize {
        self.imported_functions
    }

    /// The function whose locals or code lie at `offset`; `None` between functions and outside of them.
    pub fn function_at(&self, offset: CodeOffset) -> Option<FuncIndex> {
        let defined = self.functions.get(self.imported_functions..)?;
        let after = defined.partition_point(|f| f.body.as_ref().is_some_and(|body| body.start <= offset));
        let function = defined.get(after.checked_sub(1)?)?;
        function.body.as_ref()?.contains(&offset).then_some(function.index)
    }

    /// What the module imports, in the order of the file.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// What the module exports, in the order of the file.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// All sections, in the order of the file.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The first custom section of this name.
    pub fn custom_section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == 0 && &*section.name == name)
    }

    /// All memories, imported ones first.
    pub fn memories(&self) -> &[Memory] {
        &self.memories
    }

    /// All globals, imported ones first.
    pub fn globals(&self) -> &[Global] {
        &self.globals
    }

    /// All tables, imported ones first.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The number of exception tags.
    pub fn tag_count(&self) -> usize {
        self.tag_count
    }

    /// The type index space.
    pub fn types(&self) -> &[TypeEntry] {
        &self.types
    }

    /// The data segments, in the order of the file.
    pub fn data_segments(&self) -> &[DataSegment] {
        &self.data_segments
    }

    /// The function that runs at instantiation.
    pub fn start(&self) -> Option<FuncIndex> {
        self.start
    }

    /// The place in the file that `CodeOffset(0)` means; `None` when there is no code section.
    pub fn code_start(&self) -> Option<FileOffset> {
        self.code.as_ref().map(|range| range.start)
    }

    /// The place in the file of a code offset; `None` when it lies outside of the code section.
    pub fn file_offset(&self, offset: CodeOffset) -> Option<FileOffset> {
        let code = self.code.as_ref()?;
        let at = FileOffset(code.start.0 + u64::from(offset.0));
        (at <= code.end).then_some(at)
    }

    /// The code offset of a place in the file; `None` when it lies outside of the code section.
    pub fn code_offset(&self, offset: FileOffset) -> Option<CodeOffset> {
        let code = self.code.as_ref()?;
        let inside = offset >= code.start && offset <= code.end;
        u32::try_from(offset.0.checked_sub(code.start.0)?).ok().filter(|_| inside).map(CodeOffset)
    }

    /// The functions that can be reached other than by a direct call or as the start function: those in element
    /// segments and in `ref.func` of globals, tables and segments, and exported ones. Sorted, each once.
    ///
    /// Function bodies aren't searched for `ref.func`: validation demands that what they refer to is also in one
    /// of these places.
    pub fn address_taken(&self) -> &[FuncIndex] {
        &self.address_taken
    }

    /// The first place of a function in the first table that it is in from the start; `None` for functions in none, and
    /// where the place is not a plain constant (as in position-independent modules).
    pub fn table_slot(&self, function: FuncIndex) -> Option<TableSlot> {
        let at = self.table_slots.binary_search_by_key(&function, |slot| slot.function).ok()?;
        self.table_slots.get(at).copied()
    }

    /// The name that the module gives itself in its name section.
    pub fn name(&self) -> Option<&Arc<str>> {
        self.names.module.as_ref()
    }

    /// What was wrong in the name section.
    pub(crate) fn name_warnings(&self) -> &[Warning] {
        &self.names.warnings
    }

    /// Where the name section's name of a function lies.
    pub(crate) fn name_span(&self, index: FuncIndex) -> Option<NameSpan> {
        self.names.function(index)
    }

    /// Where a subsection of the name section lies that is not read with the outline, by its id.
    pub(crate) fn unread_names(&self, id: u8) -> Option<Range<usize>> {
        self.names.unread.get(&id).cloned()
    }
}
