//! A comparison for a terminal.

use super::super::table::{Align, Table};
use super::{CompareReport, words};
use crate::analysis::{Certainty, Change, CompareRow, Side, Unit};
use crate::units;

/// So many rows of a table are shown.
const MOST_ROWS: usize = 30;
/// So many functions whose difference may be chance.
const MOST_UNCLEAR_ROWS: usize = 10;

pub(super) fn text(report: &CompareReport<'_>) -> String {
    let CompareReport { comparison, table, summary, .. } = report;
    let mut text = String::new();
    for side in Side::BOTH {
        text += &format!("{}: {}\n", side.name(), words::build(summary, side));
    }
    text += &format!("\n{}\n", words::verdict_sentence(table.metric, &report.total));
    text += &paragraphs(comparison.remarks().iter().map(|remark| format!("note: {remark}")).collect());
    text += &section("Totals", &totals(report));
    text += &section(&format!("Functions, by {}", table.metric.name()), &functions(report));
    text += &section("Only in one build", &alone(report));
    text += &section("Renamed", &renamed(report));
    text += &section("Calls between guest and host", &boundary(report));
    text += &section("Module", &sizes(report));
    text += &format!("\nfunctions: {}\n", words::found_again(summary));
    text
}

fn paragraphs(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

fn section(title: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n{title}\n{text}") }
}

const fn right(name: &str) -> (&str, Align) {
    (name, Align::Right)
}

const fn left(name: &str) -> (&str, Align) {
    (name, Align::Left)
}

fn totals(report: &CompareReport<'_>) -> String {
    let mut table =
        Table::new(&[left(""), right("old"), right("new"), right("change"), right("%"), left("")]);
    let mut row = |name: &str, unit, change: &Change| table.row(changed(name, unit, change));
    row("run", Unit::Nanos, &report.summary.run_nanos);
    for metric in &report.summary.metrics {
        row(metric.metric.name(), metric.metric.unit(), &metric.total);
    }
    for memory in &report.summary.memories {
        row(&format!("memory {}, at the end", memory.index), Unit::Bytes, &memory.final_bytes);
    }
    table.text()
}

fn changed(name: &str, unit: Unit, change: &Change) -> [String; 6] {
    let value = |side| units::number(unit, change.of(side));
    [
        name.to_owned(),
        value(Side::Old),
        value(Side::New),
        words::difference(unit, change.mean),
        words::relative(change.mean),
        words::sure_and_span(unit, change),
    ]
}

fn functions(report: &CompareReport<'_>) -> String {
    let unit = report.table.metric.unit();
    let has_calls = report.table.rows.iter().any(|row| row.calls.is_some());
    let mut columns = vec![right("change"), right("%"), right("old"), right("new"), right("with calls")];
    if has_calls {
        columns.extend([right("calls"), right("by calls"), right("by cost")]);
    }
    columns.extend([left("sure"), left("function")]);
    let mut table = Table::new(&columns);
    let shown = report.clear_rows().take(MOST_ROWS).chain(report.unclear_rows().take(MOST_UNCLEAR_ROWS));
    for row in shown {
        let value = |side| units::number(unit, row.self_value.of(side));
        let mut cells = vec![
            words::difference(unit, row.self_value.mean),
            words::relative(row.self_value.mean),
            value(Side::Old),
            value(Side::New),
            words::difference(unit, row.total_value.mean),
        ];
        if has_calls {
            cells.extend(calls(row, unit));
        }
        cells.extend([words::sure_row(row).to_owned(), report.name(row.frame)]);
        table.cells(cells);
    }
    let none = "no function costs more or less by itself\n";
    let text = if table.is_empty() { none.to_owned() } else { table.text() };
    text + &rest(report.clear_rows().count(), MOST_ROWS, "that surely changed")
        + &rest(report.unclear_rows().count(), MOST_UNCLEAR_ROWS, "whose difference may be chance")
}

/// A line that says how many rows beyond the `shown` ones there are.
fn rest(count: usize, shown: usize, which: &str) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        more => format!("and {} more {which}\n", units::exact(more as u64)),
    }
}

fn calls(row: &CompareRow, unit: Unit) -> [String; 3] {
    let calls = row.calls.map_or_else(String::new, |calls| words::difference(Unit::Calls, calls));
    let part = |part: Option<i64>| part.map_or_else(String::new, |part| units::difference(unit, part));
    [calls, part(row.cause.map(|cause| cause.by_calls)), part(row.cause.map(|cause| cause.by_cost))]
}

fn alone(report: &CompareReport<'_>) -> String {
    let unit = report.table.metric.unit();
    let mut table = Table::new(&[left(""), right("by itself"), right("code"), left("function")]);
    let is_alone = |row: &&CompareRow| !row.certainty.is_matched();
    let rows = || report.table.rows.iter().filter(is_alone);
    for row in rows().take(MOST_ROWS) {
        let side = if row.certainty == Certainty::New { Side::New } else { Side::Old };
        table.row([
            row.certainty.title().to_owned(),
            units::number(unit, row.self_value.of(side)),
            units::bytes(*row.code_bytes.get(side)),
            report.name(row.frame),
        ]);
    }
    with_rest(&table, rows().count())
}

fn renamed(report: &CompareReport<'_>) -> String {
    let mut table = Table::new(&[left("by"), left("function")]);
    for frame in report.summary.renamed.iter().take(MOST_ROWS) {
        let certainty = report.comparison.frames().get(*frame).certainty;
        table.row([certainty.title().to_owned(), report.name(*frame)]);
    }
    with_rest(&table, report.summary.renamed.len())
}

fn boundary(report: &CompareReport<'_>) -> String {
    let mut table = Table::new(&[
        left("function"),
        right("old calls"),
        right("new calls"),
        right("change"),
        right("%"),
        left(""),
    ]);
    let is_other = |change: &Change| !change.mean.are_equal();
    let rows = || report.summary.boundary.iter().filter(|row| is_other(&row.calls));
    for row in rows().take(MOST_ROWS) {
        let name = row
            .module
            .as_ref()
            .map_or_else(|| row.name.to_string(), |module| format!("{module}.{}", row.name));
        table.row(changed(&name, Unit::Calls, &row.calls));
    }
    with_rest(&table, rows().count())
}

fn sizes(report: &CompareReport<'_>) -> String {
    let mut table = Table::new(&[left(""), right("old"), right("new"), right("change"), right("%")]);
    let sections = report.summary.sections.iter().map(|section| (&*section.name, section.bytes));
    let changed: Vec<_> = sections.filter(|(_, bytes)| !bytes.are_equal()).collect();
    let file = (!changed.is_empty()).then_some(("file", report.summary.module_bytes));
    for (name, bytes) in file.into_iter().chain(changed) {
        table.row([
            name.to_owned(),
            units::bytes(bytes.old),
            units::bytes(bytes.new),
            words::difference(Unit::Bytes, bytes),
            words::relative(bytes),
        ]);
    }
    if table.is_empty() { String::new() } else { table.text() }
}

fn with_rest(table: &Table, rows: usize) -> String {
    if table.is_empty() { String::new() } else { table.text() + &rest(rows, MOST_ROWS, "of these") }
}
