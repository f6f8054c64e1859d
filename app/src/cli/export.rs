//! `wasmscope export`: write a view of a recording for other programs.

use super::memory::memory;
use super::moment::{self, Moment};
use super::print;
use super::values::{self, SymbolArgs};
use crate::analysis::{CallTreeQuery, Metric, ModuleSizeQuery};
use crate::export::{
    Format, FormatScope, MAX_COLUMNS, MapExtent, MapFormat, ModuleFormat, export, memory_map, module_size,
};
use crate::pipeline;
use crate::profile::Profile;
use anyhow::{Context, bail};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Write a report, a flame graph, stacks, the call tree, the functions, the heap, the memory map or the module's make-up to a
/// file
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The recording (.wscope) or a profile of another tool; for what a module is made of also the module (.wasm)
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// What to write: html, svg, folded, json, csv, arrow, speedscope, speedscope-evented,
    /// firefox, pprof, chrome, callgrind, dhat or massif; of the map svg or png; of the
    /// module svg or csv
    ///
    /// html: a report for any browser, in one file
    /// svg: an interactive flame graph
    /// folded: stacks
    /// json: the call tree
    /// csv: the functions
    /// arrow: the call paths with all metrics as a table, for data frames
    /// speedscope: stacks in all metrics, for speedscope
    /// speedscope-evented: what ran when, for speedscope
    /// firefox: samples, calls across and memory over time, for the Firefox Profiler
    /// pprof: stacks in all metrics, for pprof
    /// chrome: what ran when, calls across and memory, for Perfetto
    /// callgrind: costs by line and call in all metrics, for KCachegrind and callgrind_annotate
    /// dhat: the heap by call path, for DHAT's viewer
    /// massif: the heap over time, for ms_print and massif-visualizer
    ///
    /// of the map, svg: with addresses, legend, figures and verdict
    /// of the map, png: the cells alone
    /// of the module, svg: a treemap
    /// of the module, csv: all parts
    #[arg(short, long, value_parser = forms(), hide_possible_values = true, verbatim_doc_comment)]
    format: Form,
    /// What it is of: profile (what the formats say), map (what each byte of a memory is used for), or module (what the
    /// module's file is made of)
    #[arg(long, value_enum, default_value_t = View::Profile, hide_possible_values = true)]
    view: View,
    /// What to weigh by: time, crossings, host-time, pages, allocations, allocated, live, peak,
    /// short-lived, calls, instructions, moved [default: time if recorded]
    #[arg(short, long)]
    metric: Option<Metric>,
    /// Only what happened between two moments: times since the recording began, such as 250ms, or start, peak, end, or
    /// calls: frame#3, frame#3.end
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"], conflicts_with = "at")]
    between: Option<Vec<Moment>>,
    #[command(flatten)]
    map: MapArgs,
    /// Where it goes [default: the standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
struct MapArgs {
    /// The moment that the map, or a profile of live bytes, shows: a time since the recording began, such as 250ms, or
    /// start, peak, end, or a call: frame#3, frame#3.end [default: end]
    #[arg(long, value_name = "TIME|start|peak|end|FUNCTION#N")]
    at: Option<Moment>,
    /// The memory that the map shows [default: the first that has a heap]
    #[arg(long, value_name = "INDEX")]
    memory: Option<u32>,
    /// The addresses that the map shows, such as 0x400-0x10000, without the last [default: all]
    #[arg(long, value_name = "FROM-TO", value_parser = values::range)]
    range: Option<Range<u64>>,
    /// Cells in a row of the map [default: 128]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_COLUMNS as i64))]
    columns: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    Profile,
    Map,
    Module,
}

/// The forms of all views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One that profiles have; maps and modules have some of the same words.
    Profile(Format),
    /// Maps alone have it.
    Png,
}

/// Reads the word for a form.
fn forms() -> impl TypedValueParser<Value = Form> {
    let words = Format::ALL.into_iter().map(Format::name).chain(["png"]);
    PossibleValuesParser::new(words).map(|word: String| {
        Format::ALL.into_iter().find(|format| format.name() == word).map_or(Form::Png, Form::Profile)
    })
}

impl Form {
    fn of_profile(self) -> anyhow::Result<Format> {
        match self {
            Form::Profile(format) => Ok(format),
            Form::Png => bail!("png is a picture of the memory map: --view map --format png"),
        }
    }

    fn of_map(self) -> anyhow::Result<MapFormat> {
        match self {
            Form::Profile(Format::Svg) => Ok(MapFormat::Svg),
            Form::Png => Ok(MapFormat::Png),
            _ => bail!("--view map is written with --format svg or png"),
        }
    }

    fn of_module(self) -> anyhow::Result<ModuleFormat> {
        match self {
            Form::Profile(Format::Svg) => Ok(ModuleFormat::Svg),
            Form::Profile(Format::Csv) => Ok(ModuleFormat::Csv),
            _ => bail!("--view module is written with --format svg or csv"),
        }
    }
}

impl MapArgs {
    fn picture(&self, profile: &Profile, format: MapFormat) -> anyhow::Result<Vec<u8>> {
        let memory = memory(profile, self.memory)?;
        let bytes = profile.address_space(memory).largest_size();
        if let Some(range) = self.range.as_ref().filter(|range| range.end > bytes) {
            bail!(
                "--range ends at {:#x}; memory {} never has more than {bytes:#x} bytes",
                range.end,
                memory.0
            );
        }
        let heap = self.at.clone().unwrap_or(Moment::End).resolve(profile)?.heap(profile, memory);
        let mut extent = MapExtent { range: self.range.clone(), ..MapExtent::default() };
        if let Some(columns) = self.columns {
            extent.columns = usize::from(columns);
        }
        Ok(memory_map(profile, &heap, &extent, format))
    }
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    match args.view {
        View::Profile => export_profile(args),
        View::Map => export_map(args),
        View::Module => export_module(args),
    }
}

