//! Questions to the debug information, answered with addr2line.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use gimli::{AttributeValue, Dwarf, Reader, SectionId, Unit, UnitOffset, UnitRef};

use super::attributes::{Declaration, Description};
use super::scan::{Outline, Subprogram};
use super::sections::{Shared, shared};
use super::tombstone::Tombstones;
use super::{MAX_INLINE_DEPTH, RawFrame};
use crate::demangle::Names;
use crate::ids::CodeOffset;
use crate::module::ModuleIndex;
use crate::paths::{join, normalise};
use crate::symbols::Location;

/// How many references are followed to find a name; they could run in a circle.
const MAX_HOPS: usize = 16;

/// The debug information and what was already found in it.
pub(super) struct Lookup {
    context: addr2line::Context<Shared>,
    dwarf: Arc<Dwarf<Shared>>,
    /// Units read for names and declarations, by their place in `.debug_info`.
    units: HashMap<usize, Option<Unit<Shared>>>,
    /// Paths as the debug information has them, and as they are shown.
    files: HashMap<Box<str>, Arc<str>>,
    names: HashMap<Box<str>, Arc<Names>>,
}

impl Lookup {
    pub(super) fn new(
        bytes: &Arc<[u8]>,
        file: &ModuleIndex,
        module: &ModuleIndex,
        outline: &Outline,
    ) -> gimli::Result<Self> {
        let first_body = module.functions().iter().find_map(|function| function.body.as_ref());
        let first_body = first_body.map_or(0, |body| u64::from(body.start.0));
        let roots: Arc<[Range<usize>]> = outline.roots.clone().into();
        let dwarf = shared(bytes, file, outline.info_len, |id| match id {
            SectionId::DebugInfo => Tombstones { first_body, exempt: Arc::clone(&roots) },
            SectionId::DebugAddr if outline.indirect_base => {
                Tombstones { first_body: 0, exempt: Arc::default() }
            }
            SectionId::DebugLine | SectionId::DebugAddr => Tombstones { first_body, exempt: Arc::default() },
            // A range list ends with two zeros, which must stay.
            _ => Tombstones { first_body: 0, exempt: Arc::default() },
        });
        let dwarf = Arc::new(dwarf);
        let context = addr2line::Context::from_arc_dwarf(Arc::clone(&dwarf))?;
        Ok(Lookup { context, dwarf, units: HashMap::new(), files: HashMap::new(), names: HashMap::new() })
    }

    /// The frames at `offset`, innermost first; the last one is the function itself. None when the debug
    /// information says nothing or speaks of a function that isn't among `known`.
    pub(super) fn frames(&mut self, offset: CodeOffset, known: &[Subprogram]) -> Vec<RawFrame> {
        let Lookup { context, files, names, .. } = self;
        let Ok(mut iter) = context.find_frames(u64::from(offset.0)).skip_all_loads() else {
            return Vec::new();
        };
        let mut frames = Vec::new();
        let mut outermost = None;
        // What was read before an error is good.
        while let Ok(Some(frame)) = iter.next() {
            let location = frame.location.and_then(|location| place(files, &location));
            outermost = frame.dw_die_offset;
            let name = frame.function.as_ref().and_then(|name| name.raw_name().ok());
            frames.push(RawFrame { name: demangled(names, name.as_deref().unwrap_or("?")), location });
        }
        let trusted = outermost.is_none_or(|entry| known.iter().any(|s| s.entry == entry.0));
        if !trusted {
            return Vec::new();
        }
        shorten(&mut frames);
        frames
    }

    /// The first line of the source in a range of code.
    pub(super) fn first_location(&mut self, body: &Range<CodeOffset>) -> Option<Location> {
        let Lookup { context, files, .. } = self;
        let (start, end) = (u64::from(body.start.0), u64::from(body.end.0));
        let mut rows = context.find_location_range(start, end).ok()?;
        rows.find_map(|(_, _, location)| place(files, &location).filter(|location| location.line != 0))
    }

    /// The name of the function that an entry describes, as the linker knows it.
    pub(super) fn name(&mut self, subprogram: &Subprogram) -> Option<Arc<str>> {
        self.describe(subprogram, |_, description| {
            let name = description.name.as_ref()?.to_string_lossy().ok()?;
            (!name.is_empty()).then(|| name.into())
        })
    }

