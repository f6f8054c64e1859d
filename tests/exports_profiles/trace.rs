//! Trace events, by the rules of their format and of those that read it: what begins on a track ends there.

use super::trace_readers::{Seen, nanos, perfetto, speedscope};
use super::{RECORDED, called_in, folded_total, hostile, written};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use wasmscope::analysis::{CallTreeQuery, Metric, boundary, growth};
use wasmscope::export::Format;
use wasmscope::profile::{Profile, ProfileBuilder};
use wasmscope_instrument::recording::{CallSpan, Direction};
use wasmscope_symbolize::FuncIndex;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "displayTimeUnit")]
    _display_time_unit: String,
    trace_events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) name: String,
    #[serde(rename = "cat")]
    _cat: Option<String>,
    pub(super) ph: char,
    /// How far a moment reaches.
    #[serde(rename = "s")]
    _s: Option<String>,
    pub(super) ts: f64,
    pid: u32,
    tid: u32,
    pub(super) args: Option<Value>,
}

/// The events of each track, by its name.
fn tracks(profile: &Profile, query: &CallTreeQuery) -> BTreeMap<String, Vec<Event>> {
    let file: File = serde_json::from_slice(&written(profile, query, Format::Chrome)).unwrap();
    let name = |event: &Event| event.args.as_ref().unwrap()["name"].as_str().unwrap().to_owned();
    let heads = file.trace_events.iter().filter(|event| event.name == "thread_name" && event.ph == 'M');
    let names: BTreeMap<_, _> = heads.map(|event| (event.tid, name(event))).collect();
    let mut tracks: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in file.trace_events.into_iter().filter(|event| event.ph != 'M') {
        assert_eq!(event.pid, 1);
        let track =
            if event.ph == 'C' { format!("counter {}", event.name) } else { names[&event.tid].clone() };
        tracks.entry(track).or_default().push(event);
    }
    tracks
}

/// What both readers see of the guest, which has to be the same.
fn guest(profile: &Profile, query: &CallTreeQuery) -> Seen {
    let tracks = tracks(profile, query);
    let (seen, other) = (speedscope(&tracks["Guest"]), perfetto(&tracks["Guest"]));
    assert_eq!((seen.refused, seen.left_open), (0, 0));
    assert!(seen == other, "the readers disagree");
    seen
}

#[test]
fn the_guests_track_adds_up_to_the_time() {
    let all = folded_total(&RECORDED, Metric::Time, &CallTreeQuery::default());
    assert_eq!(guest(&RECORDED, &CallTreeQuery::default()).all_nanos(), all);
}

/// A function ends where the same function begins elsewhere, with others around it; at moments of which many are no
/// number of microseconds that a float can hold.
#[test]
fn recursion_stays_what_it_was() {
    let paths = ["main;f", "main;f;f", "main;g;f", "main;g;h;f;f", "main;h;g;h", "f;f", "main"];
    let (mut profile, mut nanos, mut dice) = (ProfileBuilder::new(), 0x7_0000_0000, 1u64);
    for _ in 0..2_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let weight = 1 + (dice >> 33) % 1_000_003;
        // Now and then there is a gap.
        nanos += weight + if dice >> 60 == 0 { 7 } else { 0 };
        profile = profile.sample(nanos, paths[(dice >> 40) as usize % paths.len()], weight);
    }
    let profile = profile.build();
    let folded = written(&profile, &CallTreeQuery::default(), Format::Folded);
    let folded = String::from_utf8(folded).unwrap();
    let expected = folded.lines().map(|line| {
        let (path, nanos) = line.rsplit_once(' ').unwrap();
        (path.to_owned(), nanos.parse::<u64>().unwrap())
    });
    assert_eq!(guest(&profile, &CallTreeQuery::default()).own_nanos, expected.collect());
}

#[test]
fn frames_that_readers_refuse_are_left_out() {
    let deep = |depth: usize| "f;".repeat(depth - 1) + "g";
    let profile = ProfileBuilder::new()
        .sample(10, &deep(512), 10)
        .sample(20, &deep(600), 10)
        .sample(30, &deep(700), 10)
        .sample(40, &deep(2), 10)
        .build();
    let own_nanos = guest(&profile, &CallTreeQuery::default()).own_nanos;
    let expected = [(deep(512), 10), ("f;".repeat(511) + "f", 20), (deep(2), 10)];
    assert_eq!(own_nanos, expected.into());
}

