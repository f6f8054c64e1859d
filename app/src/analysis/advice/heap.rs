//! What the verdicts on the heap come to as advice: leak, fragmentation, short peak.

use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{
    Fragmentation, HeapVerdict, Leak, Metric, Peak, Unit, asker, heap_verdict, verdict_sentences,
};
use crate::profile::{PathId, Profile};
use crate::units::{bytes, nanos, share};
use wasmscope_symbolize::MemoryIndex;

/// So many memories are looked at: each takes a look at all operations.
const MOST_MEMORIES: usize = 16;

/// The verdict on each memory with a heap.
pub(super) struct HeapFaults(Vec<(MemoryIndex, HeapVerdict)>);

impl HeapFaults {
    pub(super) fn of(profile: &Profile) -> HeapFaults {
        let memories = profile.heap_timeline().memories().iter().copied().take(MOST_MEMORIES);
        HeapFaults(memories.map(|memory| (memory, heap_verdict(profile, memory))).collect())
    }

    pub(super) fn is_fragmented(&self, memory: MemoryIndex) -> bool {
        self.0.iter().any(|(of, verdict)| *of == memory && verdict.fragmentation.is_some())
    }

    pub(super) fn advice(&self, profile: &Profile) -> Vec<Advice> {
        let of_memory = |(memory, verdict): &(MemoryIndex, HeapVerdict)| {
            let HeapVerdict { leak, fragmentation, peak, sees_frees: _ } = verdict;
            let leak = leak.as_ref().map(|leak| leak_advice(profile, *memory, leak));
            let fragmentation =
                fragmentation.as_ref().map(|found| fragmentation_advice(profile, *memory, found));
            let peak = peak.as_ref().map(|peak| peak_advice(profile, *memory, peak));
            [leak, fragmentation, peak]
        };
        self.0.iter().flat_map(of_memory).flatten().collect()
    }
}

/// The sentence of a verdict without the word that it begins with, which stands above it.
fn evidence(profile: &Profile, verdict: HeapVerdict) -> String {
    let sentences = verdict_sentences(profile, &verdict);
    let evidence =
        sentences.iter().map(|text| text.split_once(": ").map_or(&**text, |(_, evidence)| evidence));
    evidence.collect::<Vec<_>>().join("; ") + "."
}

fn leak_advice(profile: &Profile, memory: MemoryIndex, leak: &Leak) -> Advice {
    let held = profile.heap_timeline().of_memory(memory).totals.end_bytes;
    let first = leak.sites.first().map_or(PathId::ROOT, |site| site.path);
    let place = Place { site: Some(first), memory: Some(memory), ..Place::view(AdviceView::Sites) };
    Advice {
        kind: AdviceKind::Leak,
        what: match leak.sites.len() {
            0 | 1 => format!("{} leaks {}", asker(profile, first), bytes(leak.bytes)),
            _ => format!("{} and others leak {}", asker(profile, first), bytes(leak.bytes)),
        },
        why: evidence(profile, HeapVerdict { leak: Some(leak.clone()), ..HeapVerdict::default() }),
        figures: vec![
            Figure::new("blocks", Unit::Blocks, leak.blocks),
            Figure::new("bytes", Unit::Bytes, leak.bytes),
        ],
        remedy: "Free each block when its work is done; what is kept on purpose needs a bound.".to_owned(),
        gain: Gain { share: share(leak.bytes, held).min(1.0), of: GainOf::Live },
        place: Place { metric: Some(Metric::LiveBytes), ..place },
    }
}

fn fragmentation_advice(profile: &Profile, memory: MemoryIndex, found: &Fragmentation) -> Advice {
    let size = profile.address_space(memory).largest_size();
    let pin = found.pins.first().map(|pin| pin.path);
    let holder = pin.map_or_else(String::new, |pin| format!(" of {}", asker(profile, pin)));
    Advice {
        kind: AdviceKind::Fragmentation,
        what: format!("The heap is fragmented: {} of it came without need", bytes(found.grown_bytes())),
        why: evidence(profile, HeapVerdict { fragmentation: Some(found.clone()), ..HeapVerdict::default() }),
        figures: vec![
            Figure::new("heap_bytes", Unit::Bytes, found.heap_bytes),
            Figure::new("grown_bytes", Unit::Bytes, found.grown_bytes()),
            Figure::new("peak_bytes", Unit::Bytes, found.peak_bytes),
        ],
        remedy: format!(
            "Keep what lives long apart from what goes soon: give the small blocks{holder} an arena of their own, or \
             ask for them before the large ones.",
        ),
        gain: Gain { share: share(found.grown_bytes(), size).min(1.0), of: GainOf::Memory },
        place: Place {
            site: pin,
            memory: Some(memory),
            moment_nanos: Some(found.last_nanos),
            ..Place::view(AdviceView::HeapMap)
        },
    }
}

fn peak_advice(profile: &Profile, memory: MemoryIndex, peak: &Peak) -> Advice {
    let space = profile.address_space(memory);
    let grown = peak.grown_pages.saturating_mul(space.page_bytes());
    let site = peak.sites.first().map(|site| site.path);
    Advice {
        kind: AdviceKind::Peak,
        what: format!(
            "For {} the heap is {} rather than {}",
            nanos(peak.high_nanos),
            bytes(peak.peak_bytes),
            bytes(peak.usual_bytes)
        ),
        why: evidence(profile, HeapVerdict { peak: Some(peak.clone()), ..HeapVerdict::default() }),
        figures: vec![
            Figure::new("peak_bytes", Unit::Bytes, peak.peak_bytes),
            Figure::new("usual_bytes", Unit::Bytes, peak.usual_bytes),
            Figure::new("grown_pages", Unit::Pages, peak.grown_pages),
        ],
        remedy: "Do that step in parts, so that less is live at once: a memory never shrinks again."
            .to_owned(),
        gain: Gain { share: share(grown, space.largest_size()).min(1.0), of: GainOf::Memory },
        place: Place {
            site,
            memory: Some(memory),
            moment_nanos: Some(peak.peak_nanos),
            ..Place::view(AdviceView::HeapMap)
        },
    }
}
