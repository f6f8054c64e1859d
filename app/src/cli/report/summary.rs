//! The run on one page.

use super::super::table::clean;
use super::functions::{self, rows_text};
use super::heap;
use super::outcome::{self, OutcomeJson};
use super::time::{self, OwnCostJson, TimeJson, own_cost_json, time_json};
use crate::analysis::{HeapSummary, MemorySummary, Summary};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use std::fmt::Write;
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::{Allocator, CallTimes, PhaseSpan, SamplerKind};

#[derive(Serialize)]
pub(super) struct SummaryJson<'a> {
    module: &'a str,
    module_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported_from: Option<&'a str>,
    args: &'a [String],
    invoked: Option<&'a str>,
    created_unix_millis: u64,
    recorded_by: &'a str,
    measures: Vec<Measure>,
    sampler: SamplerKind,
    rate_hz: u32,
    outcome: OutcomeJson,
    calls_of_export: Option<CallsJson>,
    phases: &'a [PhaseSpan],
    run_nanos: u64,
    samples: u64,
    sampled_nanos: u64,
    guest_to_host_calls: u64,
    host_nanos: u64,
    host_to_guest_calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<TimeJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_cost: Option<OwnCostJson>,
    calls: Option<u64>,
    instructions: Option<u64>,
    moved_bytes: Option<u64>,
    memories: Vec<MemoryJson>,
    heap: Option<HeapJson>,
    allocators: &'a [Allocator],
    has_lines: bool,
    top_functions: Vec<functions::RowJson>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct CallsJson {
    calls: u64,
    min_nanos: u64,
    mean_nanos: u64,
    max_nanos: u64,
}

#[derive(Serialize)]
struct MemoryJson {
    initial_bytes: u64,
    final_bytes: u64,
    grown: u64,
    refused: u64,
}

#[derive(Serialize)]
struct HeapJson {
    totals: heap::TotalsJson,
    findings: heap::FindingsJson,
    verdicts: Vec<MemoryVerdictJson>,
}

#[derive(Serialize)]
struct MemoryVerdictJson {
    memory: u32,
    #[serde(flatten)]
    verdict: heap::VerdictJson,
}

pub(super) fn json<'a>(profile: &Profile, summary: &'a Summary) -> SummaryJson<'a> {
    let Summary { meta, phases, run_nanos, samples, sampled_nanos, .. } = summary;
    SummaryJson {
        module: &meta.module_name,
        module_path: &meta.module_path,
        imported_from: summary.imported_from.as_deref(),
        args: &meta.args,
        invoked: meta.invoked.as_deref(),
        created_unix_millis: meta.created_unix_millis,
        recorded_by: &meta.recorded_by,
        measures: meta.measures.iter().collect(),
        sampler: meta.sampler,
        rate_hz: meta.rate_hz,
        outcome: outcome::json(profile),
        calls_of_export: summary.calls.map(calls_json),
        phases,
        run_nanos: *run_nanos,
        samples: *samples,
        sampled_nanos: *sampled_nanos,
        guest_to_host_calls: summary.guest_to_host_calls,
        host_nanos: summary.host_nanos,
        host_to_guest_calls: summary.host_to_guest_calls,
        time: summary.time.map(time_json),
        own_cost: summary.own_cost.map(own_cost_json),
        calls: summary.counts.calls,
        instructions: summary.counts.instructions,
        moved_bytes: summary.counts.moved_bytes,
        memories: summary.memories.iter().map(memory_json).collect(),
        heap: summary.heap.as_ref().map(|heap| heap_json(profile, heap)),
        allocators: &meta.allocators,
        has_lines: summary.has_lines,
        top_functions: summary.top_functions.iter().map(functions::row_json).collect(),
        warnings: &summary.warnings,
    }
}

fn calls_json(times: CallTimes) -> CallsJson {
    let CallTimes { calls, min_nanos, max_nanos, .. } = times;
    CallsJson { calls, min_nanos, mean_nanos: times.mean_nanos(), max_nanos }
}

