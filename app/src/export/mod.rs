//! Writes views of a profile in forms that other programs read. From a view to bytes; nothing here opens a file.

mod arrow;
mod callgrind;
mod chrome;
mod code_text;
mod compare;
mod csv;
mod dhat;
mod firefox;
mod flat;
mod folded;
mod heap_figures;
mod heap_frame;
mod html;
mod in_time;
mod json;
mod lazy;
mod massif;
mod memory_map;
mod module_size;
mod numbers;
mod pprof;
mod proto;
mod run_events;
mod speedscope;
mod svg;
pub(crate) mod table;
pub(crate) mod xml;

pub use code_text::{source_text, wat_text};
pub use compare::words as compare_words;
pub use compare::{COMPARE_SCHEMA, CompareFormat, CompareReport, verdict_sentence};
pub use csv::line as csv_line;
pub use json::{
    CallTreeJson, FunctionJson, JSON_SCHEMA, SourceFrameJson, call_tree_json, frame_json, path_json,
};
pub use memory_map::{MAX_COLUMNS, MapExtent, MapFormat, memory_map};
pub use module_size::{ModuleFormat, module_size};
pub use pprof::{build_id, pprof_at};

use crate::analysis::{CallTreeQuery, Unit, call_tree, functions};
use crate::profile::{FrameId, Profile};
use serde::Serialize;
use std::fmt;
use wasmscope_instrument::recording::Recording;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A flame graph that zooms and searches in a browser, in one file.
    Svg,
    /// Folded stacks, one line each, as flamegraph.pl, inferno and speedscope read them.
    Folded,
    /// The call tree and its functions.
    Json,
    /// The table of functions.
    Csv,
    /// A report of the run for a browser, in one file, with a flame graph that is live.
    Html,
    /// The heap by call path, as DHAT's viewer reads it.
    Dhat,
    /// The heap over time, as `ms_print` and massif-visualizer read it.
    Massif,
    /// Merged stacks of every metric, for speedscope.
    Speedscope,
    /// What ran when, for speedscope.
    SpeedscopeEvented,
    /// Samples, calls across and memory over time, for the Firefox Profiler.
    Firefox,
    /// Stacks with their values in every metric, for pprof and what else reads its files.
    Pprof,
    /// What ran when, calls across and memory, for Perfetto and `chrome://tracing`.
    Chrome,
    /// Costs by line and by call, for KCachegrind and `callgrind_annotate`.
    Callgrind,
    /// The call paths with their values in every metric as a table, for data frames.
    Arrow,
}

/// What a format tells, whatever a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatScope {
    /// What the query asks for: a metric and a part of the run.
    Query,
    /// The time that passed, of any part of the run.
    Time,
    /// The heap of the whole run.
    Heap,
}

impl Format {
    /// All of them: those for people, tables, profiles for other programs, and the heap.
    pub const ALL: [Format; 14] = [
        Format::Html,
        Format::Svg,
        Format::Folded,
        Format::Json,
        Format::Csv,
        Format::Arrow,
        Format::Speedscope,
        Format::SpeedscopeEvented,
        Format::Firefox,
        Format::Pprof,
        Format::Chrome,
        Format::Callgrind,
        Format::Dhat,
        Format::Massif,
    ];

    /// What it tells.
    pub const fn scope(self) -> FormatScope {
        match self {
            Format::Dhat | Format::Massif => FormatScope::Heap,
            Format::SpeedscopeEvented | Format::Chrome => FormatScope::Time,
            _ => FormatScope::Query,
        }
    }

    /// Has the profile what the format tells of?
    pub fn available_in(self, profile: &Profile) -> bool {
        let Recording { samples, spans, slices, growth, heap, .. } = profile.recording();
        match self.scope() {
            FormatScope::Heap => !heap.is_empty(),
            FormatScope::Time if !samples.is_empty() => true,
            FormatScope::Time => {
                let has_events =
                    !(spans.is_empty() && slices.is_empty() && growth.is_empty() && heap.is_empty());
                self == Format::Chrome && has_events
            }
            FormatScope::Query => true,
        }
    }

    /// The usual ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Speedscope | Format::SpeedscopeEvented => "speedscope.json",
            Format::Firefox => "firefox.json",
            Format::Pprof => "pb.gz",
            Format::Chrome => "trace.json",
            _ => self.name(),
        }
    }

    /// The word that the command line uses.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Folded => "folded",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Dhat => "dhat",
            Format::Massif => "massif",
            Format::Speedscope => "speedscope",
            Format::SpeedscopeEvented => "speedscope-evented",
            Format::Firefox => "firefox",
            Format::Pprof => "pprof",
            Format::Chrome => "chrome",
            Format::Callgrind => "callgrind",
            Format::Arrow => "arrow",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What `query` asks for, as a file of the form `format`.
pub fn export(profile: &Profile, query: &CallTreeQuery, format: Format) -> Vec<u8> {
    match format {
        Format::Svg => svg::svg(profile, &call_tree(profile, query)).into_bytes(),
        Format::Folded => folded::folded(profile, &call_tree(profile, query)).into_bytes(),
        Format::Json => json::json(profile, &call_tree(profile, query)),
        Format::Csv => csv::csv(&functions(profile, query)).into_bytes(),
        Format::Html => html::html(profile, query).into_bytes(),
        Format::Dhat => dhat::dhat(profile),
        Format::Massif => massif::massif(profile).into_bytes(),
        Format::Speedscope => speedscope::sampled(profile, query),
        Format::SpeedscopeEvented => speedscope::evented(profile, query),
        Format::Firefox => firefox::firefox(profile, query),
        Format::Pprof => pprof::pprof(profile, query),
        Format::Chrome => chrome::chrome(profile, query),
        Format::Callgrind => callgrind::callgrind(profile, query).into_bytes(),
        Format::Arrow => arrow::arrow(profile, query),
    }
}

/// `document` as a file.
fn json_file(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    json_into(&mut bytes, document);
    bytes.push(b'\n');
    bytes
}

/// Appends `document` on one line.
fn json_into(bytes: &mut Vec<u8>, document: &impl Serialize) {
    serde_json::to_writer(bytes, document).expect("there are no maps with other keys than strings in it");
}

/// `document` as text on one line.
fn json_text(document: &impl Serialize) -> String {
    serde_json::to_string(document).expect("there are no maps with other keys than strings in it")
}

/// The name of a function, and what stands for one of which nothing is known.
fn known_name(profile: &Profile, frame: FrameId) -> &str {
    if frame == FrameId::ROOT { UNKNOWN } else { &profile.frames().get(frame).name }
}

/// What stands for paths of which nothing is known.
const UNKNOWN: &str = "[unknown]";

/// The word for what the values of `unit` are, as it stands at the end of names: `self_nanos`.
pub(crate) const fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanos => "nanos",
        Unit::Bytes => "bytes",
        Unit::Pages => "pages",
        Unit::Calls => "calls",
        Unit::Blocks => "blocks",
        Unit::Instructions => "instructions",
    }
}
