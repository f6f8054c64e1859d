//! Split DWARF: a unit of the module may be a skeleton, with lines and addresses alone. Its entries lie in a `.dwo`
//! file, or in a `.dwp` file, which is a package of those. An id that both have tells which belong together.

use std::collections::HashSet;
use std::sync::Arc;

use gimli::{AttributeValue, DebugInfoOffset, Dwarf, DwarfPackage, Reader, Section, SectionId};
use gimli::{Unit, UnitHeader, UnitRef, UnitType};

use super::sections::{Slice, SplitBytes, borrowed_split};

/// Units of a package may share sections; so many times over they are read.
const MAX_SHARING: usize = 16;

/// Where a split unit lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Which of the files.
    pub(super) file: usize,
    /// The row in the index of a package; 0 where there is none.
    row: u32,
    /// Bytes from the start of `.debug_info.dwo`, of a package that of the row.
    start: usize,
}

/// A file with split units.
pub(super) enum SplitFile<R: Reader> {
    Object(Arc<Dwarf<R>>),
    Package(Box<DwarfPackage<R>>),
}

/// A split unit and the sections that it lies in.
pub(super) struct SplitUnit<R: Reader> {
    dwarf: Arc<Dwarf<R>>,
    unit: Unit<R>,
}

impl<R: Reader<Offset = usize>> SplitFile<R> {
    /// A file of these sections. What all files have in common is in `module`.
    ///
    /// # Errors
    /// When the index of a package can't be read.
    pub(super) fn new(load: impl Fn(SectionId) -> R, empty: R, module: &Dwarf<R>) -> gimli::Result<Self> {
        if !load(SectionId::DebugCuIndex).is_empty() {
            let package = DwarfPackage::load(|id| Ok::<_, gimli::Error>(load(id)), empty)?;
            return Ok(SplitFile::Package(Box::new(package)));
        }
        let mut object = Dwarf::load(|id| Ok::<_, gimli::Error>(load(id)))?;
        object.make_dwo(module);
        object.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
        Ok(SplitFile::Object(Arc::new(object)))
    }

    /// The unit of a skeleton.
    pub(super) fn unit(&self, place: Place, skeleton: UnitRef<'_, R>) -> gimli::Result<SplitUnit<R>> {
        let mut found = self.read(place, skeleton.dwarf)?;
        found.unit.copy_relocated_attributes(skeleton.unit);
        Ok(found)
    }

    fn read(&self, place: Place, module: &Dwarf<R>) -> gimli::Result<SplitUnit<R>> {
        let dwarf = match self {
            SplitFile::Object(dwarf) => Arc::clone(dwarf),
            SplitFile::Package(package) => Arc::new(package.cu_sections(place.row, module)?),
        };
        let unit = dwarf.unit(dwarf.unit_header(DebugInfoOffset(place.start))?)?;
        Ok(SplitUnit { dwarf, unit })
    }

    /// Shows `found` the units that can be read, each with its sections and its row.
    fn each(&self, module: &Dwarf<R>, mut found: impl FnMut(&Dwarf<R>, &UnitHeader<R>, u32)) {
        let package = match self {
            SplitFile::Package(package) => package,
            SplitFile::Object(dwarf) => {
                let mut units = dwarf.units();
                while let Ok(Some(header)) = units.next() {
                    found(dwarf, &header, 0);
                }
                return;
            }
        };
        let mut left = size(&package.debug_info, &package.debug_abbrev).saturating_mul(MAX_SHARING);
        for row in 1..=package.cu_index.unit_count() {
            let Ok(dwarf) = package.cu_sections(row, module) else { break };
            let Ok(Some(header)) = dwarf.units().next() else { break };
            let Some(rest) = left.checked_sub(size(&dwarf.debug_info, &dwarf.debug_abbrev)) else { break };
            left = rest;
            found(&dwarf, &header, row);
        }
    }
}