#[test]
fn calls_phases_and_memory_have_their_tracks() {
    let tracks = tracks(&RECORDED, &CallTreeQuery::default());
    let begun = |track: &str| {
        tracks[track].iter().filter(|event| event.ph != 'E').map(|event| &*event.name).collect::<Vec<_>>()
    };
    assert_eq!(begun("Phases"), ["parse", "rewrite", "compile", "instantiate", "run"]);
    let calls = &tracks["Imports and exports"];
    for seen in [speedscope(calls), perfetto(calls)] {
        assert_eq!((seen.refused, seen.left_open), (0, 0));
    }
    let rows = boundary(&RECORDED).rows;
    assert_eq!(begun("Imports and exports").len() as u64, rows.iter().map(|row| row.calls).sum::<u64>());
    assert!(calls.iter().any(|call| call.name == "wasi_snapshot_preview1.fd_write"));
    let last = |track: &str| tracks[track].last().unwrap().args.as_ref().unwrap()["bytes"].as_u64().unwrap();
    let growth = growth(&RECORDED);
    assert_eq!(last("counter Memory 0"), growth.memories[0].final_pages * 65_536);
    assert_eq!(last("counter Live heap"), growth.heap.last().unwrap().live_bytes);
}

/// What a counter has told, by its moments in nanoseconds.
fn counted<'a>(events: &'a [Event], key: &str) -> Vec<(u64, &'a Value)> {
    events.iter().map(|event| (nanos(event.ts), &event.args.as_ref().unwrap()[key])).collect()
}

#[test]
fn calls_that_were_not_kept_singly_are_counted() {
    let slices = [(0, 10, 5, 9), (10, 10, 7, 8), (40, 10, 1, 2)];
    let profile = called_in(&slices);
    let tracks = tracks(&profile, &CallTreeQuery::default());
    let told = |key| {
        let counter = counted(&tracks["counter env.log, summed"], key).into_iter();
        counter.map(|(nanos, value)| (nanos, value.as_u64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(told("calls"), [(0, 5), (10, 7), (20, 0), (40, 1), (50, 0)]);
    assert_eq!(told("nanos"), [(0, 9), (10, 8), (20, 0), (40, 2), (50, 0)]);
    let part = CallTreeQuery { time: Some(45..60), ..CallTreeQuery::default() };
    assert_eq!(self::tracks(&profile, &part)["counter env.log, summed"].len(), 2);
}

#[test]
fn a_clock_that_stands_still_makes_no_calls_vanish() {
    let spans = [(10, 0), (10, 30), (20, 0), (40, 0), (40, 10), (50, 5)];
    let profile = ProfileBuilder::new().crossings("main;[env.log]", 6, 45, None).edit(|recording| {
        recording.spans = spans.map(|(start_nanos, duration_nanos)| span(start_nanos, duration_nanos)).into();
    });
    let events = &tracks(&profile.build(), &CallTreeQuery::default())["Imports and exports"];
    assert_eq!(events.iter().filter(|event| event.ph == 'i').count(), 3);
    for seen in [speedscope(events), perfetto(events)] {
        assert_eq!(seen, Seen { own_nanos: [("env.log".to_owned(), 45)].into(), ..Seen::default() });
    }
}

fn span(start_nanos: u64, duration_nanos: u64) -> CallSpan {
    let (direction, func, depth) = (Direction::GuestToHost, FuncIndex(0), 0);
    CallSpan { start_nanos, duration_nanos, direction, func, depth }
}

#[test]
fn without_samples_there_is_the_rest() {
    let nothing = ProfileBuilder::new().build();
    let heap = ProfileBuilder::new().alloc(10, "main;malloc", 1_000, 100).build();
    let calls = called_in(&[(0, 10, 5, 9)]);
    let available = |format: Format| [&nothing, &heap, &calls].map(|profile| format.available_in(profile));
    assert_eq!(available(Format::Chrome), [false, true, true]);
    assert_eq!(available(Format::SpeedscopeEvented), [false; 3]);
    let tracks = tracks(&heap, &CallTreeQuery::default());
    assert_eq!(counted(&tracks["counter Live heap"], "bytes").last(), Some(&(10, &Value::from(100))));
}

#[test]
fn a_part_of_the_run_is_a_part_of_the_time() {
    let end = RECORDED.duration_nanos() + 1;
    let middle = end / 10 * 9;
    let part =
        |time| guest(&RECORDED, &CallTreeQuery { time: Some(time), ..CallTreeQuery::default() }).all_nanos();
    let all = folded_total(&RECORDED, Metric::Time, &CallTreeQuery::default());
    assert_eq!(part(0..middle) + part(middle..end), all);
}

#[test]
fn names_stay_names() {
    let profile = hostile();
    let tracks = tracks(&profile, &CallTreeQuery::default());
    let begun = tracks["Guest"].iter().filter(|event| event.ph == 'B').map(|event| &*event.name);
    assert!(begun.eq(profile.frames().iter().skip(1).map(|(_, info)| &*info.name)));
}
