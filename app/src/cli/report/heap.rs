//! The heap at a moment, and what became of it between two.

mod figures;
mod verdict;

use super::super::moment::Moment;
use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use crate::analysis::{
    Amount, HeapAt, HeapFindings, HeapSite, HeapTotals, HeapUseQuery, HeapUses, PathUse, SHORT_NANOS,
    heap_sites, heap_uses, heap_verdict,
};
use crate::export::{FunctionJson, path_json};
use crate::profile::{PathId, Profile};
use crate::units;
use figures::{Figures, FiguresJson};
use serde::Serialize;
use std::cmp::Reverse;
use std::ops::Range;
pub(super) use verdict::{VerdictJson, json as verdict_json, text as verdict_text};
use wasmscope_instrument::recording::ShadowStack;
use wasmscope_symbolize::MemoryIndex;

/// Which heap is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HeapQuestion {
    /// That of a moment.
    At(MemoryIndex, Moment),
    /// What happened in a stretch of time, in nanoseconds since the recording began.
    Between(Range<u64>),
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
    free_bytes: u64,
    free_runs: u64,
    largest_free_bytes: u64,
    fragmentation: f64,
    dispersion: f64,
    shadow_stack: Option<ShadowStackJson>,
    sites: Vec<SiteJson>,
    #[serde(flatten)]
    figures: FiguresJson,
}

/// The shadow stack at its deepest.
#[derive(Serialize)]
struct ShadowStackJson {
    /// Addresses.
    top: u64,
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
        free_bytes: heap.free.total_bytes,
        free_runs: heap.free.runs,
        largest_free_bytes: heap.free.largest_bytes,
        fragmentation: heap.free.fragmentation,
        dispersion: heap.free.dispersion,
        shadow_stack: profile.recording().shadow_stack.as_ref().map(|stack| stack_json(profile, stack)),
        sites: heap_sites(profile, &heap.blocks).iter().map(|site| site_json(profile, site)).collect(),
        figures: figures::json(profile, &Figures::of(profile, heap)),
    }
}

fn stack_json(profile: &Profile, stack: &ShadowStack) -> ShadowStackJson {
    ShadowStackJson {
        top: stack.top,
        lowest: stack.lowest,
        deepest_bytes: stack.deepest_bytes(),
        deepest_nanos: stack.lows.last().map(|low| low.time_nanos),
        path: path_json(profile, deepest_path(profile, stack)),
    }
}

fn deepest_path(profile: &Profile, stack: &ShadowStack) -> PathId {
    stack.lows.len().checked_sub(1).map_or(PathId::ROOT, |last| profile.stack_low_path(last))
}

/// How deep the shadow stack was, where that was measured.
fn stack_text(profile: &Profile) -> String {
    let Some(stack) = &profile.recording().shadow_stack else { return String::new() };
    let deepest = units::bytes(stack.deepest_bytes());
    let at = stack.lows.last().map_or(String::new(), |low| format!(", at {}", units::nanos(low.time_nanos)));
    let path = path_text(profile, deepest_path(profile, stack));
    format!("the stack was at most {deepest} deep{at}, down from {:#x}: {path}\n", stack.top)
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
        return format!("No heap operations were recorded.\n{}", stack_text(profile));
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
        "never freed: {} blocks, {}\nfree inside the heap: {} in {} pieces, the largest {} (fragmentation {})\n",
        units::exact(heap.leaked_blocks),
        units::bytes(heap.leaked_bytes),
        units::bytes(heap.free.total_bytes),
        units::exact(heap.free.runs),
        units::bytes(heap.free.largest_bytes),
        units::percent(heap.free.fragmentation),
    ));
    text.push_str(&stack_text(profile));
    text.push_str(&findings_text(&history.findings));
    let sites = heap_sites(profile, &heap.blocks);
    let shown = &sites[..sites.len().min(limit.rows)];
    if !shown.is_empty() {
        text.push_str(&format!("\n{}{}", sites_text(profile, shown), limit.rest(sites.len())));
    }
    text + &figures::text(profile, &Figures::of(profile, heap), limit)
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

#[derive(Serialize)]
pub(super) struct UsesJson {
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
fn uses(profile: &Profile, time: &Range<u64>) -> HeapUses {
    let mut uses = heap_uses(profile, &HeapUseQuery { time: Some(time.clone()), short_nanos: SHORT_NANOS });
    uses.paths.retain(|uses| uses.allocated.blocks + uses.freed.blocks > 0);
    uses.paths.sort_by_key(|uses| Reverse((uses.kept.bytes, uses.allocated.bytes, uses.freed.bytes)));
    uses
}

pub(super) fn between_json(profile: &Profile, time: &Range<u64>) -> UsesJson {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, time);
    let path = |uses: &PathUse| UseJson {
        allocated: uses.allocated.into(),
        freed: uses.freed.into(),
        kept: uses.kept.into(),
        short_lived: uses.short_lived.into(),
        at_peak: uses.at_peak.into(),
        path: path_json(profile, uses.path),
    };
    UsesJson {
        from_nanos: time.start,
        until_nanos: time.end,
        peak_bytes,
        peak_nanos,
        short_nanos: SHORT_NANOS,
        paths: paths.iter().map(path).collect(),
    }
}

pub(super) fn between_text(profile: &Profile, time: &Range<u64>, limit: Limit) -> String {
    let HeapUses { paths, peak_bytes, peak_nanos } = uses(profile, time);
    if paths.is_empty() {
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
        units::nanos(SHORT_NANOS),
        sum(|uses| uses.short_lived),
        units::bytes(peak_bytes),
        units::nanos(peak_nanos),
    );
    let titles = ["kept blocks", "kept", "allocated blocks", "allocated", "freed", "short-lived"];
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
