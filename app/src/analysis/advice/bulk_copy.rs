//! Much time in `memory.copy`, `memory.fill` and `memory.init`: the engine's, which does them for the program.

use super::engine_time::{EngineTime, function_of};
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{Metric, Unit};
use crate::profile::{FrameId, Profile};
use crate::units::{bytes, nanos, percent, share};
use rustc_hash::FxHashMap;

/// Less of the time is not worth a change of what the program keeps where.
const LEAST_SHARE: f64 = 0.1;
/// Engines move so many bytes a nanosecond or more, even where they come from main memory. Time beyond that went into
/// something else.
const BYTES_A_NANO: u64 = 4;

/// That much time goes into moving bytes, if it does.
pub(super) fn advice(profile: &Profile, engine: &EngineTime) -> Option<Advice> {
    let moved = moved_by_function(profile);
    let moved_bytes = moved.values().copied().fold(0, u64::saturating_add);
    let (mover, most) =
        moved.iter().map(|(frame, moved)| (*frame, *moved)).max_by_key(|(_, moved)| *moved)?;
    // The engine's time comes to whatever function is sampled next, which need not be the one that moved.
    let taken = engine.nanos.min(moved_bytes / BYTES_A_NANO);
    let gain = Gain { share: engine.share(taken), of: GainOf::Time };
    if gain.share < LEAST_SHARE {
        return None;
    }
    let name = &profile.frames().get(mover).short;
    Some(Advice {
        kind: AdviceKind::BulkCopy,
        what: format!("{} moves {} in bulk", name, bytes(most)),
        why: format!(
            "memory.copy, memory.fill and memory.init moved {}, {} of it in {name}; the engine took {}, {} of the \
             time.",
            bytes(moved_bytes),
            percent(share(most, moved_bytes)),
            nanos(taken),
            percent(gain.share),
        ),
        figures: vec![
            Figure::new("moved_bytes", Unit::Bytes, moved_bytes),
            Figure::new("engine_nanos", Unit::Nanos, taken),
        ],
        remedy: "Move less: hand over what is there rather than a copy, reserve room before filling, and keep what \
                 changes apart from what stays."
            .to_owned(),
        gain,
        place: Place {
            function: Some(mover),
            metric: Some(Metric::MovedBytes),
            ..Place::view(AdviceView::Flame)
        },
    })
}

fn moved_by_function(profile: &Profile) -> FxHashMap<FrameId, u64> {
    let mut moved: FxHashMap<FrameId, u64> = FxHashMap::default();
    for (row, (_, _, bytes)) in profile.recording().counts.iter().enumerate().filter(|(_, row)| row.2 > 0) {
        let sum = moved.entry(function_of(profile, profile.count_path(row))).or_default();
        *sum = sum.saturating_add(bytes);
    }
    moved.remove(&FrameId::ROOT);
    moved
}
