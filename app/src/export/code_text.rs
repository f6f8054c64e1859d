//! Source files and functions as text with figures in front of each line.

use super::table::{Align, Table};
use crate::analysis::{LineTable, Metric, SourceListing, SourceRow, Unit, WatListing, WatRow};
use crate::units;
use std::ops::Range;

/// The lines `rows` of a source file with their costs in `table`, in columns.
pub fn source_text(table: &LineTable, listing: &SourceListing, rows: Range<usize>) -> String {
    let beside = table.beside.iter().map(|beside| beside.metric.name());
    let heads = ["self", "total"].into_iter().chain(beside).chain(["line"]);
    let heads: Vec<_> = heads.map(|head| (head, Align::Right)).chain([("", Align::Left)]).collect();
    let mut text = Table::new(&heads);
    for row in listing.rows.get(rows).unwrap_or_default() {
        let costs = source_costs(table, row).map(|(metric, value)| some(metric.unit(), value));
        let place = [row.line.to_string(), row.text.replace('\t', "    ")];
        text.cells(costs.chain(place).collect());
    }
    text.text()
}

/// What a line weighs by itself, with all that was called from it, and by itself in the metrics beside.
fn source_costs<'a>(table: &'a LineTable, row: &'a SourceRow) -> impl Iterator<Item = (Metric, u64)> + 'a {
    let cost = row.row.and_then(|at| table.rows.get(at));
    let costs = cost.map_or([0, 0], |cost| [cost.self_value, cost.total_value]);
    let beside = table.beside.iter().map(|beside| {
        let value = row.row.and_then(|at| beside.values.get(at));
        (beside.metric, value.copied().unwrap_or(0))
    });
    costs.map(|value| (table.metric, value)).into_iter().chain(beside)
}

/// The lines `rows` of a function with their costs and the source lines that they come from, in columns.
pub fn wat_text(listing: &WatListing, rows: Range<usize>) -> String {
    let right = ["self", "total", "executed", "offset"].map(|head| (head, Align::Right));
    let left = ["line", "instruction"].map(|head| (head, Align::Left));
    let mut text = Table::new(&[right.as_slice(), left.as_slice()].concat());
    let mut last = String::new();
    for row in listing.rows.get(rows).unwrap_or_default() {
        // A line is told once, where it begins.
        let place = row.place();
        let told = if place == last { String::new() } else { place.clone() };
        last = place;
        text.row(wat_cells(row, told));
    }
    text.text()
}

fn wat_cells(row: &WatRow, place: String) -> [String; 6] {
    [
        some(Unit::Nanos, row.self_nanos),
        some(Unit::Nanos, row.total_nanos),
        row.executed.map(units::count).unwrap_or_default(),
        row.offset.map(|offset| format!("{:#x}", offset.0)).unwrap_or_default(),
        place,
        row.indented(),
    ]
}

/// Nothing where there is nothing.
fn some(unit: Unit, value: u64) -> String {
    if value == 0 { String::new() } else { units::number(unit, value) }
}
