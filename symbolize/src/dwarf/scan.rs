//! One scan over `.debug_info`: which functions of the module it describes, whether it is alive at all, and whether
//! it is safe to hand to a library that trusts it.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use gimli::{Dwarf, EntriesRaw, UnitHeader, UnitRef, UnitType};

use super::attributes::Addresses;
use super::sections::{Slice, SplitBytes};
use super::split::{Place, SplitFiles};
use crate::ids::{CodeOffset, FuncIndex};
use crate::module::ModuleIndex;
use crate::warning::Warning;

/// addr2line recurses over nested inlined calls. Real ones reach a few dozen.
const MAX_INLINE_NESTING: usize = 1000;
/// Many entries may share one range list; this bounds the time that takes.
const MAX_RANGES: usize = 100_000_000;
/// addr2line joins a path for each file of a unit, with the same long directory every time if need be.
const MAX_PATH_BYTES: usize = 1 << 30;
/// Linkers write the last addresses for functions that they dropped.
const TOMBSTONES: u64 = 0xffff_fff0;
/// A few strays are no reason to leave all of the debug information out.
const MAX_STRAYS: usize = 4;
/// More of the same help nobody.
const MAX_BROKEN_UNITS: usize = 16;

/// What the scan found.
#[derive(Default)]
pub(super) struct Outline {
    /// The entries that describe functions of this module, sorted by function.
    pub(super) subprograms: Vec<Subprogram>,
    /// Entries without an address in code.
    pub(super) dead: usize,
    /// Entries whose addresses lie in the code, and not where a function begins: they are of other code.
    pub(super) stray: usize,
    /// How much of `.debug_info` can be read unit by unit.
    pub(super) info_len: usize,
    /// Where in `.debug_info` the units begin.
    pub(super) starts: Vec<usize>,
    /// Where in `.debug_info` the units' own entries lie.
    pub(super) roots: Vec<Range<usize>>,
    /// Whether a unit takes its base address from `.debug_addr`.
    pub(super) indirect_base: bool,
    /// Whether any unit has lines.
    pub(super) has_line_programs: bool,
    /// By where in `.debug_info` a skeleton begins, the unit with its entries.
    pub(super) split: BTreeMap<usize, Place>,
    pub(super) warnings: Vec<Warning>,
    /// Skeletons whose unit is not there: how many, and the first one's file.
    missing: Option<(usize, String)>,
    ranges: usize,
    path_bytes: usize,
    /// Line programs whose paths are already in `path_bytes`.
    counted: HashSet<usize>,
}

/// A `DW_TAG_subprogram` that describes a function of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subprogram {
    pub(super) function: FuncIndex,
    /// Bytes from the start of `.debug_info`.
    pub(super) unit: usize,
    /// Bytes from the start of the unit; where that is a skeleton, of the unit with its entries.
    pub(super) entry: usize,
}

/// Why the scan ends early.
enum Stop {
    /// The unit is unreadable, the next one may be fine.
    Unit(gimli::Error),
    /// So is everything behind.
    Info(gimli::Error),
    /// Nothing may be used.
    Limit(&'static str),
}

impl From<gimli::Error> for Stop {
    fn from(error: gimli::Error) -> Self {
        Stop::Unit(error)
    }
}

/// Scans all units, for skeletons those in `split`; an error says which limit forbids using the debug information.
pub(super) fn scan<'a>(
    dwarf: &Dwarf<Slice<'a>>,
    split: &'a [SplitBytes],
    module: &ModuleIndex,
) -> Result<Outline, &'static str> {
    let mut outline = Outline::default();
    let mut split = SplitFiles::new(split, dwarf);
    let mut units = dwarf.units();
    loop {
        let at = outline.info_len;
        let result = match units.next() {
            Ok(None) => break,
            Ok(Some(header)) => {
                outline.info_len = at + header.length_including_self();
                outline.starts.push(at);
                outline.unit(dwarf, &mut split, module, header, at)
            }
            Err(error) => Err(Stop::Info(error)),
        };
        match result {
            Ok(()) => {}
            Err(Stop::Unit(error)) => outline.broken(at, error),
            Err(Stop::Info(error)) => {
                outline.info_len = at;
                outline.broken(at, error);
                break;
            }
            Err(Stop::Limit(what)) => return Err(what),
        }
    }
    outline.finish(dwarf, &split);
    Ok(outline)
}