fn heap_json(profile: &Profile, heap: &HeapSummary) -> HeapJson {
    let verdicts = heap.verdicts.iter().map(|(memory, verdict)| MemoryVerdictJson {
        memory: memory.0,
        verdict: heap::verdict_json(profile, verdict),
    });
    HeapJson {
        totals: heap::totals_json(&heap.totals),
        findings: heap::findings_json(&heap.findings),
        verdicts: verdicts.collect(),
    }
}

fn memory_json(memory: &MemorySummary) -> MemoryJson {
    let MemorySummary { initial_bytes, final_bytes, grown, refused } = *memory;
    MemoryJson { initial_bytes, final_bytes, grown, refused }
}

pub(super) fn text(profile: &Profile, summary: &Summary) -> String {
    let mut text = head_text(profile, summary);
    for (at, memory) in summary.memories.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = write!(text, "memory {at}: {} at the start", units::bytes(memory.initial_bytes));
        if summary.meta.measures.has(Measure::Growth) {
            let (end, grown) = (units::bytes(memory.final_bytes), units::things(memory.grown, "time"));
            let _ = write!(text, ", {end} at the end; grew {grown}");
        }
        text.push('\n');
    }
    if let Some(heap) = &summary.heap {
        let _ = write!(text, "heap: {}", heap::totals_text(&heap.totals));
        let _ = writeln!(
            text,
            "heap: {} of {} together never freed",
            units::things(heap.totals.end_blocks, "block"),
            units::bytes(heap.totals.end_bytes),
        );
        text.push_str(&heap::findings_text(&heap.findings));
        for (memory, verdict) in &heap.verdicts {
            let of = if heap.verdicts.len() > 1 { format!("memory {}: ", memory.0) } else { String::new() };
            text.push_str(&heap::verdict_text(profile, verdict, &of));
        }
        let whose = summary.meta.allocator_families();
        if !whose.is_empty() {
            let _ = writeln!(text, "allocator: {}", clean(&whose.join("; ")));
        }
    }
    summary.warnings.iter().for_each(|warning| text.push_str(&format!("warning: {}\n", clean(warning))));
    if !summary.top_functions.is_empty() {
        text.push_str(&format!("\n{}", rows_text(&summary.top_functions, units::nanos)));
    }
    text
}

/// What was run, how it ended, and what was measured of it.
fn head_text(profile: &Profile, summary: &Summary) -> String {
    let Summary { meta, run_nanos, .. } = summary;
    let what = meta.invoked.clone().unwrap_or_else(|| meta.args.join(" "));
    let mut text = format!(
        "{}\n{}",
        clean(format!("{} {what}", meta.module_name).trim()),
        outcome::text(profile, &units::nanos(*run_nanos))
    );
    let time = summary.time.map(|time| time::text(&time));
    let own_cost = summary.own_cost.map(|cost| time::own_cost_text(&cost, *run_nanos));
    [
        calls_text(summary),
        time,
        samples_text(summary),
        boundary_text(summary),
        counts_text(summary),
        own_cost,
    ]
    .into_iter()
    .flatten()
    .for_each(|line| text.push_str(&line));
    text
}

fn calls_text(summary: &Summary) -> Option<String> {
    Some(format!("called: {}\n", units::call_times(&summary.calls.filter(|times| times.calls > 1)?)))
}

fn samples_text(summary: &Summary) -> Option<String> {
    let sampler = match summary.meta.sampler {
        SamplerKind::None if summary.samples == 0 => return None,
        SamplerKind::None => "imported",
        SamplerKind::Signal => "by signal",
        SamplerKind::Epoch => "by epochs",
    };
    Some(format!("samples: {} {sampler}\n", units::exact(summary.samples)))
}

fn boundary_text(summary: &Summary) -> Option<String> {
    // Of a component it is not known whom the host called.
    let into_guest = match summary.host_to_guest_calls {
        0 => String::new(),
        calls => format!("; {} into the guest", units::things(calls, "call")),
    };
    let text = format!(
        "boundary: {} into the host took {}{into_guest}\n",
        units::things(summary.guest_to_host_calls, "call"),
        units::nanos(summary.host_nanos),
    );
    summary.meta.measures.has(Measure::Boundary).then_some(text)
}

fn counts_text(summary: &Summary) -> Option<String> {
    let counted = summary.counts.to_string();
    (!counted.is_empty()).then(|| format!("counted: {counted}\n"))
}
