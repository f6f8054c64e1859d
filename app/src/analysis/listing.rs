//! A source file's text beside its costs.

use super::LineTable;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::borrow::Cow;
use std::sync::Arc;

/// Gives the text of source files. The views open no file themselves.
pub trait SourceProvider {
    /// The bytes of the file that the compiler recorded as `path`; `None` where it can't be found.
    fn source(&self, path: &str) -> Option<Vec<u8>>;
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
    let text = with_line_feeds(decoded(&bytes));
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

/// Old Macs ended lines with nothing but a carriage return.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') { text } else { text.replace('\r', "\n").into() }
}

/// The text of a source file: what its byte order mark says, else UTF-8, else what Windows used to write, of which
/// ISO 8859-1 is a part: old sources have their authors' names in it.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match (Encoding::for_bom(bytes), std::str::from_utf8(bytes)) {
        (Some((encoding, _)), _) => encoding.decode(bytes).0,
        (None, Ok(text)) => text.into(),
        (None, Err(_)) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, with_line_feeds};

    #[test]
    fn lines_end_as_they_do_on_any_system() {
        for text in ["a\nb\n", "a\r\nb", "a\rb\r"] {
            assert!(with_line_feeds(text.into()).lines().eq(["a", "b"]), "{text:?}");
        }
    }

    #[test]
    fn text_is_read_in_the_encoding_that_it_was_written_in() {
        for bytes in [
            "größe".as_bytes(),
            b"\xEF\xBB\xBFgr\xC3\xB6\xC3\x9Fe",
            b"gr\xF6\xDFe",
            b"\xFF\xFEg\0r\0\xF6\0\xDF\0e\0",
            b"\xFE\xFF\0g\0r\0\xF6\0\xDF\0e",
        ] {
            assert_eq!(decoded(bytes), "größe", "{bytes:?}");
        }
        assert_eq!(decoded(b""), "");
    }
}
