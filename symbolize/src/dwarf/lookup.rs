//! Questions to the debug information: answered from flat tables that are read when they are first needed, and with
//! addr2line where no function is described.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use gimli::{AttributeValue, Dwarf, Reader, SectionId, Unit, UnitOffset, UnitRef};
use rustc_hash::FxHashMap;

use super::MAX_INLINE_DEPTH;
use super::attributes::Description;
use super::inlined::{Call, Inlined, Origin};
use super::rows::{Row, Rows};
use super::scan::{Outline, Subprogram};
use super::sections::{Shared, SplitBytes, shared, shared_split};
use super::split::{Place, SplitFile, SplitUnit};
use super::tombstone::Tombstones;
use crate::demangle::Name;
use crate::ids::CodeOffset;
use crate::module::ModuleIndex;
use crate::paths::{join, normalise};
use crate::symbols::{Frame, Location};

/// How many references are followed to find a name; they could run in a circle.
const MAX_HOPS: usize = 16;

/// The debug information and what was already found in it.
pub(super) struct Lookup {
    context: addr2line::Context<Shared>,
    dwarf: Arc<Dwarf<Shared>>,
    /// Units that were read, by their place in `.debug_info`.
    units: HashMap<usize, Option<Arc<Whole>>>,
    /// The files with split units, and by their skeletons' place in `.debug_info` where they are.
    split_files: Vec<SplitFile<Shared>>,
    split: BTreeMap<usize, Place>,
    /// Where the units begin in `.debug_info`, ascending.
    starts: Vec<usize>,
    /// By unit, the lines of its code and the paths of its files.
    lines: FxHashMap<usize, (Rows, FilePaths)>,
    /// By entry, unit and place in the unit, the functions that were asked for.
    functions: FxHashMap<(usize, usize), Function>,
    /// What the inlined functions are called, by where they are described.
    called: FxHashMap<(usize, Origin), Arc<Name>>,
    /// Paths as the debug information has them, and as they are shown.
    files: HashMap<Box<str>, Arc<str>>,
    names: HashMap<Box<str>, Arc<Name>>,
    /// The name of a function that has none, or whose name others know better.
    nameless: Arc<Name>,
}

/// A unit, with the one that has its entries where it is a skeleton.
struct Whole {
    dwarf: Arc<Dwarf<Shared>>,
    unit: Unit<Shared>,
    split: Option<SplitUnit<Shared>>,
}

impl Whole {
    /// The unit with the line program and the names of files.
    fn lines(&self) -> UnitRef<'_, Shared> {
        UnitRef::new(&self.dwarf, &self.unit)
    }

    fn entries(&self) -> UnitRef<'_, Shared> {
        self.split.as_ref().map_or_else(|| self.lines(), SplitUnit::entries)
    }
}

/// A function as it is asked for.
#[derive(Default)]
struct Function {
    /// The name and the place of each call that was inlined into it.
    inlined: Inlined<(Arc<Name>, Option<Location>)>,
    /// The part of its unit's lines that is about it.
    rows: Range<usize>,
}

/// By their index, as far as they were asked for.
type FilePaths = FxHashMap<u64, Option<Arc<str>>>;

impl Lookup {
    pub(super) fn new(
        bytes: &Arc<[u8]>,
        file: &ModuleIndex,
        module: &ModuleIndex,
        outline: &Outline,
        split: &[SplitBytes],
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
        let split_files =
            split.iter().map(|file| shared_split(file, &dwarf)).collect::<gimli::Result<_>>()?;
        let dwarf = Arc::new(dwarf);
        let context = addr2line::Context::from_arc_dwarf(Arc::clone(&dwarf))?;
        let (starts, split) = (outline.starts.clone(), outline.split.clone());
        let (units, files, names) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (lines, functions, called) = Default::default();
        let nameless = Arc::new(Name::of(&Arc::from("?")));
        Ok(Lookup {
            context,
            dwarf,
            units,
            split_files,
            split,
            starts,
            lines,
            functions,
            called,
            files,
            names,
            nameless,
        })
    }

    /// The frames at `offset`, innermost first; the last one is the function itself, one of those that the entries
    /// `known` describe. None when the debug information says nothing of it.
    pub(super) fn frames(&mut self, offset: CodeOffset, known: &[Subprogram]) -> Vec<Frame> {
        match known.iter().find(|subprogram| self.covers(subprogram, offset)) {
            Some(subprogram) => self.frames_in(subprogram, offset),
            None => self.location_alone(offset).into_iter().collect(),
        }
    }

