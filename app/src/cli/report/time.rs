//! Where the time of the run went, and what measuring took of it.

use crate::analysis::{OwnCost, TimeSplit};
use crate::units;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct TimeJson {
    run_nanos: u64,
    guest_nanos: u64,
    host_nanos: u64,
    crossing_nanos: u64,
    crossing_calls: u64,
    nanos_per_crossing: u64,
    engine_nanos: u64,
    recorder_nanos: u64,
    between_nanos: u64,
}

#[derive(Serialize)]
pub(super) struct OwnCostJson {
    total_nanos: u64,
    crossings_nanos: u64,
    heap_nanos: u64,
    growth_nanos: u64,
    calls_nanos: u64,
    instructions_nanos: u64,
    accesses_nanos: u64,
    samples_nanos: u64,
    recorder_nanos: u64,
}

pub(super) fn time_json(time: TimeSplit) -> TimeJson {
    let TimeSplit { run_nanos, guest_nanos, host_nanos, crossing, engine_nanos, .. } = time;
    let TimeSplit { recorder_nanos, between_nanos, .. } = time;
    TimeJson {
        run_nanos,
        guest_nanos,
        host_nanos,
        crossing_nanos: crossing.nanos,
        crossing_calls: crossing.calls,
        nanos_per_crossing: crossing.each_nanos(),
        engine_nanos,
        recorder_nanos,
        between_nanos,
    }
}

pub(super) fn own_cost_json(cost: OwnCost) -> OwnCostJson {
    let OwnCost { crossings_nanos, heap_nanos, growth_nanos, calls_nanos, .. } = cost;
    let OwnCost { instructions_nanos, accesses_nanos, samples_nanos, recorder_nanos, .. } = cost;
    OwnCostJson {
        total_nanos: cost.total_nanos(),
        crossings_nanos,
        heap_nanos,
        growth_nanos,
        calls_nanos,
        instructions_nanos,
        accesses_nanos,
        samples_nanos,
        recorder_nanos,
    }
}

/// Lines of the summary.
pub(super) fn text(time: &TimeSplit) -> String {
    format!("time: {time}\n{}", crossing_text(time))
}

/// A line about what crossing took, if it is known and there was any.
pub(super) fn crossing_text(time: &TimeSplit) -> String {
    match time.crossing.nanos {
        0 => String::new(),
        _ => format!("crossing time: {}\n", time.crossing),
    }
}

/// A line about what measuring took of a run.
pub(super) fn own_cost_text(cost: &OwnCost, run_nanos: u64) -> String {
    let share = units::share(cost.total_nanos(), run_nanos);
    format!(
        "the profiler's own cost: about {} ({}){cost}\n",
        units::nanos(cost.total_nanos()),
        units::percent(share)
    )
}
