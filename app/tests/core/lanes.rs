//! What happened when: lanes at any width against the samples and calls themselves, and views of a part of the run.

use std::collections::BTreeMap;
use std::ops::Range;
use wasmscope::analysis::{
    BoundaryTable, CallTreeQuery, CallsQuery, Lanes, LanesQuery, boundary, boundary_in, call_durations,
    functions, growth, lanes, range_summary, timeline,
};
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{
    Calibration, CallSlice, CallSpan, Direction, Phase, PhaseSpan, Recording, SampleTable,
};
use wasmscope_symbolize::FuncIndex;

/// All of the calls that are made up here.
const ALL: Range<u64> = 0..250_000_000;
/// All of the samples. It is so short that columns are as narrow as they are asked for.
const SHORT: Range<u64> = 0..40_000;

fn query(time: Range<u64>, column_nanos: u64) -> LanesQuery {
    LanesQuery { time, column_nanos, inline_frames: true }
}

/// A millisecond each: ten of `a` below `main`, then `a` and `b` by turns for twenty, `c` below `b` in every fourth.
fn by_turns() -> ProfileBuilder {
    let path = |n: u64| match n {
        0..10 => "main;a",
        n if n % 4 == 3 => "main;b;c",
        n if n % 2 == 1 => "main;b",
        _ => "main;a",
    };
    (0..30).fold(ProfileBuilder::new(), |profile, n| profile.sample((n + 1) * 1_000, path(n), 1_000))
}

fn names(profile: &Profile, lanes: &Lanes, depth: usize) -> Vec<(String, u64, u64)> {
    let row = lanes.stacks.rows[depth].iter();
    let name = |frame| profile.frames().get(frame).short.to_string();
    row.map(|found| (name(found.frame), found.start_nanos, found.end_nanos)).collect()
}

#[test]
fn a_run_of_the_same_function_is_one_box() {
    let profile = by_turns().build();
    let found = lanes(&profile, &query(SHORT, 1));
    assert_eq!(names(&profile, &found, 0), [("main".to_owned(), 0, 30_000)]);
    let second = names(&profile, &found, 1);
    assert_eq!(second[0], ("a".to_owned(), 0, 11_000));
    assert_eq!(second.len(), 20);
    assert!(second.windows(2).all(|pair| pair[0].2 == pair[1].1), "boxes lie side by side");
    let third = names(&profile, &found, 2);
    assert_eq!(
        third.iter().map(|found| found.1).collect::<Vec<_>>(),
        [11_000, 15_000, 19_000, 23_000, 27_000]
    );
    let at = found.stacks.box_at(1, 11_500).unwrap();
    assert_eq!(&*profile.frames().get(at.frame).short, "b");
    assert!(found.stacks.box_at(2, 12_500).is_none() && found.stacks.box_at(9, 0).is_none());
}

#[test]
fn no_column_width_loses_a_nanosecond() {
    let profile = by_turns().build();
    let sums = |lanes: &Lanes| -> Vec<u64> {
        lanes.stacks.rows.iter().map(|row| row.iter().map(|found| found.nanos).sum()).collect()
    };
    for column_nanos in [1, 1_000, 1_024, 3_000, 7_777, 30_000, u64::MAX] {
        let found = lanes(&profile, &query(SHORT, column_nanos));
        assert_eq!(sums(&found), [30_000, 30_000, 5_000], "{column_nanos}");
        for row in &found.stacks.rows {
            assert!(row.iter().all(|b| b.start_nanos <= b.end_nanos && b.frame_nanos <= b.nanos));
            assert!(row.windows(2).all(|pair| pair[0].end_nanos <= pair[1].start_nanos), "{column_nanos}");
        }
    }
    let coarse = lanes(&profile, &query(SHORT, 30_000));
    assert_eq!(names(&profile, &coarse, 1), [("a".to_owned(), 0, 30_000)], "most of it is that of `a`");
    assert_eq!(coarse.stacks.rows[1][0].frame_nanos, 20_000);
}

#[test]
fn a_part_of_the_run_has_its_samples_alone() {
    let profile = by_turns().build();
    let found = lanes(&profile, &query(10_500..12_500, 1));
    assert_eq!(names(&profile, &found, 0), [("main".to_owned(), 10_500, 13_000)]);
    assert_eq!(names(&profile, &found, 1).len(), 3);
    for time in [30_000..40_000, 5..5, 9..3] {
        assert!(lanes(&profile, &query(time, 1)).stacks.rows.is_empty());
    }
}

#[test]
fn where_nothing_ran_there_is_a_gap() {
    let profile = ProfileBuilder::new()
        .sample(1_000, "main", 1_000)
        .sample(2_100, "main", 1_000)
        .sample(9_000, "main", 1_000)
        .build();
    let found = lanes(&profile, &query(SHORT, 1));
    let row: Vec<_> = names(&profile, &found, 0).into_iter().map(|(_, from, to)| (from, to)).collect();
    assert_eq!(row, [(0, 2_100), (8_000, 9_000)], "what is shorter than a tick is no gap");
}

