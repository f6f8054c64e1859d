//! Verdicts as sentences, with their evidence.

use super::{Fragmentation, HeapVerdict, Leak, LeakSite, Peak};
use crate::profile::{PathId, Profile};
use crate::units::{bytes, exact, nanos, percent, share, things};

/// So many places that leak have a sentence each.
const LEAK_SENTENCES: usize = 3;
/// What functions begin with that stand between a program and its allocator: those of standard libraries.
const LIBRARIES: [&str; 11] = [
    "__libcpp_",
    "std::",
    "alloc::",
    "core::",
    "hashbrown::",
    "<alloc::",
    "<core::",
    "__rust",
    "operator new",
    "strdup",
    "strndup",
];

/// One sentence for each thing that is wrong with the heap, with its evidence.
pub fn verdict_sentences(profile: &Profile, verdict: &HeapVerdict) -> Vec<String> {
    let HeapVerdict { leak, fragmentation, peak, .. } = verdict;
    let leaks = leak.iter().flat_map(|leak| leak_sentences(profile, leak));
    let fragmentation = fragmentation.iter().map(|found| fragmentation_sentence(profile, found));
    leaks.chain(fragmentation).chain(peak.iter().map(|peak| peak_sentence(profile, peak))).collect()
}

/// What there is to say besides: that nothing was found wrong, and that leaks can't be told where they can't.
pub fn verdict_remark(verdict: &HeapVerdict) -> Option<&'static str> {
    match (verdict.is_empty(), verdict.sees_frees) {
        (true, true) => Some("no leak, no fragmentation, no short peak"),
        (true, false) => {
            Some("no fragmentation, no short peak; leaks can't be told, since not all frees are seen")
        }
        (false, true) => None,
        (false, false) => Some("leaks can't be told, since not all frees are seen"),
    }
}

/// The call path of who asked for a block: of those above the allocator the first that is the program's own.
pub fn asker_path(profile: &Profile, path: PathId) -> PathId {
    let name = |path: PathId| &*profile.frames().get(profile.paths().frame(path)).name;
    let is_own = |path: &PathId| !LIBRARIES.iter().any(|library| name(*path).starts_with(library));
    let above = || profile.paths().up(path).skip(1);
    above().find(is_own).or(above().next()).unwrap_or(path)
}

/// Who asked for a block: `open_session (fragment.c:99)`.
pub fn asker(profile: &Profile, path: PathId) -> String {
    let asker = asker_path(profile, path);
    let short = &profile.frames().get(profile.paths().frame(asker)).short;
    match profile.lines().get(profile.paths().line(asker)) {
        Some(place) => {
            let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{short} ({file}:{})", place.line)
        }
        None => short.to_string(),
    }
}

fn leak_sentences(profile: &Profile, leak: &Leak) -> Vec<String> {
    let sites = leak.sites.iter().take(LEAK_SENTENCES);
    let mut sentences: Vec<_> = sites.map(|site| leak_sentence(profile, site)).collect();
    if leak.sites.len() > LEAK_SENTENCES {
        let more = things((leak.sites.len() - LEAK_SENTENCES) as u64, "more place");
        sentences.push(format!("leak: {more}, {} in all", bytes(leak.bytes)));
    }
    sentences
}

fn leak_sentence(profile: &Profile, site: &LeakSite) -> String {
    let LeakSite { path, blocks, allocated_blocks, at_quarters, .. } = *site;
    let quarters = at_quarters.map(exact).join(", ");
    format!(
        "leak: {} from {}, {} never freed of {} allocated: {quarters} at each quarter from its first one to the end",
        bytes(site.bytes),
        asker(profile, path),
        things(blocks, "block"),
        exact(allocated_blocks),
    )
}

fn fragmentation_sentence(profile: &Profile, found: &Fragmentation) -> String {
    let pages = |bytes: u64| things(bytes.div_ceil(found.page_bytes.max(1)), "page");
    let why = if found.for_want_of_piece_bytes >= found.in_spite_of_piece_bytes {
        "no free piece was large enough"
    } else {
        "the allocator did not use a free piece that was large enough"
    };
    let mut text = format!(
        "fragmentation: {} of the heap's {} came though half of it was free, since {why}; \
         the last time, at {}, {} were asked for, {} were free, {} of them in one piece",
        pages(found.grown_bytes()),
        pages(found.heap_bytes),
        nanos(found.last_nanos),
        bytes(found.last_asked_bytes),
        bytes(found.last_free_bytes),
        bytes(found.last_largest_bytes),
    );
    if let Some(pin) = found.pins.first() {
        let (pinned, of) = (things(pin.pages, "nearly empty page"), asker(profile, pin.path));
        text.push_str(&format!("; {pinned} are held by {} from {of}", bytes(pin.bytes)));
    }
    text
}

fn peak_sentence(profile: &Profile, peak: &Peak) -> String {
    let site = peak.sites.first().map(|site| {
        let part = percent(share(site.bytes, peak.peak_bytes));
        format!(", {part} of it from {}", asker(profile, site.path))
    });
    format!(
        "peak: {} live at {}{}, usually {}; more than half of it was live for {} of {}, for which the memory grew by \
         {} that stay",
        bytes(peak.peak_bytes),
        nanos(peak.peak_nanos),
        site.unwrap_or_default(),
        bytes(peak.usual_bytes),
        nanos(peak.high_nanos),
        nanos(peak.run_nanos),
        things(peak.grown_pages, "page"),
    )
}
