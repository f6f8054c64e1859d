//! The engine's time by the function that called for it.

use super::kind::has_time;
use crate::analysis::CallTreeQuery;
use crate::analysis::weights::self_weights;
use crate::profile::{FrameId, FrameKind, PathId, Profile};
use crate::units::share;
use rustc_hash::FxHashMap;

/// The engine's time. What nothing is known of but that it was the engine's belongs to no function.
pub(super) struct EngineTime {
    by_function: FxHashMap<FrameId, u64>,
    /// All of it, in nanoseconds.
    pub(super) nanos: u64,
    sampled_nanos: u64,
}

impl EngineTime {
    pub(super) fn of(profile: &Profile) -> EngineTime {
        let mut time = EngineTime { by_function: FxHashMap::default(), nanos: 0, sampled_nanos: 0 };
        if !has_time(profile) {
            return time;
        }
        let weights = self_weights(profile, &CallTreeQuery::default());
        for (path, nanos) in (0..).map(PathId).zip(weights).filter(|(_, nanos)| *nanos > 0) {
            time.sampled_nanos = time.sampled_nanos.saturating_add(nanos);
            let frame = profile.paths().frame(path);
            if profile.frames().get(frame).kind == FrameKind::Engine {
                time.nanos = time.nanos.saturating_add(nanos);
                let sum = time.by_function.entry(function_of(profile, path)).or_default();
                *sum = sum.saturating_add(nanos);
            }
        }
        time
    }

    /// The time of those functions, in nanoseconds.
    pub(super) fn nanos_of(&self, functions: impl IntoIterator<Item = FrameId>) -> u64 {
        let times = functions.into_iter().filter_map(|function| self.by_function.get(&function));
        times.fold(0, |sum, nanos| sum.saturating_add(*nanos))
    }

    /// The part of all sampled time that `nanos` are.
    pub(super) fn share(&self, nanos: u64) -> f64 {
        share(nanos, self.sampled_nanos)
    }
}

/// The function with code of its own that is innermost; the root where there is none.
pub(super) fn function_of(profile: &Profile, path: PathId) -> FrameId {
    let mut frames = profile.paths().frames(path).map(|(frame, _)| frame);
    let has_code = |frame: &FrameId| matches!(profile.frames().get(*frame).kind, FrameKind::Wasm(_));
    frames.find(has_code).unwrap_or(FrameId::ROOT)
}
