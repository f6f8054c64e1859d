//! Files for speedscope, as its file format's schema 1 has them: merged stacks of all metrics, or what ran when.

use super::in_time::{Edge, frame_steps};
use super::lazy::Lazy;
use super::{json_file, known_name, numbers::Numbers};
use crate::analysis::{CallTreeQuery, MergeBy, Metric, NodeId, Stacks, Unit, stacks, time_stacks};
use crate::profile::{FrameId, Profile};
use serde::Serialize;
use std::cell::Cell;

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";
const EXPORTER: &str = concat!("wasmscope@", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a, P> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'a str,
    active_profile_index: u32,
    profiles: Vec<P>,
    shared: Shared<'a>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

/// A function, with the place of its declaration.
#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

/// What all profiles tell. `events`, or `samples` and `weights`, come behind it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    r#type: &'static str,
    name: &'static str,
    unit: &'static str,
    start_value: u64,
}

#[derive(Serialize)]
struct Sampled<S, W> {
    #[serde(flatten)]
    head: Head,
    #[serde(rename = "endValue")]
    end_value: u64,
    samples: S,
    weights: W,
}

#[derive(Serialize)]
struct Evented<'a, E> {
    #[serde(flatten)]
    head: Head,
    events: E,
    /// Known when the events are written.
    #[serde(rename = "endValue")]
    end_value: &'a Cell<u64>,
}

#[derive(Serialize)]
struct Event {
    r#type: &'static str,
    frame: u32,
    at: u64,
}

/// A profile for each metric, that of `query` first, of which speedscope makes the rest.
pub(super) fn sampled(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let stacks = stacks(profile, query, MergeBy::Function);
    let (numbers, shared) = shared(profile, &stacks);
    let (stacks, numbers) = (&stacks, &*numbers);
    let profiles = stacks.weights().iter().map(|(metric, weights)| {
        let weighing = move || stacks.nodes().filter(move |node| weights[node.index()] > 0);
        Sampled {
            head: head("sampled", *metric, 0),
            end_value: weights.iter().fold(0, |sum, weight| sum.saturating_add(*weight)),
            samples: Lazy(move || {
                weighing().map(move |node| Lazy(move || outermost_first(stacks, numbers, node)))
            }),
            weights: Lazy(move || weighing().map(move |node| weights[node.index()])),
        }
    });
    json_file(&file(profile, profiles.collect(), shared))
}

/// The stack as it was seen from sample to sample.
pub(super) fn evented(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let stacks = time_stacks(profile, query, MergeBy::Function);
    let (numbers, shared) = shared(profile, &stacks);
    let samples = || stacks.samples(profile, query.time.clone());
    let start_nanos = samples().next().map_or(0, |sample| sample.start_nanos);
    let end_nanos = Cell::new(start_nanos);
    let events = || {
        frame_steps(&stacks, samples()).map(|step| {
            end_nanos.set(step.nanos);
            Event {
                r#type: if step.edge == Edge::Begins { "O" } else { "C" },
                frame: numbers[step.of.index()],
                at: step.nanos,
            }
        })
    };
    let head = head("evented", Metric::Time, start_nanos);
    let profiles = vec![Evented { head, events: Lazy(events), end_value: &end_nanos }];
    json_file(&file(profile, profiles, shared))
}

/// By node, the number of its function; and the functions.
fn shared<'a>(profile: &'a Profile, stacks: &Stacks) -> (Vec<u32>, Shared<'a>) {
    let mut functions: Numbers<FrameId> = Numbers::default();
    let mut numbers = vec![0];
    numbers.extend(stacks.nodes().map(|node| functions.of(stacks.frame(node))));
    let frame = |frame: &FrameId| {
        let info = profile.frames().get(*frame);
        Frame { name: known_name(profile, *frame), file: info.file.as_deref(), line: info.line }
    };
    (numbers, Shared { frames: functions.values().iter().map(frame).collect() })
}

