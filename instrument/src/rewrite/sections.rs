//! Puts the module together: each section is copied, or copied with our entries behind its own.

use super::code::{self, Code};
use super::indices::Indices;
use super::{hints, runtime};
use crate::error::RewriteError;
use crate::offsets::OffsetMap;
use crate::plan::{Plan, ProbeReader};
use crate::probes::layout::{accesses, events};
use crate::probes::{
    ACCESSED_EXPORT, ACCESSES_EXPORT, ACCESSES_MAXIMUM_PAGES, COMPONENT_EVENTS_PAGES, CONTEXTS_EXPORT,
    EVENTS_EXPORT, HOST_EXPORT, LINE_BYTES, LOWEST_EXPORT, PROBE_MAXIMUM_PAGES, START_EXPORT,
};
use std::ops::Range;
use wasm_encoder::{
    ConstExpr, Encode, ExportKind, GlobalType, MemoryType, RefType, Section as _, TableType, ValType,
};
use wasmscope_symbolize::{FileOffset, FuncIndex, ModuleIndex, Section};

/// Section ids in the order in which sections must stand.
const ORDER: &[u8] = &[TYPE, 2, FUNCTION, TABLE, MEMORY, 13, GLOBAL, EXPORT, START, ELEMENT, 12, CODE, 11];
const TYPE: u8 = 1;
const FUNCTION: u8 = 3;
const TABLE: u8 = 4;
const MEMORY: u8 = 5;
const GLOBAL: u8 = 6;
const EXPORT: u8 = 7;
const START: u8 = 8;
const ELEMENT: u8 = 9;
const CODE: u8 = 10;
const CUSTOM: u8 = 0;
/// Bytes of a section's size where it is written before the size is known: as many as the largest size needs.
const SIZE_BYTES: usize = 5;
/// The magic number and the version.
const HEADER_BYTES: u64 = 8;
/// Those that get entries of ours, and are made where the module has none.
const EXTENDED: &[u8] = &[TYPE, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, CODE];

/// Writes the rewritten module.
struct Assembler<'a> {
    bytes: &'a [u8],
    index: &'a ModuleIndex,
    plan: &'a Plan,
    indices: &'a Indices,
    out: Vec<u8>,
    /// Where in `out` the contents of the code section are, and what is known of them.
    code_range: Range<usize>,
    code: Code,
    /// Where in `out` the branch hints belong, which are in front of the code that they point into, and the module's
    /// own.
    hints: Option<(usize, Option<&'a Section>)>,
}

/// The rewritten module and its offset map.
pub(super) fn assemble(
    bytes: &[u8],
    index: &ModuleIndex,
    plan: &Plan,
    indices: &Indices,
) -> Result<(Vec<u8>, OffsetMap), RewriteError> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    out.extend_from_slice(slice(bytes, FileOffset(0)..FileOffset(HEADER_BYTES)));
    let (code_range, code) = (0..0, Code::default());
    let mut assembler = Assembler { bytes, index, plan, indices, out, code_range, code, hints: None };
    assembler.sections()?;
    assembler.branch_hints();
    Ok((assembler.out, assembler.code.offsets))
}

impl<'a> Assembler<'a> {
    fn sections(&mut self) -> Result<(), RewriteError> {
        let index = self.index;
        let missing = |id: &&u8| !index.sections().iter().any(|section| section.id == **id);
        let extended = EXTENDED.iter().chain(self.declares_references().then_some(&ELEMENT));
        let mut missing: Vec<u8> = extended.filter(missing).copied().collect();
        missing.sort_by_key(|id| rank(*id));
        let mut missing = missing.into_iter().peekable();
        for section in index.sections() {
            if section.id != CUSTOM {
                while let Some(id) = missing.next_if(|id| rank(*id) < rank(section.id)) {
                    self.extended(id, None)?;
                }
            }
            self.section(section)?;
        }
        missing.try_for_each(|id| self.extended(id, None))
    }

    fn section(&mut self, section: &'a Section) -> Result<(), RewriteError> {
        match section.id {
            CUSTOM if &*section.name == hints::NAME => {
                self.hints.get_or_insert((self.out.len(), Some(section)));
            }
            CUSTOM if tells_code_offsets(&section.name) => {}
            START => self.start(),
            ELEMENT if self.declares_references() => self.extended(ELEMENT, Some(section))?,
            id if EXTENDED.contains(&id) => self.extended(id, Some(section))?,
            _ => self.out.extend_from_slice(slice(self.bytes, section.header..section.contents.end)),
        }
        Ok(())
    }

    /// The section with our entries behind its own.
    fn extended(&mut self, id: u8, section: Option<&Section>) -> Result<(), RewriteError> {
        if id == CODE {
            return self.code();
        }
        let own = section.map_or(&[0][..], |section| slice(self.bytes, section.contents.clone()));
        let mut contents = Vec::new();
        if id == EXPORT {
            self.exports(&mut contents);
        } else {
            let (count, entries) = split_count(own);
            let (added, new) = self.added(id);
            (count + added).encode(&mut contents);
            contents.extend_from_slice(entries);
            contents.extend_from_slice(&new);
        }
        self.out.push(id);
        contents.as_slice().encode(&mut self.out);
        Ok(())
    }

