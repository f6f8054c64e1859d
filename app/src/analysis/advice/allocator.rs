//! Much time in the allocator, on account of somebody who asks for many blocks.

use super::kind::has_time;
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::weights::self_weights;
use crate::analysis::{CallTreeQuery, HeapUseQuery, Metric, SHORT_NANOS, Unit, asker_path, heap_uses};
use crate::profile::{FrameId, FrameKind, PathId, Profile};
use crate::units::{bytes, exact, nanos, percent, share};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use wasmscope_symbolize::FuncIndex;

/// Less of the time is what programs with a heap usually spend there.
const LEAST_SHARE: f64 = 0.1;
/// Fewer blocks are not what makes an allocator slow.
const LEAST_BLOCKS: u64 = 10_000;

/// The time in allocators by who asked.
#[derive(Default)]
struct AllocatorTime {
    by_asker: FxHashMap<FrameId, u64>,
    nanos: u64,
    sampled_nanos: u64,
}

/// That much time goes into the allocator, if it does.
pub(super) fn advice(profile: &Profile) -> Option<Advice> {
    if profile.recording().heap.is_empty() || !has_time(profile) {
        return None;
    }
    let time = AllocatorTime::of(profile);
    let gain = Gain { share: share(time.nanos, time.sampled_nanos), of: GainOf::Time };
    let totals = profile.heap_timeline().whole().totals;
    let by_time = |(frame, nanos): &(FrameId, u64)| (*nanos, Reverse(*frame));
    let (asker, most_nanos) =
        time.by_asker.iter().map(|(frame, nanos)| (*frame, *nanos)).max_by_key(by_time)?;
    if gain.share < LEAST_SHARE || totals.allocations < LEAST_BLOCKS {
        return None;
    }
    let name = &profile.frames().get(asker).short;
    let part = share(most_nanos, time.nanos);
    let of_it = if part > 0.5 { "most".to_owned() } else { percent(part) };
    let short_lived = short_lived_blocks(profile);
    let mean = bytes(totals.allocated_bytes / totals.allocations.max(1));
    Some(Advice {
        kind: AdviceKind::Allocator,
        what: format!("{} of the time goes into the allocator, {of_it} of it for {name}", percent(gain.share)),
        why: format!(
            "{} blocks of {mean} on average took {}, of that {} for {name}; {} of the blocks were freed within {}.",
            exact(totals.allocations),
            nanos(time.nanos),
            nanos(most_nanos),
            percent(share(short_lived, totals.allocations)),
            nanos(SHORT_NANOS),
        ),
        figures: vec![
            Figure::new("allocator_nanos", Unit::Nanos, time.nanos),
            Figure::new("blocks", Unit::Blocks, totals.allocations),
            Figure::new("allocated_bytes", Unit::Bytes, totals.allocated_bytes),
            Figure::new("short_lived_blocks", Unit::Blocks, short_lived),
        ],
        remedy: "Ask less often: keep buffers from one turn to the next, reserve room before filling, or hand out \
                 what goes together from one arena."
            .to_owned(),
        gain,
        place: Place {
            function: Some(asker),
            metric: Some(Metric::Allocations),
            ..Place::view(AdviceView::Flame)
        },
    })
}

impl AllocatorTime {
    fn of(profile: &Profile) -> AllocatorTime {
        let allocators = profile.recording().meta.allocators.iter().map(|allocator| allocator.func);
        let allocators: FxHashSet<FuncIndex> = allocators.collect();
        let mut time = AllocatorTime::default();
        let weights = self_weights(profile, &CallTreeQuery::default());
        for (path, nanos) in (0..).map(PathId).zip(weights).filter(|(_, nanos)| *nanos > 0) {
            time.sampled_nanos = time.sampled_nanos.saturating_add(nanos);
            let Some(asker) = asker_of(profile, path, &allocators) else { continue };
            time.nanos = time.nanos.saturating_add(nanos);
            let sum = time.by_asker.entry(asker).or_default();
            *sum = sum.saturating_add(nanos);
        }
        time
    }
}

/// Who asked the outermost allocator that runs in `path`, if one does.
fn asker_of(profile: &Profile, path: PathId, allocators: &FxHashSet<FuncIndex>) -> Option<FrameId> {
    let is_allocator = |path: &PathId| match profile.frames().get(profile.paths().frame(*path)).kind {
        FrameKind::Wasm(function) => allocators.contains(&function),
        _ => false,
    };
    // What the engine does for it, as growing the memory, does not come of asking often.
    if profile.frames().get(profile.paths().frame(path)).kind == FrameKind::Engine {
        return None;
    }
    let outermost = profile.paths().up(path).filter(is_allocator).last()?;
    Some(profile.paths().frame(asker_path(profile, outermost)))
}

fn short_lived_blocks(profile: &Profile) -> u64 {
    let query = HeapUseQuery { time: None, memory: None, short_nanos: SHORT_NANOS };
    let blocks = heap_uses(profile, &query).paths.into_iter().map(|uses| uses.short_lived.blocks);
    blocks.fold(0, u64::saturating_add)
}
