//! `wasmscope allocators`: find the allocators of a module in which nothing has a name.

use super::program::ProgramArgs;
use super::{interrupt, print, table};
use crate::{pipeline, trial};
use serde::Serialize;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use wasmscope_instrument::{Observer, Proposal, Stdin, Trial};

/// Run a module for some seconds, find out which functions are its allocators, and tell why
#[derive(Debug, clap::Args)]
pub struct AllocatorsArgs {
    #[command(flatten)]
    program: ProgramArgs,
    /// A file as the program's standard input [default: none]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AllocatorsArgs) -> anyhow::Result<()> {
    let guest = pipeline::open_module(&args.program.module)?;
    let stdin = args.stdin.clone().map_or(Stdin::Empty, Stdin::File);
    let options = args.program.options(&guest, stdin)?;
    interrupt::watch();
    let trial = trial::find(&guest, &options, Arc::new(Interruptible))?;
    if args.json { print::json(&json(&trial)) } else { print::text(text(&trial).as_bytes()) }
}

/// What the program prints is of no interest here.
struct Interruptible;

impl Observer for Interruptible {
    fn is_cancelled(&self) -> bool {
        interrupt::is_interrupted()
    }
}

fn text(trial: &Trial) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    for Proposal { allocator, evidence } in &trial.proposals {
        let _ = writeln!(text, "--allocator '{}'", table::clean(&allocator.to_string()));
        let _ = writeln!(text, "  {} {evidence}", table::clean(&allocator.name));
    }
    if let Some(reason) = trial::why_none(trial) {
        let _ = writeln!(text, "{reason}");
    }
    if let Some(ending) = trial::ended_early(trial, interrupt::is_interrupted()) {
        let _ = writeln!(text, "the trial ended early: {}", table::clean(&ending));
    }
    text
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
