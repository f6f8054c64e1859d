//! A comparison as JSON. The shape is described in `app/JSON.md`.

use super::CompareReport;
use crate::analysis::{Change, CompareFrameInfo, CompareRow, Pair, Side, Verdict};
use crate::export::json::{JSON_SCHEMA, index_of, kind_word};
use crate::export::unit_word;
use crate::profile::FrameInfo;
use serde::Serialize;
use wasmscope_instrument::recording::Direction;

/// What the JSON calls its shape.
pub const COMPARE_SCHEMA: &str = "wasmscope-compare";

#[derive(Serialize)]
struct Document {
    schema: u32,
    kind: &'static str,
    old: BuildJson,
    new: BuildJson,
    metric: &'static str,
    unit: &'static str,
    total: ChangeJson,
    metrics: Vec<MetricJson>,
    functions: Vec<RowJson>,
    new_functions: Vec<AloneJson>,
    gone_functions: Vec<AloneJson>,
    renamed_functions: Vec<FrameJson>,
    boundary: Vec<BoundaryJson>,
    memories: Vec<MemoryJson>,
    sections: Vec<SectionJson>,
    matched: Vec<MatchedJson>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct BuildJson {
    module: String,
    module_bytes: u64,
    recordings: usize,
}

#[derive(Serialize)]
struct ChangeJson {
    old: u64,
    new: u64,
    difference: i64,
    relative: Option<f64>,
    verdict: &'static str,
    low: Option<f64>,
    high: Option<f64>,
    each_old: Vec<u64>,
    each_new: Vec<u64>,
}

#[derive(Serialize)]
struct MetricJson {
    metric: &'static str,
    unit: &'static str,
    total: ChangeJson,
}

#[derive(Serialize)]
struct FrameJson {
    certainty: &'static str,
    renamed: bool,
    old: Option<FunctionJson>,
    new: Option<FunctionJson>,
}

#[derive(Serialize)]
struct FunctionJson {
    index: Option<u32>,
    kind: &'static str,
    name: String,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Serialize)]
struct RowJson {
    #[serde(flatten)]
    frame: FrameJson,
    #[serde(rename = "self")]
    self_value: ChangeJson,
    total: ChangeJson,
    calls: Option<ValuesJson>,
    by_calls: Option<i64>,
    by_cost: Option<i64>,
    code_bytes: ValuesJson,
}

#[derive(Serialize)]
struct ValuesJson {
    old: u64,
    new: u64,
}

#[derive(Serialize)]
struct AloneJson {
    #[serde(flatten)]
    function: FunctionJson,
    code_bytes: u64,
}

#[derive(Serialize)]
struct BoundaryJson {
    direction: Direction,
    module: Option<String>,
    name: String,
    calls: ChangeJson,
    total_nanos: ChangeJson,
}

#[derive(Serialize)]
struct MemoryJson {
    index: usize,
    initial_bytes: ChangeJson,
    final_bytes: ChangeJson,
    grown: ChangeJson,
}

#[derive(Serialize)]
struct SectionJson {
    name: String,
    bytes: ValuesJson,
}

#[derive(Serialize)]
struct MatchedJson {
    certainty: &'static str,
    functions: usize,
}

pub(super) fn json(report: &CompareReport<'_>) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&document(report))
        .expect("there are no maps with other keys than strings in it");
    bytes.push(b'\n');
    bytes
}

