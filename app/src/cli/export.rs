//! `wasmscope export`: write a view of a recording for other programs.

use super::print;
use super::values::SymbolArgs;
use crate::analysis::{CallTreeQuery, Metric};
use crate::export::{Format, export};
use crate::pipeline;
use crate::profile::Profile;
use anyhow::bail;
use std::path::{Path, PathBuf};

/// Write a flame graph, stacks, the call tree, the functions or the heap of a recording to a file
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The recording (.wscope)
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// What to write: svg (an interactive flame graph), folded (stacks), json (the call tree), csv (the functions), dhat
    /// (the heap by call path, for DHAT's viewer) or massif (the heap over time, for ms_print and massif-visualizer)
    #[arg(short, long, value_enum, hide_possible_values = true)]
    format: Format,
    /// What to weigh by: time, crossings, host-time, pages, allocations, allocated, live, peak,
    /// short-lived, calls, instructions, moved [default: time if recorded]
    #[arg(short, long)]
    metric: Option<Metric>,
    /// Where it goes [default: the standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    if args.format.is_of_heap() && profile.recording().heap.is_empty() {
        bail!(
            "{}: {} is about the heap, and no heap operations were recorded",
            args.file.display(),
            args.format
        );
    }
    let metric = metric(&args.file, &profile, args.metric)?;
    print::damage(&args.file, &profile);
    let query = CallTreeQuery { metric, ..CallTreeQuery::default() };
    print::file_or_text(args.output.as_deref(), &args.file, &export(&profile, &query, args.format))
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
