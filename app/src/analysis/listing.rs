//! A source file's text beside its costs.

use super::LineTable;
use std::sync::Arc;
use wasmscope_symbolize::Symbols;

/// Gives the text of source files. The views open no file themselves.
pub trait SourceProvider {
    /// The bytes of the file that the compiler recorded as `path`; `None` where it can't be found.
    fn source(&self, path: &str) -> Option<Vec<u8>>;
}

/// The texts that the module's source map carries.
impl SourceProvider for Symbols {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        Symbols::source(self, path).map(|text| text.as_bytes().to_vec())
    }
}

/// Asked in turn; the first that has the file gives it.
impl<const COUNT: usize> SourceProvider for [&dyn SourceProvider; COUNT] {
    fn source(&self, path: &str) -> Option<Vec<u8>> {
        self.iter().find_map(|provider| provider.source(path))
    }
}

/// A line of a [`SourceListing`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// From 1.
    pub line: u32,
    /// Its text without the line's end.
    pub text: String,
    /// The place of its costs in [`LineTable::rows`]; `None` where it cost nothing.
    pub row: Option<usize>,
}

/// A source file, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceListing {
    /// The path as the compiler recorded it.
    pub file: Arc<str>,
    /// Its lines, each once, in order.
    pub rows: Vec<SourceRow>,
    /// The highest line that has a cost but is not in the text: then the text is another version of the file.
    pub beyond_end: Option<u32>,
}

/// The text of `file` beside its costs in `table`. `None` where `provider` doesn't have the file.
pub fn source_listing(table: &LineTable, file: &str, provider: &dyn SourceProvider) -> Option<SourceListing> {
    let bytes = provider.source(file)?;
    let text = String::from_utf8_lossy(&bytes);
    let range = table.files.iter().find(|row| &*row.file == file).map(|row| row.rows.clone());
    let mut costs = range.unwrap_or(0..0).peekable();
    let line_of = |row: usize| table.rows.get(row).map_or(0, |row| row.line);
    // Line 0 is code that has no line.
    while costs.next_if(|row| line_of(*row) == 0).is_some() {}
    let rows = text.lines().zip(1u32..).map(|(text, line)| {
        let row = costs.next_if(|row| line_of(*row) == line);
        SourceRow { line, text: text.to_owned(), row }
    });
    let rows = rows.collect();
    Some(SourceListing { file: Arc::from(file), rows, beyond_end: costs.last().map(line_of) })
}
