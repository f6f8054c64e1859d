//! Writes views of a profile in forms that other programs read. From a view to bytes; nothing here opens a file.

mod code_text;
mod compare;
mod csv;
mod dhat;
mod folded;
mod heap_figures;
mod heap_frame;
mod html;
mod json;
mod massif;
mod memory_map;
mod module_size;
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

use crate::analysis::{CallTreeQuery, Unit, call_tree, functions};
use crate::profile::Profile;
use std::fmt;

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
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 7] =
        [Format::Svg, Format::Folded, Format::Json, Format::Csv, Format::Html, Format::Dhat, Format::Massif];

    /// Is it about the heap, whatever a query asks for?
    pub const fn is_of_heap(self) -> bool {
        matches!(self, Format::Dhat | Format::Massif)
    }

    /// The word that the command line uses; also the usual ending of a file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Folded => "folded",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Dhat => "dhat",
            Format::Massif => "massif",
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
    }
}

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