    /// The code section, written in place: it is most of the module, and a copy of it would be most of the memory.
    fn code(&mut self) -> Result<(), RewriteError> {
        self.hints.get_or_insert((self.out.len(), None));
        self.out.push(CODE);
        let size = self.out.len();
        self.out.extend_from_slice(&[0; SIZE_BYTES]);
        self.code = code::section(self.bytes, self.index, self.plan, self.indices, &mut self.out)?;
        self.code_range = size + SIZE_BYTES..self.out.len();
        let length = self.code_range.len();
        for (at, byte) in self.out[size..size + SIZE_BYTES].iter_mut().enumerate() {
            let more = if at + 1 < SIZE_BYTES { 0x80 } else { 0 };
            *byte = (length >> (7 * at)) as u8 & 0x7f | more;
        }
        Ok(())
    }

    /// How many entries of ours the section gets, and the entries.
    fn added(&self, id: u8) -> (u32, Vec<u8>) {
        let mut new = Vec::new();
        let count = match id {
            TYPE => types(self.indices, &mut new),
            FUNCTION => self.functions(&mut new),
            TABLE => table(&mut new),
            MEMORY => self.memories(&mut new),
            GLOBAL => self.globals(&mut new),
            ELEMENT => self.declaration(&mut new),
            _ => 0,
        };
        (count, new)
    }

    fn functions(&self, out: &mut Vec<u8>) -> u32 {
        let Indices { emit_type, room_type, miss_type, alloc_type, free_type, realloc_type, .. } =
            *self.indices;
        let fixed = [emit_type, room_type, miss_type, alloc_type, free_type, realloc_type];
        let thunks = self.plan.probes.thunks.iter().map(|func| self.plan.type_of.get(func.index()).copied());
        let touch = self.indices.accesses.map(|accesses| accesses.touch_type);
        let lower = self.indices.stack.map(|stack| stack.lower_type);
        let types = fixed.into_iter().chain(touch).chain(lower).chain(thunks.flatten());
        types.map(|ty| ty.encode(out)).count() as u32
    }

