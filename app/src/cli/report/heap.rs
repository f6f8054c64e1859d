//! The heap at a moment.

mod between;
mod figures;
#[cfg(test)]
mod tests;
mod verdict;

use super::super::moment::Moment;
use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use crate::analysis::{
    Amount, HeapAt, HeapFindings, HeapSite, HeapTotals, PageUse, StackDepth, heap_sites, heap_verdict,
};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
pub(super) use between::{Between, json as between_json, text as between_text};
use figures::{Figures, FiguresJson};
use serde::Serialize;
pub(super) use verdict::{VerdictJson, json as verdict_json, text as verdict_text};
use wasmscope_symbolize::MemoryIndex;

/// Which heap is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeapQuestion {
    /// That of a moment.
    At(MemoryIndex, Moment),
    /// What happened in a stretch of time.
    Between(Between),
}

#[derive(Serialize)]
pub(super) struct HeapJson {
    verdict: VerdictJson,
    /// The memory's index.
    memory: u32,
    /// The moment; none for the end.
    at_nanos: Option<u64>,
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
    /// Bytes on pages that were touched until then; none where the recording doesn't tell.
    touched_bytes: Option<u64>,
    never_touched_bytes: Option<u64>,
    /// Blocks that begin inside another live one.
    overlapping_blocks: u64,
    pages: PagesJson,
    free_bytes: u64,
    free_runs: u64,
    largest_free_bytes: u64,
    fragmentation: f64,
    dispersion: f64,
    /// None where it was not measured in this memory.
    shadow_stack: Option<ShadowStackJson>,
    sites: Vec<SiteJson>,
    #[serde(flatten)]
    figures: FiguresJson,
}

/// How blocks lie on the heap's pages.
#[derive(Serialize)]
struct PagesJson {
    pages: u64,
    empty_pages: u64,
    sparse_pages: u64,
    pinning_bytes: u64,
}