fn document(report: &CompareReport<'_>) -> Document {
    let CompareReport { comparison, table, summary, .. } = report;
    let build = |side| BuildJson {
        module: summary.modules.get(side).clone(),
        module_bytes: *summary.module_bytes.get(side),
        recordings: *summary.recordings.get(side),
    };
    Document {
        schema: JSON_SCHEMA,
        kind: COMPARE_SCHEMA,
        old: build(Side::Old),
        new: build(Side::New),
        metric: table.metric.name(),
        unit: unit_word(table.metric.unit()),
        total: change(&report.total),
        metrics: summary
            .metrics
            .iter()
            .map(|row| MetricJson {
                metric: row.metric.name(),
                unit: unit_word(row.metric.unit()),
                total: change(&row.total),
            })
            .collect(),
        functions: table.rows.iter().map(|row| function_row(report, row)).collect(),
        new_functions: alone(report, Side::New),
        gone_functions: alone(report, Side::Old),
        renamed_functions: summary
            .renamed
            .iter()
            .map(|frame| frame_json(comparison.frames().get(*frame)))
            .collect(),
        boundary: boundary(report),
        memories: memories(report),
        sections: summary
            .sections
            .iter()
            .map(|section| SectionJson { name: section.name.to_string(), bytes: values(section.bytes) })
            .collect(),
        matched: summary
            .functions
            .iter()
            .map(|(certainty, functions)| MatchedJson { certainty: certainty.name(), functions: *functions })
            .collect(),
        remarks: comparison.remarks().iter().map(ToString::to_string).collect(),
    }
}

fn change(change: &Change) -> ChangeJson {
    let interval = change.verdict.interval();
    ChangeJson {
        old: change.mean.old,
        new: change.mean.new,
        difference: change.difference(),
        relative: change.relative(),
        verdict: match change.verdict {
            Verdict::Exact => "exact",
            Verdict::Significant(_) => "significant",
            Verdict::Unclear(_) => "unclear",
        },
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        each_old: change.each.old.to_vec(),
        each_new: change.each.new.to_vec(),
    }
}

fn values(values: Pair<u64>) -> ValuesJson {
    ValuesJson { old: values.old, new: values.new }
}

fn function(info: &FrameInfo) -> FunctionJson {
    FunctionJson {
        index: index_of(info.kind),
        kind: kind_word(info.kind),
        name: info.name.to_string(),
        file: info.file.as_deref().map(str::to_owned),
        line: info.line,
    }
}

fn frame_json(row: &CompareFrameInfo) -> FrameJson {
    FrameJson {
        certainty: row.certainty.name(),
        renamed: row.is_renamed,
        old: row.of.old.as_ref().map(function),
        new: row.of.new.as_ref().map(function),
    }
}

fn function_row(report: &CompareReport<'_>, row: &CompareRow) -> RowJson {
    RowJson {
        frame: frame_json(report.comparison.frames().get(row.frame)),
        self_value: change(&row.self_value),
        total: change(&row.total_value),
        calls: row.calls.map(values),
        by_calls: row.cause.map(|cause| cause.by_calls),
        by_cost: row.cause.map(|cause| cause.by_cost),
        code_bytes: values(row.code_bytes),
    }
}

/// The functions with code that one build alone has, whether they ran or not.
fn alone(report: &CompareReport<'_>, side: Side) -> Vec<AloneJson> {
    let rows = report.comparison.frames().iter().zip(&report.summary.function_bytes);
    let alone = rows.filter(|((_, row), _)| !row.certainty.is_matched());
    let alone = alone.filter_map(|((_, row), bytes)| Some((row.of.get(side).as_ref()?, *bytes.get(side))));
    alone.map(|(info, code_bytes)| AloneJson { function: function(info), code_bytes }).collect()
}

fn boundary(report: &CompareReport<'_>) -> Vec<BoundaryJson> {
    let rows = report.summary.boundary.iter().map(|row| BoundaryJson {
        direction: row.direction,
        module: row.module.as_deref().map(str::to_owned),
        name: row.name.to_string(),
        calls: change(&row.calls),
        total_nanos: change(&row.total_nanos),
    });
    rows.collect()
}

fn memories(report: &CompareReport<'_>) -> Vec<MemoryJson> {
    let rows = report.summary.memories.iter().map(|row| MemoryJson {
        index: row.index,
        initial_bytes: change(&row.initial_bytes),
        final_bytes: change(&row.final_bytes),
        grown: change(&row.grown),
    });
    rows.collect()
}
