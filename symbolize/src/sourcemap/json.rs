//! A source map as JSON has it: the only place that knows its field names.

use std::borrow::Cow;

use serde::Deserialize;

/// What servers put in front, so that the file is no script.
const GUARD: &[u8] = b")]}'";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The part of a map that begins at `offset` in the generated file. A plain map is one part, at 0.
#[derive(Deserialize)]
pub(super) struct Part<'a> {
    pub(super) offset: Offset,
    /// `None` when it lies in another file.
    #[serde(borrow)]
    pub(super) map: Option<Map<'a>>,
}

/// A place in the generated file, from 0.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Offset {
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Map<'a> {
    pub(super) source_root: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<Option<String>>,
    /// The texts of the sources; may be shorter.
    pub(super) sources_content: Option<Vec<Option<Box<str>>>>,
    #[serde(borrow, default)]
    pub(super) mappings: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Index<'a> {
    version: Option<u32>,
    /// Instead of `mappings` where several maps were put together.
    #[serde(borrow)]
    sections: Option<Vec<Part<'a>>>,
}

/// Reads a map; the error is for people.
pub(super) fn read(json: &[u8]) -> Result<Vec<Part<'_>>, String> {
    let json = without_guard(json);
    let Index { version, sections } = parse(json)?;
    match (version, sections) {
        (Some(3) | None, Some(parts)) => Ok(parts),
        (Some(3) | None, None) => Ok(vec![Part { offset: Offset::default(), map: Some(parse(json)?) }]),
        (Some(other), _) => Err(format!("it has version {other}, only 3 is known")),
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("it is not as it should be: {error}"))
}

fn without_guard(json: &[u8]) -> &[u8] {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let Some(rest) = json.strip_prefix(GUARD) else { return json };
    match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => rest.get(end..).unwrap_or_default(),
        None => rest,
    }
}
