//! The pass over a module.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::items::range_of;
use super::names;
use super::taken::{self, Taken};
use super::types::TypeReader;
use super::{
    DataKind, DataSegment, Export, ExportKind, FuncType, Function, Global, Import, ImportKind, Memory,
    ModuleError, ModuleIndex, Section, Table, TypeEntry,
};
use crate::ids::{CodeOffset, FileOffset, FuncIndex, MemoryIndex};

const MAGIC: &[u8; 4] = b"\0asm";
const DEFAULT_PAGE_SIZE_LOG2: u32 = 16;

pub(super) fn parse(bytes: &[u8]) -> Result<ModuleIndex, ModuleError> {
    check_header(bytes)?;
    let mut pass = Pass::new(bytes);
    let mut parser = Parser::new(0);
    // Whether a proposal may be used is for the engine to say; here it only has to be understood.
    parser.set_features(wasmparser::WasmFeatures::all());
    for payload in parser.parse_all(bytes) {
        pass.payload(payload?)?;
    }
    pass.finish()
}

/// Says what a file that is no module probably is, before the parser says only "bad magic number".
fn check_header(bytes: &[u8]) -> Result<(), ModuleError> {
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
        let message = "a module has a header of 8 bytes".to_owned();
        return Err(ModuleError::Truncated { at: FileOffset(bytes.len() as u64), message });
    };
    if magic != MAGIC {
        let start = magic.escape_ascii().to_string();
        return Err(ModuleError::NotWasm { start, hint: hint(bytes) });
    }
    match rest.first_chunk::<4>().map(|version| u32::from_le_bytes(*version)) {
        None => {
            let message = "a module has a header of 8 bytes".to_owned();
            Err(ModuleError::Truncated { at: FileOffset(bytes.len() as u64), message })
        }
        Some(1) => Ok(()),
        // The upper half is the layer; 1 is the component model.
        Some(version) if version >> 16 == 1 => Err(ModuleError::Component),
        Some(version) => Err(ModuleError::Version { version }),
    }
}

fn hint(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'\x7f', b'E', b'L', b'F', ..] => "; it is a native program, build it for a wasm32 target",
        [0x1f, 0x8b, ..] => "; it is compressed with gzip, unpack it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "; it is compressed with zstd, unpack it first",
        [b'(' | b';', ..] => "; it looks like the text format, translate it first",
        [b'!', b'<', b'a', b'r', ..] => "; it is a static library, link it first",
        _ => "",
    }
}

struct Pass<'a> {
    bytes: &'a [u8],
    module: ModuleIndex,
    types: TypeReader,
    taken: Taken,
    /// Where the next section's header begins.
    next_header: usize,
    /// Bodies seen so far in the code section.
    bodies: usize,
    /// Import modules share their names: a compact import section may repeat one a million times.
    module_names: HashMap<&'a str, Arc<str>>,
}

