//! From the document to a map: its parts put together, offsets in the code, each mapping checked.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use super::json::{self, Map, Offset};
use super::vlq::{Original, Segment, Segments};
use super::{File, Mapping, Place, SourceMap, check};
use crate::ids::{CodeOffset, FileOffset};
use crate::module::ModuleIndex;
use crate::paths::{join, normalise};
use crate::warning::Warning;

/// Paths within AssemblyScript's standard library, which lie below no folder.
const ASSEMBLYSCRIPT_LIBRARY: &str = "~lib/";
const FILE_SCHEME: &str = "file://";
/// More of the same help nobody.
const MAX_BROKEN_PARTS: usize = 16;

/// Reads the map in `json`, for the module in `bytes`. The error says why there is none.
pub(super) fn read(json: &[u8], bytes: &[u8], module: &ModuleIndex) -> Result<SourceMap, Warning> {
    let parts = json::read(json).map_err(|message| Warning::SourceMapBroken { message })?;
    let mut reader = Reader::new(module);
    for part in parts {
        match part.map {
            Some(map) => reader.part(part.offset, map),
            None => reader.broken("a part of it is in another file".to_owned()),
        }
    }
    reader.finish(bytes)
}

struct Reader<'a> {
    module: &'a ModuleIndex,
    map: SourceMap,
    /// Positions in the map's files.
    known: HashMap<Arc<str>, u32>,
    /// The function that the last mapping was in: the next one mostly is, too.
    function: Range<CodeOffset>,
    /// Mappings of what is no function.
    outside: usize,
    /// Mappings to a source, line or column that cannot be.
    misled: usize,
}

impl<'a> Reader<'a> {
    fn new(module: &'a ModuleIndex) -> Self {
        let function = CodeOffset(0)..CodeOffset(0);
        Reader { module, map: SourceMap::default(), known: HashMap::new(), function, outside: 0, misled: 0 }
    }

    fn part(&mut self, offset: Offset, map: Map<'_>) {
        let Map { source_root, sources, sources_content, mappings } = map;
        let root = source_root.unwrap_or_default();
        let contents = sources_content.unwrap_or_default().into_iter().chain(std::iter::repeat(None));
        let files: Vec<Option<u32>> = sources
            .into_iter()
            .zip(contents)
            .map(|(path, contents)| self.file(&shown_path(&root, &path?), contents))
            .collect();
        for segment in Segments::new(&mappings) {
            match segment {
                Ok(segment) => self.segment(offset, segment, &files),
                Err(at) => self.broken(format!("its mappings can't be read from character {at} on")),
            }
        }
    }

    fn segment(&mut self, offset: Offset, segment: Segment, files: &[Option<u32>]) {
        let Segment { line, column, original } = segment;
        let at = (line == 0 && offset.line == 0).then(|| column.saturating_add(offset.column.into()));
        let Some(at) = at.and_then(|at| self.code_offset(at)) else {
            self.outside += 1;
            return;
        };
        let place = original.map(|original| place(original, files));
        self.misled += usize::from(place == Some(None));
        // What leads nowhere still ends the mapping before it.
        self.map.mappings.push(Mapping { at, place: place.flatten() });
    }

    /// The code offset of a place in the file that lies in a function.
    fn code_offset(&mut self, at: i64) -> Option<CodeOffset> {
        let offset = self.module.code_offset(FileOffset(u64::try_from(at).ok()?))?;
        if !self.function.contains(&offset) {
            let function = self.module.function_at(offset)?;
            self.function = self.module.function(function)?.body.clone()?;
        }
        Some(offset)
    }

    /// The position of a source among the files. The first part that has its text gives it.
    fn file(&mut self, path: &str, contents: Option<Box<str>>) -> Option<u32> {
        let files = &mut self.map.files;
        if let Some(known) = self.known.get(path) {
            let file = files.get_mut(*known as usize)?;
            file.contents = file.contents.take().or(contents);
            return Some(*known);
        }
        let at = u32::try_from(files.len()).ok()?;
        let path: Arc<str> = path.into();
        self.known.insert(Arc::clone(&path), at);
        files.push(File { path, contents });
        Some(at)
    }

    fn broken(&mut self, message: String) {
        if self.map.warnings.len() < MAX_BROKEN_PARTS {
            self.map.warnings.push(Warning::SourceMapBroken { message });
        }
    }

    fn finish(self, bytes: &[u8]) -> Result<SourceMap, Warning> {
        let Reader { module, mut map, outside, misled, .. } = self;
        let all = outside + map.mappings.len();
        if outside > all / 2 {
            return Err(Warning::SourceMapForeign { stray: outside, mappings: all });
        }
        sort(&mut map.mappings);
        check::belongs(&map, bytes, module)?;
        if outside + misled > 0 {
            map.warnings.push(Warning::SourceMapStray { count: outside + misled });
        }
        if map.mappings.iter().all(|mapping| mapping.place.is_none()) {
            map.mappings = Vec::new();
            if map.warnings.is_empty() {
                map.warnings.push(Warning::SourceMapEmpty);
            }
        }
        Ok(map)
    }
}

/// By offset; of several mappings of one offset the last one stays, as it does for engines.
fn sort(mappings: &mut Vec<Mapping>) {
    mappings.sort_by_key(|mapping| mapping.at);
    mappings.dedup_by(|later, kept| {
        let same = later.at == kept.at;
        if same {
            *kept = *later;
        }
        same
    });
    mappings.shrink_to_fit();
}

fn place(original: Original, files: &[Option<u32>]) -> Option<Place> {
    let Original { source, line, column } = original;
    let file = *files.get(usize::try_from(source).ok()?)?;
    let from_one = |number: i64| u32::try_from(number).ok()?.checked_add(1);
    Some(Place { file: file?, line: NonZeroU32::new(from_one(line)?)?, column: from_one(column)? })
}

fn shown_path(root: &str, path: &str) -> String {
    if path.starts_with(ASSEMBLYSCRIPT_LIBRARY) {
        return path.to_owned();
    }
    let joined = join(root, path);
    let path = normalise(&joined);
    path.strip_prefix(FILE_SCHEME).unwrap_or(&path).to_owned()
}
