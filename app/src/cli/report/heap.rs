//! The heap at a moment, and what became of it between two.

mod figures;
#[cfg(test)]
mod tests;
mod verdict;

use super::super::moment::Moment;
use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use crate::analysis::{
    Amount, HeapAt, HeapFindings, HeapSite, HeapTotals, HeapUseQuery, HeapUses, PageUse, PathUse, StackDepth,
    heap_sites, heap_uses, heap_verdict,
};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use figures::{Figures, FiguresJson};
use serde::Serialize;
use std::cmp::Reverse;
use std::ops::Range;
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

/// A stretch of time, and whose blocks are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Between {
    /// In nanoseconds since the recording began.
    pub(super) time: Range<u64>,
    /// Those of one memory; `None` for those of all.
    pub(super) memory: Option<MemoryIndex>,
    /// Blocks that live for less than this are short-lived, in nanoseconds.
    pub(super) short_nanos: u64,
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

#[derive(Serialize)]
pub(super) struct UsesJson {
    /// The memory's index; none for all of them.
    memory: Option<u32>,
    from_nanos: u64,
    until_nanos: u64,
    peak_bytes: u64,
    peak_nanos: u64,
    short_nanos: u64,
    paths: Vec<UseJson>,
}

#[derive(Serialize)]
struct UseJson {
    allocated: AmountJson,
    freed: AmountJson,
    kept: AmountJson,
    short_lived: AmountJson,
    at_peak: AmountJson,
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

/// What each path did between two moments; those that keep most come first.
fn uses(profile: &Profile, between: &Between) -> HeapUses {
    let Between { time, memory, short_nanos } = between.clone();
    let mut uses = heap_uses(profile, &HeapUseQuery { time: Some(time), memory, short_nanos });
    uses.paths.retain(|uses| uses.allocated.blocks + uses.freed.blocks + uses.at_peak.blocks > 0);
    uses.paths.sort_by_key(|uses| Reverse((uses.kept.bytes, uses.allocated.bytes, uses.freed.bytes)));
    uses
}

pub(super) fn between_json(profile: &Profile, between: &Between) -> UsesJson {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, between);
    let path = |uses: &PathUse| UseJson {
        allocated: uses.allocated.into(),
        freed: uses.freed.into(),
        kept: uses.kept.into(),
        short_lived: uses.short_lived.into(),
        at_peak: uses.at_peak.into(),
        path: path_json(profile, uses.path),
    };
    UsesJson {
        memory: between.memory.map(|memory| memory.0),
        from_nanos: between.time.start,
        until_nanos: between.time.end,
        peak_bytes,
        peak_nanos,
        short_nanos: between.short_nanos,
        paths: paths.iter().map(path).collect(),
    }
}

pub(super) fn between_text(profile: &Profile, between: &Between, limit: Limit) -> String {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, between);
    if paths.iter().all(|uses| uses.allocated.blocks + uses.freed.blocks == 0) {
        return "No heap operations were recorded between these moments.\n".to_owned();
    }
    let sum = |part: fn(&PathUse) -> Amount| {
        let bytes = paths.iter().map(|uses| part(uses).bytes).fold(0, u64::saturating_add);
        let blocks = paths.iter().map(|uses| part(uses).blocks).fold(0, u64::saturating_add);
        format!("{} in {}", units::bytes(bytes), units::things(blocks, "block"))
    };
    let mut text = format!(
        "allocated {}, freed {}, of the allocated kept {}\nlive for less than {}: {}; at most {} live, at {}\n\n",
        sum(|uses| uses.allocated),
        sum(|uses| uses.freed),
        sum(|uses| uses.kept),
        units::nanos(between.short_nanos),
        sum(|uses| uses.short_lived),
        units::bytes(peak_bytes),
        units::nanos(peak_nanos),
    );
    let titles = ["kept blocks", "kept", "allocated blocks", "allocated", "freed", "short-lived", "at peak"];
    let columns: Vec<_> = titles.iter().map(|title| (*title, Align::Right)).collect();
    let mut table = Table::new(&[&columns[..], &[("allocated by", Align::Left)]].concat());
    for uses in paths.iter().take(limit.rows) {
        table.row([
            units::exact(uses.kept.blocks),
            units::bytes(uses.kept.bytes),
            units::exact(uses.allocated.blocks),
            units::bytes(uses.allocated.bytes),
            units::bytes(uses.freed.bytes),
            units::bytes(uses.short_lived.bytes),
            units::bytes(uses.at_peak.bytes),
            path_text(profile, uses.path),
        ]);
    }
    text.push_str(&table.text());
    text.push_str(&limit.rest(paths.len()));
    text
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
