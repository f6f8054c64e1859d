//! From the outline of a module or component to the parts of its file.

use super::evidence::Evidence;
use super::part::Part;
use super::{SectionClass, SizeKind};
use crate::profile::Profile;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;
use wasmscope_symbolize::{
    CoreModule, DataKind, DataSegment, FileOffset, FuncIndex, Group, ModuleIndex, Section, Symbols,
};

/// In a component.
const CORE_MODULE: u8 = 1;
const CODE: u8 = 10;
const DATA: u8 = 11;
/// What holds sections and their parts together.
const HEADERS: &str = "headers";

/// The whole file. What can't be read is one part without any within it.
pub(super) fn file(profile: &Profile, evidence: &Evidence) -> Part {
    let recording = profile.recording();
    let of = File { symbols: profile.symbols(), bytes: &recording.module, evidence };
    let module = profile.symbols().module();
    let name = recording.meta.module_name.as_str().into();
    let parts = match module.is_component() {
        true => of.component(module),
        false => of.module(&Outline { module, start: 0, core: None, first_segment: 0 }),
    };
    Part::whole(SizeKind::File, name, recording.module.len() as u64, parts, HEADERS)
}

struct File<'a> {
    symbols: &'a Symbols,
    bytes: &'a [u8],
    evidence: &'a Evidence,
}

/// A core module and what its offsets and indices count from.
struct Outline<'a> {
    module: &'a ModuleIndex,
    /// Where it begins in the file.
    start: u64,
    /// Of a component.
    core: Option<&'a CoreModule>,
    /// The place of its first data segment among those of the file.
    first_segment: u32,
}

impl Outline<'_> {
    fn place(&self, range: &Range<FileOffset>) -> Range<u64> {
        self.start + range.start.0..self.start + range.end.0
    }

    fn function(&self, local: FuncIndex) -> FuncIndex {
        self.core.and_then(|core| core.function(local)).unwrap_or(local)
    }
}