impl Outline {
    /// The entries that describe `function`.
    pub(super) fn of(&self, function: FuncIndex) -> &[Subprogram] {
        let start = self.subprograms.partition_point(|s| s.function < function);
        let end = self.subprograms.partition_point(|s| s.function <= function);
        self.subprograms.get(start..end).unwrap_or_default()
    }

    /// Whether so much describes other code that what fits does so by chance.
    pub(super) fn is_foreign(&self) -> bool {
        let matched = self.subprograms.len();
        self.stray > 0 && (matched == 0 || self.stray > MAX_STRAYS && self.stray >= matched)
    }

    fn finish<'a>(&mut self, dwarf: &Dwarf<Slice<'a>>, split: &SplitFiles<'a>) {
        self.subprograms.sort_unstable();
        self.counted = HashSet::new();
        let Some((units, file)) = self.missing.take() else { return };
        self.warnings.push(Warning::DwarfSplit { units, file });
        let strangers = split.strangers(dwarf);
        if let Some(first) = strangers.first() {
            self.warnings.push(Warning::DwarfSplitForeign { files: strangers.len(), first: first.clone() });
        }
    }

    fn broken(&mut self, unit: usize, error: gimli::Error) {
        if self.warnings.len() < MAX_BROKEN_UNITS {
            let message = error.to_string();
            self.warnings.push(Warning::DwarfBroken { unit: unit as u64, message });
        }
    }

    fn unit<'a>(
        &mut self,
        dwarf: &Dwarf<Slice<'a>>,
        split: &mut SplitFiles<'a>,
        module: &ModuleIndex,
        header: UnitHeader<Slice<'a>>,
        at: usize,
    ) -> Result<(), Stop> {
        let types_only = matches!(header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. });
        if types_only {
            return Ok(());
        }
        let unit = dwarf.unit(header)?;
        let unit = UnitRef::new(dwarf, &unit);
        let mut entries = unit.entries_raw(None).map_err(Stop::Info)?;
        self.root(unit, &mut entries, at)?;
        self.count_paths(unit)?;
        if let Some((file, place)) = split.take(unit.unit) {
            let whole = file.unit(place, unit)?;
            self.split.insert(at, place);
            let unit = whole.entries();
            return self.entries(module, unit, &mut unit.entries_raw(None)?, at);
        }
        self.note_missing(unit);
        self.entries(module, unit, &mut entries, at)
    }

    fn root<'a>(
        &mut self,
        unit: UnitRef<'_, Slice<'a>>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        at: usize,
    ) -> Result<(), Stop> {
        // addr2line reads this of all units at once, so an error here would cost all of them.
        let start = entries.next_offset().0;
        let Some(abbreviation) = entries.read_abbreviation().map_err(Stop::Info)? else { return Ok(()) };
        let addresses = Addresses::read(unit, entries, abbreviation).map_err(Stop::Info)?;
        self.roots.push(at + start..at + entries.next_offset().0);
        self.indirect_base |= addresses.indirect;
        let ranges = &mut self.ranges;
        let counted = addresses.each(unit, |_| *ranges += 1);
        counted.map_err(Stop::Info)?;
        self.check_ranges()
    }

    fn check_ranges(&self) -> Result<(), Stop> {
        if self.ranges > MAX_RANGES { Err(Stop::Limit("number of address ranges")) } else { Ok(()) }
    }

    fn count_paths<'a>(&mut self, unit: UnitRef<'_, Slice<'a>>) -> Result<(), Stop> {
        let Some(program) = &unit.line_program else { return Ok(()) };
        self.has_line_programs = true;
        let header = program.header();
        if !self.counted.insert(header.offset().0) {
            return Ok(());
        }
        let base = unit.comp_dir.map_or(0, |dir| dir.len());
        for file in header.file_names() {
            let len = |value| unit.attr_string(value).map_or(0, |text| text.len());
            self.path_bytes += base + len(file.path_name()) + file.directory(header).map_or(0, len);
        }
        if self.path_bytes > MAX_PATH_BYTES { Err(Stop::Limit("length of all file paths")) } else { Ok(()) }
    }

    fn note_missing<'a>(&mut self, unit: UnitRef<'_, Slice<'a>>) {
        if let Ok(Some(name)) = unit.dwo_name() {
            let name = || unit.attr_string(name).map(|name| name.to_string_lossy().into_owned());
            let (units, _) = self.missing.get_or_insert_with(|| (0, name().unwrap_or_default()));
            *units += 1;
        }
    }

    fn entries<'a>(
        &mut self,
        module: &ModuleIndex,
        unit: UnitRef<'_, Slice<'a>>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        at: usize,
    ) -> Result<(), Stop> {
        // The depths of the inlined calls that enclose the entry.
        let mut inlined: Vec<isize> = Vec::new();
        while !entries.is_empty() {
            let (entry, depth) = (entries.next_offset().0, entries.next_depth());
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            match abbreviation.tag() {
                gimli::DW_TAG_subprogram => {
                    let addresses = Addresses::read(unit, entries, abbreviation)?;
                    self.subprogram(module, unit, &addresses, (at, entry))?;
                }
                gimli::DW_TAG_inlined_subroutine => {
                    let addresses = Addresses::read(unit, entries, abbreviation)?;
                    let ranges = &mut self.ranges;
                    addresses.each(unit, |_| *ranges += 1)?;
                    self.check_ranges()?;
                    inlined.truncate(inlined.partition_point(|outer| *outer < depth));
                    inlined.push(depth);
                    if inlined.len() > MAX_INLINE_NESTING {
                        return Err(Stop::Limit("nesting of inlined calls"));
                    }
                }
                _ => entries.skip_attributes(abbreviation.attributes())?,
            }
        }
        Ok(())
    }

    fn subprogram<'a>(
        &mut self,
        module: &ModuleIndex,
        unit: UnitRef<'_, Slice<'a>>,
        addresses: &Addresses<usize>,
        (at, entry): (usize, usize),
    ) -> Result<(), Stop> {
        let (mut owner, mut elsewhere) = (None, false);
        let mut count = 0;
        addresses.each(unit, |range| {
            count += 1;
            owner = owner.or_else(|| function_of(module, range));
            elsewhere |= is_elsewhere(module, range);
        })?;
        self.ranges += count;
        self.check_ranges()?;
        match owner {
            Some(function) => self.subprograms.push(Subprogram { function, unit: at, entry }),
            None if elsewhere => self.stray += 1,
            None => self.dead += usize::from(addresses.any()),
        }
        Ok(())
    }
}

/// The function that begins with the range. One that crosses the end of the body is another unit's build of it.
fn function_of(module: &ModuleIndex, range: gimli::Range) -> Option<FuncIndex> {
    let (function, body) = begins(module, range.begin)?;
    (range.end > range.begin && range.end <= u64::from(body.end.0)).then_some(function)
}

/// Whether the range is one of code, and not of code that begins with a function. Compilers and linkers make none.
fn is_elsewhere(module: &ModuleIndex, range: gimli::Range) -> bool {
    let first = module.functions().get(module.imported_function_count()).and_then(|f| f.body.as_ref());
    let is_live = first.is_some_and(|body| (u64::from(body.start.0)..TOMBSTONES).contains(&range.begin));
    is_live && range.end > range.begin && begins(module, range.begin).is_none()
}

/// The function whose body begins at an address.
fn begins(module: &ModuleIndex, address: u64) -> Option<(FuncIndex, &Range<CodeOffset>)> {
    let start = CodeOffset(u32::try_from(address).ok()?);
    let function = module.function_at(start)?;
    let body = module.function(function)?.body.as_ref()?;
    (body.start == start).then_some((function, body))
}
