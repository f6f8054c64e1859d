//! The heap at the end of the run.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use crate::analysis::{HeapAt, HeapFindings, HeapSite, HeapTotals};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct HeapJson {
    totals: TotalsJson,
    findings: FindingsJson,
    live_blocks: u64,
    live_bytes: u64,
    leaked_blocks: u64,
    leaked_bytes: u64,
    memory_bytes: u64,
    heap_start: u64,
    heap_end: u64,
    high_water: u64,
    free_bytes: u64,
    free_runs: u64,
    largest_free_bytes: u64,
    fragmentation: f64,
    dispersion: f64,
    sites: Vec<SiteJson>,
}

#[derive(Serialize)]
pub(super) struct TotalsJson {
    allocations: u64,
    allocated_bytes: u64,
    frees: u64,
    refused: u64,
    peak_bytes: u64,
    peak_nanos: u64,
    end_bytes: u64,
    end_blocks: u64,
}

#[derive(Serialize)]
pub(super) struct FindingsJson {
    double_frees: u64,
    unknown_frees: u64,
    addresses_reused: u64,
}

#[derive(Serialize)]
struct SiteJson {
    blocks: u64,
    bytes: u64,
    leaked_blocks: u64,
    leaked_bytes: u64,
    /// The allocator function first, then who asked.
    path: Vec<FunctionJson>,
}

pub(super) fn json(profile: &Profile, heap: &HeapAt) -> HeapJson {
    let timeline = profile.heap_timeline();
    HeapJson {
        totals: totals_json(&timeline.totals()),
        findings: findings_json(timeline.findings()),
        live_blocks: heap.blocks.len() as u64,
        live_bytes: heap.live_bytes,
        leaked_blocks: heap.leaked_blocks,
        leaked_bytes: heap.leaked_bytes,
        memory_bytes: heap.memory_bytes,
        heap_start: heap.heap.start,
        heap_end: heap.heap.end,
        high_water: heap.high_water,
        free_bytes: heap.free.total_bytes,
        free_runs: heap.free.runs,
        largest_free_bytes: heap.free.largest_bytes,
        fragmentation: heap.free.fragmentation,
        dispersion: heap.free.dispersion,
        sites: heap.sites.iter().map(|site| site_json(profile, site)).collect(),
    }
}

pub(super) fn totals_json(totals: &HeapTotals) -> TotalsJson {
    let HeapTotals {
        allocations,
        allocated_bytes,
        frees,
        refused,
        peak_bytes,
        peak_nanos,
        end_bytes,
        end_blocks,
    } = *totals;
    TotalsJson { allocations, allocated_bytes, frees, refused, peak_bytes, peak_nanos, end_bytes, end_blocks }
}

pub(super) fn findings_json(findings: &HeapFindings) -> FindingsJson {
    let HeapFindings { double_frees, unknown_frees, addresses_reused, .. } = *findings;
    FindingsJson { double_frees, unknown_frees, addresses_reused }
}

fn site_json(profile: &Profile, site: &HeapSite) -> SiteJson {
    let HeapSite { path, blocks, bytes, leaked_blocks, leaked_bytes } = *site;
    SiteJson { blocks, bytes, leaked_blocks, leaked_bytes, path: path_json(profile, path) }
}

pub(super) fn text(profile: &Profile, heap: &HeapAt, limit: Limit) -> String {
    let timeline = profile.heap_timeline();
    let totals = timeline.totals();
    if totals.allocations == 0 {
        return "No heap operations were recorded.\n".to_owned();
    }
    let mut text = totals_text(&totals);
    text.push_str(&format!(
        "never freed: {} blocks, {}\nfree inside the heap: {} in {} pieces, the largest {} (fragmentation {})\n",
        units::exact(heap.leaked_blocks),
        units::bytes(heap.leaked_bytes),
        units::bytes(heap.free.total_bytes),
        units::exact(heap.free.runs),
        units::bytes(heap.free.largest_bytes),
        units::percent(heap.free.fragmentation),
    ));
    text.push_str(&findings_text(timeline.findings()));
    let shown = &heap.sites[..heap.sites.len().min(limit.rows)];
    if !shown.is_empty() {
        text.push_str(&format!("\n{}{}", sites_text(profile, shown), limit.rest(heap.sites.len())));
    }
    text
}

pub(super) fn totals_text(totals: &HeapTotals) -> String {
    format!(
        "{} allocations of {} together, {} frees; at most {} live, at {}\n",
        units::exact(totals.allocations),
        units::bytes(totals.allocated_bytes),
        units::exact(totals.frees),
        units::bytes(totals.peak_bytes),
        units::nanos(totals.peak_nanos),
    )
}

pub(super) fn findings_text(findings: &HeapFindings) -> String {
    let kinds = [
        (findings.double_frees, "blocks were freed twice"),
        (findings.unknown_frees, "frees were of addresses that were never handed out"),
        (findings.addresses_reused, "addresses were handed out again without a free in between"),
    ];
    let found = kinds.iter().filter(|(count, _)| *count > 0);
    found.map(|(count, what)| format!("warning: {} {what}\n", units::exact(*count))).collect()
}

fn sites_text(profile: &Profile, sites: &[HeapSite]) -> String {
    let columns =
        [("live blocks", Align::Right), ("live bytes", Align::Right), ("allocated by", Align::Left)];
    let mut table = Table::new(&columns);
    for site in sites {
        let path = path_text(profile, site.path);
        table.row([units::exact(site.blocks), units::bytes(site.bytes), path]);
    }
    table.text()
}
