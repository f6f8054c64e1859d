//! Markers and counters: what happened beside the samples.

use super::super::lazy::{Lazy, Same};
use super::super::run_events::{RunEvents, SizeInTime, slice_end};
use super::millis;
use super::tables::{GUEST, HOST, Tables};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::ops::Range;
use wasmscope_instrument::recording::{CallSlice, Direction};

/// Of a marker with a beginning and an end.
const INTERVAL: u32 = 1;

/// How markers of a kind are shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkerSchema {
    name: &'static str,
    display: [&'static str; 3],
    tooltip_label: &'static str,
    table_label: &'static str,
    chart_label: &'static str,
    fields: Vec<Field>,
    is_stack_based: bool,
}

#[derive(Serialize)]
struct Field {
    key: &'static str,
    label: &'static str,
    format: &'static str,
}

impl MarkerSchema {
    /// Those of all kinds.
    pub(super) fn all() -> [MarkerSchema; 3] {
        let schema = |name, table_label, fields| MarkerSchema {
            name,
            display: ["marker-chart", "marker-table", "timeline-overview"],
            tooltip_label: "{marker.name}",
            table_label,
            chart_label: "{marker.name}",
            fields,
            is_stack_based: true,
        };
        let field = |key, label, format| Field { key, label, format };
        let into = || field("into", "Call into", "string");
        let sums = vec![
            into(),
            field("calls", "Calls that came back", "integer"),
            field("total", "Their time together", "duration"),
        ];
        [
            schema("Crossing", "into the {marker.data.into}", vec![into()]),
            schema("Crossings", "{marker.data.calls} calls into the {marker.data.into}", sums),
            schema("Phase", "{marker.name}", Vec::new()),
        ]
    }
}

/// What belongs to a marker alone.
#[derive(Serialize)]
#[serde(tag = "type")]
enum Data {
    Crossing {
        into: &'static str,
    },
    /// Of a slice of time.
    Crossings {
        into: &'static str,
        calls: u64,
        total: f64,
    },
    Phase,
}

/// Calls and phases: columns of equal length.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Markers {
    length: usize,
    name: Vec<u32>,
    category: Vec<u32>,
    phase: Vec<u32>,
    start_time: Vec<f64>,
    end_time: Vec<f64>,
    data: Vec<Data>,
}

impl Markers {
    pub(super) fn of(run: &RunEvents, tables: &mut Tables<'_>) -> Markers {
        let mut markers = Markers::default();
        for phase in &run.phases {
            let name = tables.text(phase.phase.name());
            markers.push(name, GUEST, phase.start_nanos..phase.end_nanos, Data::Phase);
        }
        for call in &run.calls {
            let (category, into) = side(call.direction);
            let name = tables.text(run.name((call.direction, call.func)).to_owned());
            let end_nanos = call.start_nanos.saturating_add(call.duration_nanos);
            markers.push(name, category, call.start_nanos..end_nanos, Data::Crossing { into });
        }
        for slice in &run.slices {
            let CallSlice { start_nanos, width_nanos: _, direction, func, calls, total_nanos } = *slice;
            let (category, into) = side(direction);
            let name = tables.text(run.name((direction, func)).to_owned());
            let data = Data::Crossings { into, calls, total: millis(total_nanos) };
            markers.push(name, category, start_nanos..slice_end(slice), data);
        }
        markers
    }

    fn push(&mut self, name: u32, category: u32, nanos: Range<u64>, data: Data) {
        self.length += 1;
        self.name.push(name);
        self.category.push(category);
        self.phase.push(INTERVAL);
        self.start_time.push(millis(nanos.start));
        self.end_time.push(millis(nanos.end));
        self.data.push(data);
    }
}

/// Whose code is called.
const fn side(direction: Direction) -> (u32, &'static str) {
    match direction {
        Direction::GuestToHost => (HOST, "host"),
        Direction::HostToGuest => (GUEST, "guest"),
    }
}

/// A curve of its own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counter<'a> {
    name: &'a str,
    category: &'static str,
    description: &'static str,
    pid: &'static str,
    main_thread_index: u32,
    display: Display<'a>,
    samples: Steps<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Display<'a> {
    graph_type: &'static str,
    unit: &'static str,
    color: &'static str,
    marker_schema_location: Option<&'static str>,
    sort_weight: u32,
    label: &'a str,
}

impl Counter<'_> {
    pub(super) fn of(size: &SizeInTime) -> Counter<'_> {
        Counter {
            name: &size.name,
            category: "Memory",
            description: "Bytes over time",
            pid: "1",
            main_thread_index: 0,
            display: Display {
                graph_type: "line-accumulated",
                unit: "bytes",
                color: "orange",
                marker_schema_location: None,
                sort_weight: 20,
                label: &size.name,
            },
            samples: Steps(&size.points),
        }
    }
}

/// Moments, and by how many bytes there are more from then on.
struct Steps<'a>(&'a [(u64, u64)]);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let before = || [0].into_iter().chain(self.0.iter().map(|(_, bytes)| *bytes));
        let changes = || {
            self.0
                .iter()
                .zip(before())
                .map(|((_, bytes), before)| (*bytes as i64).wrapping_sub(before as i64))
        };
        let mut columns = serializer.serialize_struct("Steps", 4)?;
        columns.serialize_field("length", &self.0.len())?;
        columns.serialize_field("time", &Lazy(|| self.0.iter().map(|(nanos, _)| millis(*nanos))))?;
        columns.serialize_field("count", &Lazy(changes))?;
        columns.serialize_field("number", &Same(0, self.0.len()))?;
        columns.end()
    }
}