    fn covers(&mut self, subprogram: &Subprogram, offset: CodeOffset) -> bool {
        self.read_function(subprogram);
        let function = self.functions.get(&(subprogram.unit, subprogram.entry));
        function.is_some_and(|function| function.inlined.covers(offset.0))
    }

    /// What cannot be read has no addresses.
    fn read_function(&mut self, subprogram: &Subprogram) {
        let key = (subprogram.unit, subprogram.entry);
        if self.functions.contains_key(&key) {
            return;
        }
        let unit = self.unit(subprogram.unit);
        let read = unit.and_then(|unit| Inlined::read(unit.entries(), subprogram.entry).ok());
        let function = read.map(|inlined| {
            let rows = self.rows(subprogram.unit).map_or(0..0, |rows| rows.within(inlined.extent()));
            Function { inlined: inlined.map(|call| self.told(subprogram.unit, &call)), rows }
        });
        self.functions.insert(key, function.unwrap_or_default());
    }

    /// What is told of a call: the name of the function that is called, and where that is.
    fn told(&mut self, unit: usize, call: &Call) -> (Arc<Name>, Option<Location>) {
        let name = self.called(unit, call);
        let location = call.file.and_then(|file| self.location(unit, file, call.line, call.column));
        (name, location)
    }

    fn frames_in(&mut self, subprogram: &Subprogram, offset: CodeOffset) -> Vec<Frame> {
        let row = self.row(subprogram, offset);
        let mut location =
            row.and_then(|row| self.location(subprogram.unit, u64::from(row.file), row.line, row.column));
        let function = self.functions.get(&(subprogram.unit, subprogram.entry));
        let mut frames: Vec<Frame> = Vec::new();
        for (name, place) in function.into_iter().flat_map(|function| function.inlined.at(offset.0)) {
            frames.push(Frame { name: Arc::clone(name), location: location.take(), inlined: true });
            location.clone_from(place);
        }
        frames.push(Frame { name: Arc::clone(&self.nameless), location, inlined: false });
        shorten(&mut frames);
        frames
    }

    /// Of code that belongs to no function that is described, only the line may be known.
    fn location_alone(&mut self, offset: CodeOffset) -> Option<Frame> {
        let Lookup { context, files, nameless, .. } = self;
        let mut iter = context.find_frames(u64::from(offset.0)).skip_all_loads().ok()?;
        let frame = iter.next().ok()??;
        // A function that is described there is none of the module's.
        frame.dw_die_offset.is_none().then(|| Frame {
            name: Arc::clone(nameless),
            location: frame.location.and_then(|location| place(files, &location)),
            inlined: false,
        })
    }

    fn row(&mut self, subprogram: &Subprogram, offset: CodeOffset) -> Option<Row> {
        let within = self.functions.get(&(subprogram.unit, subprogram.entry))?.rows.clone();
        self.lines.get(&subprogram.unit)?.0.at(within, offset.0)
    }

    fn rows(&mut self, unit: usize) -> Option<&Rows> {
        self.read_lines(unit);
        self.lines.get(&unit).map(|(rows, _)| rows)
    }

    fn read_lines(&mut self, at: usize) {
        if !self.lines.contains_key(&at) {
            let rows = self.unit(at).map(|unit| Rows::read(unit.lines())).unwrap_or_default();
            self.lines.insert(at, (rows, FilePaths::default()));
        }
    }

    fn location(&mut self, unit: usize, file: u64, line: u32, column: u32) -> Option<Location> {
        self.read_lines(unit);
        let known = self.lines.get(&unit).and_then(|(_, paths)| paths.get(&file)).cloned();
        let path = known.unwrap_or_else(|| self.read_path(unit, file));
        Some(Location { file: path?, line, column })
    }

    fn read_path(&mut self, at: usize, file: u64) -> Option<Arc<str>> {
        let path = self.unit(at).and_then(|unit| file_path(unit.lines(), file));
        let shown = path.map(|path| shared_path(&mut self.files, &path));
        if let Some((_, paths)) = self.lines.get_mut(&at) {
            paths.insert(file, shown.clone());
        }
        shown
    }

