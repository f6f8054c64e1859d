//! The program: reads the arguments, then opens the window or does what the command says.

use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use wasmscope::cli::{self, Cli, Job};

fn main() -> ExitCode {
    let result = match Cli::parse().job() {
        Job::Window { paths, symbols } => window(paths, symbols).map(|()| ExitCode::SUCCESS),
        Job::Command(command) => cli::run(*command),
    };
    result.unwrap_or_else(|error| {
        // Nobody is left to be told when this fails.
        let _ = writeln!(std::io::stderr(), "wasmscope: {}", cli::sentence(&error));
        ExitCode::FAILURE
    })
}

#[cfg(feature = "gui")]
fn window(paths: Vec<PathBuf>, symbols: Option<PathBuf>) -> anyhow::Result<()> {
    Ok(wasmscope::ui::run(paths, symbols)?)
}

#[cfg(not(feature = "gui"))]
fn window(_paths: Vec<PathBuf>, _symbols: Option<PathBuf>) -> anyhow::Result<()> {
    anyhow::bail!(
        "this program was built without the window; `wasmscope record MODULE` and `wasmscope report FILE` work \
         without one (see `wasmscope --help`)"
    )
}
