//! The table of functions that Go's linker puts into the data, for the runtime to find its way on stacks.
//!
//! ```text
//! header    0 f1 ff ff ff 00 00, the instructions' alignment u8, the size of addresses u8    8 functions u64
//!          16 files u64     24 nothing       from here on places, counted from the header:
//!          32 names u64     40 units u64     48 files u64     56 values u64     64 functions u64
//! functions 0 {entry u32, record u32} for each, counted from here, and the end of the last one
//! record    0 entry u32      4 name u32     16 stack depths u32     20 files u32     24 lines u32
//!          28 more values u32               32 the first of its unit's files u32     36 its line u32    41 flags u8
//!          44 more values u32..., the third of them what is inlined
//! values    {difference of the value, number of program counters} as LEB128 numbers, up to a difference of 0; a record
//!           tells where they begin, or 0
//! units     the place of each file's path u32
//! ```
//! A program counter holds the function's slot in the table of functions, and in its low 16 bits how far the function
//! is: 0 at its entry, another number behind each call.

use std::ops::Range;

use super::image::Image;

/// The magic number of Go 1.20 and later, 1 for the alignment of instructions, and 8 for the size of addresses.
const HEADER: [u8; 8] = [0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];

/// Bits of a program counter below the slot.
const SLOT_SHIFT: u32 = 16;

/// A function's stack has one depth at its entry and another behind it. Written by hand it may have some more.
const MAX_DEPTHS: usize = 64;

/// The flag of functions that nothing on their stack has called.
const TOP_FRAME: u8 = 1;

/// Which of a record's further values tell what is inlined.
const INLINED: u32 = 2;

/// Where the parts of the table are, as addresses.
#[derive(Clone, Copy)]
pub(super) struct Pclntab {
    names: u64,
    units: u64,
    files: u64,
    values: u64,
    functions: u64,
    count: u64,
    /// Older versions of Go tell entries as program counters, newer ones as slots.
    entry_shift: u32,
}

/// Where the table tells of a function.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// Its address.
    at: u64,
    /// The function's slot in the module's table of functions.
    pub(super) slot: u32,
}

impl Pclntab {
    /// Finds the table. It has no more than `most` functions.
    pub(super) fn find(image: &Image<'_>, most: usize) -> Option<Pclntab> {
        image.find(HEADER).find_map(|at| Pclntab::at(image, at, most))
    }

    fn at(image: &Image<'_>, header: u64, most: usize) -> Option<Pclntab> {
        let field = |offset: u64| image.u64(header.checked_add(offset)?);
        let place = |offset: u64| header.checked_add(field(offset)?);
        let count = field(8).filter(|count| (1..=most as u64).contains(count))?;
        let (names, units, files) = (place(32)?, place(40)?, place(48)?);
        let (values, functions) = (place(56)?, place(64)?);
        let is_slot = image.u32(functions)? < 1 << SLOT_SHIFT;
        let entry_shift = if is_slot { 0 } else { SLOT_SHIFT };
        let table = Pclntab { names, units, files, values, functions, count, entry_shift };
        table.record(image, 0).map(|_| table)
    }

    /// The functions that make sense.
    pub(super) fn records(&self, image: &Image<'_>) -> impl Iterator<Item = Record> {
        (0..self.count).filter_map(|number| self.record(image, number))
    }

    fn record(&self, image: &Image<'_>, number: u64) -> Option<Record> {
        let row = self.functions.checked_add(8 * number)?;
        let entry = image.u32(row)?;
        let at = self.functions.checked_add(u64::from(image.u32(row.checked_add(4)?)?))?;
        // The record repeats what leads to it.
        image.u32(at).filter(|repeated| *repeated == entry)?;
        Some(Record { at, slot: entry >> self.entry_shift })
    }

    /// Where in the file the function's name lies.
    pub(super) fn name(&self, image: &Image<'_>, record: Record) -> Option<Range<usize>> {
        image.text(self.names.checked_add(u64::from(record.u32(image, 4)?))?)
    }