fn export_profile(args: &ExportArgs) -> anyhow::Result<()> {
    let format = args.format.of_profile()?;
    let MapArgs { memory, range, columns, .. } = &args.map;
    if memory.is_some() || range.is_some() || columns.is_some() {
        bail!("--memory, --range and --columns say something to --view map only");
    }
    args.check_scope(format)?;
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    if !format.available_in(&profile) {
        bail!("{}: {format} {}", args.file.display(), missing(format));
    }
    let metric = match format.scope() {
        FormatScope::Time => Metric::Time,
        FormatScope::Query | FormatScope::Heap => metric(&args.file, &profile, args.metric)?,
    };
    let time = args.time(&profile, metric).with_context(|| args.file.display().to_string())?;
    print::damage(&args.file, &profile);
    let query = CallTreeQuery { metric, time, ..CallTreeQuery::default() };
    print::file_or_text(args.output.as_deref(), &[&args.file], &export(&profile, &query, format))
}

impl ExportArgs {
    /// Refuses what a format can't tell.
    fn check_scope(&self, format: Format) -> anyhow::Result<()> {
        let is_part = self.map.at.is_some() || self.between.is_some();
        match format.scope() {
            FormatScope::Heap if is_part || self.metric.is_some() => {
                bail!(
                    "{format} is about the heap of the whole run: --metric, --at and --between say nothing to it"
                )
            }
            FormatScope::Time if self.metric.is_some_and(|metric| metric != Metric::Time) => {
                bail!("{format} tells what ran when, which is known of --metric time alone")
            }
            _ => Ok(()),
        }
    }

    /// The part of the run that is asked for.
    fn time(&self, profile: &Profile, metric: Metric) -> anyhow::Result<Option<Range<u64>>> {
        if self.map.at.is_some() && metric != Metric::LiveBytes {
            bail!("--at says something to --view map, and to a profile with --metric live");
        }
        if self.between.is_some() && !metric.is_timed() {
            bail!("{metric} is summed over the whole run: --between says nothing to it");
        }
        match (&self.map.at, self.between.as_deref()) {
            (_, Some([from, until])) => Ok(Some(moment::between(profile, None, from, until)?)),
            (Some(at), _) => Ok(Some(at.clone().all_until(profile)?)),
            _ => Ok(None),
        }
    }
}

/// Why there is nothing that `format` could tell.
fn missing(format: Format) -> &'static str {
    match format.scope() {
        FormatScope::Heap => "is about the heap, and no heap operations were recorded",
        FormatScope::Time if format == Format::Chrome => {
            "tells what happened when, and nothing was recorded in time"
        }
        FormatScope::Time => "tells what ran when, and no samples were recorded",
        FormatScope::Query => "has nothing to tell",
    }
}

fn export_map(args: &ExportArgs) -> anyhow::Result<()> {
    let format = args.format.of_map()?;
    if args.metric.is_some() {
        bail!("--metric says nothing to --view map");
    }
    if args.between.is_some() {
        bail!("--between says nothing to --view map, which shows a moment: --at");
    }
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    let picture = args.map.picture(&profile, format).with_context(|| args.file.display().to_string())?;
    print::damage(&args.file, &profile);
    print::file_or_text(args.output.as_deref(), &[&args.file], &picture)
}

fn export_module(args: &ExportArgs) -> anyhow::Result<()> {
    let format = args.format.of_module()?;
    let MapArgs { at, memory, range, columns } = &args.map;
    let is_part = at.is_some() || args.between.is_some();
    if is_part || memory.is_some() || range.is_some() || columns.is_some() {
        bail!("--at, --between, --memory, --range and --columns say nothing to --view module");
    }
    let profile = pipeline::open_unrun(&args.file, args.symbols.path())?;
    let metric = heat(&args.file, &profile, args.metric)?;
    print::damage(&args.file, &profile);
    let bytes = module_size(&profile, &ModuleSizeQuery { metric, time: None }, format);
    print::file_or_text(args.output.as_deref(), &[&args.file], &bytes)
}

/// What a module's functions are heated by, if that is one of the three there are and was recorded.
pub(super) fn heat(file: &Path, profile: &Profile, asked: Option<Metric>) -> anyhow::Result<Metric> {
    match asked {
        Some(Metric::Time | Metric::Calls | Metric::Instructions) => metric(file, profile, asked),
        Some(other) => bail!("--view module is weighed by time, calls or instructions, not by {other}"),
        None => Ok(Metric::default()),
    }
}

/// What was asked for, if the recording has it; else the first that it has.
pub(super) fn metric(file: &Path, profile: &Profile, asked: Option<Metric>) -> anyhow::Result<Metric> {
    let there: Vec<Metric> = Metric::ALL.into_iter().filter(|metric| metric.available_in(profile)).collect();
    match asked {
        Some(metric) if !there.contains(&metric) => {
            let names: Vec<_> = there.iter().map(|metric| metric.name()).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            bail!("{}: {metric} was not recorded or never happened; there is: {names}", file.display())
        }
        Some(metric) => Ok(metric),
        None => Ok(there.first().copied().unwrap_or_default()),
    }
}
