//! Profiles for the Firefox Profiler: version 62 of its processed format, which its `CHANGELOG-formats.md` describes.

mod events;
mod samples;
mod tables;

use super::json_file;
use super::run_events::RunEvents;
use crate::analysis::{CallTreeQuery, MergeBy, stacks};
use crate::profile::Profile;
use events::{Counter, MarkerSchema, Markers};
use samples::Samples;
use serde::Serialize;
use tables::{Category, Library, Shared, Tables};

const PROCESSED_VERSION: u32 = 62;
/// Of the format that Firefox itself writes; readers of processed profiles look at the other one.
const GECKO_VERSION: u32 = 24;
/// Milliseconds between two samples where nobody said how often they were to be taken.
const SOME_INTERVAL_MS: f64 = 1.0;

#[derive(Serialize)]
struct Document<'a> {
    meta: Meta<'a>,
    libs: [Library<'a>; 1],
    pages: [(); 0],
    counters: Vec<Counter<'a>>,
    shared: Shared<'a>,
    threads: Vec<Thread<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    version: u32,
    preprocessed_profile_version: u32,
    product: &'a str,
    imported_from: &'static str,
    arguments: String,
    misc: &'a str,
    /// In milliseconds since 1970, and the rest from then on.
    start_time: u64,
    interval: f64,
    process_type: u32,
    stackwalk: u32,
    debug: bool,
    symbolicated: bool,
    source_code_is_not_on_searchfox: bool,
    uses_only_one_stack_type: bool,
    keep_profile_thread_order: bool,
    initial_selected_threads: [u32; 1],
    categories: [Category; 4],
    marker_schema: [MarkerSchema; 3],
}

/// A metric: what weighs in it, and of the time also when that was.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread<'a> {
    name: &'static str,
    process_name: &'a str,
    process_type: &'static str,
    process_startup_time: f64,
    process_shutdown_time: Option<f64>,
    register_time: f64,
    unregister_time: Option<f64>,
    paused_ranges: [(); 0],
    pid: &'static str,
    tid: u32,
    is_main_thread: bool,
    show_markers_in_timeline: bool,
    samples: Samples<'a>,
    markers: Markers,
}

/// A thread for each metric, that of `query` first; calls and phases as markers of the first one; sizes of memory as
/// counters.
pub(super) fn firefox(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let stacks = stacks(profile, query, MergeBy::Line);
    let run = RunEvents::of(profile, query.time.clone());
    let mut tables = Tables::of(profile, &stacks);
    let mut markers = Some(Markers::of(&run, &mut tables));
    let threads = stacks.weights().iter().zip(1..).map(|((metric, weights), tid)| {
        let samples = Samples { profile, query, stacks: &stacks, metric: *metric, weights };
        Thread::of(samples, tid, markers.take().unwrap_or_default())
    });
    let threads = threads.collect();
    json_file(&Document {
        meta: Meta::of(profile),
        libs: [Library::of(profile)],
        pages: [],
        counters: run.sizes.iter().map(Counter::of).collect(),
        shared: tables.shared(),
        threads,
    })
}

impl Meta<'_> {
    fn of(profile: &Profile) -> Meta<'_> {
        let meta = &profile.recording().meta;
        Meta {
            version: GECKO_VERSION,
            preprocessed_profile_version: PROCESSED_VERSION,
            product: &meta.module_name,
            imported_from: "Wasmscope",
            arguments: meta.args.join(" "),
            misc: &meta.recorded_by,
            start_time: meta.created_unix_millis,
            interval: interval_ms(profile),
            process_type: 0,
            stackwalk: 1,
            debug: false,
            symbolicated: true,
            source_code_is_not_on_searchfox: true,
            uses_only_one_stack_type: true,
            keep_profile_thread_order: true,
            initial_selected_threads: [0],
            categories: Category::ALL,
            marker_schema: MarkerSchema::all(),
        }
    }
}

/// Milliseconds between two samples.
fn interval_ms(profile: &Profile) -> f64 {
    match profile.recording().meta.rate_hz {
        0 => SOME_INTERVAL_MS,
        rate_hz => 1e3 / f64::from(rate_hz),
    }
}

impl<'a> Thread<'a> {
    fn of(samples: Samples<'a>, tid: u32, markers: Markers) -> Thread<'a> {
        let is_first = tid == 1;
        Thread {
            name: samples.metric.title(),
            process_name: &samples.profile.recording().meta.module_name,
            process_type: "default",
            process_startup_time: 0.0,
            process_shutdown_time: None,
            register_time: 0.0,
            unregister_time: None,
            paused_ranges: [],
            pid: "1",
            tid,
            is_main_thread: is_first,
            show_markers_in_timeline: is_first,
            samples,
            markers,
        }
    }
}

/// Times in these files are milliseconds, to the nanosecond.
fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
