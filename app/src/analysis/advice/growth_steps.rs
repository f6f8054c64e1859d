//! Memory that grows in many small steps.

use super::engine_time::{EngineTime, function_of};
use super::heap::HeapFaults;
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{GrowthView, MemoryGrowth, Metric, Unit, growth};
use crate::profile::{FrameId, Profile};
use crate::units::{bytes, exact, nanos, percent, things};
use rustc_hash::FxHashSet;
use wasmscope_symbolize::MemoryIndex;

/// Allocators that double what they ask for come from one page to 4 GiB in 16 steps; four times that is many.
const LEAST_STEPS: u64 = 64;
/// Less of the time is lost in the noise between two runs.
const LEAST_SHARE: f64 = 0.02;

/// Each memory that takes time to grow, unless that comes of fragmentation and goes with it.
pub(super) fn advice(profile: &Profile, engine: &EngineTime, faults: &HeapFaults) -> Vec<Advice> {
    let view = growth(profile);
    let stepped = view.memories.iter().filter(|memory| memory.granted >= LEAST_STEPS);
    let wanted = stepped.filter(|memory| !faults.is_fragmented(memory.memory));
    wanted.filter_map(|memory| of_memory(profile, engine, &view, memory)).collect()
}

fn of_memory(
    profile: &Profile,
    engine: &EngineTime,
    view: &GrowthView,
    memory: &MemoryGrowth,
) -> Option<Advice> {
    let functions = growers(profile, view, memory.memory);
    let taken = engine.nanos_of(functions.iter().copied());
    let gain = Gain { share: engine.share(taken), of: GainOf::Time };
    if gain.share < LEAST_SHARE {
        return None;
    }
    let MemoryGrowth { granted, initial_pages, final_pages, page_bytes, .. } = *memory;
    let each_pages = (final_pages - initial_pages.min(final_pages)).div_ceil(granted.max(1));
    let enough = bytes(final_pages.saturating_mul(page_bytes));
    let grower = view.events.iter().rev().find(|row| row.event.memory == memory.memory);
    Some(Advice {
        kind: AdviceKind::GrowthSteps,
        what: format!("The memory grew {} times, {} at a time", exact(granted), things(each_pages, "page")),
        why: format!(
            "From {} to {} in {} steps; the engine took {}, {} of the time, in the functions that grow it.",
            things(initial_pages, "page"),
            things(final_pages, "page"),
            exact(granted),
            nanos(taken),
            percent(gain.share),
        ),
        figures: vec![
            Figure::new("steps", Unit::Calls, granted),
            Figure::new("initial_pages", Unit::Pages, initial_pages),
            Figure::new("sufficient_pages", Unit::Pages, final_pages),
            Figure::new("engine_nanos", Unit::Nanos, taken),
        ],
        remedy: format!(
            "Begin with {} ({enough}), which would have sufficed (wasm-ld --initial-memory={}), or grow by a part of \
             what there is.",
            things(final_pages, "page"),
            final_pages.saturating_mul(page_bytes),
        ),
        gain,
        place: Place {
            function: functions.iter().copied().max_by_key(|function| engine.nanos_of([*function])),
            metric: Some(Metric::PagesGrown),
            memory: Some(memory.memory),
            moment_nanos: grower.map(|row| row.event.time_nanos),
            ..Place::view(AdviceView::Growth)
        },
    })
}

/// The functions with the `memory.grow`.
pub(super) fn growers(profile: &Profile, view: &GrowthView, memory: MemoryIndex) -> FxHashSet<FrameId> {
    let events = view.events.iter().filter(|row| row.event.memory == memory);
    let functions = events.map(|row| function_of(profile, row.path));
    functions.filter(|function| *function != FrameId::ROOT).collect()
}