impl File<'_> {
    /// The component's own sections, its core modules, and nested components with theirs.
    fn component(&self, module: &ModuleIndex) -> Vec<Part> {
        let mut first_segment = 0;
        let mut cores = module.core_modules().iter().map(|core| {
            let outline =
                Outline { module: &core.index, start: core.range.start.0, core: Some(core), first_segment };
            first_segment += core.index.data_segments().len() as u32;
            (core, self.core_module(&outline, core))
        });
        let mut next = cores.next();
        let mut parts = Vec::new();
        for section in module.sections() {
            let mut within = Vec::new();
            // Both come in the order of the file.
            while let Some((_, part)) = next.take_if(|(core, _)| core.range.end <= section.contents.end) {
                within.push(part);
                next = cores.next();
            }
            match within.is_empty() {
                true => parts.push(leaf_section(section, 0)),
                false if section.id == CORE_MODULE => parts.extend(within),
                false => parts.push(nested_component(section, within)),
            }
        }
        parts
    }

    fn core_module(&self, outline: &Outline<'_>, core: &CoreModule) -> Part {
        let bytes = core.range.end.0.saturating_sub(core.range.start.0);
        Part::whole(SizeKind::CoreModule, Arc::clone(&core.name), bytes, self.module(outline), HEADERS)
    }

    fn module(&self, outline: &Outline<'_>) -> Vec<Part> {
        let sections = outline.module.sections().iter();
        sections.map(|section| self.section(outline, section)).collect()
    }

    fn section(&self, outline: &Outline<'_>, section: &Section) -> Part {
        let leaf = leaf_section(section, outline.start);
        let contents = outline.place(&section.contents);
        let parts = match section.id {
            CODE => self.groups(outline, contents),
            DATA => self.segments(outline, contents),
            _ => return leaf,
        };
        Part::whole(leaf.kind, leaf.name, leaf.bytes, parts, HEADERS).at(leaf.range)
    }

    /// The functions by what they belong to.
    fn groups(&self, outline: &Outline<'_>, contents: Range<u64>) -> Vec<Part> {
        let mut end = self.behind_count(&contents);
        let mut groups: FxHashMap<Arc<str>, Vec<Part>> = FxHashMap::default();
        for function in outline.module.functions() {
            let Some(body) = function.body.as_ref() else { continue };
            let Some(body_end) = outline.module.file_offset(body.end) else { continue };
            let body_end = outline.start + body_end.0;
            // The field with its size stands before the body, right behind the one before.
            let bytes = body_end.saturating_sub(end);
            end = body_end;
            let index = outline.function(function.index);
            groups.entry(self.group(index)).or_default().push(self.function(index, bytes));
        }
        groups.into_iter().map(|(name, parts)| Part::sum(SizeKind::Group, name, parts)).collect()
    }

    fn group(&self, function: FuncIndex) -> Arc<str> {
        match self.symbols.group(function) {
            Some(Group { name, .. }) => name,
            None if self.symbols.name(function).source.is_told() => "no namespace".into(),
            None => "no name".into(),
        }
    }

    fn function(&self, index: FuncIndex, bytes: u64) -> Part {
        let name = Arc::clone(&self.symbols.name(index).name.short);
        let (judged_bytes, idle_bytes) = match self.evidence.ran(index) {
            None => (0, 0),
            Some(true) => (bytes, 0),
            Some(false) => (bytes, bytes),
        };
        let heat = self.evidence.heat(index);
        Part { heat, judged_bytes, idle_bytes, ..Part::leaf(SizeKind::Function(index), name, bytes) }
    }

    fn segments(&self, outline: &Outline<'_>, contents: Range<u64>) -> Vec<Part> {
        let mut end = self.behind_count(&contents);
        let mut parts = Vec::new();
        for (local, segment) in outline.module.data_segments().iter().enumerate() {
            let place = outline.first_segment + local as u32;
            let segment_end = outline.start + segment.bytes.end.0;
            let bytes = segment_end.saturating_sub(end);
            end = segment_end;
            parts.push(self.segment(place, segment, bytes));
        }
        parts
    }

    fn segment(&self, place: u32, segment: &DataSegment, bytes: u64) -> Part {
        let segments = self.symbols.module().data_segments();
        // In a component its memory is known by another number than in its core module.
        let segment = segments.get(place as usize).unwrap_or(segment);
        let name = self.symbols.data_name(place as usize);
        let name = name.map_or_else(|| unnamed(segment), Arc::from);
        let leaf = Part::leaf(SizeKind::Segment(place), name, bytes);
        match self.evidence.unread_bytes(segment) {
            Some(idle_bytes) => {
                let judged_bytes = segment.bytes.end.0.saturating_sub(segment.bytes.start.0);
                Part { judged_bytes, idle_bytes, ..leaf }
            }
            None => leaf,
        }
    }

    /// Where the entries of a section begin: behind their number.
    fn behind_count(&self, contents: &Range<u64>) -> u64 {
        let bytes = self.bytes.get(contents.start as usize..contents.end as usize).unwrap_or_default();
        let last = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap_or(0) as u64;
        contents.end.min(contents.start + last + 1)
    }
}

fn unnamed(segment: &DataSegment) -> Arc<str> {
    match segment.kind {
        DataKind::Active { offset: Some(at), .. } => format!("segment {} at {at:#x}", segment.index).into(),
        DataKind::Active { offset: None, .. } => format!("segment {}", segment.index).into(),
        DataKind::Passive => format!("passive segment {}", segment.index).into(),
    }
}

fn nested_component(section: &Section, within: Vec<Part>) -> Part {
    let bytes = section.contents.end.0.saturating_sub(section.header.0);
    Part::whole(SizeKind::Component, Arc::clone(&section.name), bytes, within, "its other sections")
}

fn leaf_section(section: &Section, start: u64) -> Part {
    let range = start + section.header.0..start + section.contents.end.0;
    let bytes = range.end.saturating_sub(range.start);
    Part::leaf(SizeKind::Section(class(section)), Arc::clone(&section.name), bytes).at(range)
}

fn class(section: &Section) -> SectionClass {
    match (section.id, &*section.name) {
        (CODE, "code") => SectionClass::Code,
        (DATA, "data") => SectionClass::Data,
        (0, "name") => SectionClass::Names,
        (0, name) if name.starts_with(".debug_") => SectionClass::Debug,
        (0, _) => SectionClass::Custom,
        _ => SectionClass::Declarations,
    }
}
