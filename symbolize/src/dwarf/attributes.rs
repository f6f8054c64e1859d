//! Attributes of entries: addresses, names, declarations.

use gimli::{AttributeValue, EntriesRaw, Reader, UnitRef};

/// What an entry says of its addresses.
pub(super) struct Addresses<Offset> {
    low: Option<u64>,
    high: Option<High>,
    ranges: Option<gimli::RangeListsOffset<Offset>>,
    /// Whether the low address is an index into `.debug_addr`.
    pub(super) indirect: bool,
}

enum High {
    Address(u64),
    Size(u64),
}

impl<Offset: gimli::ReaderOffset> Addresses<Offset> {
    /// Reads the attributes of the entry whose abbreviation was just read.
    pub(super) fn read<R: Reader<Offset = Offset>>(
        unit: UnitRef<'_, R>,
        entries: &mut EntriesRaw<'_, R>,
        abbreviation: &gimli::Abbreviation,
    ) -> gimli::Result<Self> {
        Self::read_with(unit, entries, abbreviation, |_| {})
    }

    /// The same, and shows `other` the attributes that say something else.
    pub(super) fn read_with<R: Reader<Offset = Offset>>(
        unit: UnitRef<'_, R>,
        entries: &mut EntriesRaw<'_, R>,
        abbreviation: &gimli::Abbreviation,
        mut other: impl FnMut(&gimli::Attribute<R>),
    ) -> gimli::Result<Self> {
        let mut found = Addresses { low: None, high: None, ranges: None, indirect: false };
        for spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(*spec)?;
            let value = attribute.value();
            match attribute.name() {
                gimli::DW_AT_low_pc => {
                    found.indirect = matches!(value, AttributeValue::DebugAddrIndex(_));
                    found.low = unit.attr_address(value)?;
                }
                gimli::DW_AT_high_pc => {
                    found.high = match value {
                        AttributeValue::Udata(size) => Some(High::Size(size)),
                        value => unit.attr_address(value)?.map(High::Address),
                    }
                }
                gimli::DW_AT_ranges => found.ranges = unit.attr_ranges_offset(value)?,
                _ => other(&attribute),
            }
        }
        Ok(found)
    }

    /// Whether the entry has code at all; declarations and abstract instances have none.
    pub(super) fn any(&self) -> bool {
        self.low.is_some() || self.ranges.is_some()
    }

    /// Calls `found` with each range, empty and dead ones too.
    pub(super) fn each<R: Reader<Offset = Offset>>(
        &self,
        unit: UnitRef<'_, R>,
        mut found: impl FnMut(gimli::Range),
    ) -> gimli::Result<()> {
        if let Some(offset) = self.ranges {
            let mut ranges = unit.ranges(offset)?;
            while let Some(range) = ranges.next()? {
                found(range);
            }
        } else if let (Some(begin), Some(high)) = (self.low, &self.high) {
            let end = match high {
                High::Address(end) => *end,
                High::Size(size) => begin.wrapping_add(*size),
            };
            found(gimli::Range { begin, end });
        }
        Ok(())
    }
}

/// What an entry says of the function that it describes.
pub(super) struct Description<R: Reader> {
    pub(super) name: Option<R>,
    pub(super) declaration: Option<Declaration>,
    /// Another entry that says what this one leaves out.
    pub(super) origin: Option<AttributeValue<R>>,
}

/// A place in the source, with the file as an index into the unit's line program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration {
    pub(super) file: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl<R: Reader> Description<R> {
    /// Reads the entry at `entry` bytes from the start of the unit.
    pub(super) fn read(unit: UnitRef<'_, R>, entry: gimli::UnitOffset<R::Offset>) -> gimli::Result<Self> {
        let mut entries = unit.entries_raw(Some(entry))?;
        let mut found = Description { name: None, declaration: None, origin: None };
        let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(found) };
        let (mut linkage, mut file, mut line, mut column) = (None, None, None, 0);
        for spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(*spec)?;
            match attribute.name() {
                gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                    linkage = unit.attr_string(attribute.value()).ok();
                }
                gimli::DW_AT_name => found.name = unit.attr_string(attribute.value()).ok(),
                gimli::DW_AT_decl_file => file = file_index(&attribute.value()),
                gimli::DW_AT_decl_line => line = attribute.udata_value(),
                gimli::DW_AT_decl_column => column = attribute.udata_value().unwrap_or(0),
                gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                    found.origin = Some(attribute.value());
                }
                _ => {}
            }
        }
        found.name = linkage.or(found.name);
        let place = file.zip(line);
        found.declaration = place.map(|(file, line)| Declaration { file, line, column });
        Ok(found)
    }
}

fn file_index<R: Reader>(value: &AttributeValue<R>) -> Option<u64> {
    match value {
        AttributeValue::FileIndex(index) => Some(*index),
        value => value.udata_value(),
    }
}
