//! Where the time of a run went, what measuring took of it, and what happened when.

use wasmscope::analysis::{
    CallTreeQuery, CrossingTime, FRAME_BUDGET_NANOS, OwnCost, TimeSplit, boundary, functions, own_cost,
    probe_nanos, time_split, timeline,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{
    Calibration, CallSlice, CallSpan, Direction, Phase, PhaseSpan, Recording, RunTime,
};
use wasmscope_symbolize::FuncIndex;

const COSTS: Calibration = Calibration {
    crossing_nanos: 100.0,
    crossing_in_import_nanos: 30.0,
    bare_crossing_nanos: 10.0,
    heap_nanos: 4.0,
    call_nanos: 2.0,
    instruction_nanos: 1.0,
    access_nanos: 0.5,
    growth_nanos: 6.0,
    tick_nanos: 1_000.0,
};

const TIME: RunTime = RunTime {
    guest_nanos: 60_000,
    import_nanos: 30_000,
    engine_nanos: 1_000,
    recorder_nanos: 2_000,
    handler_nanos: 500,
    ticks: 3,
    crossings: 120,
};

fn profile(change: impl FnOnce(&mut Recording)) -> Profile {
    ProfileBuilder::new()
        .folded("main;[env.log] 1")
        .crossings("main;[env.log]", 100, 29_990, None)
        .crossings("main;[env.now]", 10, 10, None)
        .alloc(1, "main;malloc", 70_000, 100)
        .free(8, "main;free", 70_000)
        .executed("main", 7, 0, 40)
        .edit(|recording| {
            let run = PhaseSpan { phase: Phase::Run, start_nanos: 1_000, end_nanos: 101_000 };
            recording.phases = vec![run];
            recording.time = Some(TIME);
            recording.calibration = Some(COSTS);
            change(recording);
        })
        .build()
}

fn sum(split: &TimeSplit) -> u64 {
    let TimeSplit { guest_nanos, host_nanos, crossing, engine_nanos, recorder_nanos, between_nanos, .. } =
        *split;
    guest_nanos + host_nanos + crossing.nanos + engine_nanos + recorder_nanos + between_nanos
}

#[test]
fn the_parts_sum_to_the_run() {
    let split = time_split(&profile(|_| {})).unwrap();
    // 100 calls have 30 ns each of crossing in the import, 10 short ones no more than they took.
    let crossing = CrossingTime { calls: 110, nanos: 100 * 30 + 10 + 110 * 70 };
    assert_eq!(
        split,
        TimeSplit {
            run_nanos: 100_000,
            guest_nanos: 60_000 - 110 * 70,
            host_nanos: 30_000 - 3_010,
            crossing,
            engine_nanos: 1_000,
            recorder_nanos: 2_000,
            between_nanos: 7_000,
        }
    );
    assert_eq!((sum(&split), crossing.each_nanos()), (100_000, 97));
    assert_eq!(crossing.to_string(), "110 calls × 97 ns = 10.7 µs");
}

#[test]
fn crossing_takes_no_more_than_there_was() {
    let slow = |recording: &mut Recording| {
        recording.calibration =
            Some(Calibration { crossing_nanos: 1e9, crossing_in_import_nanos: 1e8, ..COSTS });
    };
    let split = time_split(&profile(slow)).unwrap();
    assert_eq!((split.guest_nanos, split.host_nanos, sum(&split)), (0, 0, 100_000));
    for nanos in [f64::NAN, f64::INFINITY, -1.0] {
        let strange = |recording: &mut Recording| {
            recording.calibration = Some(Calibration { crossing_nanos: nanos, ..COSTS });
        };
        assert_eq!(sum(&time_split(&profile(strange)).unwrap()), 100_000, "{nanos}");
    }
}

#[test]
fn a_recording_that_does_not_tell_has_no_split() {
    let old = profile(|recording| (recording.time, recording.calibration) = (None, None));
    assert_eq!((time_split(&old), own_cost(&old)), (None, None));
    assert_eq!(probe_nanos(&old), None);
    let uncalibrated = time_split(&profile(|recording| recording.calibration = None)).unwrap();
    assert_eq!((uncalibrated.crossing.nanos, sum(&uncalibrated)), (0, 100_000));
}

#[test]
fn what_measuring_took_is_hits_times_cost() {
    let profile = profile(|_| {});
    let cost = own_cost(&profile).unwrap();
    let expected = OwnCost {
        crossings_nanos: 120 * 90,
        heap_nanos: 2 * 4,
        growth_nanos: 0,
        calls_nanos: 7 * 2,
        instructions_nanos: 40,
        accesses_nanos: 0,
        samples_nanos: 500 + 3 * 1_000,
        recorder_nanos: 2_000,
    };
    assert_eq!(cost, expected);
    assert_eq!(cost.total_nanos(), 10_800 + 8 + 14 + 40 + 3_500 + 2_000);
    let text = ", of which crossings 10.8 µs, samples 3.50 µs, the recorder 2.00 µs, counts of instructions 40 ns, \
                counts of calls 14 ns, heap records 8 ns";
    assert_eq!(cost.to_string(), text);
    let (rows, nanos) = (functions(&profile, &CallTreeQuery::default()).rows, probe_nanos(&profile).unwrap());
    let of = |name: &str| nanos[rows.iter().find(|row| row.name.ends_with(name)).unwrap().frame.index()];
    assert_eq!((of("log"), of("main")), (100 * 90, 14 + 40));
}

#[test]
fn a_row_of_the_boundary_says_what_of_it_is_crossing() {
    let table = boundary(&profile(|_| {}));
    let rows: Vec<_> =
        table.rows.iter().map(|row| (&*row.name, row.self_nanos, row.crossing_nanos)).collect();
    assert_eq!(rows, [("log", 29_990, 3_000), ("now", 10, 10)]);
    assert_eq!(table.time.map(|time| time.run_nanos), Some(100_000));
}

#[test]
fn calls_in_time_are_summed_by_function() {
    let profile = profile(|recording| {
        let span = |func, start_nanos, duration_nanos, depth| CallSpan {
            start_nanos,
            duration_nanos,
            direction: Direction::GuestToHost,
            func: FuncIndex(func),
            depth,
        };
        // As they came back: the inner one first.
        recording.spans = vec![span(0, 2_000, 500, 2), span(1, 2_000, 900, 1), span(0, 3_000, 700, 1)];
        recording.slices = vec![CallSlice {
            start_nanos: 4_000,
            width_nanos: 10_000,
            direction: Direction::GuestToHost,
            func: FuncIndex(0),
            calls: 20,
            total_nanos: 8_000,
        }];
    });
    let timeline = timeline(&profile, FRAME_BUDGET_NANOS);
    let rows: Vec<_> = timeline
        .rows
        .iter()
        .map(|row| (&*row.name, row.spans, row.summed_calls, row.total_nanos, row.longest_nanos))
        .collect();
    assert_eq!(rows, [("log", 2, 20, 9_200, 700), ("now", 1, 0, 900, 900)]);
    assert_eq!(timeline.rows[0].longest_start_nanos, 3_000);
    let order: Vec<_> = timeline.spans.iter().map(|span| (span.start_nanos, span.depth)).collect();
    assert_eq!(order, [(2_000, 1), (2_000, 2), (3_000, 1)]);
}
