//! The outline of a component out of those of its core modules.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::CoreModule;
use super::scan::{Found, Scan, scan};
use crate::ids::{CodeOffset, FileOffset, MemoryIndex};
use crate::module::{DataKind, DataSegment, Function, Import, ImportKind, Memory, ModuleError, ModuleIndex};

/// More core modules than this are nobody's program: engines take a thousand in a component.
const MOST_MODULES: usize = 10_000;

/// Reads the outline of the component in `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Result<ModuleIndex, ModuleError> {
    // Places in it are code offsets, which have 32 bits.
    if u32::try_from(bytes.len()).is_err() {
        return Err(ModuleError::TooLarge {
            what: "bytes",
            count: bytes.len() as u64,
            limit: u64::from(u32::MAX),
        });
    }
    let mut whole = Merge::default();
    let Scan { found, sections, imports, .. } = scan(bytes)?;
    if found.len() > MOST_MODULES {
        let (count, limit) = (found.len() as u64, MOST_MODULES as u64);
        return Err(ModuleError::TooLarge { what: "core modules", count, limit });
    }
    (whole.whole.sections, whole.whole.component_imports) = (sections, imports);
    let mut names = HashSet::new();
    let mut modules = Vec::new();
    for (number, Found { range, name }) in found.into_iter().enumerate() {
        let broken = |source| ModuleError::CoreModule {
            number,
            at: FileOffset(range.start as u64),
            source: Box::new(source),
        };
        let index =
            ModuleIndex::parse_module(bytes.get(range.clone()).unwrap_or_default()).map_err(broken)?;
        let name = name.or_else(|| index.name().cloned()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("core module {number}").into());
        let name = unique(name, number, &mut names);
        let range = FileOffset(range.start as u64)..FileOffset(range.end as u64);
        modules.push((name, range, Arc::new(index)));
    }
    let imported = modules.iter().map(|(.., index)| index.imported_function_count()).sum();
    let one_memory = has_one_memory(&modules);
    for (name, range, index) in modules {
        whole.add(name, range, index, imported, one_memory);
    }
    Ok(whole.finish(bytes.len(), imported))
}

/// `name`, or with the number of its module behind it where another one has it.
fn unique(name: Arc<str>, number: usize, names: &mut HashSet<Arc<str>>) -> Arc<str> {
    let numbered = std::iter::successors(Some(name), |name| Some(format!("{name}#{number}").into()));
    let mut free = numbered.filter(|name: &Arc<str>| names.insert(Arc::clone(name)));
    free.next().unwrap_or_default()
}

type Outline = (Arc<str>, Range<FileOffset>, Arc<ModuleIndex>);

/// Whether one of them alone defines a memory: then it is the component's first and only one.
fn has_one_memory(modules: &[Outline]) -> bool {
    let memories = modules.iter().flat_map(|(.., index)| index.memories());
    memories.filter(|memory| !memory.imported).count() == 1
}

#[derive(Default)]
struct Merge {
    whole: ModuleIndex,
    modules: Vec<CoreModule>,
    /// Functions that have a body: they come after all that have none.
    defined: Vec<Function>,
}

impl Merge {
    fn add(
        &mut self,
        name: Arc<str>,
        range: Range<FileOffset>,
        index: Arc<ModuleIndex>,
        imported: usize,
        one_memory: bool,
    ) {
        let mut module = CoreModule {
            name,
            range,
            first_import: self.whole.functions.len() as u32,
            first_defined: (imported + self.defined.len()) as u32,
            first_global: self.whole.globals.len() as u32,
            memories: Vec::new(),
            index,
        };
        self.memories(&mut module, one_memory);
        self.whole.globals.extend_from_slice(module.index.globals());
        self.functions(&module);
        let imports = module.index.imports().iter().map(|import| import_in(&module, import));
        self.whole.imports.extend(imports);
        let segments = module.index.data_segments().iter().map(|segment| segment_in(&module, segment));
        self.whole.data_segments.extend(segments);
        self.modules.push(module);
    }

    fn memories(&mut self, module: &mut CoreModule, one_memory: bool) {
        for memory in module.index.memories() {
            if memory.imported && one_memory {
                module.memories.push(MemoryIndex(0));
                continue;
            }
            let index = MemoryIndex(self.whole.memories.len() as u32);
            module.memories.push(index);
            self.whole.memories.push(Memory { index, ..memory.clone() });
        }
    }

    fn functions(&mut self, module: &CoreModule) {
        let first_import = self.whole.imports.len();
        for function in module.index.functions() {
            let bound = |at| module.code_offset(at).unwrap_or(CodeOffset(0));
            let body = function.body.as_ref().map(|body| bound(body.start)..bound(body.end));
            let merged = Function {
                index: module.function(function.index).unwrap_or(function.index),
                ty: Arc::clone(&function.ty),
                body,
                import: function.import.map(|import| first_import + import),
            };
            let list = if function.import.is_some() { &mut self.whole.functions } else { &mut self.defined };
            list.push(merged);
        }
    }

    fn finish(self, file_bytes: usize, imported: usize) -> ModuleIndex {
        let Merge { mut whole, modules, defined } = self;
        whole.functions.extend(defined);
        whole.imported_functions = imported;
        whole.code = Some(FileOffset(0)..FileOffset(file_bytes as u64));
        whole.core_modules = Some(modules);
        whole
    }
}

fn import_in(module: &CoreModule, import: &Import) -> Import {
    let kind = match &import.kind {
        ImportKind::Function { index, ty } => {
            ImportKind::Function { index: module.function(*index).unwrap_or(*index), ty: Arc::clone(ty) }
        }
        ImportKind::Memory { index } => ImportKind::Memory { index: module.memory(*index).unwrap_or(*index) },
        ImportKind::Global { index } => ImportKind::Global { index: module.global(*index).unwrap_or(*index) },
        other => other.clone(),
    };
    Import { kind, ..import.clone() }
}

fn segment_in(module: &CoreModule, segment: &DataSegment) -> DataSegment {
    let kind = match segment.kind {
        DataKind::Active { memory, offset } => {
            DataKind::Active { memory: module.memory(memory).unwrap_or(memory), offset }
        }
        DataKind::Passive => DataKind::Passive,
    };
    let shifted = |at: FileOffset| FileOffset(at.0 + module.range.start.0);
    let bytes = shifted(segment.bytes.start)..shifted(segment.bytes.end);
    DataSegment { kind, bytes, ..segment.clone() }
}