    /// Where the function that an entry describes is declared.
    pub(super) fn declaration(&mut self, subprogram: &Subprogram) -> Option<Location> {
        let (path, declaration) = self.describe(subprogram, |unit, description| {
            let declaration = description.declaration?;
            Some((file_path(unit, &declaration)?, declaration))
        })?;
        let number = |value: u64| u32::try_from(value).unwrap_or(0);
        let file = shared_path(&mut self.files, &path);
        Some(Location { file, line: number(declaration.line), column: number(declaration.column) })
    }

    /// Asks the entry, and the entries that it refers to, until `answer` has one.
    fn describe<T>(
        &mut self,
        subprogram: &Subprogram,
        answer: impl Fn(UnitRef<'_, Shared>, &Description<Shared>) -> Option<T>,
    ) -> Option<T> {
        let (mut at, mut entry) = (subprogram.unit, UnitOffset(subprogram.entry));
        for _ in 0..MAX_HOPS {
            let dwarf = Arc::clone(&self.dwarf);
            let unit = UnitRef::new(&dwarf, self.unit(at)?);
            let description = Description::read(unit, entry).ok()?;
            if let Some(found) = answer(unit, &description) {
                return Some(found);
            }
            match description.origin? {
                AttributeValue::UnitRef(offset) => entry = offset,
                AttributeValue::DebugInfoRef(offset) => (at, entry) = self.unit_of(offset.0)?,
                _ => return None,
            }
        }
        None
    }

    fn unit(&mut self, at: usize) -> Option<&Unit<Shared>> {
        let dwarf = &self.dwarf;
        let read = || {
            let header = dwarf.unit_header(gimli::DebugInfoOffset(at)).ok()?;
            dwarf.unit(header).ok()
        };
        self.units.entry(at).or_insert_with(read).as_ref()
    }

    /// The unit that holds a place in `.debug_info`, and the place within it.
    fn unit_of(&self, offset: usize) -> Option<(usize, UnitOffset)> {
        let mut units = self.dwarf.units();
        while let Some(header) = units.next().ok()? {
            let at = header.debug_info_offset()?.0;
            if offset < at + header.length_including_self() {
                return Some((at, UnitOffset(offset.checked_sub(at)?)));
            }
        }
        None
    }
}

/// Cuts the middle out of an absurdly deep chain, so that code and function both stay.
fn shorten(frames: &mut Vec<RawFrame>) {
    if frames.len() > MAX_INLINE_DEPTH {
        let excess = frames.len() - MAX_INLINE_DEPTH;
        frames.drain(MAX_INLINE_DEPTH - 1..MAX_INLINE_DEPTH - 1 + excess);
    }
}

fn place(files: &mut HashMap<Box<str>, Arc<str>>, location: &addr2line::Location<'_>) -> Option<Location> {
    let file = shared_path(files, location.file?);
    Some(Location { file, line: location.line.unwrap_or(0), column: location.column.unwrap_or(0) })
}

fn shared_path(files: &mut HashMap<Box<str>, Arc<str>>, path: &str) -> Arc<str> {
    if let Some(known) = files.get(path) {
        return Arc::clone(known);
    }
    let shown: Arc<str> = normalise(path).into();
    files.insert(path.into(), Arc::clone(&shown));
    shown
}

fn demangled(names: &mut HashMap<Box<str>, Arc<Names>>, raw: &str) -> Arc<Names> {
    if let Some(known) = names.get(raw) {
        return Arc::clone(known);
    }
    let name = Arc::new(Names::of(&raw.into()));
    names.insert(raw.into(), Arc::clone(&name));
    name
}

/// The path of a declaration's file: unit directory, directory and file joined.
fn file_path(unit: UnitRef<'_, Shared>, declaration: &Declaration) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(declaration.file)?;
    let text = |value| Some(unit.attr_string(value).ok()?.to_string_lossy().ok()?.into_owned());
    let mut path = match &unit.comp_dir {
        Some(dir) => dir.to_string_lossy().ok()?.into_owned(),
        None => String::new(),
    };
    // Directory 0 is the unit's own.
    if file.directory_index() != 0 {
        path = join(&path, &file.directory(header).and_then(text).unwrap_or_default());
    }
    Some(join(&path, &text(file.path_name())?))
}
