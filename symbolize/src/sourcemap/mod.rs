//! Source maps. Generated columns are bytes from the start of the module file, on a single line; all else is as in
//! the maps of scripts.
//!
//! `json` reads the document, `vlq` the mappings, `inline` maps that are in their own URL; `read` puts them together,
//! and `check` finds out whether a map is that of the module at all. The libraries for script maps were tried and left:
//! they give a map up at its first bad number, or overflow at it.

mod check;
mod inline;
mod json;
mod read;
mod vlq;

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use crate::beside::{SOURCE_MAP_SECTION, is_inline, section_text};
use crate::ids::CodeOffset;
use crate::module::ModuleIndex;
use crate::symbols::Location;
use crate::warning::Warning;

/// The source map of a module; empty when there is none that can be used.
#[derive(Default)]
pub(crate) struct SourceMap {
    /// Sorted by offset, one each.
    mappings: Vec<Mapping>,
    files: Vec<File>,
    warnings: Vec<Warning>,
}

/// The code from an offset up to the next mapping or the end of the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mapping {
    at: CodeOffset,
    /// `None` where the map says that the code comes from nowhere.
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Position in the files.
    file: u32,
    /// From 1.
    line: NonZeroU32,
    /// From 1.
    column: u32,
}

struct File {
    path: Arc<str>,
    contents: Option<Box<str>>,
}

impl SourceMap {
    /// Reads the source map of the module in `bytes`: the `given` one if there is one, otherwise that within the
    /// module.
    pub(crate) fn load(bytes: &[u8], module: &ModuleIndex, given: Option<&[u8]>) -> SourceMap {
        let read = |json: &[u8]| read::read(json, bytes, module);
        let result = match (given, section_text(bytes, module, SOURCE_MAP_SECTION)) {
            (Some(json), _) => read(json),
            (None, None) => return SourceMap::default(),
            (None, Some(url)) if is_inline(&url) => inline::decode(&url)
                .map_err(|message| Warning::SourceMapBroken { message })
                .and_then(|json| read(&json)),
            (None, Some(url)) => Err(Warning::SourceMapElsewhere { url: url.into_owned() }),
        };
        result.unwrap_or_else(|warning| SourceMap { warnings: vec![warning], ..SourceMap::default() })
    }

    /// The place of the code at `offset`, which lies in the function with this body.
    pub(crate) fn location(&self, offset: CodeOffset, body: &Range<CodeOffset>) -> Option<Location> {
        self.shown(self.within(&(body.start..CodeOffset(offset.0.saturating_add(1)))).last()?)
    }

    /// The first place in the sources that a function's code comes from.
    pub(crate) fn first_location(&self, body: &Range<CodeOffset>) -> Option<Location> {
        self.within(body).iter().find_map(|mapping| self.shown(mapping))
    }

    /// The text of a source, by its path in locations.
    pub(crate) fn contents(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| &*file.path == path)?.contents.as_deref()
    }

    /// Whether any lines are known.
    pub(crate) fn has_lines(&self) -> bool {
        !self.mappings.is_empty()
    }

    /// What was wrong.
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    fn within(&self, range: &Range<CodeOffset>) -> &[Mapping] {
        let start = self.mappings.partition_point(|mapping| mapping.at < range.start);
        let end = self.mappings.partition_point(|mapping| mapping.at < range.end);
        self.mappings.get(start..end).unwrap_or_default()
    }

    fn shown(&self, mapping: &Mapping) -> Option<Location> {
        let Place { file, line, column } = mapping.place?;
        let file = Arc::clone(&self.files.get(file as usize)?.path);
        Some(Location { file, line: line.get(), column })
    }
}
