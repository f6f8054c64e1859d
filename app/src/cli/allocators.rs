//! `wasmscope allocators`: find the allocators of a module in which nothing has a name.

use super::calls::CallArgs;
use super::limits::LimitArgs;
use super::values::{self, ImportChoices, SymbolArgs};
use super::{interrupt, print, table};
use crate::pipeline;
use crate::units;
use anyhow::{Context, bail};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{
    GrantedDir, Observer, Program, Proposal, RunOptions, Stdin, Trial, find_allocators, is_component,
};

/// Run a module for some seconds, find out which functions are its allocators, and tell why
#[derive(Debug, clap::Args)]
pub struct AllocatorsArgs {
    /// The module (.wasm) to run
    module: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    calls: CallArgs,
    /// What becomes of imports that nobody provides: refuse, stub or trap, and for single ones MODULE.NAME=CHOICE, in a
    /// comma list
    #[arg(long, value_name = "CHOICE", default_value = "refuse", value_parser = values::import_choices)]
    imports: ImportChoices,
    /// An environment variable for the program; it gets no others
    #[arg(long, value_name = "K=V", value_parser = values::variable)]
    env: Vec<(String, String)>,
    /// A folder that the program may read and write, and its name for the program
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = values::folder)]
    dir: Vec<GrantedDir>,
    /// A file as the program's standard input [default: none]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Arguments for the program
    #[arg(last = true)]
    args: Vec<String>,
}

pub(super) fn run(args: &AllocatorsArgs) -> anyhow::Result<()> {
    let guest = pipeline::open_module(&args.module)?;
    if is_component(&guest.bytes) {
        bail!("{}: components are not looked into; this runs core modules", args.module.display());
    }
    let symbols = pipeline::symbol_files(&guest, args.symbols.path())?;
    interrupt::watch();
    let options = RunOptions { symbols, ..options(args) };
    let trial = find_allocators(&guest, &options, Arc::new(Interruptible))
        .with_context(|| args.module.display().to_string())?;
    if args.json { print::json(&json(&trial)) } else { print::text(text(&trial).as_bytes()) }
}

fn options(args: &AllocatorsArgs) -> RunOptions {
    let stdin = args.stdin.clone().map_or(Stdin::Empty, Stdin::File);
    RunOptions {
        program: Program { args: args.args.clone(), env: args.env.clone(), stdin, dirs: args.dir.clone() },
        invoke: args.calls.invocation(),
        unprovided: args.imports.all,
        single_imports: args.imports.single.clone(),
        limits: args.limits.limits(),
        cache_dir: pipeline::code_cache(),
        ..RunOptions::default()
    }
}

/// What the program prints is of no interest here.
struct Interruptible;

impl Observer for Interruptible {
    fn is_cancelled(&self) -> bool {
        interrupt::is_interrupted()
    }
}

fn text(trial: &Trial) -> String {
    let Trial { proposals, candidates, calls, outcome } = trial;
    let mut text = String::new();
    // Writing to a string can't fail.
    for Proposal { allocator, evidence } in proposals {
        let _ = writeln!(text, "--allocator '{}'", table::clean(&allocator.to_string()));
        let _ = writeln!(text, "  {} {evidence}", table::clean(&allocator.name));
    }
    if proposals.is_empty() {
        let _ = writeln!(
            text,
            "no function does what an allocator does: looked at {} in {}",
            units::things(*candidates as u64, "function"),
            units::things(*calls, "call"),
        );
    }
    // Where there is no candidate nothing was run.
    if *candidates > 0 && !outcome.is_success() {
        let _ = writeln!(text, "the trial ended early: {}", ending(trial));
    }
    text
}

/// How a trial ended that did not run to its end.
fn ending(Trial { outcome, calls, .. }: &Trial) -> String {
    match outcome {
        Outcome::Cancelled if !interrupt::is_interrupted() => {
            format!("{} were enough", units::things(*calls, "call"))
        }
        outcome => table::clean(&outcome.to_string()),
    }
}

#[derive(Serialize)]
struct TrialJson<'a> {
    candidates: usize,
    calls: u64,
    outcome: String,
    proposals: Vec<ProposalJson<'a>>,
}

#[derive(Serialize)]
struct ProposalJson<'a> {
    /// As `--allocator` takes it.
    allocator: String,
    function: &'a str,
    like: &'static str,
    evidence: &'a str,
}

fn json(trial: &Trial) -> TrialJson<'_> {
    let Trial { proposals, candidates, calls, outcome } = trial;
    TrialJson {
        candidates: *candidates,
        calls: *calls,
        outcome: outcome.to_string(),
        proposals: proposals.iter().map(proposal_json).collect(),
    }
}

fn proposal_json(Proposal { allocator, evidence }: &Proposal) -> ProposalJson<'_> {
    ProposalJson {
        allocator: allocator.to_string(),
        function: &allocator.name,
        like: allocator.kind.name(),
        evidence,
    }
}
