//! The names of Go's functions, out of the table that its runtime has of them in memory.
//!
//! The name section has `encoding_json.__Decoder_.Decode` for `encoding/json.(*Decoder).Decode`, or is left out. The
//! table (`pclntab`) is data of the program:
//!
//! ```text
//! header     magic, 0, 0, 1, 8, then words of 8 bytes: [0] functions, [3] at names, [7] at entries, from the header
//! entries    for each function in order, u32 address and u32 place of its description, from the entries
//! describes  u32 address, u32 place of its name, from the names
//! names      each ended by a zero
//! ```

use std::ops::Range;
use std::sync::Arc;

use crate::ids::{FuncIndex, MemoryIndex};
use crate::module::{DataKind, DataSegment, ModuleIndex};

/// Of Go 1.20 and later, little endian; no padding between instructions, addresses of 8 bytes.
const HEADER: [u8; 8] = [0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8];
/// Longer names are not read.
const MAX_NAME_BYTES: usize = 1024;

/// Where the names lie.
pub(crate) struct GoNames {
    memory: Memory,
    /// The address of each name, by function; the first is that of the first defined function.
    names: Vec<u64>,
    first: usize,
}

impl GoNames {
    /// `None` where the module is none of Go's, or the table is not understood.
    pub(crate) fn load(bytes: &[u8], module: &ModuleIndex) -> Option<GoNames> {
        module.custom_section("go:buildid").or_else(|| module.custom_section("go.buildid"))?;
        let memory = Memory::of(module);
        let header = memory.find(bytes, &HEADER)?;
        let word = |at: u64| Some(memory.u64(bytes, header.checked_add(8 + 8 * at)?));
        let first = module.imported_function_count();
        let count = module.functions().len() - first;
        // One entry for each function is what makes their order that of the indices.
        if word(0)? != count as u64 {
            return None;
        }
        let (names, entries) = (header.checked_add(word(3)?)?, header.checked_add(word(7)?)?);
        let name = |at: u64| {
            let place = memory.u32(bytes, entries.checked_add(8 * at + 4)?);
            let description = entries.checked_add(u64::from(place))?;
            names.checked_add(u64::from(memory.u32(bytes, description.checked_add(4)?)))
        };
        let names = (0..count as u64).map(name).collect::<Option<_>>()?;
        Some(GoNames { memory, names, first })
    }

    /// What Go calls a function.
    pub(crate) fn name(&self, bytes: &[u8], function: FuncIndex) -> Option<Arc<str>> {
        let at = self.names.get(function.index().checked_sub(self.first)?)?;
        let mut text = [0; MAX_NAME_BYTES];
        self.memory.read(bytes, *at, &mut text);
        let len = text.iter().position(|byte| *byte == 0).filter(|len| *len > 0)?;
        std::str::from_utf8(text.get(..len)?).ok().map(Arc::from)
    }
}

/// Whether Go's linker writes `name` as `written` in the name section: with `_` for what is no letter, digit or dot.
pub(crate) fn is_written(name: &str, written: &str) -> bool {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '.';
    name.chars().map(|c| if is_kept(c) { c } else { '_' }).eq(written.chars())
}

/// The first memory as the module's data makes it: zero where there is none.
struct Memory {
    /// Address and place in the file, ascending.
    parts: Vec<(u64, Range<usize>)>,
}

impl Memory {
    fn of(module: &ModuleIndex) -> Memory {
        let part = |segment: &DataSegment| {
            let DataKind::Active { memory: MemoryIndex(0), offset: Some(at) } = segment.kind else {
                return None;
            };
            let place = |at: u64| usize::try_from(at).ok();
            Some((at, place(segment.bytes.start.0)?..place(segment.bytes.end.0)?))
        };
        let mut parts: Vec<_> = module.data_segments().iter().filter_map(part).collect();
        parts.sort_by_key(|(at, _)| *at);
        Memory { parts }
    }

    /// The first address at which `wanted` stands in one segment.
    fn find(&self, bytes: &[u8], wanted: &[u8]) -> Option<u64> {
        self.parts.iter().find_map(|(at, place)| {
            let within = bytes.get(place.clone())?.windows(wanted.len()).position(|found| found == wanted)?;
            at.checked_add(within as u64)
        })
    }

    fn u32(&self, bytes: &[u8], at: u64) -> u32 {
        let mut value = [0; 4];
        self.read(bytes, at, &mut value);
        u32::from_le_bytes(value)
    }

    fn u64(&self, bytes: &[u8], at: u64) -> u64 {
        let mut value = [0; 8];
        self.read(bytes, at, &mut value);
        u64::from_le_bytes(value)
    }

    /// Copies what is at `at` into zeros.
    fn read(&self, bytes: &[u8], at: u64, into: &mut [u8]) {
        let end = at.saturating_add(into.len() as u64);
        let first = self.parts.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        let parts = self.parts.get(first..).unwrap_or_default();
        for (start, place) in parts.iter().take_while(|(start, _)| *start < end) {
            let part = bytes.get(place.clone()).unwrap_or_default();
            let (skipped, gap) = (at.saturating_sub(*start), start.saturating_sub(at));
            let part =
                usize::try_from(skipped).ok().and_then(|skipped| part.get(skipped..)).unwrap_or_default();
            let room = usize::try_from(gap).ok().and_then(|gap| into.get_mut(gap..)).unwrap_or_default();
            room.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_over_segments_and_gaps() {
        let text =
            r#"(module (memory 1) (data (i32.const 20) "fg") (data (i32.const 10) "abcd") (data "no"))"#;
        let bytes = wat::parse_str(text).unwrap();
        let memory = Memory::of(&ModuleIndex::parse(&bytes).unwrap());
        let read = |at| {
            let mut into = [0; 12];
            memory.read(&bytes, at, &mut into);
            String::from_utf8(into.to_vec()).unwrap().replace('\0', ".")
        };
        assert_eq!(read(12), "cd......fg..");
        assert_eq!(read(8), "..abcd......");
        assert_eq!(read(21), "g...........");
        assert_eq!(read(u64::MAX - 3), "............");
        assert_eq!(memory.find(&bytes, b"bc"), Some(11));
        assert_eq!(memory.find(&bytes, b"no"), None);
    }

    #[test]
    fn the_name_section_writes_names_without_signs() {
        assert!(is_written("encoding/json.(*Decoder).Decode", "encoding_json.__Decoder_.Decode"));
        assert!(!is_written("encoding/json.Marshal", "encoding_xml.Marshal"));
        assert!(!is_written("main.main", "main.main2"));
    }
}
