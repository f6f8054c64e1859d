//! `wasmscope compare`: run two builds by turns, record each run, and compare them.

use super::console::Console;
use super::diff::{BuildSymbolArgs, DiffFormArgs};
use super::measure::MeasureArgs;
use super::program::RunArgs;
use super::{interrupt, print};
use crate::analysis::{Pair, Side};
use crate::builds::{self, turn_file, turns};
use crate::pipeline;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{Guest, RunOptions, Stdin};

/// Run two builds of a program by turns, record each run, and compare them
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// The old build (.wasm)
    old: PathBuf,
    /// The new build (.wasm)
    new: PathBuf,
    /// Run each so many times: the more, the smaller the differences that can be told from chance
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Where the recordings go: old-1.wscope, new-1.wscope and so on [default: `compare`, or `compare-2` and so on, in
    /// the current folder]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    #[command(flatten)]
    form: DiffFormArgs,
    #[command(flatten)]
    symbols: BuildSymbolArgs,
    #[command(flatten)]
    measure: MeasureArgs,
    #[command(flatten)]
    how: RunArgs,
    /// A file as the program's standard input [default: none]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// Don't say on standard error which run goes on
    #[arg(short, long)]
    quiet: bool,
}

/// A module and how it is run.
struct Build {
    guest: Guest,
    options: RunOptions,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let Pair { old, new } = Pair::of(|side| build(args, side));
    let builds = Pair { old: old?, new: new? };
    let folder = args.output.clone().unwrap_or_else(free_folder);
    builds::make_folder(&folder)?;
    interrupt::watch();
    let files = record(args, &builds, &folder)?;
    let is_interrupted = interrupt::is_interrupted();
    if is_interrupted {
        print::note(&format!("stopped; the recordings until then are in {}", folder.display()));
    }
    if is_interrupted && (files.old.is_empty() || files.new.is_empty()) {
        return Ok(interrupt::EXIT_CODE.into());
    }
    let comparison = builds::open(&files, args.symbols.paths())?;
    let code = args.form.write(&comparison, None, &[])?;
    Ok(if is_interrupted { interrupt::EXIT_CODE.into() } else { code })
}

fn build(args: &CompareArgs, side: Side) -> anyhow::Result<Build> {
    let module = Pair { old: &args.old, new: &args.new };
    let guest = pipeline::open_module(module.get(side))?;
    let stdin = args.stdin.clone().map_or(Stdin::Empty, Stdin::File);
    let options = args.how.options(&guest, *args.symbols.paths().get(side), stdin)?;
    Ok(Build { guest, options: args.measure.measured(options) })
}

/// A folder of which there is none yet.
fn free_folder() -> PathBuf {
    let first = PathBuf::from("compare");
    let others = (2..).map(|number| PathBuf::from(format!("compare-{number}")));
    let mut folders = std::iter::once(first.clone()).chain(others);
    folders.find(|folder| !folder.exists()).unwrap_or(first)
}

/// Runs both by turns, and gives the recordings of the runs that came to their end.
fn record(args: &CompareArgs, builds: &Pair<Build>, folder: &Path) -> anyhow::Result<Pair<Vec<PathBuf>>> {
    let mut files = Pair { old: Vec::new(), new: Vec::new() };
    for turn in turns(usize::from(args.runs)) {
        let (side, number) = turn;
        let (file, Build { guest, options }) = (turn_file(folder, turn), builds.get(side));
        // What the programs print is in the recordings, and not here.
        let outcome = pipeline::record_to(&file, guest, options, Arc::new(Console::default()))?;
        if outcome == Outcome::Cancelled || interrupt::is_interrupted() {
            // Half a run would be taken for a whole one by whoever compares the folder later.
            std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
            break;
        }
        if !args.quiet {
            print::note(&format!("{} build, run {number} of {}: {outcome}", side.name(), args.runs));
        }
        files.get_mut(side).push(file);
    }
    Ok(files)
}