impl<'a> Pass<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Pass {
            bytes,
            module: ModuleIndex::default(),
            types: TypeReader::default(),
            taken: Taken::default(),
            next_header: 0,
            bodies: 0,
            module_names: HashMap::new(),
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), ModuleError> {
        self.section(&payload);
        match payload {
            Payload::Version { range, .. } => self.next_header = range.end,
            Payload::TypeSection(types) => self.types(types)?,
            Payload::ImportSection(imports) => self.imports(imports)?,
            Payload::FunctionSection(functions) => self.functions(functions)?,
            Payload::TableSection(tables) => self.tables(tables)?,
            Payload::MemorySection(memories) => self.memories(memories)?,
            Payload::TagSection(tags) => self.tags(tags)?,
            Payload::GlobalSection(globals) => self.globals(globals)?,
            Payload::ExportSection(exports) => self.exports(exports)?,
            Payload::StartSection { func, .. } => self.module.start = Some(FuncIndex(func)),
            Payload::ElementSection(elements) => self.taken.elements(elements)?,
            Payload::DataSection(data) => self.data(data)?,
            Payload::CodeSectionStart { range, .. } => self.module.code = Some(range_of(range)),
            Payload::CodeSectionEntry(body) => self.body(body.range())?,
            Payload::CustomSection(custom) if custom.name() == "name" => self.names(&custom),
            _ => {}
        }
        Ok(())
    }

    fn section(&mut self, payload: &Payload<'a>) {
        let Some((id, contents)) = payload.as_section() else { return };
        let (name, data): (Arc<str>, _) = match payload {
            Payload::CustomSection(custom) => (custom.name().into(), custom.data_offset()..contents.end),
            _ => (standard_name(id).into(), contents.clone()),
        };
        let header = FileOffset(self.next_header as u64);
        self.next_header = contents.end;
        self.module.sections.push(Section {
            id,
            name,
            header,
            contents: range_of(contents),
            data: range_of(data),
        });
    }

    fn types(&mut self, types: wasmparser::TypeSectionReader<'a>) -> Result<(), ModuleError> {
        for group in types {
            for ty in group?.types() {
                self.module.types.push(self.types.entry(ty));
            }
        }
        Ok(())
    }

    fn imports(&mut self, imports: wasmparser::ImportSectionReader<'a>) -> Result<(), ModuleError> {
        for import in imports.into_imports() {
            let import = import?;
            let module =
                self.module_names.entry(import.module).or_insert_with(|| import.module.into()).clone();
            let kind = self.import_kind(import.ty)?;
            self.module.imports.push(Import { module, name: import.name.into(), kind });
        }
        self.module.imported_functions = self.module.functions.len();
        Ok(())
    }

    fn import_kind(&mut self, ty: TypeRef) -> Result<ImportKind, ModuleError> {
        Ok(match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let (index, ty) = self.function(ty, Some(self.module.imports.len()))?;
                ImportKind::Function { index, ty }
            }
            TypeRef::Memory(ty) => ImportKind::Memory { index: self.memory(&ty, true) },
            TypeRef::Table(ty) => ImportKind::Table { index: self.table(&ty, true) },
            TypeRef::Global(ty) => ImportKind::Global { index: self.global(ty, true, None) },
            TypeRef::Tag(_) => {
                self.module.tag_count += 1;
                ImportKind::Tag { index: to_u32(self.module.tag_count - 1) }
            }
        })
    }

    fn functions(&mut self, functions: wasmparser::FunctionSectionReader<'a>) -> Result<(), ModuleError> {
        for ty in functions {
            self.function(ty?, None)?;
        }
        Ok(())
    }

    fn function(
        &mut self,
        ty: u32,
        import: Option<usize>,
    ) -> Result<(FuncIndex, Arc<FuncType>), ModuleError> {
        let index = FuncIndex(to_u32(self.module.functions.len()));
        let Some(TypeEntry::Func(func_type)) = self.module.types.get(ty as usize) else {
            return Err(ModuleError::FunctionType { function: index, ty });
        };
        let ty = Arc::clone(func_type);
        self.module.functions.push(Function { index, ty: Arc::clone(&ty), body: None, import });
        Ok((index, ty))
    }

    fn tables(&mut self, tables: wasmparser::TableSectionReader<'a>) -> Result<(), ModuleError> {
        for table in tables {
            let table = table?;
            self.table(&table.ty, false);
            if let wasmparser::TableInit::Expr(expr) = &table.init {
                self.taken.expression(expr)?;
            }
        }
        Ok(())
    }

    fn table(&mut self, ty: &wasmparser::TableType, imported: bool) -> u32 {
        self.module.tables.push(Table {
            element: self.types.reference(ty.element_type),
            initial: ty.initial,
            maximum: ty.maximum,
            table64: ty.table64,
            imported,
        });
        to_u32(self.module.tables.len() - 1)
    }

    fn memories(&mut self, memories: wasmparser::MemorySectionReader<'a>) -> Result<(), ModuleError> {
        for memory in memories {
            self.memory(&memory?, false);
        }
        Ok(())
    }

    fn memory(&mut self, ty: &wasmparser::MemoryType, imported: bool) -> MemoryIndex {
        let index = MemoryIndex(to_u32(self.module.memories.len()));
        self.module.memories.push(Memory {
            index,
            initial_pages: ty.initial,
            maximum_pages: ty.maximum,
            memory64: ty.memory64,
            shared: ty.shared,
            imported,
            page_size_log2: ty.page_size_log2.unwrap_or(DEFAULT_PAGE_SIZE_LOG2),
        });
        index
    }

    fn tags(&mut self, tags: wasmparser::TagSectionReader<'a>) -> Result<(), ModuleError> {
        for tag in tags {
            tag?;
            self.module.tag_count += 1;
        }
        Ok(())
    }

    fn globals(&mut self, globals: wasmparser::GlobalSectionReader<'a>) -> Result<(), ModuleError> {
        for global in globals {
            let global = global?;
            self.global(global.ty, false, taken::constant(&global.init_expr)?);
            self.taken.expression(&global.init_expr)?;
        }
        Ok(())
    }

    fn global(&mut self, ty: wasmparser::GlobalType, imported: bool, initial: Option<u64>) -> u32 {
        let global = Global { ty: self.types.value(ty.content_type), mutable: ty.mutable, imported, initial };
        self.module.globals.push(global);
        to_u32(self.module.globals.len() - 1)
    }

    fn exports(&mut self, exports: wasmparser::ExportSectionReader<'a>) -> Result<(), ModuleError> {
        for export in exports {
            let export = export?;
            let kind = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Function,
                ExternalKind::Memory => ExportKind::Memory,
                ExternalKind::Table => ExportKind::Table,
                ExternalKind::Global => ExportKind::Global,
                ExternalKind::Tag => ExportKind::Tag,
            };
            self.module.exports.push(Export { name: export.name.into(), kind, index: export.index });
        }
        Ok(())
    }

    fn data(&mut self, segments: wasmparser::DataSectionReader<'a>) -> Result<(), ModuleError> {
        for (index, segment) in segments.into_iter().enumerate() {
            let segment = segment?;
            let end = segment.range.end;
            let kind = match &segment.kind {
                wasmparser::DataKind::Passive => DataKind::Passive,
                wasmparser::DataKind::Active { memory_index, offset_expr } => DataKind::Active {
                    memory: MemoryIndex(*memory_index),
                    offset: taken::constant(offset_expr)?,
                },
            };
            let bytes = range_of(end - segment.data.len()..end);
            self.module.data_segments.push(DataSegment { index: to_u32(index), kind, bytes, name: None });
        }
        self.module.data_segments.shrink_to_fit();
        Ok(())
    }

    fn body(&mut self, range: Range<usize>) -> Result<(), ModuleError> {
        let position = self.module.imported_functions + self.bodies;
        self.bodies += 1;
        let start = self.module.code_start().unwrap_or(FileOffset(0));
        // A section's size is a 32-bit number, so what is inside of one always fits.
        let offset = |at: usize| CodeOffset((at as u64).saturating_sub(start.0) as u32);
        let body = offset(range.start)..offset(range.end);
        if let Some(function) = self.module.functions.get_mut(position) {
            function.body = Some(body);
        }
        Ok(())
    }

    fn names(&mut self, custom: &wasmparser::CustomSectionReader<'a>) {
        names::read(&mut self.module.names, self.bytes, custom.data_offset()..custom.range().end);
    }

    fn finish(self) -> Result<ModuleIndex, ModuleError> {
        let Pass { mut module, taken, bodies, .. } = self;
        let declared = module.functions.len() - module.imported_functions;
        if declared != bodies {
            return Err(ModuleError::BodyCount { declared, bodies });
        }
        check_indices(&module)?;
        taken.finish(&mut module)?;
        names::finish(&mut module.names, module.functions.len());
        for segment in &mut module.data_segments {
            segment.name = module.names.data.get(&segment.index).cloned();
        }
        Ok(module)
    }
}