/// The shadow stack at the moment, and at its deepest until then.
#[derive(Serialize)]
struct ShadowStackJson {
    /// The address that it grows down from.
    top: u64,
    bytes: u64,
    /// An address.
    lowest: u64,
    deepest_bytes: u64,
    deepest_nanos: Option<u64>,
    path: Vec<FunctionJson>,
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

#[derive(Serialize)]
struct AmountJson {
    blocks: u64,
    bytes: u64,
}

impl From<Amount> for AmountJson {
    fn from(Amount { blocks, bytes }: Amount) -> Self {
        AmountJson { blocks, bytes }
    }
}

pub(super) fn json(profile: &Profile, heap: &HeapAt) -> HeapJson {
    let history = profile.heap_timeline().of_memory(heap.memory);
    HeapJson {
        verdict: verdict::json(profile, &heap_verdict(profile, heap.memory)),
        memory: heap.memory.0,
        at_nanos: (heap.at_nanos != u64::MAX).then_some(heap.at_nanos),
        totals: totals_json(&history.totals),
        findings: findings_json(&history.findings),
        live_blocks: heap.blocks.len() as u64,
        live_bytes: heap.live_bytes,
        leaked_blocks: heap.leaked_blocks,
        leaked_bytes: heap.leaked_bytes,
        memory_bytes: heap.memory_bytes,
        heap_start: heap.heap.start,
        heap_end: heap.heap.end,
        high_water: heap.high_water,
        touched_bytes: heap.touched_bytes,
        never_touched_bytes: never_touched_bytes(heap),
        overlapping_blocks: heap.overlapping_blocks,
        pages: pages_json(heap.page_use),
        free_bytes: heap.free.total_bytes,
        free_runs: heap.free.runs,
        largest_free_bytes: heap.free.largest_bytes,
        fragmentation: heap.free.fragmentation,
        dispersion: heap.free.dispersion,
        shadow_stack: stack(profile, heap).map(|(top, depth)| stack_json(profile, top, depth)),
        sites: heap_sites(profile, &heap.blocks).iter().map(|site| site_json(profile, site)).collect(),
        figures: figures::json(profile, &Figures::of(profile, heap)),
    }
}

fn pages_json(page_use: PageUse) -> PagesJson {
    let PageUse { pages, empty_pages, sparse_pages, pinning_bytes } = page_use;
    PagesJson { pages, empty_pages, sparse_pages, pinning_bytes }
}

/// How blocks lie on pages, and what of the memory was touched.
fn pages_text(heap: &HeapAt) -> String {
    let PageUse { pages, empty_pages, sparse_pages, pinning_bytes } = heap.page_use;
    let touched =
        heap.touched_bytes.zip(never_touched_bytes(heap)).map_or(String::new(), |(touched, never)| {
            format!("; of the memory {} touched, {} never", units::bytes(touched), units::bytes(never))
        });
    format!(
        "{} of the heap: {} empty, {} sparse with {} live on them{touched}\n",
        units::things(pages, "page"),
        units::exact(empty_pages),
        units::exact(sparse_pages),
        units::bytes(pinning_bytes),
    )
}

fn never_touched_bytes(heap: &HeapAt) -> Option<u64> {
    Some(heap.memory_bytes.saturating_sub(heap.touched_bytes?))
}

/// A sign of frees that were not seen.
fn overlap_text(heap: &HeapAt) -> String {
    match heap.overlapping_blocks {
        0 => String::new(),
        1 => "warning: 1 block begins inside another live one\n".to_owned(),
        blocks => format!("warning: {} blocks begin inside another live one\n", units::exact(blocks)),
    }
}

/// Where the shadow stack begins and how deep it is, where that was measured in this memory.
fn stack(profile: &Profile, heap: &HeapAt) -> Option<(u64, StackDepth)> {
    Some((profile.recording().shadow_stack.as_ref()?.top, heap.stack?))
}

fn stack_json(profile: &Profile, top: u64, depth: StackDepth) -> ShadowStackJson {
    let StackDepth { bytes, most_bytes, most_nanos, most_path } = depth;
    ShadowStackJson {
        top,
        bytes,
        lowest: top.saturating_sub(most_bytes),
        deepest_bytes: most_bytes,
        deepest_nanos: most_nanos,
        path: path_json(profile, most_path),
    }
}

fn stack_text(profile: &Profile, heap: &HeapAt) -> String {
    let Some((top, depth)) = stack(profile, heap) else { return String::new() };
    let (bytes, most) = (units::bytes(depth.bytes), units::bytes(depth.most_bytes));
    let at = depth.most_nanos.map_or(String::new(), |nanos| format!(", at {}", units::nanos(nanos)));
    let path = path_text(profile, depth.most_path);
    format!("the stack is {bytes} deep, down from {top:#x}, and was at most {most}{at}: {path}\n")
}

pub(super) fn totals_json(totals: &HeapTotals) -> TotalsJson {
    let HeapTotals {
        allocations,
        allocated_bytes,
        frees,
        refused,
        peak_bytes,
        peak_nanos,
        peak_rows: _,
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
    let history = profile.heap_timeline().of_memory(heap.memory);
    let totals = history.totals;
    if totals.allocations == 0 {
        return no_heap_text(profile) + &stack_text(profile, heap);
    }
    let mut text = verdict::text(profile, &heap_verdict(profile, heap.memory), "") + &totals_text(&totals);
    if heap.at_nanos != u64::MAX {
        text.push_str(&format!(
            "at {}: {} live in {}\n",
            units::nanos(heap.at_nanos),
            units::bytes(heap.live_bytes),
            units::things(heap.blocks.len() as u64, "block"),
        ));
    }
    text.push_str(&format!(
        "never freed: {}, {}\nfree inside the heap: {} in {}, the largest {} (fragmentation {})\n",
        units::things(heap.leaked_blocks, "block"),
        units::bytes(heap.leaked_bytes),
        units::bytes(heap.free.total_bytes),
        units::things(heap.free.runs, "piece"),
        units::bytes(heap.free.largest_bytes),
        units::percent(heap.free.fragmentation),
    ));
    text.push_str(&pages_text(heap));
    text.push_str(&stack_text(profile, heap));
    text.push_str(&findings_text(&history.findings));
    text.push_str(&overlap_text(heap));
    let sites = heap_sites(profile, &heap.blocks);
    let shown = &sites[..sites.len().min(limit.rows)];
    if !shown.is_empty() {
        text.push_str(&format!("\n{}{}", sites_text(profile, shown), limit.rest(sites.len())));
    }
    text + &figures::text(profile, &Figures::of(profile, heap), limit)
}

/// What is said of a memory without a heap: which others have one.
fn no_heap_text(profile: &Profile) -> String {
    let timeline = profile.heap_timeline();
    let has_heap = |memory: &&MemoryIndex| timeline.of_memory(**memory).totals.allocations > 0;
    let others = timeline.memories().iter().filter(has_heap).map(|memory| memory.0.to_string());
    match &others.collect::<Vec<_>>()[..] {
        [] => "No heap operations were recorded.\n".to_owned(),
        [one] => format!("No heap operations were recorded in this memory; memory {one} has some.\n"),
        many => format!(
            "No heap operations were recorded in this memory; memories {} have some.\n",
            many.join(", ")
        ),
    }
}

pub(super) fn totals_text(totals: &HeapTotals) -> String {
    format!(
        "{} of {} together, {}; at most {} live, at {}\n",
        units::things(totals.allocations, "allocation"),
        units::bytes(totals.allocated_bytes),
        units::things(totals.frees, "free"),
        units::bytes(totals.peak_bytes),
        units::nanos(totals.peak_nanos),
    )
}

pub(super) fn findings_text(findings: &HeapFindings) -> String {
    let HeapFindings { double_frees, unknown_frees, addresses_reused, .. } = *findings;
    let kinds = [
        (double_frees, "block was freed twice", "blocks were freed twice"),
        (
            unknown_frees,
            "free was of an address that was never handed out",
            "frees were of addresses that were never handed out",
        ),
        (
            addresses_reused,
            "address was handed out again without a free in between",
            "addresses were handed out again without a free in between",
        ),
    ];
    let found = kinds.iter().filter(|(count, ..)| *count > 0);
    let told = |count: u64, one, many| if count == 1 { one } else { many };
    found
        .map(|(count, one, many)| {
            format!("warning: {} {}\n", units::exact(*count), told(*count, *one, *many))
        })
        .collect()
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
