//! A function's WebAssembly text by instruction.

use super::super::table::clean;
use crate::analysis::{WatListing, WatRow};
use crate::export::{SourceFrameJson, wat_text};
use crate::units;
use anyhow::bail;
use serde::Serialize;
use wasmscope_symbolize::{FuncIndex, Symbols};

#[derive(Serialize)]
pub(super) struct WatJson {
    index: u32,
    name: String,
    sampled_nanos: u64,
    problem: Option<String>,
    lines: Vec<LineJson>,
}

#[derive(Serialize)]
struct LineJson {
    offset: Option<u32>,
    depth: u32,
    text: String,
    self_nanos: u64,
    total_nanos: u64,
    executed: Option<u64>,
    frames: Vec<SourceFrameJson>,
}

pub(super) fn json(listing: &WatListing) -> WatJson {
    WatJson {
        index: listing.function.0,
        name: listing.name.to_string(),
        sampled_nanos: listing.sampled_nanos,
        problem: listing.problem.clone(),
        lines: listing.rows.iter().map(line_json).collect(),
    }
}

fn line_json(row: &WatRow) -> LineJson {
    LineJson {
        offset: row.offset.map(|offset| offset.0),
        depth: row.depth,
        text: row.text.clone(),
        self_nanos: row.self_nanos,
        total_nanos: row.total_nanos,
        executed: row.executed,
        frames: row.frames.iter().map(SourceFrameJson::of).collect(),
    }
}

pub(super) fn text(listing: &WatListing) -> String {
    if let Some(problem) = &listing.problem {
        return format!("{}\n", clean(problem));
    }
    let own = listing.rows.iter().fold(0, |sum: u64, row| sum.saturating_add(row.self_nanos));
    let mut text = format!(
        "{} {}: {} by itself, of {} sampled\n",
        listing.function,
        clean(&listing.name),
        units::nanos(own),
        units::nanos(listing.sampled_nanos),
    );
    if !listing.has_executed {
        text.push_str("how often instructions ran was not measured: record with --measure instructions\n");
    }
    text.push('\n');
    text.push_str(&wat_text(listing, 0..listing.rows.len()));
    text
}

/// The function that a user means: by its index, or by its name in any of its forms.
///
/// # Errors
/// When there is none, or there are several.
pub(super) fn function(symbols: &Symbols, wanted: &str) -> anyhow::Result<FuncIndex> {
    let functions = symbols.module().functions();
    if let Ok(index) = wanted.parse() {
        match functions.get(FuncIndex(index).index()) {
            Some(function) => return Ok(function.index),
            None => bail!("there is no function {index}; the module has {}", functions.len()),
        }
    }
    let is_meant = |index: &FuncIndex| {
        let name = symbols.name(*index);
        [&name.raw, &name.name.full, &name.name.short].iter().any(|name| &***name == wanted)
    };
    let found: Vec<FuncIndex> = functions.iter().map(|function| function.index).filter(is_meant).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => bail!("there is no function `{wanted}`; `--view functions` lists those that cost something"),
        several => {
            let indices: Vec<_> = several.iter().take(10).map(|index| index.0.to_string()).collect();
            bail!(
                "{} functions are called `{wanted}`; name one by its index: {}",
                several.len(),
                indices.join(", ")
            )
        }
    }
}