fn check_indices(module: &ModuleIndex) -> Result<(), ModuleError> {
    let check = |what, kind, index: u32, count: usize| {
        if (index as usize) < count { Ok(()) } else { Err(ModuleError::Index { what, kind, index, count }) }
    };
    if let Some(start) = module.start {
        check("start", "function", start.0, module.functions.len())?;
    }
    for segment in &module.data_segments {
        if let DataKind::Active { memory, .. } = segment.kind {
            check("data", "memory", memory.0, module.memories.len())?;
        }
    }
    for export in &module.exports {
        let (kind, count) = match export.kind {
            ExportKind::Function => ("function", module.functions.len()),
            ExportKind::Memory => ("memory", module.memories.len()),
            ExportKind::Table => ("table", module.tables.len()),
            ExportKind::Global => ("global", module.globals.len()),
            ExportKind::Tag => ("tag", module.tag_count),
        };
        check("export", kind, export.index, count)?;
    }
    Ok(())
}

/// Every count comes from entries that take at least a byte each in a section whose size is a 32-bit number.
fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn standard_name(id: u8) -> &'static str {
    match id {
        1 => "type",
        2 => "import",
        3 => "function",
        4 => "table",
        5 => "memory",
        6 => "global",
        7 => "export",
        8 => "start",
        9 => "element",
        10 => "code",
        11 => "data",
        12 => "datacount",
        13 => "tag",
        _ => "unknown",
    }
}