    /// Bytes between the stack pointer of the function's body and its return address.
    pub(super) fn frame_bytes(&self, image: &Image<'_>, record: Record) -> Option<u32> {
        let mut depths = self.values(image, record.u32(image, 16)?)?;
        let deepest = depths.by_ref().take(MAX_DEPTHS).map(|(_, depth)| depth).max()?;
        depths.is_complete.then_some(u32::try_from(deepest.max(0)).ok()?)
    }

    /// Where in the file the path of the source of the code at `place` lies, and its line; `None` for code of a
    /// function that is inlined.
    pub(super) fn line(&self, image: &Image<'_>, record: Record, place: u32) -> Option<(Range<usize>, u32)> {
        let line = self.value(image, record.u32(image, 24)?, place)?;
        Some((self.own_file(image, record, place)?, u32::try_from(line).ok()?))
    }

    /// The same where the function is declared.
    pub(super) fn declaration(&self, image: &Image<'_>, record: Record) -> Option<(Range<usize>, u32)> {
        let line = record.u32(image, 36).filter(|line| *line != 0)?;
        Some((self.own_file(image, record, 0)?, line))
    }

    fn own_file(&self, image: &Image<'_>, record: Record, place: u32) -> Option<Range<usize>> {
        let has_inlined = record.u32(image, 28)? > INLINED;
        let inlined = if has_inlined { record.u32(image, u64::from(44 + 4 * INLINED))? } else { 0 };
        if self.value(image, inlined, place).is_some_and(|inlined| inlined >= 0) {
            return None;
        }
        let number = u32::try_from(self.value(image, record.u32(image, 20)?, place)?).ok()?;
        let in_unit = u64::from(record.u32(image, 32)?) + u64::from(number);
        let path = image.u32(self.units.checked_add(4 * in_unit)?).filter(|path| *path != u32::MAX)?;
        image.text(self.files.checked_add(u64::from(path))?)
    }

    /// The value at a place in a function.
    fn value(&self, image: &Image<'_>, values: u32, place: u32) -> Option<i32> {
        self.values(image, values)?.find(|(end, _)| place < *end).map(|(_, value)| value)
    }

    fn values<'a>(&self, image: &'a Image<'a>, values: u32) -> Option<Values<'a>> {
        let at = self.values.checked_add(u64::from(values)).filter(|_| values != 0)?;
        Some(Values { image, at, place: 0, value: -1, is_complete: false })
    }
}

impl Record {
    fn u32(self, image: &Image<'_>, offset: u64) -> Option<u32> {
        image.u32(self.at.checked_add(offset)?)
    }

    /// Has nothing called the function that its stack could tell?
    pub(super) fn is_outermost(self, image: &Image<'_>) -> bool {
        let flags = self.at.checked_add(41).and_then(|at| image.u8(at));
        flags.is_some_and(|flags| flags & TOP_FRAME != 0)
    }
}

/// Where each value ends in the function, and the value.
struct Values<'a> {
    image: &'a Image<'a>,
    at: u64,
    place: u32,
    value: i32,
    /// Was the end found?
    is_complete: bool,
}

impl Values<'_> {
    /// The next LEB128 number.
    fn leb(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.image.u8(self.at)?;
            self.at += 1;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

impl Iterator for Values<'_> {
    type Item = (u32, i32);

    fn next(&mut self) -> Option<(u32, i32)> {
        let difference = self.leb()?;
        if difference == 0 && self.place > 0 {
            self.is_complete = true;
            return None;
        }
        // Differences alternate between ends: 0, -1, 1, -2, 2.
        let half = (difference >> 1).cast_signed();
        self.value = self.value.wrapping_add(if difference & 1 == 0 { half } else { !half });
        // A value that goes no further ends nothing, and there are no more places than these.
        let places = self.leb()?;
        self.place =
            self.place.checked_add(places).filter(|place| places > 0 && *place <= 1 << SLOT_SHIFT)?;
        Some((self.place, self.value))
    }
}
