//! The calls between guest and host.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use super::time::{TimeJson, crossing_text, time_json};
use crate::analysis::{BoundaryCaller, BoundaryRow, BoundaryTable};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use wasmscope_instrument::recording::Direction;

/// So many callers of each import are named.
const SHOWN_CALLERS: usize = 3;

#[derive(Serialize)]
pub(super) struct BoundaryJson {
    reentry_depth: u32,
    guest_to_host_calls: u64,
    host_nanos: u64,
    host_to_guest_calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<TimeJson>,
    functions: Vec<RowJson>,
}

#[derive(Serialize)]
struct RowJson {
    direction: Direction,
    index: u32,
    module: Option<String>,
    name: String,
    file: Option<String>,
    line: Option<u32>,
    calls: u64,
    total_nanos: u64,
    self_nanos: u64,
    crossing_nanos: u64,
    mean_nanos: u64,
    p50_nanos: Option<u64>,
    p90_nanos: Option<u64>,
    p99_nanos: Option<u64>,
    p999_nanos: Option<u64>,
    bytes_out: Option<u64>,
    bytes_in: Option<u64>,
    calls_per_second: Option<f64>,
    first_nanos: u64,
    last_nanos: u64,
    callers: Vec<CallerJson>,
}

#[derive(Serialize)]
struct CallerJson {
    calls: u64,
    total_nanos: u64,
    bytes: Option<u64>,
    path: Vec<FunctionJson>,
}

pub(super) fn json(profile: &Profile, table: &BoundaryTable) -> BoundaryJson {
    BoundaryJson {
        reentry_depth: table.reentry_depth,
        guest_to_host_calls: table.guest_to_host_calls,
        host_nanos: table.host_nanos,
        host_to_guest_calls: table.host_to_guest_calls,
        time: table.time.map(time_json),
        functions: table.rows.iter().map(|row| row_json(profile, row)).collect(),
    }
}

fn row_json(profile: &Profile, row: &BoundaryRow) -> RowJson {
    let place = profile.symbols().declaration(row.func);
    RowJson {
        direction: row.direction,
        index: row.func.0,
        module: row.module.as_deref().map(str::to_owned),
        name: row.name.to_string(),
        file: place.as_ref().map(|place| place.file.to_string()),
        line: place.as_ref().map(|place| place.line),
        calls: row.calls,
        total_nanos: row.total_nanos,
        self_nanos: row.self_nanos,
        crossing_nanos: row.crossing_nanos,
        mean_nanos: row.mean_nanos,
        p50_nanos: row.p50_nanos,
        p90_nanos: row.p90_nanos,
        p99_nanos: row.p99_nanos,
        p999_nanos: row.p999_nanos,
        bytes_out: row.bytes_out,
        bytes_in: row.bytes_in,
        calls_per_second: row.calls_per_second,
        first_nanos: row.first_nanos,
        last_nanos: row.last_nanos,
        callers: row.callers.iter().map(|caller| caller_json(profile, caller)).collect(),
    }
}

fn caller_json(profile: &Profile, caller: &BoundaryCaller) -> CallerJson {
    let BoundaryCaller { path, calls, total_nanos, bytes, .. } = *caller;
    CallerJson { calls, total_nanos, bytes, path: path_json(profile, path) }
}

pub(super) fn text(profile: &Profile, table: &BoundaryTable, limit: Limit) -> String {
    if table.rows.is_empty() {
        return "No calls between guest and host were recorded.\n".to_owned();
    }
    let head = format!(
        "{} into the host took {}\n{}\n",
        units::things(table.guest_to_host_calls, "call"),
        units::nanos(table.host_nanos),
        table.time.map_or_else(String::new, |time| crossing_text(&time)),
    );
    let shown = &table.rows[..table.rows.len().min(limit.rows)];
    head + &functions_text(shown) + &limit.rest(table.rows.len()) + &callers_text(profile, shown)
}

fn functions_text(rows: &[BoundaryRow]) -> String {
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[
        right("calls"),
        right("total"),
        right("mean"),
        right("p50"),
        right("p99"),
        right("bytes out"),
        right("bytes in"),
        ("to", Align::Left),
        ("function", Align::Left),
    ]);
    let time = |nanos: Option<u64>| nanos.map_or("-".to_owned(), units::nanos);
    let size = |bytes: Option<u64>| bytes.map_or("-".to_owned(), units::bytes);
    for row in rows {
        let to = if row.direction == Direction::GuestToHost { "host" } else { "guest" };
        table.row([
            units::exact(row.calls),
            units::nanos(row.total_nanos),
            units::nanos(row.mean_nanos),
            time(row.p50_nanos),
            time(row.p99_nanos),
            size(row.bytes_out),
            size(row.bytes_in),
            to.to_owned(),
            full_name(row),
        ]);
    }
    table.text()
}

fn callers_text(profile: &Profile, rows: &[BoundaryRow]) -> String {
    let columns = [
        ("calls", Align::Right),
        ("total", Align::Right),
        ("import", Align::Left),
        ("called by", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for row in rows {
        for caller in row.callers.iter().take(SHOWN_CALLERS) {
            let path = path_text(profile, caller.path);
            table.row([units::exact(caller.calls), units::nanos(caller.total_nanos), full_name(row), path]);
        }
    }
    if table.is_empty() { String::new() } else { format!("\n{}", table.text()) }
}

fn full_name(row: &BoundaryRow) -> String {
    row.module.as_ref().map_or_else(|| row.name.to_string(), |module| format!("{module}.{}", row.name))
}