    /// The name of the function that is called.
    fn called(&mut self, unit: usize, call: &Call) -> Arc<Name> {
        let key = match call.origin {
            Origin::Nowhere => (unit, Origin::Unit(call.entry)),
            Origin::Unit(_) => (unit, call.origin),
            Origin::Info(_) if self.split.contains_key(&unit) => (unit, call.origin),
            Origin::Info(_) => (0, call.origin),
        };
        if let Some(known) = self.called.get(&key) {
            return Arc::clone(known);
        }
        let found = self.name_from(unit, call.entry);
        let names = match found {
            Some(found) => demangled(&mut self.names, &found),
            None => Arc::clone(&self.nameless),
        };
        self.called.insert(key, Arc::clone(&names));
        names
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
        self.name_from(subprogram.unit, subprogram.entry)
    }

    fn name_from(&mut self, unit: usize, entry: usize) -> Option<Arc<str>> {
        self.describe(unit, entry, |_, description| {
            let name = description.name.as_ref()?.to_string_lossy().ok()?;
            (!name.is_empty()).then(|| name.into())
        })
    }

    /// Where the function that an entry describes is declared.
    pub(super) fn declaration(&mut self, subprogram: &Subprogram) -> Option<Location> {
        let (path, declaration) = self.describe(subprogram.unit, subprogram.entry, |unit, description| {
            let declaration = description.declaration?;
            Some((file_path(unit.lines(), declaration.file)?, declaration))
        })?;
        let number = |value: u64| u32::try_from(value).unwrap_or(0);
        let file = shared_path(&mut self.files, &path);
        Some(Location { file, line: number(declaration.line), column: number(declaration.column) })
    }

    /// Asks the entry, and the entries that it refers to, until `answer` has one.
    fn describe<T>(
        &mut self,
        mut at: usize,
        entry: usize,
        answer: impl Fn(&Whole, &Description<Shared>) -> Option<T>,
    ) -> Option<T> {
        let mut entry = UnitOffset(entry);
        for _ in 0..MAX_HOPS {
            let unit = self.unit(at)?;
            let description = Description::read(unit.entries(), entry).ok()?;
            if let Some(found) = answer(&unit, &description) {
                return Some(found);
            }
            match description.origin? {
                AttributeValue::UnitRef(offset) => entry = offset,
                // Split units do not refer to each other.
                AttributeValue::DebugInfoRef(offset) if unit.split.is_none() => {
                    (at, entry) = self.unit_of(offset.0)?;
                }
                _ => return None,
            }
        }
        None
    }

    fn unit(&mut self, at: usize) -> Option<Arc<Whole>> {
        if let Some(known) = self.units.get(&at) {
            return known.clone();
        }
        let read = self.read_unit(at).map(Arc::new);
        self.units.insert(at, read.clone());
        read
    }

    fn read_unit(&self, at: usize) -> Option<Whole> {
        let dwarf = Arc::clone(&self.dwarf);
        let unit = dwarf.unit(dwarf.unit_header(gimli::DebugInfoOffset(at)).ok()?).ok()?;
        let split = self.split.get(&at).and_then(|place| {
            self.split_files.get(place.file)?.unit(*place, UnitRef::new(&dwarf, &unit)).ok()
        });
        Some(Whole { dwarf, unit, split })
    }

    /// The unit that holds a place in `.debug_info`, and the place within it.
    fn unit_of(&self, offset: usize) -> Option<(usize, UnitOffset)> {
        let after = self.starts.partition_point(|start| *start <= offset);
        let at = *self.starts.get(after.checked_sub(1)?)?;
        Some((at, UnitOffset(offset - at)))
    }
}

/// Cuts the middle out of an absurdly deep chain, so that code and function both stay.
fn shorten(frames: &mut Vec<Frame>) {
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

fn demangled(names: &mut HashMap<Box<str>, Arc<Name>>, raw: &str) -> Arc<Name> {
    if let Some(known) = names.get(raw) {
        return Arc::clone(known);
    }
    let name = Arc::new(Name::of(&raw.into()));
    names.insert(raw.into(), Arc::clone(&name));
    name
}

/// The path of the file with this index: unit directory, directory and file joined.
fn file_path(unit: UnitRef<'_, Shared>, index: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
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
