//! The heap in words: its figures at a moment, and what is wrong with it.

use crate::analysis::{HeapAt, HeapVerdict, verdict_remark, verdict_sentences};
use crate::profile::Profile;
use crate::units;

/// The figures of the moment, by the names that the window has for them.
pub(super) fn figures(profile: &Profile, heap: &HeapAt) -> Vec<(&'static str, String)> {
    let mut figures = vec![("Memory", units::bytes(heap.memory_bytes))];
    if let Some(touched) = heap.touched_bytes {
        figures.push(("Touched", units::bytes(touched)));
    }
    if let Some(stack) = heap.stack {
        let (now, most) = (units::bytes(stack.bytes), units::bytes(stack.most_bytes));
        figures.push(("Shadow stack", format!("{now}, at most {most}")));
    }
    if !profile.recording().heap.is_empty() {
        figures.extend(heap_figures(heap));
    }
    figures
}

fn heap_figures(heap: &HeapAt) -> [(&'static str, String); 9] {
    let (free, pages) = (&heap.free, &heap.page_use);
    let live = format!("{} in {}", units::bytes(heap.live_bytes), units::exact(heap.blocks.len() as u64));
    [
        ("Live, blocks", live),
        ("Never freed", units::bytes(heap.leaked_bytes)),
        ("Free, pieces", format!("{} in {}", units::bytes(free.total_bytes), units::exact(free.runs))),
        ("Largest piece", units::bytes(free.largest_bytes)),
        ("Fragmentation", units::percent(free.fragmentation)),
        ("Dispersion", units::percent(free.dispersion)),
        ("Pages of the heap", units::exact(pages.pages)),
        (
            "Empty, sparse",
            format!("{}, {}", units::exact(pages.empty_pages), units::exact(pages.sparse_pages)),
        ),
        ("Pinning bytes", units::bytes(pages.pinning_bytes)),
    ]
}

/// What is wrong with the heap in the whole run, in sentences.
pub(super) fn verdict(profile: &Profile, verdict: &HeapVerdict) -> Vec<String> {
    let remark = verdict_remark(verdict).map(str::to_owned);
    verdict_sentences(profile, verdict).into_iter().chain(remark).collect()
}