#[test]
fn inlined_functions_are_folded() {
    let profile = ProfileBuilder::new().sample(1_000, "main@a.c:1;+inner@a.c:2;leaf", 1_000).build();
    let rows =
        |inline_frames| lanes(&profile, &LanesQuery { inline_frames, ..query(SHORT, 1) }).stacks.rows.len();
    assert_eq!((rows(true), rows(false)), (3, 2));
}

#[test]
fn samples_that_run_backwards_make_boxes_that_do_not() {
    let profile = by_turns()
        .edit(|recording| {
            let SampleTable { time_nanos, weight_nanos, .. } = &mut recording.samples;
            time_nanos.reverse();
            weight_nanos[3] = u64::MAX;
        })
        .build();
    for time in [SHORT, 3_000..20_000] {
        for column_nanos in [0, 1, 5_000] {
            for row in lanes(&profile, &query(time.clone(), column_nanos)).stacks.rows {
                assert!(row.windows(2).all(|pair| pair[0].end_nanos <= pair[1].start_nanos));
            }
        }
    }
}

fn span(direction: Direction, func: u32, start_nanos: u64, duration_nanos: u64, depth: u32) -> CallSpan {
    CallSpan { start_nanos, duration_nanos, direction, func: FuncIndex(func), depth }
}

/// `frame` is called a hundred times, a millisecond each but for the last, which takes 40; in each it calls `log`
/// for 200 µs. Past that calls of `log` are known by slices.
fn frames() -> Profile {
    let spans = (0..100u64).flat_map(|n| {
        let (start, long) = (n * 2_000_000, if n == 99 { 40_000_000 } else { 1_000_000 });
        // The builder's own numbers: the import comes first.
        [
            span(Direction::GuestToHost, 0, start + 100_000, 200_000, 1),
            span(Direction::HostToGuest, 1, start, long, 0),
        ]
    });
    let spans: Vec<_> = spans.collect();
    ProfileBuilder::new()
        .crossings("frame;[env.log]", 150, 30_000_000, Some(1_500))
        .export_calls("frame", 100, 139_000_000)
        .grow(50_000_000, "frame;init", 1, 2, true)
        .grow(150_000_000, "frame;init", 3, 4, true)
        .grow(160_000_000, "frame;init", 7, 9, false)
        .alloc(10_000_000, "frame;malloc", 1_024, 100)
        .alloc(120_000_000, "frame;malloc", 2_048, 200)
        .free(130_000_000, "frame;free", 1_024)
        .sample(10_000_000, "frame;a", 1_000_000)
        .sample(120_000_000, "frame;b", 1_000_000)
        .edit(|recording| {
            let slice = |start_nanos| CallSlice {
                start_nanos,
                width_nanos: 10_000_000,
                direction: Direction::GuestToHost,
                func: FuncIndex(0),
                calls: 25,
                total_nanos: 5_000_000,
            };
            recording.spans = spans;
            recording.slices = vec![slice(200_000_000), slice(210_000_000)];
            recording.phases = vec![PhaseSpan { phase: Phase::Run, start_nanos: 0, end_nanos: 240_000_000 }];
        })
        .build()
}

fn row<'a>(table: &'a BoundaryTable, name: &str) -> &'a wasmscope::analysis::BoundaryRow {
    table.rows.iter().find(|row| &*row.name == name).unwrap()
}

#[test]
fn calls_that_are_too_short_are_merged_and_none_is_lost() {
    let profile = frames();
    for column_nanos in [1, 500_000, 3_000_000, 1_000_000_000] {
        let found = lanes(&profile, &query(ALL, column_nanos));
        let sums: BTreeMap<_, (u64, u64)> = found
            .calls
            .iter()
            .map(|lane| {
                let sum = |part: fn(&wasmscope::analysis::CallBox) -> u64| lane.boxes.iter().map(part).sum();
                (lane.direction, (sum(|b| b.calls), sum(|b| b.total_nanos)))
            })
            .collect();
        assert_eq!(sums[&Direction::GuestToHost], (150, 30_000_000), "{column_nanos}");
        assert_eq!(sums[&Direction::HostToGuest], (100, 139_000_000), "{column_nanos}");
    }
    let fine = lanes(&profile, &query(ALL, 1));
    let coarse = lanes(&profile, &query(ALL, 10_000_000));
    let boxes = |lanes: &Lanes| lanes.calls.iter().map(|lane| lane.boxes.len()).collect::<Vec<_>>();
    assert_eq!(boxes(&fine), [102, 100]);
    assert_eq!(boxes(&coarse), [22, 21], "the long call has a box of its own");
    let of_frame = &coarse.calls[1];
    assert_eq!(of_frame.box_at(200_000_000).map(|found| found.calls), Some(1));
    assert_eq!(of_frame.box_at(60_200_000).map(|found| found.calls), Some(5));
    assert!(of_frame.box_at(239_000_000).is_none());
    let sums = coarse.calls[0].boxes.iter().filter(|found| found.is_summed);
    assert_eq!(sums.map(|found| (found.calls, found.share())).collect::<Vec<_>>(), [(25, 0.5), (25, 0.5)]);
}

