//! speedscope's files, by the types of its published format: what these don't have is refused.

use super::{RECORDED, folded_total, hostile, totals, written};
use serde::Deserialize;
use wasmscope::analysis::{CallTreeQuery, Metric};
use wasmscope::export::Format;
use wasmscope::profile::Profile;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema")]
    schema: String,
    shared: Shared,
    profiles: Vec<Weighed>,
    name: String,
    #[serde(rename = "activeProfileIndex")]
    active: usize,
    #[serde(rename = "exporter")]
    _exporter: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    name: String,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Weighed {
    #[serde(rename_all = "camelCase")]
    Sampled {
        name: String,
        unit: Unit,
        start_value: u64,
        end_value: u64,
        samples: Vec<Vec<usize>>,
        weights: Vec<u64>,
    },
    #[serde(rename_all = "camelCase")]
    Evented { name: String, unit: Unit, start_value: u64, end_value: u64, events: Vec<Event> },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    None,
    Nanoseconds,
    Bytes,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Event {
    O { frame: usize, at: u64 },
    C { frame: usize, at: u64 },
}

fn read(profile: &Profile, query: &CallTreeQuery, format: Format) -> File {
    let file: File = serde_json::from_slice(&written(profile, query, format)).unwrap();
    assert_eq!(file.schema, "https://www.speedscope.app/file-format-schema.json");
    file
}

#[test]
fn each_metric_has_the_weight_of_the_folded_stacks() {
    let query = CallTreeQuery { metric: Metric::Instructions, ..CallTreeQuery::default() };
    let file = read(&RECORDED, &query, Format::Speedscope);
    assert_eq!((&*file.name, file.active), ("words.wasm", 0));
    let mut found = Vec::new();
    for profile in &file.profiles {
        let Weighed::Sampled { name, unit, start_value, end_value, samples, weights } = profile else {
            panic!("sampled profiles were asked for")
        };
        let metric = Metric::ALL.into_iter().find(|metric| metric.title() == name).unwrap();
        let expected = match metric {
            Metric::Time | Metric::HostTime => Unit::Nanoseconds,
            metric if format!("{:?}", metric.unit()) == "Bytes" => Unit::Bytes,
            _ => Unit::None,
        };
        assert_eq!((unit, samples.len()), (&expected, weights.len()), "{name}");
        assert!(samples.iter().flatten().all(|frame| *frame < file.shared.frames.len()), "{name}");
        assert!(samples.iter().all(|stack| !stack.is_empty()), "{name}");
        let total: u64 = weights.iter().sum();
        assert_eq!((*start_value, *end_value), (0, total), "{name}");
        found.push((metric, total));
    }
    assert_eq!(found.first().map(|(metric, _)| *metric), Some(Metric::Instructions));
    found.sort();
    assert_eq!(found, totals(&RECORDED));
    let places = file.shared.frames.iter().filter(|frame| frame.file.is_some() && frame.line.is_some());
    assert!(places.count() > 20, "functions have their places");
}

#[test]
fn what_ran_when_adds_up_to_the_time() {
    let file = read(&RECORDED, &CallTreeQuery::default(), Format::SpeedscopeEvented);
    let [Weighed::Evented { name, unit, start_value, end_value, events }] = &*file.profiles else {
        panic!("one evented profile was asked for")
    };
    assert_eq!((&**name, unit), ("Time", &Unit::Nanoseconds));
    let (mut open, mut last, mut busy) = (Vec::new(), *start_value, 0);
    for event in events {
        let (Event::O { frame, at } | Event::C { frame, at }) = event;
        assert!(*at >= last && *frame < file.shared.frames.len());
        busy += if open.is_empty() { 0 } else { at - last };
        last = *at;
        match event {
            Event::O { .. } => open.push(*frame),
            Event::C { .. } => assert_eq!(open.pop(), Some(*frame)),
        }
    }
    assert!(open.is_empty() && last == *end_value);
    assert_eq!(busy, folded_total(&RECORDED, Metric::Time, &CallTreeQuery::default()));
}

#[test]
fn names_stay_names() {
    let profile = hostile();
    let names: Vec<_> = profile.frames().iter().skip(1).map(|(_, info)| info.name.to_string()).collect();
    for format in [Format::Speedscope, Format::SpeedscopeEvented] {
        let file = read(&profile, &CallTreeQuery::default(), format);
        let found: Vec<_> = file.shared.frames.into_iter().map(|frame| frame.name).collect();
        assert_eq!(found, names);
    }
}
