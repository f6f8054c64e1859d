//! The source lines by weight.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::file_name;
use crate::analysis::{FileRow, LineRow, LineTable};
use crate::export::{FunctionJson, frame_json, unit_word};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use std::cmp::Reverse;

#[derive(Serialize)]
pub(super) struct LinesJson {
    metric: &'static str,
    unit: &'static str,
    total: u64,
    /// The weight of code of which no line is known.
    unknown: u64,
    files: Vec<FileJson>,
}

#[derive(Serialize)]
struct FileJson {
    file: String,
    #[serde(rename = "self")]
    self_value: u64,
    total: u64,
    lines: Vec<LineJson>,
}

#[derive(Serialize)]
struct LineJson {
    line: u32,
    #[serde(rename = "self")]
    self_value: u64,
    total: u64,
    functions: Vec<FunctionJson>,
}

pub(super) fn json(profile: &Profile, table: &LineTable) -> LinesJson {
    LinesJson {
        metric: table.metric.name(),
        unit: unit_word(table.metric.unit()),
        total: table.total,
        unknown: table.unknown_value,
        files: table.files.iter().map(|file| file_json(profile, table, file)).collect(),
    }
}

fn file_json(profile: &Profile, table: &LineTable, file: &FileRow) -> FileJson {
    let rows = table.rows.get(file.rows.clone()).unwrap_or_default();
    FileJson {
        file: file.file.to_string(),
        self_value: file.self_value,
        total: file.total_value,
        lines: rows.iter().map(|row| line_json(profile, row)).collect(),
    }
}

fn line_json(profile: &Profile, row: &LineRow) -> LineJson {
    LineJson {
        line: row.line,
        self_value: row.self_value,
        total: row.total_value,
        functions: row.functions.iter().map(|frame| frame_json(profile, *frame)).collect(),
    }
}

pub(super) fn text(profile: &Profile, lines: &LineTable, limit: Limit) -> String {
    if lines.rows.is_empty() {
        return "No source lines are known; build the module with debug information (-g) or a source map.\n"
            .to_owned();
    }
    let unit = lines.metric.unit();
    let mut rows: Vec<&LineRow> = lines.rows.iter().collect();
    rows.sort_by_key(|row| Reverse((row.self_value, row.total_value)));
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("self"),
        right("self %"),
        right("total"),
        ("line", Align::Left),
        ("function", Align::Left),
    ]);
    for row in rows.iter().take(limit.rows) {
        let function = row.functions.first().map(|frame| profile.frames().get(*frame).short.to_string());
        table.row([
            units::number(unit, row.self_value),
            units::percent(units::share(row.self_value, lines.total)),
            units::number(unit, row.total_value),
            format!("{}:{}", file_name(&row.file), row.line),
            function.unwrap_or_default(),
        ]);
    }
    format!(
        "{}: {} in all, {} without a line\n\n{}{}",
        lines.metric.title(),
        units::value(unit, lines.total),
        units::value(unit, lines.unknown_value),
        table.text(),
        limit.rest(rows.len()),
    )
}
