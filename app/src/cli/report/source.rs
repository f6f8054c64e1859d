//! A source file with the cost of each line.

use super::super::table::clean;
use crate::analysis::{
    CallTreeQuery, LineTable, SourceListing, SourceRow, lines_beside, metrics_beside, source_listing,
};
use crate::export::source_text;
use crate::profile::Profile;
use crate::sources::{Sources, how_to_get};
use anyhow::{Context, bail};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct SourceJson {
    file: String,
    metric: &'static str,
    lines: Vec<LineJson>,
}

#[derive(Serialize)]
struct LineJson {
    line: u32,
    #[serde(rename = "self")]
    self_value: u64,
    total: u64,
    /// Own weight in other metrics.
    beside: BTreeMap<&'static str, u64>,
    text: String,
}

/// Which file is to be shown, and where its text may be.
pub(super) struct SourceQuestion {
    /// Its path, or the end of it; the heaviest unless there is any.
    pub(super) file: Option<String>,
    pub(super) sources: Sources,
}

/// A source file beside its costs.
pub(super) struct SourceView {
    costs: LineTable,
    listing: SourceListing,
}

/// The file that is asked for.
///
/// # Errors
/// When there is no such file, or its text is nowhere to be found.
pub(super) fn view(
    profile: &Profile,
    query: &CallTreeQuery,
    question: &SourceQuestion,
) -> anyhow::Result<SourceView> {
    let costs = lines_beside(profile, query, &metrics_beside(profile, query.metric));
    let file = file(&costs, question.file.as_deref())?;
    let listing = source_listing(&costs, file, &question.sources.of(profile));
    let listing = listing.with_context(|| match how_to_get(file) {
        Some(hint) => format!("{file}: its text is not on this machine. {hint}"),
        None => format!("{file}: its text is not on this machine; --sources says where to look"),
    })?;
    Ok(SourceView { costs, listing })
}

/// The file whose path is `wanted` or ends so.
fn file<'a>(table: &'a LineTable, wanted: Option<&str>) -> anyhow::Result<&'a str> {
    let mut files = table.files.iter().map(|row| &*row.file);
    let Some(wanted) = wanted else {
        return files.next().context(
            "no source lines are known; build the module with debug information (-g) or a source map",
        );
    };
    let ends = |file: &str| {
        file.strip_suffix(wanted).is_some_and(|front| front.is_empty() || front.ends_with(['/', '\\']))
    };
    let found: Vec<&str> = files.clone().filter(|file| ends(file)).collect();
    match (found.iter().find(|file| **file == wanted), found.as_slice()) {
        (Some(file), _) | (None, [file]) => Ok(file),
        (None, []) => bail!("no file `{wanted}` has a part in this; --view lines tells those that have"),
        (None, [first, second, ..]) => bail!("`{wanted}` may be {first} or {second}; write more of the path"),
    }
}

pub(super) fn json(view: &SourceView) -> SourceJson {
    let SourceView { costs: table, listing } = view;
    let lines = listing.rows.iter().map(|row| line_json(table, row));
    SourceJson { file: listing.file.to_string(), metric: table.metric.name(), lines: lines.collect() }
}

fn line_json(table: &LineTable, row: &SourceRow) -> LineJson {
    let cost = row.row.and_then(|at| table.rows.get(at));
    let beside = table.beside.iter().map(|beside| {
        let value = row.row.and_then(|at| beside.values.get(at));
        (beside.metric.name(), value.copied().unwrap_or(0))
    });
    LineJson {
        line: row.line,
        self_value: cost.map_or(0, |cost| cost.self_value),
        total: cost.map_or(0, |cost| cost.total_value),
        beside: beside.collect(),
        text: row.text.clone(),
    }
}

pub(super) fn text(view: &SourceView) -> String {
    let SourceView { costs: table, listing } = view;
    let beyond = listing.beyond_end.map(|line| {
        format!("Line {line} has a cost but this file is shorter: it is another version than was compiled.\n")
    });
    format!(
        "{}: {}\n{}\n{}",
        clean(&listing.file),
        table.metric.title(),
        beyond.unwrap_or_default(),
        source_text(table, listing, 0..listing.rows.len())
    )
}