    fn memories(&self, out: &mut Vec<u8>) -> u32 {
        let memory = |bytes: u64, maximum: u32| MemoryType {
            minimum: bytes.div_ceil(1 << 16),
            // By it the host tells these memories from the guest's.
            maximum: Some(u64::from(maximum)),
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        // Whole from the start, what is never touched takes no room.
        let whole = |pages: u32| memory(u64::from(pages) << 16, pages);
        if self.plan.reader == ProbeReader::Component {
            whole(PROBE_MAXIMUM_PAGES).encode(out);
            whole(COMPONENT_EVENTS_PAGES).encode(out);
        } else {
            memory(u64::from(self.plan.probes.first_node()), PROBE_MAXIMUM_PAGES).encode(out);
            memory(u64::from(events::BASE), PROBE_MAXIMUM_PAGES).encode(out);
        }
        // All of it from the start: what is never touched takes no room.
        let accesses = self.indices.accesses.map(|_| memory(self.access_bytes(), ACCESSES_MAXIMUM_PAGES));
        accesses.iter().for_each(|memory| memory.encode(out));
        2 + accesses.iter().count() as u32
    }

    fn globals(&self, out: &mut Vec<u8>) -> u32 {
        global(out, ValType::I32, &ConstExpr::i32_const(runtime::unknown_slot() as i32));
        let Some(stack) = self.plan.probes.stack else { return 1 };
        for _ in 0..2 {
            match stack.wide {
                true => global(out, ValType::I64, &ConstExpr::i64_const(stack.top as i64)),
                false => global(out, ValType::I32, &ConstExpr::i32_const(stack.top as i32)),
            }
        }
        3
    }

    /// The counters for the first memory at its largest, as far as 32 bits reach.
    fn access_bytes(&self) -> u64 {
        let bytes = self.index.memories().first().and_then(|memory| {
            let pages = memory.maximum_pages?;
            pages.checked_mul(1 << memory.page_size_log2.min(16))
        });
        bytes.unwrap_or(u64::MAX).min(1 << 32).div_ceil(u64::from(LINE_BYTES)) * accesses::ENTRY as u64
    }

    /// The exports, with those of functions that have a context leading to the thunks, and ours.
    fn exports(&self, out: &mut Vec<u8>) {
        use wasmscope_symbolize::ExportKind as Own;
        let ours = [
            (CONTEXTS_EXPORT, ExportKind::Memory, self.indices.contexts),
            (EVENTS_EXPORT, ExportKind::Memory, self.indices.events),
            (HOST_EXPORT, ExportKind::Table, self.indices.host_table),
        ];
        let accesses = self.indices.accesses.map(|accesses| {
            let counters = (ACCESSES_EXPORT, ExportKind::Memory, accesses.memory);
            [counters, (ACCESSED_EXPORT, ExportKind::Memory, 0)]
        });
        let lowest = self.indices.stack.map(|stack| (LOWEST_EXPORT, ExportKind::Global, stack.lowest));
        let start = self.deferred_start().map(|start| (START_EXPORT, ExportKind::Func, start));
        let ours = ours.into_iter().chain(accesses.into_iter().flatten()).chain(lowest).chain(start);
        let ours: Vec<_> = ours.collect();
        let own = self.index.exports().iter().map(|export| {
            let (kind, index) = match export.kind {
                Own::Function => (ExportKind::Func, self.entered(FuncIndex(export.index))),
                Own::Memory => (ExportKind::Memory, export.index),
                Own::Table => (ExportKind::Table, export.index),
                Own::Global => (ExportKind::Global, export.index),
                Own::Tag => (ExportKind::Tag, export.index),
            };
            (&*export.name, kind, index)
        });
        ((self.index.exports().len() + ours.len()) as u32).encode(out);
        for (name, kind, index) in own.chain(ours) {
            name.encode(out);
            kind.encode(out);
            index.encode(out);
        }
    }

    /// Puts the hints in, now that it is known where their instructions went.
    fn branch_hints(&mut self) {
        let Some((at, own)) = self.hints else { return };
        let own = own.map(|section| slice(self.bytes, section.data.clone()));
        let code = &self.out[self.code_range.clone()];
        let mut section = Vec::new();
        let hints = hints::moved(own, self.index, code, &self.code);
        if !hints.is_empty() {
            hints.append_to(&mut section);
            self.out.splice(at..at, section);
        }
    }

    fn declares_references(&self) -> bool {
        !self.plan.undeclared.is_empty()
    }

    /// A segment that does nothing but declare functions whose references the code takes.
    fn declaration(&self, out: &mut Vec<u8>) -> u32 {
        const DECLARED: u8 = 3;
        const FUNCTIONS: u8 = 0;
        out.extend([DECLARED, FUNCTIONS]);
        (self.plan.undeclared.len() as u32).encode(out);
        self.plan.undeclared.iter().for_each(|func| func.0.encode(out));
        1
    }

    /// The start function as the host enters it, where the host calls it.
    fn deferred_start(&self) -> Option<u32> {
        let start = self.index.start().filter(|_| self.plan.reader == ProbeReader::Starter);
        start.map(|start| self.entered(start))
    }

    fn start(&mut self) {
        if self.deferred_start().is_some() {
            return;
        }
        if let Some(start) = self.index.start() {
            let mut contents = Vec::new();
            self.entered(start).encode(&mut contents);
            self.out.push(START);
            contents.as_slice().encode(&mut self.out);
        }
    }

    /// What the host enters for `func`: its thunk, if it has one.
    fn entered(&self, func: FuncIndex) -> u32 {
        self.indices.thunk(self.plan, func).unwrap_or(func.0)
    }
}

fn types(indices: &Indices, out: &mut Vec<u8>) -> u32 {
    use ValType::{I32, I64};
    let word = if indices.width.is_wide() { I64 } else { I32 };
    let touch = indices.accesses.map(|_| (&[I64, I64, I32][..], &[][..]));
    let fixed: [(&[ValType], &[ValType]); 7] = [
        (&[], &[]),
        (&[I32, I32, word, word, word], &[]),
        (&[], &[I32]),
        (&[I32, I32, I32], &[I32]),
        (&[I32, word, word], &[]),
        (&[I32, word], &[]),
        (&[I32, word, word, word], &[]),
    ];
    const FUNCTION_TYPE: u8 = 0x60;
    let lower = indices.stack.map(|_| (&[I32][..], &[][..]));
    let types = fixed.into_iter().chain(touch).chain(lower);
    let encoded = types.map(|(params, results)| {
        out.push(FUNCTION_TYPE);
        params.encode(out);
        results.encode(out);
    });
    encoded.count() as u32
}

fn table(out: &mut Vec<u8>) -> u32 {
    let ty = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: Some(1),
        shared: false,
    };
    ty.encode(out);
    1
}

fn global(out: &mut Vec<u8>, val_type: ValType, initial: &ConstExpr) {
    GlobalType { val_type, mutable: true, shared: false }.encode(out);
    initial.encode(out);
}

fn slice(bytes: &[u8], range: Range<FileOffset>) -> &[u8] {
    bytes.get(range.start.0 as usize..range.end.0 as usize).unwrap_or_default()
}

/// The number in front of a section's entries, and the entries.
fn split_count(contents: &[u8]) -> (u32, &[u8]) {
    let mut reader = wasmparser::BinaryReader::new(contents, 0);
    match reader.read_var_u32() {
        Ok(count) => (count, contents.get(reader.original_position()..).unwrap_or_default()),
        Err(_) => (0, &[]),
    }
}

/// Where a section stands among the others.
fn rank(id: u8) -> usize {
    ORDER.iter().position(|known| *known == id).unwrap_or(ORDER.len())
}

/// Does a custom section tell of places in the code? After the rewriting it would tell wrong ones. Debug
/// information is looked up in the original module.
fn tells_code_offsets(name: &str) -> bool {
    const PREFIXES: &[&str] = &[".debug_", "reloc.", "metadata.code."];
    const NAMES: &[&str] = &["linking", "sourceMappingURL", "external_debug_info"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}
