//! What is run and what it is given, as it is written on a command line.

use super::calls::CallArgs;
use super::limits::LimitArgs;
use super::values::{self, ImportChoices, SymbolArgs};
use crate::pipeline::{self, PipelineError};
use std::path::{Path, PathBuf};
use wasmscope_instrument::{GrantedDir, Guest, Link, Program, RunOptions, Stdin};

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct ProgramArgs {
    /// The module (.wasm) to run
    pub module: PathBuf,
    #[command(flatten)]
    pub symbols: SymbolArgs,
    #[command(flatten)]
    how: RunArgs,
}

impl ProgramArgs {
    /// How `guest` is run, with this as its standard input.
    pub(super) fn options(&self, guest: &Guest, stdin: Stdin) -> Result<RunOptions, PipelineError> {
        self.how.options(guest, self.symbols.path(), stdin)
    }
}

/// How any module is run.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    calls: CallArgs,
    /// What becomes of imports that nobody provides: the module is refused, they do nothing and answer 0, or a call of
    /// one is a trap: refuse, stub or trap, and for single ones MODULE.NAME=CHOICE, in a comma list
    #[arg(long, value_name = "CHOICE", default_value = "refuse", value_parser = values::import_choices)]
    imports: ImportChoices,
    /// A module (.wasm) whose exports are what this one imports from NAME, such as env=helpers.wasm; it is not measured
    #[arg(long, value_name = "NAME=FILE", value_parser = values::link)]
    link: Vec<(String, PathBuf)>,
    /// An environment variable for the program; it gets no others
    #[arg(long, value_name = "K=V", value_parser = values::variable)]
    env: Vec<(String, String)>,
    /// A folder that the program may read and write, and its name for the program
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = values::folder)]
    dir: Vec<GrantedDir>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Arguments for the program
    #[arg(last = true)]
    args: Vec<String>,
}

impl RunArgs {
    /// How `guest` is run, with names at `symbols` and this as its standard input.
    pub(super) fn options(
        &self,
        guest: &Guest,
        symbols: Option<&Path>,
        stdin: Stdin,
    ) -> Result<RunOptions, PipelineError> {
        let RunArgs { calls, imports, link, env, dir, limits, args } = self;
        let ImportChoices { all, single } = imports.clone();
        Ok(RunOptions {
            symbols: pipeline::symbol_files(guest, symbols)?,
            program: Program { args: args.clone(), env: env.clone(), stdin, dirs: dir.clone() },
            invoke: calls.invocation(),
            unprovided: all,
            single_imports: single,
            links: link.iter().map(linked).collect::<Result<_, _>>()?,
            limits: limits.limits(),
            cache_dir: pipeline::code_cache(),
            ..RunOptions::default()
        })
    }
}

fn linked((name, file): &(String, PathBuf)) -> Result<Link, PipelineError> {
    let module = pipeline::open_module(file)?;
    Ok(Link { name: name.clone(), path: module.path, bytes: module.bytes })
}
