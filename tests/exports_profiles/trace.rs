//! Trace events, by the rules of their format: what begins on a track ends there, in order, and complete events nest.

use super::{RECORDED, folded_total, hostile, written};
use serde::Deserialize;
use std::collections::BTreeMap;
use wasmscope::analysis::{CallTreeQuery, Metric, boundary, growth};
use wasmscope::export::Format;
use wasmscope::profile::Profile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    #[serde(rename = "displayTimeUnit")]
    _display_time_unit: String,
    trace_events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    name: String,
    #[serde(rename = "cat")]
    _cat: Option<String>,
    ph: char,
    ts: f64,
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    args: Option<serde_json::Value>,
}

/// To the nanosecond.
fn nanos(micros: f64) -> u64 {
    (micros * 1e3).round() as u64
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

/// For how long anything was open, in nanoseconds.
fn busy(events: &[Event]) -> u64 {
    let (mut open, mut last, mut busy) = (Vec::new(), 0, 0);
    for event in events {
        let at = nanos(event.ts);
        assert!(at >= last);
        busy += if open.is_empty() { 0 } else { at - last };
        last = at;
        match event.ph {
            'B' => open.push(&event.name),
            'E' => assert_eq!(open.pop(), Some(&event.name)),
            other => panic!("{other} is none of the guest's events"),
        }
    }
    assert!(open.is_empty());
    busy
}

#[test]
fn the_guests_track_adds_up_to_the_time() {
    let tracks = tracks(&RECORDED, &CallTreeQuery::default());
    let all = folded_total(&RECORDED, Metric::Time, &CallTreeQuery::default());
    assert_eq!(busy(&tracks["Guest"]), all);
}

#[test]
fn calls_phases_and_memory_have_their_tracks() {
    let tracks = tracks(&RECORDED, &CallTreeQuery::default());
    let phases: Vec<_> = tracks["Phases"].iter().map(|event| &*event.name).collect();
    assert_eq!(phases, ["parse", "rewrite", "compile", "instantiate", "run"]);
    let calls = &tracks["Imports and exports"];
    let mut open: Vec<u64> = Vec::new();
    for call in calls {
        let (start, end) = (nanos(call.ts), nanos(call.ts) + nanos(call.dur.unwrap()));
        while open.last().is_some_and(|outer| *outer <= start) {
            open.pop();
        }
        assert!(open.last().is_none_or(|outer| end <= *outer), "{} reaches beyond what called it", call.name);
        open.push(end);
    }
    let rows = boundary(&RECORDED).rows;
    assert_eq!(calls.len() as u64, rows.iter().map(|row| row.calls).sum::<u64>());
    assert!(calls.iter().any(|call| call.name == "wasi_snapshot_preview1.fd_write"));
    let last = |track: &str| tracks[track].last().unwrap().args.as_ref().unwrap()["bytes"].as_u64().unwrap();
    let growth = growth(&RECORDED);
    assert_eq!(last("counter Memory 0"), growth.memories[0].final_pages * 65_536);
    assert_eq!(last("counter Live heap"), growth.heap.last().unwrap().live_bytes);
}

#[test]
fn a_part_of_the_run_is_a_part_of_the_time() {
    let end = RECORDED.duration_nanos() + 1;
    let middle = end / 10 * 9;
    let part = |time| {
        busy(&tracks(&RECORDED, &CallTreeQuery { time: Some(time), ..CallTreeQuery::default() })["Guest"])
    };
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