#[test]
fn durations_have_percentiles_and_a_budget() {
    let profile = frames();
    let query = |time| CallsQuery { direction: Direction::HostToGuest, func: FuncIndex(1), time };
    let all = call_durations(&profile, &query(None));
    assert_eq!(
        (all.quantile(0.5), all.quantile(0.99), all.quantile(0.999)),
        (Some(1_000_000), Some(1_000_000), Some(40_000_000))
    );
    assert_eq!((all.calls.len(), all.over(16_600_000), all.summed_calls), (100, 1, 0));
    assert_eq!(all.longest().map(|call| call.start_nanos), Some(198_000_000));
    let half = call_durations(&profile, &query(Some(0..100_000_000)));
    assert_eq!((half.calls.len(), half.over(16_600_000)), (50, 0));
    let log = CallsQuery { direction: Direction::GuestToHost, func: FuncIndex(0), time: None };
    assert_eq!(call_durations(&profile, &log).summed_calls, 50);
    let rows = timeline(&profile, 16_600_000).rows;
    let frame = rows.iter().find(|row| &*row.name == "frame").unwrap();
    let p999 = frame.p999_nanos.unwrap();
    assert!(frame.over_budget == 1 && p999.abs_diff(40_000_000) < 3_600_000, "{p999}");
}

#[test]
fn the_boundary_of_the_whole_run_is_that_of_its_parts() {
    let calibration = Calibration { crossing_in_import_nanos: 40.0, ..Calibration::default() };
    let recording = Recording { calibration: Some(calibration), ..frames().recording().clone() };
    let profile = Profile::new(recording);
    let (first, second) =
        (boundary_in(&profile, &(0..100_000_000)), boundary_in(&profile, &(100_000_000..u64::MAX)));
    let whole = boundary(&profile);
    for name in ["frame", "log"] {
        let (a, b, all) = (row(&first, name), row(&second, name), row(&whole, name));
        assert_eq!(a.calls + b.calls, all.calls, "{name}");
        assert_eq!(a.total_nanos + b.total_nanos, all.total_nanos, "{name}");
        let crossing = if name == "log" { 40 * all.calls } else { 0 };
        assert_eq!(a.crossing_nanos + b.crossing_nanos, crossing, "{name}");
        assert_eq!((a.callers.as_slice(), a.bytes_out), (all.callers.as_slice(), None));
    }
    let frame = row(&first, "frame");
    assert_eq!((frame.calls, frame.total_nanos, frame.self_nanos), (50, 50_000_000, 40_000_000));
    assert_eq!((frame.first_nanos, frame.last_nanos), (0, 99_000_000));
    assert_eq!((first.host_nanos, first.guest_to_host_calls), (10_000_000, 50));
    assert!(boundary_in(&profile, &(230_000_000..240_000_000)).rows.is_empty());
}

#[test]
fn growth_in_a_part_begins_with_what_was_there() {
    let whole = growth(&frames());
    let part = whole.within(&(100_000_000..155_000_000));
    let memory = &part.memories[0];
    assert_eq!((memory.initial_pages, memory.final_pages, memory.granted, memory.refused), (3, 7, 1, 0));
    assert_eq!(part.events.len(), 1);
    assert_eq!((part.start_nanos, part.duration_nanos), (100_000_000, 155_000_000));
    assert_eq!(part.heap.first().map(|point| (point.time_nanos, point.live_bytes)), Some((100_000_000, 100)));
    assert_eq!(part.heap.len(), 3);
    assert_eq!(whole.within(&ALL), whole, "all of it is the whole");
    assert_eq!(whole.within(&(155_000_000..170_000_000)).memories[0].refused, 1);
}

#[test]
fn a_part_on_one_page_agrees_with_the_views() {
    let profile = frames();
    let time = 100_000_000..240_000_000;
    let part = range_summary(&profile, &time);
    let query = CallTreeQuery { time: Some(time), ..CallTreeQuery::default() };
    assert_eq!(part.sampled_nanos, functions(&profile, &query).total);
    assert_eq!(&*part.top_functions[0].short, "b");
    assert_eq!((part.guest_to_host_calls, part.host_to_guest_calls), (100, 50));
    assert_eq!(part.grown_bytes, 4 * 65_536);
    let (allocated, freed) = part.heap.unwrap();
    assert_eq!((allocated.blocks, allocated.bytes, freed.blocks, freed.bytes), (1, 200, 1, 100));
}
