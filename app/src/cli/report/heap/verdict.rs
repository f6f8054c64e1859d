//! What is wrong with the heap.

use super::super::super::table::clean;
use crate::analysis::{
    Fragmentation, HeapVerdict, Leak, LeakSite, Peak, Pin, verdict_remark, verdict_sentences,
};
use crate::export::{FunctionJson, path_json};
use crate::profile::{PathId, Profile};
use serde::Serialize;

#[derive(Serialize)]
pub(in super::super) struct VerdictJson {
    /// The same in words.
    sentences: Vec<String>,
    /// Where not all are, no leak can be told.
    sees_frees: bool,
    leak: Option<LeakJson>,
    fragmentation: Option<FragmentationJson>,
    peak: Option<PeakJson>,
}

#[derive(Serialize)]
struct LeakJson {
    blocks: u64,
    bytes: u64,
    sites: Vec<LeakSiteJson>,
}

#[derive(Serialize)]
struct LeakSiteJson {
    blocks: u64,
    bytes: u64,
    allocated_blocks: u64,
    at_quarters: [u64; 4],
    /// The allocator function first, then who asked.
    path: Vec<FunctionJson>,
}

#[derive(Serialize)]
struct FragmentationJson {
    heap_bytes: u64,
    peak_bytes: u64,
    for_want_of_piece_bytes: u64,
    in_spite_of_piece_bytes: u64,
    steps: u64,
    last_nanos: u64,
    last_asked_bytes: u64,
    last_free_bytes: u64,
    last_largest_bytes: u64,
    pins: Vec<PinJson>,
}

#[derive(Serialize)]
pub(super) struct PinJson {
    pages: u64,
    single_pages: u64,
    bytes: u64,
    path: Vec<FunctionJson>,
}

#[derive(Serialize)]
struct PeakJson {
    peak_bytes: u64,
    peak_nanos: u64,
    usual_bytes: u64,
    high_nanos: u64,
    run_nanos: u64,
    grown_pages: u64,
    sites: Vec<PeakSiteJson>,
}

#[derive(Serialize)]
struct PeakSiteJson {
    blocks: u64,
    bytes: u64,
    path: Vec<FunctionJson>,
}

pub(in super::super) fn json(profile: &Profile, verdict: &HeapVerdict) -> VerdictJson {
    let HeapVerdict { sees_frees, leak, fragmentation, peak } = verdict;
    VerdictJson {
        sentences: verdict_sentences(profile, verdict),
        sees_frees: *sees_frees,
        leak: leak.as_ref().map(|leak| leak_json(profile, leak)),
        fragmentation: fragmentation.as_ref().map(|found| fragmentation_json(profile, found)),
        peak: peak.as_ref().map(|peak| peak_json(profile, peak)),
    }
}

fn leak_json(profile: &Profile, leak: &Leak) -> LeakJson {
    let site = |site: &LeakSite| {
        let LeakSite { path, blocks, bytes, allocated_blocks, at_quarters } = *site;
        LeakSiteJson { blocks, bytes, allocated_blocks, at_quarters, path: path_json(profile, path) }
    };
    LeakJson { blocks: leak.blocks, bytes: leak.bytes, sites: leak.sites.iter().map(site).collect() }
}

fn fragmentation_json(profile: &Profile, found: &Fragmentation) -> FragmentationJson {
    let Fragmentation { heap_bytes, peak_bytes, for_want_of_piece_bytes, in_spite_of_piece_bytes, .. } =
        *found;
    let Fragmentation { steps, last_nanos, last_asked_bytes, last_free_bytes, last_largest_bytes, .. } =
        *found;
    FragmentationJson {
        heap_bytes,
        peak_bytes,
        for_want_of_piece_bytes,
        in_spite_of_piece_bytes,
        steps,
        last_nanos,
        last_asked_bytes,
        last_free_bytes,
        last_largest_bytes,
        pins: found.pins.iter().map(|pin| pin_json(profile, pin)).collect(),
    }
}

pub(super) fn pin_json(profile: &Profile, pin: &Pin) -> PinJson {
    let Pin { path, pages, single_pages, bytes } = *pin;
    PinJson { pages, single_pages, bytes, path: path_json(profile, path) }
}

fn peak_json(profile: &Profile, peak: &Peak) -> PeakJson {
    let Peak { peak_bytes, peak_nanos, usual_bytes, high_nanos, run_nanos, grown_pages, ref sites } = *peak;
    let path = |path: PathId| path_json(profile, path);
    let sites = sites.iter().map(|site| PeakSiteJson {
        blocks: site.blocks,
        bytes: site.bytes,
        path: path(site.path),
    });
    let sites = sites.collect();
    PeakJson { peak_bytes, peak_nanos, usual_bytes, high_nanos, run_nanos, grown_pages, sites }
}

/// A line for each thing that is wrong, and one where nothing is or can't be told; `of` stands before each.
pub(in super::super) fn text(profile: &Profile, verdict: &HeapVerdict, of: &str) -> String {
    let sentences = verdict_sentences(profile, verdict).into_iter();
    let all = sentences.chain(verdict_remark(verdict).map(str::to_owned));
    all.map(|sentence| format!("verdict: {of}{}\n", clean(&sentence))).collect()
}
