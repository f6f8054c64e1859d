//! The inlined calls of one function, laid flat: the innermost one at an offset is found by one binary search.

use std::collections::BTreeMap;
use std::ops::Range;

use gimli::{AttributeValue, Reader, UnitOffset, UnitRef};

use super::attributes::Addresses;

/// No call: what stands there is the function's own.
const NONE: u32 = u32::MAX;

/// A function and the calls that were inlined into it; of each call, what `T` tells of it.
#[derive(Debug)]
pub(super) struct Inlined<T> {
    /// The function's own addresses.
    ranges: Vec<gimli::Range>,
    /// From each address up to the next one the innermost call, an index into `calls`. Ascending.
    steps: Vec<(u32, u32)>,
    /// Each call, and the one that it is inlined into, an index.
    calls: Vec<(T, u32)>,
}

impl<T> Default for Inlined<T> {
    fn default() -> Self {
        Inlined { ranges: Vec::new(), steps: Vec::new(), calls: Vec::new() }
    }
}

/// An inlined call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Its own entry, from the start of the unit.
    pub(super) entry: usize,
    /// Where the function that is called is described.
    pub(super) origin: Origin,
    /// Where it is called: the file as an index into the unit's line program.
    pub(super) file: Option<u64>,
    /// From 1; 0 is unknown.
    pub(super) line: u32,
    /// From 1; 0 is unknown.
    pub(super) column: u32,
}

/// Where an entry finds what it does not say itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    Nowhere,
    /// In the same unit, from its start.
    Unit(usize),
    /// From the start of `.debug_info`.
    Info(usize),
}

/// Which call an address belongs to, while they are read: each covers what was there before, as children of entries do
/// with their parents. A range that reaches beyond what it is in covers no more than up to the next one's start: tools
/// that move code leave such ranges behind.
#[derive(Default)]
struct Cover {
    /// By start, the end and the call.
    ranges: BTreeMap<u64, (u64, u32)>,
}

impl Cover {
    fn add(&mut self, range: gimli::Range, call: u32) {
        if range.begin >= range.end {
            return;
        }
        if let Some((&begin, &(end, covered))) = self.ranges.range(..=range.begin).next_back()
            && range.begin < end
        {
            if range.end < end {
                self.ranges.insert(range.end, (end, covered));
            }
            self.ranges.insert(begin, (range.begin, covered));
        }
        self.ranges.insert(range.begin, (range.end, call));
    }

    /// From each address up to the next one the call, ascending.
    fn steps(&self) -> Vec<(u32, u32)> {
        let mut steps: Vec<(u32, u32)> = Vec::new();
        let mut step = |address: u64, call: u32| {
            if let Ok(address) = u32::try_from(address)
                && steps.last().map_or(NONE, |(_, last)| *last) != call
            {
                steps.push((address, call));
            }
        };
        let next = self.ranges.keys().skip(1).copied().chain([u64::MAX]);
        for ((begin, (end, call)), next) in self.ranges.iter().zip(next) {
            step(*begin, *call);
            if *end < next {
                step(*end, NONE);
            }
        }
        steps
    }
}

