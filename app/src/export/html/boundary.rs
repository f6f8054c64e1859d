//! The calls between guest and host as a table.

use super::elements::{Cell, Table, paragraph, rows};
use crate::analysis::{BoundaryRow, Summary, boundary as boundary_of};
use crate::figures;
use crate::profile::Profile;
use crate::units;
use wasmscope_instrument::recording::Direction;

const COLUMNS: [(&str, &str); 9] = [
    ("Function", "As it is imported or exported."),
    ("Into", "Imports lead into the host, exports into the guest."),
    ("Calls", ""),
    ("Total", "From the calls to their returns."),
    ("Own", "Without the calls that crossed back meanwhile."),
    ("Mean", "Total / calls."),
    ("P99", "99 % of the calls took less."),
    ("Bytes out", "From guest to host, where the ABI tells."),
    ("Bytes in", "From host to guest, where the ABI tells."),
];

/// The sums, and a row for each import and export that was called.
pub(super) fn boundary(profile: &Profile, view: &Summary) -> String {
    let boundary = boundary_of(profile);
    if boundary.rows.is_empty() {
        return paragraph("note", "No calls between guest and host were recorded.");
    }
    let mut table = Table::new("Imports and exports", &COLUMNS);
    boundary.rows.iter().for_each(|called| table.row(cells(called)));
    rows(&figures::boundary(view)) + &table.html()
}

fn cells(row: &BoundaryRow) -> [Cell; 9] {
    let name =
        row.module.as_ref().map_or_else(|| row.name.to_string(), |module| format!("{module}.{}", row.name));
    let into = if row.direction == Direction::GuestToHost { "host" } else { "guest" };
    let nanos = |nanos: u64| Cell::Number(units::nanos(nanos), nanos as f64);
    let bytes = |bytes: Option<u64>| match bytes {
        Some(bytes) => Cell::Number(units::bytes(bytes), bytes as f64),
        None => Cell::Unknown,
    };
    [
        Cell::Words(name),
        Cell::Words(into.to_owned()),
        Cell::Number(units::exact(row.calls), row.calls as f64),
        nanos(row.total_nanos),
        nanos(row.self_nanos),
        nanos(row.mean_nanos),
        row.p99_nanos.map_or(Cell::Unknown, nanos),
        bytes(row.bytes_out),
        bytes(row.bytes_in),
    ]
}