fn size<R: Reader<Offset = usize>>(info: &gimli::DebugInfo<R>, abbrev: &gimli::DebugAbbrev<R>) -> usize {
    info.reader().len().saturating_add(abbrev.reader().len())
}

impl<R: Reader> SplitUnit<R> {
    pub(super) fn entries(&self) -> UnitRef<'_, R> {
        UnitRef::new(&self.dwarf, &self.unit)
    }

    /// What it calls the file that it lies in, or its source.
    fn name(&self) -> Option<String> {
        let file = self.unit.dwo_name().ok().flatten();
        let file = file.and_then(|name| self.entries().attr_string(name).ok());
        let name = file.as_ref().or(self.unit.name.as_ref())?;
        Some(name.to_string_lossy().ok()?.into_owned())
    }
}

/// The files with split units, and which units skeletons asked for.
pub(super) struct SplitFiles<'a> {
    files: Vec<SplitFile<Slice<'a>>>,
    /// The units by their id, sorted; of several with one id the first counts.
    units: Vec<(u64, Place)>,
    asked: HashSet<u64>,
}

impl<'a> SplitFiles<'a> {
    /// Reads which units there are in files that could be opened; those behind a broken one are missing.
    pub(super) fn new(files: &'a [SplitBytes], module: &Dwarf<Slice<'a>>) -> Self {
        let files: Vec<_> = files.iter().filter_map(|file| borrowed_split(file, module).ok()).collect();
        let mut units = Vec::new();
        for (file, split) in files.iter().enumerate() {
            split.each(module, |dwarf, header, row| {
                let start = header.debug_info_offset().map_or(0, |offset| offset.0);
                units.extend(id(dwarf, header).map(|id| (id, Place { file, row, start })));
            });
        }
        units.sort_by_key(|(id, _)| *id);
        SplitFiles { files, units, asked: HashSet::new() }
    }

    /// The file with the unit of a skeleton, and where in it that is. No unit has two skeletons: it would be read
    /// again and again.
    pub(super) fn take(&mut self, skeleton: &Unit<Slice<'a>>) -> Option<(&SplitFile<Slice<'a>>, Place)> {
        let id = skeleton.dwo_id?.0;
        if !self.asked.insert(id) {
            return None;
        }
        let at = self.units.partition_point(|(other, _)| *other < id);
        let (_, place) = self.units.get(at).filter(|(found, _)| *found == id)?;
        Some((self.files.get(place.file)?, *place))
    }

    /// The files of which no unit was asked for, each by the name in one of its units.
    pub(super) fn strangers(&self, module: &Dwarf<Slice<'a>>) -> Vec<String> {
        let mut places: Vec<Option<Place>> = vec![None; self.files.len()];
        let mut known = HashSet::new();
        for (id, place) in &self.units {
            if self.asked.contains(id) {
                known.insert(place.file);
            } else if let Some(slot) = places.get_mut(place.file) {
                slot.get_or_insert(*place);
            }
        }
        let files = self.files.iter().zip(places).enumerate().filter(|(at, _)| !known.contains(at));
        let name =
            |(file, place): (&SplitFile<Slice<'a>>, Option<Place>)| file.read(place?, module).ok()?.name();
        files.map(|(_, found)| name(found).unwrap_or_else(|| "?".to_owned())).collect()
    }
}

/// The id of a split unit. Before DWARF 5 it was an attribute.
fn id<R: Reader>(dwarf: &Dwarf<R>, header: &UnitHeader<R>) -> Option<u64> {
    match header.type_() {
        UnitType::SplitCompilation(id) => Some(id.0),
        UnitType::Compilation => {
            let abbreviations = dwarf.abbreviations(header).ok()?;
            let mut entries = header.entries(&abbreviations);
            entries.next_dfs().ok()?;
            match entries.current()?.attr_value(gimli::DW_AT_GNU_dwo_id)? {
                AttributeValue::DwoId(id) => Some(id.0),
                _ => None,
            }
        }
        _ => None,
    }
}
