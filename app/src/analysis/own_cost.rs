//! What measuring took itself, by what each thing that is measured costs on the machine of the run.

use super::time_split::times;
use crate::profile::{FrameId, PathId, Profile};
use crate::units;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::fmt;
use wasmscope_instrument::recording::Calibration;

/// What measuring took, in nanoseconds. What keeping track of call paths takes, and room in caches, is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnCost {
    /// Watching calls that cross.
    pub crossings_nanos: u64,
    /// Recording heap operations.
    pub heap_nanos: u64,
    /// Recording growths of memories.
    pub growth_nanos: u64,
    /// Counting calls.
    pub calls_nanos: u64,
    /// Counting instructions.
    pub instructions_nanos: u64,
    /// Counting accesses.
    pub accesses_nanos: u64,
    /// Taking samples by signals.
    pub samples_nanos: u64,
    /// Handing on what was recorded, and walking stacks at crossings.
    pub recorder_nanos: u64,
}

impl OwnCost {
    /// Each part with its name.
    pub fn parts(&self) -> [(&'static str, u64); 8] {
        let OwnCost { crossings_nanos, heap_nanos, growth_nanos, calls_nanos, .. } = *self;
        let OwnCost { instructions_nanos, accesses_nanos, samples_nanos, recorder_nanos, .. } = *self;
        [
            ("crossings", crossings_nanos),
            ("heap records", heap_nanos),
            ("growth records", growth_nanos),
            ("counts of calls", calls_nanos),
            ("counts of instructions", instructions_nanos),
            ("counts of accesses", accesses_nanos),
            ("samples", samples_nanos),
            ("the recorder", recorder_nanos),
        ]
    }

    /// All of it.
    pub fn total_nanos(&self) -> u64 {
        self.parts().iter().fold(0, |sum, (_, nanos)| sum.saturating_add(*nanos))
    }
}

/// `, of which crossings 1.20 ms, samples 300 µs`, the largest first; nothing where all is 0.
impl fmt::Display for OwnCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.parts().to_vec();
        parts.retain(|(_, nanos)| *nanos > 0);
        parts.sort_by_key(|(_, nanos)| Reverse(*nanos));
        for (at, (name, nanos)) in parts.iter().enumerate() {
            let before = if at == 0 { ", of which" } else { "," };
            write!(f, "{before} {name} {}", units::nanos(*nanos))?;
        }
        Ok(())
    }
}

/// What measuring took in the run; `None` where the recording does not tell.
pub fn own_cost(profile: &Profile) -> Option<OwnCost> {
    let recording = profile.recording();
    let (time, costs) = (recording.time?, recording.calibration?);
    let sum = |counts: &[u64]| counts.iter().copied().fold(0, u64::saturating_add);
    let accesses = sum(&recording.accesses.reads).saturating_add(sum(&recording.accesses.writes));
    let measured = |nanos: &&u64| **nanos >= recording.measured_from_nanos();
    let heap = (recording.heap.len() - recording.heap.rows_before(|nanos| !measured(&&nanos))) as u64;
    let growths = recording.growth.iter().filter(|event| measured(&&event.time_nanos)).count() as u64;
    Some(OwnCost {
        crossings_nanos: times(time.crossings, costs.added_crossing_nanos()),
        heap_nanos: times(heap, costs.heap_nanos),
        growth_nanos: times(growths, costs.growth_nanos),
        calls_nanos: times(sum(&recording.counts.calls), costs.call_nanos),
        instructions_nanos: times(sum(&recording.instructions.count), costs.instruction_nanos),
        accesses_nanos: times(accesses, costs.access_nanos),
        samples_nanos: time.handler_nanos.saturating_add(times(time.ticks, costs.tick_nanos)),
        recorder_nanos: time.recorder_nanos,
    })
}

/// What the probes took in each function, by its frame, in nanoseconds; `None` where the recording does not tell. What
/// watching a call of an import took is the import's. Each heap operation is looked at.
pub fn probe_nanos(profile: &Profile) -> Option<Vec<u64>> {
    let costs = profile.recording().calibration?;
    let mut nanos = vec![0.0; profile.frames().len()];
    hits(profile, &costs, |path, count, each| {
        let frame: FrameId = profile.paths().frame(path);
        if let Some(sum) = nanos.get_mut(frame.index()) {
            *sum += count as f64 * each;
        }
    });
    Some(nanos.into_iter().map(|nanos| nanos as u64).collect())
}

/// Calls `visit` with each path in which probes were hit, how often, and what each hit costs in nanoseconds.
fn hits(profile: &Profile, costs: &Calibration, mut visit: impl FnMut(PathId, u64, f64)) {
    let recording = profile.recording();
    let measured_from = recording.measured_from_nanos();
    for (row, site) in recording.crossings.sites.iter().enumerate() {
        visit(profile.crossing_path(row), site.calls, costs.added_crossing_nanos());
    }
    for event in recording.heap.iter().filter(|event| event.time_nanos >= measured_from) {
        visit(profile.heap_path(event.context), 1, costs.heap_nanos);
    }
    for (row, _) in recording.growth.iter().enumerate().filter(|(_, e)| e.time_nanos >= measured_from) {
        visit(profile.growth_path(row), 1, costs.growth_nanos);
    }
    // A context that was entered has a row of counts, which tells its path.
    let mut paths = FxHashMap::default();
    for (row, (context, calls, _)) in recording.counts.iter().enumerate() {
        let path = profile.count_path(row);
        paths.insert(context, path);
        visit(path, calls, costs.call_nanos);
    }
    for (context, .., count) in recording.instructions.iter() {
        let path = paths.get(&context).copied().unwrap_or(PathId::ROOT);
        visit(path, count, costs.instruction_nanos);
    }
}