fn outermost_first(stacks: &Stacks, numbers: &[u32], node: NodeId) -> Vec<u32> {
    let mut frames: Vec<u32> = stacks.up(node).map(|node| numbers[node.index()]).collect();
    frames.reverse();
    frames
}

fn head(r#type: &'static str, metric: Metric, start_value: u64) -> Head {
    let unit = match metric.unit() {
        Unit::Nanos => "nanoseconds",
        Unit::Bytes => "bytes",
        Unit::Pages | Unit::Calls | Unit::Blocks | Unit::Instructions => "none",
    };
    Head { r#type, name: metric.title(), unit, start_value }
}

fn file<'a, P>(profile: &'a Profile, profiles: Vec<P>, shared: Shared<'a>) -> File<'a, P> {
    let name = &*profile.recording().meta.module_name;
    File { schema: SCHEMA, exporter: EXPORTER, name, active_profile_index: 0, profiles, shared }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;
    use serde_json::Value;

    const STACKS: &str =
        "main@a.c:3;work@a.c:9;+inner@a.h:1 30\nmain@a.c:4;[env.log] 5\nmain@a.c:4;work@a.c:8 7\n";

    fn profile() -> Profile {
        ProfileBuilder::new().folded(STACKS).crossings("main@a.c:4;[env.log]", 3, 70, None).build()
    }

    fn names<'a>(json: &'a Value, stack: &Value) -> Vec<&'a str> {
        let frames = json["shared"]["frames"].as_array().unwrap();
        let name = |at: &Value| frames[at.as_u64().unwrap() as usize]["name"].as_str().unwrap();
        stack.as_array().unwrap().iter().map(name).collect()
    }

    #[test]
    fn each_metric_is_a_profile_of_merged_stacks() {
        let query = CallTreeQuery { metric: Metric::Crossings, ..CallTreeQuery::default() };
        let json: Value = serde_json::from_slice(&sampled(&profile(), &query)).unwrap();
        let profiles = json["profiles"].as_array().unwrap();
        let told: Vec<_> = profiles
            .iter()
            .map(|profile| {
                let of = |key: &str| profile[key].as_str().unwrap();
                (of("type"), of("name"), of("unit"), profile["endValue"].as_u64().unwrap())
            })
            .collect();
        let expected = [
            ("sampled", "Crossings", "none", 3),
            ("sampled", "Time", "nanoseconds", 42),
            ("sampled", "Host time", "nanoseconds", 70),
        ];
        assert_eq!(told, expected);
        let time = &profiles[1];
        let stacks = time["samples"].as_array().unwrap().iter().map(|stack| names(&json, stack).join(";"));
        let weights = time["weights"].as_array().unwrap().iter().map(|weight| weight.as_u64().unwrap());
        let stacks: Vec<_> = stacks.zip(weights).collect();
        let expected = [("main;work", 7), ("main;work;inner", 30), ("main;env.log", 5)];
        assert_eq!(stacks, expected.map(|(stack, weight)| (stack.to_owned(), weight)));
        assert_eq!(json["shared"]["frames"][0]["file"], "a.c");
    }

    #[test]
    fn frames_open_and_close_in_order() {
        let json: Value = serde_json::from_slice(&evented(&profile(), &CallTreeQuery::default())).unwrap();
        let mut open = Vec::new();
        let (mut last, mut busy) = (0, 0);
        for event in json["profiles"][0]["events"].as_array().unwrap() {
            let at = event["at"].as_u64().unwrap();
            assert!(at >= last);
            busy += if open.is_empty() { 0 } else { at - last };
            last = at;
            match event["type"].as_str() {
                Some("O") => open.push(event["frame"].clone()),
                _ => assert_eq!(open.pop(), Some(event["frame"].clone())),
            }
        }
        assert!(open.is_empty());
        assert_eq!(busy, 42);
    }
}
