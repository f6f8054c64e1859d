//! `wasmscope export`: write a view of a recording for other programs.

use super::memory::memory;
use super::moment::Moment;
use super::print;
use super::values::{self, SymbolArgs};
use crate::analysis::{CallTreeQuery, Metric, ModuleSizeQuery};
use crate::export::{
    Format, MAX_COLUMNS, MapExtent, MapFormat, ModuleFormat, export, memory_map, module_size,
};
use crate::pipeline;
use crate::profile::Profile;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Write a report, a flame graph, stacks, the call tree, the functions, the heap, the memory map or the module's make-up to a
/// file
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The recording (.wscope), or a profile of another tool
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// What to write: html (a report for any browser, in one file), svg (an interactive flame graph), folded (stacks),
    /// json (the call tree), csv (the functions), dhat (the heap by call path, for DHAT's viewer) or massif (the heap
    /// over time, for ms_print and massif-visualizer); of the map svg (with addresses, legend, figures and verdict) or png (the cells alone); of
    /// the module svg (a treemap) or csv (all parts)
    #[arg(short, long, value_enum, hide_possible_values = true)]
    format: Form,
    /// What it is of: profile (what the formats say), map (what each byte of a memory is used for), or module (what the
    /// module's file is made of)
    #[arg(long, value_enum, default_value_t = View::Profile, hide_possible_values = true)]
    view: View,
    /// What to weigh by: time, crossings, host-time, pages, allocations, allocated, live, peak,
    /// short-lived, calls, instructions, moved [default: time if recorded]
    #[arg(short, long)]
    metric: Option<Metric>,
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

/// The words for the forms of all views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Svg,
    Png,
    Folded,
    Json,
    Csv,
    Html,
    Dhat,
    Massif,
}

impl Form {
    fn of_profile(self) -> anyhow::Result<Format> {
        Ok(match self {
            Form::Svg => Format::Svg,
            Form::Folded => Format::Folded,
            Form::Json => Format::Json,
            Form::Csv => Format::Csv,
            Form::Html => Format::Html,
            Form::Dhat => Format::Dhat,
            Form::Massif => Format::Massif,
            Form::Png => bail!("png is a picture of the memory map: --view map --format png"),
        })
    }

    fn of_map(self) -> anyhow::Result<MapFormat> {
        match self {
            Form::Svg => Ok(MapFormat::Svg),
            Form::Png => Ok(MapFormat::Png),
            _ => bail!("--view map is written with --format svg or png"),
        }
    }

    fn of_module(self) -> anyhow::Result<ModuleFormat> {
        match self {
            Form::Svg => Ok(ModuleFormat::Svg),
            Form::Csv => Ok(ModuleFormat::Csv),
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
    let MapArgs { at, memory, range, columns } = &args.map;
    if memory.is_some() || range.is_some() || columns.is_some() {
        bail!("--memory, --range and --columns say something to --view map only");
    }
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    if format.is_of_heap() && profile.recording().heap.is_empty() {
        bail!("{}: {format} is about the heap, and no heap operations were recorded", args.file.display());
    }
    let metric = metric(&args.file, &profile, args.metric)?;
    if at.is_some() && (metric != Metric::LiveBytes || format.is_of_heap()) {
        bail!("--at says something to --view map, and to a profile with --metric live");
    }
    let time = at.clone().map(|at| at.all_until(&profile)).transpose();
    let time = time.with_context(|| args.file.display().to_string())?;
    print::damage(&args.file, &profile);
    let query = CallTreeQuery { metric, time, ..CallTreeQuery::default() };
    print::file_or_text(args.output.as_deref(), &args.file, &export(&profile, &query, format))
}

fn export_map(args: &ExportArgs) -> anyhow::Result<()> {
    let format = args.format.of_map()?;
    if args.metric.is_some() {
        bail!("--metric says nothing to --view map");
    }
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    let picture = args.map.picture(&profile, format).with_context(|| args.file.display().to_string())?;
    print::damage(&args.file, &profile);
    print::file_or_text(args.output.as_deref(), &args.file, &picture)
}

fn export_module(args: &ExportArgs) -> anyhow::Result<()> {
    let format = args.format.of_module()?;
    let MapArgs { at, memory, range, columns } = &args.map;
    if at.is_some() || memory.is_some() || range.is_some() || columns.is_some() {
        bail!("--at, --memory, --range and --columns say nothing to --view module");
    }
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    let metric = heat(&args.file, &profile, args.metric)?;
    print::damage(&args.file, &profile);
    let bytes = module_size(&profile, &ModuleSizeQuery { metric, time: None }, format);
    print::file_or_text(args.output.as_deref(), &args.file, &bytes)
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
