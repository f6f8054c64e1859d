//! Profiles for the Firefox Profiler, by the rules that its tables have: columns of equal length, and references to
//! what is there.

use super::{RECORDED, called_in, hostile, totals, written};
use serde_json::{Value, json};
use wasmscope::analysis::{CallTreeQuery, Metric, boundary};
use wasmscope::export::Format;
use wasmscope::profile::Profile;

fn read(profile: &Profile, query: &CallTreeQuery) -> Value {
    let file: Value = serde_json::from_slice(&written(profile, query, Format::Firefox)).unwrap();
    assert_eq!(file["meta"]["preprocessedProfileVersion"], 62);
    for table in file["shared"].as_object().unwrap().values().filter(|table| table.is_object()) {
        is_even(table);
    }
    for thread in file["threads"].as_array().unwrap() {
        is_even(&thread["samples"]);
        is_even(&thread["markers"]);
    }
    file
}

/// Have all columns as many rows as the table says?
fn is_even(table: &Value) {
    let columns =
        table.as_object().unwrap().iter().filter_map(|(key, column)| Some((key, column.as_array()?)));
    for (key, column) in columns {
        assert_eq!(table["length"], column.len(), "{key}");
    }
}

/// Are the numbers of a column below `limit`?
fn points_into(column: &Value, limit: &Value) {
    let numbers = column.as_array().unwrap().iter().filter_map(Value::as_i64).filter(|number| *number >= 0);
    assert!(numbers.max().is_none_or(|most| most < limit.as_i64().unwrap()), "{limit}");
}

#[test]
fn each_metric_has_the_weight_of_the_folded_stacks() {
    let query = CallTreeQuery { metric: Metric::Allocations, ..CallTreeQuery::default() };
    let file = read(&RECORDED, &query);
    let threads = file["threads"].as_array().unwrap();
    let total = |thread: &Value| {
        let weights = thread["samples"]["weight"].as_array().unwrap();
        match thread["samples"]["weightType"].as_str() {
            Some("tracing-ms") => {
                weights.iter().map(|ms| (ms.as_f64().unwrap() * 1e6).round() as u64).sum::<u64>()
            }
            _ => weights.iter().map(|weight| weight.as_u64().unwrap()).sum(),
        }
    };
    let metric = |thread: &Value| {
        Metric::ALL.into_iter().find(|metric| metric.title() == thread["name"].as_str().unwrap()).unwrap()
    };
    assert_eq!(metric(&threads[0]), Metric::Allocations);
    let mut found: Vec<_> = threads.iter().map(|thread| (metric(thread), total(thread))).collect();
    found.sort();
    assert_eq!(found, totals(&RECORDED));
}

#[test]
fn references_point_to_what_is_there() {
    let file = read(&RECORDED, &CallTreeQuery::default());
    let shared = &file["shared"];
    let (stacks, frames, functions) = (&shared["stackTable"], &shared["frameTable"], &shared["funcTable"]);
    points_into(&stacks["frame"], &frames["length"]);
    points_into(&frames["func"], &functions["length"]);
    points_into(&frames["category"], &file["meta"]["categories"].as_array().unwrap().len().into());
    points_into(&functions["source"], &shared["sources"]["length"]);
    let texts = &shared["stringArray"].as_array().unwrap().len().into();
    points_into(&functions["name"], texts);
    points_into(&shared["sources"]["filename"], texts);
    let prefixes = stacks["prefix"].as_array().unwrap();
    assert!(
        prefixes
            .iter()
            .enumerate()
            .all(|(at, prefix)| prefix.as_u64().is_none_or(|prefix| prefix < at as u64))
    );
    for thread in file["threads"].as_array().unwrap() {
        points_into(&thread["samples"]["stack"], &stacks["length"]);
        points_into(&thread["markers"]["name"], texts);
    }
    let deepest = frames["inlineDepth"].as_array().unwrap().iter().filter_map(Value::as_u64).max();
    assert!(deepest > Some(2), "C++ inlines: {deepest:?}");
    assert!(frames["line"].as_array().unwrap().iter().filter(|line| line.is_u64()).count() > 50);
}

#[test]
fn calls_are_markers_and_memory_is_a_curve() {
    let file = read(&RECORDED, &CallTreeQuery::default());
    let markers = file["threads"][0]["markers"]["data"].as_array().unwrap();
    let crossings = markers.iter().filter(|data| data["type"] == "Crossing").count() as u64;
    assert_eq!(crossings, boundary(&RECORDED).rows.iter().map(|row| row.calls).sum::<u64>());
    let schemas = file["meta"]["markerSchema"].as_array().unwrap();
    assert!(markers.iter().all(|data| schemas.iter().any(|schema| schema["name"] == data["type"])));
    let counters = file["counters"].as_array().unwrap();
    let names: Vec<_> = counters.iter().map(|counter| counter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Memory 0", "Live heap"]);
    for counter in counters {
        is_even(&counter["samples"]);
        let changes =
            counter["samples"]["count"].as_array().unwrap().iter().map(|change| change.as_i64().unwrap());
        let levels = changes.scan(0, |level, change| {
            *level += change;
            Some(*level)
        });
        assert!(levels.min() >= Some(0));
    }
}

#[test]
fn calls_that_were_not_kept_singly_are_markers_of_their_slices() {
    let file = read(
        &called_in(&[(0, 1_000_000, 5, 9), (40_000_000, 1_000_000, 7, 2_000)]),
        &CallTreeQuery::default(),
    );
    let markers = &file["threads"][0]["markers"];
    let name = |at: usize| &file["shared"]["stringArray"][markers["name"][at].as_u64().unwrap() as usize];
    assert_eq!(
        (markers["length"].as_u64(), name(0), name(1)),
        (Some(2), &"env.log".into(), &"env.log".into())
    );
    assert_eq!(markers["data"][1], json!({"type": "Crossings", "into": "host", "calls": 7, "total": 0.002}));
    assert_eq!((&markers["startTime"][1], &markers["endTime"][1]), (&json!(40.0), &json!(41.0)));
}

#[test]
fn names_stay_names() {
    let profile = hostile();
    let file = read(&profile, &CallTreeQuery::default());
    let texts: Vec<_> = file["shared"]["stringArray"].as_array().unwrap().iter().collect();
    assert!(profile.frames().iter().skip(1).all(|(_, info)| texts.iter().any(|text| **text == *info.name)));
}
