//! The names of what is no function: locals, labels, types and their fields, tables, memories, globals, element
//! segments, tags. Most programs' views need none of them, so they are read when one is first asked for.

use std::ops::Range;

use crate::bytes::Cursor;
use crate::module::names::{
    ELEMENTS, FIELDS, GLOBALS, LABELS, LOCALS, MEMORIES, TABLES, TAGS, TYPES, string,
};
use crate::module::{ModuleIndex, NameSpan};
use crate::warning::Warning;

/// An index space of the module.
#[derive(Clone, Copy)]
pub(crate) enum Space {
    Type,
    Table,
    Memory,
    Global,
    Element,
    Tag,
}

/// Names by their index, sorted, each index once.
#[derive(Default)]
pub(crate) struct NameMap(Vec<(u32, NameSpan)>);

impl NameMap {
    pub(crate) fn get(&self, index: u32) -> Option<NameSpan> {
        let at = self.0.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.0.get(at).map(|(_, span)| *span)
    }

    /// Reads the pairs of index and name that follow; those before the broken one where `None` comes with them.
    fn read(cursor: &mut Cursor<'_>) -> (NameMap, Option<()>) {
        let mut pairs = Vec::new();
        let complete = each_pair(cursor, |index, span| pairs.push((index, span)));
        // Stable, so that of several names of an item the first one stays first.
        pairs.sort_by_key(|(index, _)| *index);
        pairs.dedup_by_key(|(index, _)| *index);
        (NameMap(pairs), complete)
    }
}

/// Where the names of what is inside of each function or type lie, sorted by its index, each index once.
#[derive(Default)]
struct Owners(Vec<(u32, Range<u32>)>);

impl Owners {
    fn read(cursor: &mut Cursor<'_>) -> (Owners, Option<()>) {
        let mut owners = Vec::new();
        let complete = each_owner(cursor, &mut owners);
        owners.sort_by_key(|(index, _)| *index);
        owners.dedup_by_key(|(index, _)| *index);
        (Owners(owners), complete)
    }

    fn names(&self, bytes: &[u8], owner: u32) -> NameMap {
        let found = self.0.binary_search_by_key(&owner, |(index, _)| *index);
        let Some((_, range)) = found.ok().and_then(|at| self.0.get(at)) else { return NameMap::default() };
        NameMap::read(&mut Cursor::new(bytes, range.start as usize..range.end as usize)).0
    }
}

/// The names of what is no function. Those inside of functions and types are found here and read when asked for.
#[derive(Default)]
pub(crate) struct ItemNames {
    types: NameMap,
    tables: NameMap,
    memories: NameMap,
    globals: NameMap,
    elements: NameMap,
    tags: NameMap,
    locals: Owners,
    labels: Owners,
    fields: Owners,
    warnings: Vec<Warning>,
}

impl ItemNames {
    pub(super) fn read(bytes: &[u8], module: &ModuleIndex) -> ItemNames {
        let mut names = ItemNames::default();
        let mut part = Part { bytes, module, warnings: &mut names.warnings };
        names.types = part.read(TYPES, "the type names", NameMap::read);
        names.tables = part.read(TABLES, "the table names", NameMap::read);
        names.memories = part.read(MEMORIES, "the memory names", NameMap::read);
        names.globals = part.read(GLOBALS, "the global names", NameMap::read);
        names.elements = part.read(ELEMENTS, "the element segment names", NameMap::read);
        names.tags = part.read(TAGS, "the tag names", NameMap::read);
        names.locals = part.read(LOCALS, "the local names", Owners::read);
        names.labels = part.read(LABELS, "the label names", Owners::read);
        names.fields = part.read(FIELDS, "the field names", Owners::read);
        names
    }

    pub(crate) fn get(&self, space: Space, index: u32) -> Option<NameSpan> {
        let map = match space {
            Space::Type => &self.types,
            Space::Table => &self.tables,
            Space::Memory => &self.memories,
            Space::Global => &self.globals,
            Space::Element => &self.elements,
            Space::Tag => &self.tags,
        };
        map.get(index)
    }

    /// The names of a function's parameters and locals, by their index.
    pub(crate) fn locals(&self, bytes: &[u8], function: u32) -> NameMap {
        self.locals.names(bytes, function)
    }

    /// The names of a function's labels, by how many blocks begin before theirs.
    pub(crate) fn labels(&self, bytes: &[u8], function: u32) -> NameMap {
        self.labels.names(bytes, function)
    }

    /// The names of a structure type's fields, by their index.
    pub(crate) fn fields(&self, bytes: &[u8], ty: u32) -> NameMap {
        self.fields.names(bytes, ty)
    }

    pub(super) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

/// Reads subsections, and tells of those that are broken.
struct Part<'a> {
    bytes: &'a [u8],
    module: &'a ModuleIndex,
    warnings: &'a mut Vec<Warning>,
}

impl Part<'_> {
    fn read<T: Default>(
        &mut self,
        id: u8,
        part: &'static str,
        read: impl FnOnce(&mut Cursor<'_>) -> (T, Option<()>),
    ) -> T {
        let Some(range) = self.module.unread_names(id) else { return T::default() };
        let mut cursor = Cursor::new(self.bytes, range);
        let (names, complete) = read(&mut cursor);
        if complete.is_none() {
            self.warnings.push(Warning::NamesBroken { part, at: cursor.at() as u64 });
        }
        names
    }
}

fn each_pair(cursor: &mut Cursor<'_>, mut pair: impl FnMut(u32, NameSpan)) -> Option<()> {
    for _ in 0..cursor.leb_u32()? {
        pair(cursor.leb_u32()?, string(cursor)?);
    }
    Some(())
}

fn each_owner(cursor: &mut Cursor<'_>, owners: &mut Vec<(u32, Range<u32>)>) -> Option<()> {
    for _ in 0..cursor.leb_u32()? {
        let owner = cursor.leb_u32()?;
        let start = u32::try_from(cursor.at()).ok()?;
        let complete = each_pair(cursor, |_, _| ());
        // What is whole of a broken map is read again when its names are asked for.
        owners.push((owner, start..u32::try_from(cursor.at()).ok()?));
        complete?;
    }
    Some(())
}
