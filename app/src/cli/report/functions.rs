//! The functions by their own weight.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::file_name;
use crate::analysis::{FunctionRow, FunctionTable, probe_nanos};
use crate::export::{FunctionJson, unit_word};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use wasmscope_symbolize::Group;

#[derive(Serialize)]
pub(super) struct FunctionsJson {
    metric: &'static str,
    unit: &'static str,
    total: u64,
    functions: Vec<RowJson>,
}

#[derive(Serialize)]
pub(super) struct RowJson {
    #[serde(flatten)]
    function: FunctionJson,
    #[serde(rename = "self")]
    self_value: u64,
    total: u64,
    self_share: f64,
    total_share: f64,
    /// What the probes in it took over the whole run; none where that is not known, nor in a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    probe_nanos: Option<u64>,
}

pub(super) fn json(profile: &Profile, table: &FunctionTable) -> FunctionsJson {
    let probes = probe_nanos(profile);
    let probed = |row: &FunctionRow| RowJson {
        probe_nanos: probes.as_ref().and_then(|nanos| nanos.get(row.frame.index()).copied()),
        ..row_json(row)
    };
    FunctionsJson {
        metric: table.metric.name(),
        unit: unit_word(table.metric.unit()),
        total: table.total,
        functions: table.rows.iter().map(probed).collect(),
    }
}

pub(super) fn row_json(row: &FunctionRow) -> RowJson {
    RowJson {
        function: FunctionJson::of_row(row),
        self_value: row.self_value,
        total: row.total_value,
        self_share: row.self_share,
        total_share: row.total_share,
        probe_nanos: None,
    }
}

pub(super) fn text(table: &FunctionTable, limit: Limit) -> String {
    let unit = table.metric.unit();
    let shown = &table.rows[..table.rows.len().min(limit.rows)];
    let head = format!("{}: {} in all\n\n", table.metric.title(), units::value(unit, table.total));
    let rows = rows_text(shown, |value| units::number(unit, value));
    head + &rows + &limit.rest(table.rows.len())
}

/// A table of functions, `value` writing their weights.
pub(super) fn rows_text(rows: &[FunctionRow], value: impl Fn(u64) -> String) -> String {
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("self"),
        right("self %"),
        right("total"),
        right("total %"),
        ("function", Align::Left),
        ("group", Align::Left),
        ("declared at", Align::Left),
    ]);
    for row in rows {
        table.row([
            value(row.self_value),
            units::percent(row.self_share),
            value(row.total_value),
            units::percent(row.total_share),
            row.short.to_string(),
            row.group.as_ref().map_or_else(String::new, Group::to_string),
            declared_at(row),
        ]);
    }
    table.text()
}

fn declared_at(row: &FunctionRow) -> String {
    match (&row.file, row.line) {
        (Some(file), Some(line)) => format!("{}:{line}", file_name(file)),
        (Some(file), None) => file_name(file).to_owned(),
        (None, _) => String::new(),
    }
}