impl Inlined<Call> {
    /// Reads the subprogram at `entry` and what is below it.
    pub(super) fn read<R: Reader<Offset = usize>>(unit: UnitRef<'_, R>, entry: usize) -> gimli::Result<Self> {
        let mut found = Inlined::default();
        let mut entries = unit.entries_raw(Some(UnitOffset(entry)))?;
        let own_depth = entries.next_depth();
        let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(found) };
        Addresses::read(unit, &mut entries, abbreviation)?.each(unit, |range| found.ranges.push(range))?;
        let mut cover = Cover::default();
        found.ranges.iter().for_each(|range| cover.add(*range, NONE));
        let mut open: Vec<(isize, u32)> = Vec::new();
        // Functions that are declared inside of this one are none of its calls.
        let mut nested = None;
        while !entries.is_empty() && entries.next_depth() > own_depth {
            let (at, depth) = (entries.next_offset().0, entries.next_depth());
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            nested = nested.filter(|outer| depth > *outer);
            open.truncate(open.partition_point(|(outer, _)| *outer < depth));
            match abbreviation.tag() {
                gimli::DW_TAG_subprogram if nested.is_none() => {
                    nested = Some(depth);
                    entries.skip_attributes(abbreviation.attributes())?;
                }
                gimli::DW_TAG_inlined_subroutine if nested.is_none() => {
                    let outer = open.last().map_or(NONE, |(_, call)| *call);
                    let number = found.calls.len() as u32;
                    let (call, addresses) = Call::read(unit, &mut entries, abbreviation, at)?;
                    found.calls.push((call, outer));
                    addresses.each(unit, |range| cover.add(range, number))?;
                    open.push((depth, number));
                }
                _ => entries.skip_attributes(abbreviation.attributes())?,
            }
        }
        found.steps = cover.steps();
        found.calls.shrink_to_fit();
        Ok(found)
    }

    /// The same, with something else told of each call.
    pub(super) fn map<U>(self, mut tell: impl FnMut(Call) -> U) -> Inlined<U> {
        let calls = self.calls.into_iter().map(|(call, outer)| (tell(call), outer)).collect();
        Inlined { ranges: self.ranges, steps: self.steps, calls }
    }
}

impl<T> Inlined<T> {
    /// From the function's first address to its last.
    pub(super) fn extent(&self) -> Range<u64> {
        let starts = self.ranges.iter().map(|range| range.begin);
        starts.min().unwrap_or(0)..self.ranges.iter().map(|range| range.end).max().unwrap_or(0)
    }

    /// Is this address one of the function's?
    pub(super) fn covers(&self, address: u32) -> bool {
        self.ranges.iter().any(|range| (range.begin..range.end).contains(&u64::from(address)))
    }

    /// The calls at an address, innermost first.
    pub(super) fn at(&self, address: u32) -> impl Iterator<Item = &T> {
        let after = self.steps.partition_point(|(start, _)| *start <= address);
        let innermost = after.checked_sub(1).and_then(|at| self.steps.get(at));
        let first = innermost.and_then(|(_, call)| self.calls.get(*call as usize));
        std::iter::successors(first, |(_, outer)| self.calls.get(*outer as usize)).map(|(call, _)| call)
    }
}

impl Call {
    fn read<R: Reader<Offset = usize>>(
        unit: UnitRef<'_, R>,
        entries: &mut gimli::EntriesRaw<'_, R>,
        abbreviation: &gimli::Abbreviation,
        entry: usize,
    ) -> gimli::Result<(Self, Addresses<usize>)> {
        let mut call = Call { entry, origin: Origin::Nowhere, file: None, line: 0, column: 0 };
        let number = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
        let addresses = Addresses::read_with(unit, entries, abbreviation, |attribute| {
            let value = attribute.value();
            match attribute.name() {
                gimli::DW_AT_abstract_origin => {
                    call.origin = match value {
                        AttributeValue::UnitRef(offset) => Origin::Unit(offset.0),
                        AttributeValue::DebugInfoRef(offset) => Origin::Info(offset.0),
                        _ => Origin::Nowhere,
                    }
                }
                gimli::DW_AT_call_file => {
                    let index = match value {
                        AttributeValue::FileIndex(index) => Some(index),
                        _ => attribute.udata_value(),
                    };
                    // Before DWARF 5 it meant that there is none.
                    call.file = index.filter(|index| *index > 0 || unit.header.version() >= 5);
                }
                gimli::DW_AT_call_line => call.line = number(attribute.udata_value()),
                gimli::DW_AT_call_column => call.column = number(attribute.udata_value()),
                _ => {}
            }
        })?;
        Ok((call, addresses))
    }
}
