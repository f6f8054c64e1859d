//! What happened when.

use super::super::table::{Align, Table};
use super::Limit;
use crate::analysis::{Timeline, TimelineRow};
use crate::units;
use serde::Serialize;
use wasmscope_instrument::recording::{CallSlice, CallSpan, Direction, PhaseSpan};

#[derive(Serialize)]
pub(super) struct TimelineJson<'a> {
    budget_nanos: u64,
    phases: &'a [PhaseSpan],
    functions: Vec<RowJson<'a>>,
    spans: &'a [CallSpan],
    slices: &'a [CallSlice],
}

#[derive(Serialize)]
struct RowJson<'a> {
    direction: Direction,
    index: u32,
    module: Option<&'a str>,
    name: &'a str,
    spans: u64,
    summed_calls: u64,
    total_nanos: u64,
    p50_nanos: Option<u64>,
    p90_nanos: Option<u64>,
    p99_nanos: Option<u64>,
    p999_nanos: Option<u64>,
    over_budget: u64,
    longest_nanos: u64,
    longest_start_nanos: u64,
}

pub(super) fn json(timeline: &Timeline, budget_nanos: u64) -> TimelineJson<'_> {
    let Timeline { phases, rows, spans, slices } = timeline;
    TimelineJson { budget_nanos, phases, functions: rows.iter().map(row_json).collect(), spans, slices }
}

fn row_json(row: &TimelineRow) -> RowJson<'_> {
    RowJson {
        direction: row.direction,
        index: row.func.0,
        module: row.module.as_deref(),
        name: &row.name,
        spans: row.spans,
        summed_calls: row.summed_calls,
        total_nanos: row.total_nanos,
        p50_nanos: row.p50_nanos,
        p90_nanos: row.p90_nanos,
        p99_nanos: row.p99_nanos,
        p999_nanos: row.p999_nanos,
        over_budget: row.over_budget,
        longest_nanos: row.longest_nanos,
        longest_start_nanos: row.longest_start_nanos,
    }
}

pub(super) fn text(timeline: &Timeline, budget_nanos: u64, limit: Limit) -> String {
    let mut text = phases_text(&timeline.phases);
    if timeline.rows.is_empty() {
        return text + "\nNo calls between guest and host were recorded.\n";
    }
    let shown = &timeline.rows[..timeline.rows.len().min(limit.rows)];
    text.push_str(&format!("\n{}{}", functions_text(shown, budget_nanos), limit.rest(timeline.rows.len())));
    let summed = timeline.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.summed_calls));
    if summed > 0 {
        let calls = units::things(summed, "call");
        text.push_str(&format!("\n{calls} beyond those that are kept each are known by slices of time\n"));
    }
    text
}

fn phases_text(phases: &[PhaseSpan]) -> String {
    let mut table = Table::new(&[("phase", Align::Left), ("began", Align::Right), ("took", Align::Right)]);
    for span in phases {
        let took = span.end_nanos.saturating_sub(span.start_nanos);
        table.row([span.phase.name().to_owned(), units::nanos(span.start_nanos), units::nanos(took)]);
    }
    table.text()
}

fn functions_text(rows: &[TimelineRow], budget_nanos: u64) -> String {
    let over = format!("over {}", units::nanos(budget_nanos));
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("each known"),
        right("by slices"),
        right("total"),
        right("p50"),
        right("p90"),
        right("p99"),
        right("p99.9"),
        right(&over),
        right("longest"),
        right("at"),
        ("to", Align::Left),
        ("function", Align::Left),
    ]);
    let time = |nanos: Option<u64>| nanos.map_or("-".to_owned(), units::nanos);
    for row in rows {
        let module = row.module.as_ref().map_or_else(String::new, |module| format!("{module}."));
        table.row([
            units::exact(row.spans),
            units::exact(row.summed_calls),
            units::nanos(row.total_nanos),
            time(row.p50_nanos),
            time(row.p90_nanos),
            time(row.p99_nanos),
            time(row.p999_nanos),
            over_text(row),
            units::nanos(row.longest_nanos),
            units::nanos(row.longest_start_nanos),
            (if row.direction == Direction::GuestToHost { "host" } else { "guest" }).to_owned(),
            format!("{module}{}", row.name),
        ]);
    }
    table.text()
}

/// `12 (5.0 %)`, of the calls of which each is known.
fn over_text(row: &TimelineRow) -> String {
    match row.over_budget {
        0 => "-".to_owned(),
        over => format!("{} ({})", units::exact(over), units::percent(units::share(over, row.spans))),
    }
}
