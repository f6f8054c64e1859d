//! The name section, which engines ignore and which is therefore often broken: whatever can be read is kept.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::bytes::Cursor;
use crate::ids::FuncIndex;
use crate::warning::Warning;

const MODULE: u8 = 0;
const FUNCTIONS: u8 = 1;
pub(crate) const LOCALS: u8 = 2;
pub(crate) const LABELS: u8 = 3;
pub(crate) const TYPES: u8 = 4;
pub(crate) const TABLES: u8 = 5;
pub(crate) const MEMORIES: u8 = 6;
pub(crate) const GLOBALS: u8 = 7;
pub(crate) const ELEMENTS: u8 = 8;
const DATA: u8 = 9;
pub(crate) const FIELDS: u8 = 10;
pub(crate) const TAGS: u8 = 11;

/// Where a name lies in the file. There may be 600,000, so they aren't copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameSpan {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl NameSpan {
    /// The name, with replacement characters for what is not UTF-8; `None` when `bytes` are not the module's.
    pub(crate) fn text(self, bytes: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
        let start = self.start as usize;
        bytes.get(start..start.checked_add(self.len as usize)?).map(String::from_utf8_lossy)
    }
}

/// What the name section says.
#[derive(Debug, Default)]
pub(crate) struct NameSection {
    pub(crate) module: Option<Arc<str>>,
    pub(crate) data: HashMap<u32, Arc<str>>,
    pub(crate) warnings: Vec<Warning>,
    /// Where the first subsection of each other kind lies, by its id: they are read when code is to be shown.
    pub(crate) unread: BTreeMap<u8, Range<usize>>,
    /// Sorted by function after [`finish`].
    functions: Vec<(FuncIndex, NameSpan)>,
    not_utf8: Vec<FuncIndex>,
    sections: usize,
}

impl NameSection {
    pub(crate) fn function(&self, index: FuncIndex) -> Option<NameSpan> {
        let at = self.functions.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.functions.get(at).map(|(_, span)| *span)
    }
}

/// Adds what the name section in `bytes[range]` says.
pub(super) fn read(names: &mut NameSection, bytes: &[u8], range: Range<usize>) {
    names.sections += 1;
    if names.sections == 2 {
        names.warnings.push(Warning::SeveralNameSections);
    }
    let mut cursor = Cursor::new(bytes, range);
    while !cursor.is_empty() {
        let at = cursor.at();
        let Some((id, contents)) = subsection(&mut cursor) else {
            broken(names, "a subsection", at);
            return;
        };
        let mut inside = Cursor::new(bytes, contents.clone());
        let (part, complete) = match id {
            MODULE => ("the module's name", module_name(names, bytes, &mut inside)),
            FUNCTIONS => ("the function names", function_names(names, bytes, &mut inside)),
            DATA => ("the data segment names", data_names(names, bytes, &mut inside)),
            _ => {
                names.unread.entry(id).or_insert(contents);
                continue;
            }
        };
        if complete.is_none() {
            broken(names, part, inside.at());
        }
    }
}

fn broken(names: &mut NameSection, part: &'static str, at: usize) {
    // One is enough to know that the section is broken; a hostile one may have millions of bad subsections.
    if !names.warnings.iter().any(|w| matches!(w, Warning::NamesBroken { part: known, .. } if *known == part))
    {
        names.warnings.push(Warning::NamesBroken { part, at: at as u64 });
    }
}

fn subsection(cursor: &mut Cursor<'_>) -> Option<(u8, Range<usize>)> {
    let id = cursor.byte()?;
    let len = cursor.leb_u32()?;
    Some((id, cursor.skip(len)?))
}

fn module_name(names: &mut NameSection, bytes: &[u8], cursor: &mut Cursor<'_>) -> Option<()> {
    let name = string(cursor)?.text(bytes)?;
    names.module.get_or_insert_with(|| name.into());
    Some(())
}

fn function_names(names: &mut NameSection, bytes: &[u8], cursor: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..cursor.leb_u32()? {
        let index = FuncIndex(cursor.leb_u32()?);
        let span = string(cursor)?;
        if matches!(span.text(bytes)?, std::borrow::Cow::Owned(_)) {
            names.not_utf8.push(index);
        }
        names.functions.push((index, span));
    }
    Some(())
}

fn data_names(names: &mut NameSection, bytes: &[u8], cursor: &mut Cursor<'_>) -> Option<()> {
    for _ in 0..cursor.leb_u32()? {
        let index = cursor.leb_u32()?;
        let name = string(cursor)?.text(bytes)?;
        names.data.entry(index).or_insert_with(|| name.into());
    }
    Some(())
}

/// A name: its length, then its bytes.
pub(crate) fn string(cursor: &mut Cursor<'_>) -> Option<NameSpan> {
    let len = cursor.leb_u32()?;
    let range = cursor.skip(len)?;
    Some(NameSpan { start: u32::try_from(range.start).ok()?, len })
}

/// Sorts the names, drops those that can't be meant, and tells of them. Call it once, after all sections.
pub(super) fn finish(names: &mut NameSection, function_count: usize) {
    // Stable, so that of several names of a function the first one stays first.
    names.functions.sort_by_key(|(index, _)| *index);
    let within = names.functions.partition_point(|(index, _)| index.index() < function_count);
    if let Some(&(first, _)) = names.functions.get(within) {
        let count = names.functions.len() - within;
        names.warnings.push(Warning::NamesOutOfRange { count, first });
        names.functions.truncate(within);
    }
    let duplicate = names.functions.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0);
    names.functions.dedup_by_key(|(index, _)| *index);
    if let Some(first) = duplicate {
        names.warnings.push(Warning::NamesDuplicate { count: within - names.functions.len(), first });
    }
    if let Some(&first) = names.not_utf8.first() {
        names.warnings.push(Warning::NamesNotUtf8 { count: names.not_utf8.len(), first });
    }
    names.not_utf8 = Vec::new();
    names.functions.shrink_to_fit();
}
