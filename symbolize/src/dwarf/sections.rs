//! The DWARF sections of a module, for gimli.

use std::ops::Range;
use std::sync::Arc;

use gimli::{Dwarf, EndianArcSlice, EndianSlice, LittleEndian, RelocateReader, SectionId};

use super::split::SplitFile;
use super::tombstone::Tombstones;
use crate::ids::FileOffset;
use crate::module::ModuleIndex;

/// Borrowed bytes: quick, for the one scan over everything.
pub(super) type Slice<'a> = EndianSlice<'a, LittleEndian>;
/// Shared bytes whose dead addresses read as tombstones, for lookups.
pub(super) type Shared = RelocateReader<EndianArcSlice<LittleEndian>, Tombstones>;

/// The sections as the file has them.
pub(super) fn borrowed<'a>(bytes: &'a [u8], module: &ModuleIndex) -> Dwarf<Slice<'a>> {
    let load = |id: SectionId| bytes.get(place(module, id)).unwrap_or_default();
    let mut dwarf = infallible(Dwarf::load(|id| Ok(EndianSlice::new(load(id), LittleEndian))));
    dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
    dwarf
}

/// The sections with `.debug_info` cut to its first `info_len` bytes and read through `tombstones`.
pub(super) fn shared(
    bytes: &Arc<[u8]>,
    module: &ModuleIndex,
    info_len: usize,
    tombstones: impl Fn(SectionId) -> Tombstones,
) -> Dwarf<Shared> {
    let all = EndianArcSlice::new(Arc::clone(bytes), LittleEndian);
    let load = |id: SectionId| {
        let mut range = place(module, id);
        match id {
            SectionId::DebugInfo => range.end = range.end.min(range.start + info_len),
            // It is only an index, often wrong, and one bad entry would make all the rest unreadable.
            SectionId::DebugAranges => range.end = range.start,
            _ => {}
        }
        if range.end > bytes.len() {
            range = 0..0;
        }
        RelocateReader::new(all.range(range), tombstones(id))
    };
    let mut dwarf = infallible(Dwarf::load(|id| Ok(load(id))));
    dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
    dwarf
}

/// A file with split units as it is; `module` is what belongs to it.
///
/// # Errors
/// When the index of a package can't be read.
pub(super) fn borrowed_split<'a>(
    file: &'a SplitBytes,
    module: &Dwarf<Slice<'a>>,
) -> gimli::Result<SplitFile<Slice<'a>>> {
    let load = |id| {
        EndianSlice::new(file.bytes.get(split_place(&file.outline, id)).unwrap_or_default(), LittleEndian)
    };
    SplitFile::new(load, EndianSlice::default(), module)
}

/// The same for lookups. Its addresses are those of `module`, with the dead ones told from the others.
///
/// # Errors
/// As [`borrowed_split`].
pub(super) fn shared_split(file: &SplitBytes, module: &Dwarf<Shared>) -> gimli::Result<SplitFile<Shared>> {
    let all = EndianArcSlice::new(Arc::clone(&file.bytes), LittleEndian);
    let part =
        |range| RelocateReader::new(all.range(range), Tombstones { first_body: 0, exempt: Arc::default() });
    let load = |id| {
        let range = split_place(&file.outline, id);
        part(if range.end > file.bytes.len() { 0..0 } else { range })
    };
    SplitFile::new(load, part(0..0), module)
}

/// A file with split units and its outline.
pub(super) struct SplitBytes {
    bytes: Arc<[u8]>,
    outline: ModuleIndex,
}

impl SplitBytes {
    /// Reads the outline of a file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn open(bytes: &Arc<[u8]>) -> Result<SplitBytes, String> {
        let outline = ModuleIndex::parse_module(bytes).map_err(|error| error.to_string())?;
        if split_place(&outline, SectionId::DebugInfo).is_empty() {
            return Err("it has no section .debug_info.dwo".to_owned());
        }
        let split = SplitBytes { bytes: Arc::clone(bytes), outline };
        borrowed_split(&split, &Dwarf::default()).map_err(|error| error.to_string())?;
        Ok(split)
    }
}

/// Whether the module has a section of this kind with anything in it.
pub(super) fn has(module: &ModuleIndex, id: SectionId) -> bool {
    !place(module, id).is_empty()
}

fn place(module: &ModuleIndex, id: SectionId) -> Range<usize> {
    place_of(module, id.name())
}

fn split_place(file: &ModuleIndex, id: SectionId) -> Range<usize> {
    id.dwo_name().map_or(0..0, |name| place_of(file, name))
}

fn place_of(module: &ModuleIndex, section: &str) -> Range<usize> {
    let offset = |at: FileOffset| usize::try_from(at.0).unwrap_or(usize::MAX);
    match module.custom_section(section) {
        Some(section) => offset(section.data.start)..offset(section.data.end),
        None => 0..0,
    }
}

fn infallible<T>(result: Result<T, std::convert::Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
