//! pprof's files, by another decoder and the messages of its `profile.proto`.

use super::{RECORDED, hostile, totals, written};
use crate::profile_proto::{Location, Profile, ValueType};
use std::collections::BTreeSet;
use wasmscope::analysis::{CallTreeQuery, Metric};
use wasmscope::export::Format;
use wasmscope::pipeline;

fn read(profile: &wasmscope::profile::Profile, query: &CallTreeQuery) -> Profile {
    let file = Profile::of(&written(profile, query, Format::Pprof));
    assert_eq!(file.string_table[0], "");
    assert!(file.location.iter().map(|location| location.id).eq(1..=file.location.len() as u64));
    assert!(file.function.iter().map(|function| function.id).eq(1..=file.function.len() as u64));
    for sample in &file.sample {
        assert_eq!(sample.value.len(), file.sample_type.len());
        assert!(!file.stack(sample).is_empty());
    }
    file
}

#[test]
fn each_metric_has_the_weight_of_the_folded_stacks() {
    let query = CallTreeQuery { metric: Metric::Calls, ..CallTreeQuery::default() };
    let file = read(&RECORDED, &query);
    let sum = |at: usize| file.sample.iter().map(|sample| sample.value[at] as u64).sum::<u64>();
    let metric = |of: &ValueType| file.text(of.r#type).replace('_', "-").parse().unwrap();
    let named = file.sample_type.iter().enumerate().map(|(at, of)| (metric(of), sum(at)));
    let mut named: Vec<(Metric, u64)> = named.collect();
    named.sort();
    assert_eq!(named, totals(&RECORDED));
    assert_eq!(file.text(file.default_sample_type), "calls");
    // Parca makes a part of its queries of the name, in which a hyphen would be a minus.
    assert!(file.sample_type.iter().all(|of| !file.text(of.r#type).contains('-')));
    let units: BTreeSet<_> = file.sample_type.iter().map(|of| file.text(of.unit)).collect();
    assert_eq!(units.into_iter().collect::<Vec<_>>(), ["bytes", "count", "nanoseconds"]);
}

#[test]
fn places_are_those_of_the_module() {
    let file = read(&RECORDED, &CallTreeQuery::default());
    let [mapping] = &*file.mapping else { panic!("there is one module") };
    assert_eq!(file.text(mapping.filename), "words.wasm");
    assert!(mapping.id == 1 && mapping.has_inline_frames && file.text(mapping.build_id).len() >= 16);
    // What is inlined stands before the function that it is inlined into, in one place.
    let inlined = file.location.iter().find(|location| location.line.len() > 2).unwrap();
    let outermost = inlined.line.last().unwrap();
    assert_eq!(inlined.mapping_id, 1);
    let declared = &file.function[outermost.function_id as usize - 1];
    assert!(declared.start_line > 0 && outermost.line > 0 && file.text(declared.filename).contains('.'));
    let is_host = |location: &&Location| location.mapping_id == 0;
    let host = file.location.iter().filter(is_host).map(|location| file.line(&location.line[0]).0);
    assert!(host.clone().any(|name| name.contains("fd_write")), "{:?}", host.collect::<Vec<_>>());
    // A name that is told twice would be demangled once more by pprof.
    assert!(file.function.iter().all(|function| function.system_name != function.name));
    let period = file.period_type.unwrap();
    assert_eq!(
        (file.text(period.r#type), file.text(period.unit), file.period),
        ("time", "nanoseconds", 1_000_000)
    );
    let is_known = file.time_nanos > 1_700_000_000_000_000_000 && file.duration_nanos > 0;
    assert!(is_known && file.text(file.comment[0]).starts_with("wasmscope"));
}

#[test]
fn a_module_that_is_not_known_has_no_build() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stacks.folded");
    std::fs::write(&path, "main;work 30\nmain 5\n").unwrap();
    let imported = pipeline::open_recording(&path, None).unwrap();
    let file = read(&imported, &CallTreeQuery::default());
    assert_eq!(file.mapping[0].build_id, 0);
}

#[test]
fn what_is_shown_first_is_there() {
    let query = CallTreeQuery { metric: Metric::Calls, time: Some(0..u64::MAX), ..CallTreeQuery::default() };
    let file = read(&RECORDED, &query);
    assert_eq!(file.text(file.default_sample_type), "time");
    assert_eq!(file.default_sample_type, file.sample_type[0].r#type);
    assert!(file.sample_type.iter().all(|of| file.text(of.r#type) != "calls"));
}

#[test]
fn names_stay_names() {
    let profile = hostile();
    let file = read(&profile, &CallTreeQuery::default());
    let deepest = file.sample.iter().map(|sample| file.stack(sample)).max_by_key(Vec::len).unwrap();
    let mut names: Vec<_> = profile.frames().iter().skip(1).map(|(_, info)| &*info.name).collect();
    names.reverse();
    assert_eq!(deepest, names);
}
