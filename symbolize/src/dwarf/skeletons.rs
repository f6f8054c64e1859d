//! Which `.dwo` files the units of a module name.

use std::collections::HashSet;

use gimli::{Dwarf, SectionId, UnitHeader, UnitRef, UnitType};

use super::sections::{Slice, borrowed, has};
use crate::module::ModuleIndex;
use crate::paths::join;

/// Many units may have the same long folder; this bounds the memory that their paths take.
const MAX_BYTES: usize = 64 << 20;

/// The paths of the files with split units, as they were where the module was built, each once.
pub(crate) fn split_paths(bytes: &[u8], module: &ModuleIndex) -> Vec<String> {
    // Split units have their addresses there. Most modules that are not split have no such section.
    if !has(module, SectionId::DebugAddr) {
        return Vec::new();
    }
    let dwarf = borrowed(bytes, module);
    let (mut paths, mut seen, mut left) = (Vec::new(), HashSet::new(), MAX_BYTES);
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        let Some((folder, file)) = split_path(&dwarf, header) else { continue };
        let Some(rest) = left.checked_sub(folder.len() + file.len()) else { break };
        left = rest;
        let path = join(&folder.to_string_lossy(), &file.to_string_lossy());
        if seen.insert(path.clone()) {
            paths.push(path);
        }
    }
    paths
}

/// The folder in which a skeleton was compiled, and the file that it names.
fn split_path<'a>(dwarf: &Dwarf<Slice<'a>>, header: UnitHeader<Slice<'a>>) -> Option<(Slice<'a>, Slice<'a>)> {
    let may_be_skeleton = match header.type_() {
        UnitType::Skeleton(_) => true,
        UnitType::Compilation => header.version() < 5,
        _ => false,
    };
    if !may_be_skeleton {
        return None;
    }
    let abbreviations = dwarf.abbreviations(&header).ok()?;
    let mut entries = header.entries(&abbreviations);
    entries.next_dfs().ok()?;
    let root = entries.current()?;
    let file =
        root.attr_value(gimli::DW_AT_dwo_name).or_else(|| root.attr_value(gimli::DW_AT_GNU_dwo_name))?;
    let unit = dwarf.unit(header).ok()?;
    let unit = UnitRef::new(dwarf, &unit);
    Some((unit.comp_dir.unwrap_or_default(), unit.attr_string(file).ok()?))
}
