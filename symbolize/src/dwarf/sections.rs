//! The DWARF sections of a module, for gimli.

use std::ops::Range;
use std::sync::Arc;

use gimli::{Dwarf, EndianArcSlice, EndianSlice, LittleEndian, RelocateReader, SectionId};

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

/// Whether the module has a section of this kind with anything in it.
pub(super) fn has(module: &ModuleIndex, id: SectionId) -> bool {
    !place(module, id).is_empty()
}

fn place(module: &ModuleIndex, id: SectionId) -> Range<usize> {
    let offset = |at: FileOffset| usize::try_from(at.0).unwrap_or(usize::MAX);
    match module.custom_section(id.name()) {
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
