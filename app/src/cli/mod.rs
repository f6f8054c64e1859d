//! The command line. Each command is a file with its arguments and one function that does it.

mod allocators;
mod calls;
mod compare;
mod console;
mod diff;
mod explain;
mod export;
mod info;
mod instrument;
mod interrupt;
mod limits;
mod measure;
mod memory;
mod moment;
mod pack;
mod print;
mod program;
mod progress;
mod push;
mod record;
mod report;
mod symbolize;
mod values;

use crate::export::table;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes: 0 for success, 1 where something could not be done, 2 for wrong arguments. `diff` and `compare`: 1 where \
the new build is worse by more than --fail-over, 2 where something could not be done. `record` passes on what the \
program did: its own exit code, 134 for a trap, 124 for a limit that was reached, 130 for Ctrl+C; the recording is \
kept in each case.";

/// Profiler and memory visualizer for WebAssembly.
///
/// Without a command the window opens.
#[derive(Debug, Parser)]
#[command(name = "wasmscope", version, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Modules (.wasm) and recordings (.wscope) to open in the window
    paths: Vec<PathBuf>,
    #[command(flatten)]
    symbols: values::SymbolArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the program is to do.
#[derive(Debug)]
pub enum Job {
    /// Open the window.
    Window {
        /// With these files.
        paths: Vec<PathBuf>,
        /// With names and lines out of this file or folder.
        symbols: Option<PathBuf>,
    },
    /// Do it here and now.
    Command(Box<Command>),
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a module and record what it does
    Record(Box<record::RecordArgs>),
    /// Show what is in a recording
    Report(report::ReportArgs),
    /// Compare the recordings of two builds of a program
    Diff(diff::DiffArgs),
    /// Run two builds of a program by turns, record each run, and compare them
    Compare(Box<compare::CompareArgs>),
    /// Write a flame graph, stacks, the call tree, the functions, the heap or the memory map of a recording to a file
    Export(export::ExportArgs),
    /// Send a recording to a server that keeps profiles of many machines: Pyroscope, Parca
    Push(Box<push::PushArgs>),
    /// Put the files with names and lines, and the text of the source files, into a recording
    Pack(pack::PackArgs),
    /// Put the probes into a module and write it, without running it
    Instrument(instrument::InstrumentArgs),
    /// Show what is in a module
    Info(info::InfoArgs),
    /// Find the allocators of a module in which nothing has a name
    Allocators(Box<allocators::AllocatorsArgs>),
    /// Tell the functions and source lines of places in a module's code
    Symbolize(symbolize::SymbolizeArgs),
}

impl Cli {
    /// What the arguments ask for.
    pub fn job(self) -> Job {
        let Self { paths, symbols, command } = self;
        match command {
            Some(command) => Job::Command(Box::new(command)),
            None => Job::Window { paths, symbols: symbols.path().map(Path::to_owned) },
        }
    }
}

/// Does what `command` says. Results go to the standard output, or to the files that the command names.
///
/// # Errors
/// When it can't be done: one sentence that says what, where, and what to do about it.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Record(args) => record::run(*args),
        Command::Report(args) => report::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Diff(args) => Ok(diff::or_failed(diff::run(&args))),
        Command::Compare(args) => Ok(diff::or_failed(compare::run(&args))),
        Command::Export(args) => export::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Push(args) => push::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Pack(args) => pack::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Instrument(args) => instrument::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Info(args) => info::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Allocators(args) => allocators::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Symbolize(args) => symbolize::run(&args),
    }
}

/// What went wrong, with the reasons that it doesn't tell itself.
pub fn sentence(error: &anyhow::Error) -> String {
    let told =
        error.chain().map(ToString::to_string).fold(String::new(), |told, reason| match told.is_empty() {
            true => reason,
            false if told.contains(&reason) => told,
            false => format!("{told}: {reason}"),
        });
    table::clean(&told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn word(command: &Command) -> &'static str {
        match command {
            Command::Record(_) => "record",
            Command::Report(_) => "report",
            Command::Diff(_) => "diff",
            Command::Compare(_) => "compare",
            Command::Export(_) => "export",
            Command::Push(_) => "push",
            Command::Pack(_) => "pack",
            Command::Instrument(_) => "instrument",
            Command::Info(_) => "info",
            Command::Allocators(_) => "allocators",
            Command::Symbolize(_) => "symbolize",
        }
    }

    fn parsed(line: &str) -> Result<String, String> {
        let words = line.split_whitespace();
        let job = Cli::try_parse_from(words).map(Cli::job).map_err(|error| error.to_string());
        job.map(|job| match job {
            Job::Window { paths, symbols } => {
                format!("window {}", paths.len() + usize::from(symbols.is_some()))
            }
            Job::Command(command) => word(&command).to_owned(),
        })
    }

    #[test]
    fn reasons_are_told_once() {
        let inner = anyhow::anyhow!("no space left");
        let error = inner.context("a.svg: no space left").context("can't be written");
        assert_eq!(sentence(&error), "can't be written: a.svg: no space left");
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lines_are_understood() {
        for (line, expected) in [
            ("wasmscope", "window 0"),
            ("wasmscope a.wasm b.wscope", "window 2"),
            ("wasmscope a.wasm --symbols b.wasm", "window 2"),
            ("wasmscope record a.wasm", "record"),
            ("wasmscope record a.wasm -o b.wscope --measure time,heap --rate 500 -- -x --measure", "record"),
            ("wasmscope record a.wasm --invoke fib --arg i32:30 --arg f64:-1", "record"),
            ("wasmscope record a.wasm --env A=B --env C= --dir . --dir /tmp::/t --stdin in", "record"),
            ("wasmscope record a.wasm --timeout 1.5s --max-memory 64MiB -q", "record"),
            ("wasmscope report a.wscope --view heap --json", "report"),
            ("wasmscope export a.wscope --format svg --metric time -o a.svg", "export"),
            ("wasmscope instrument a.wasm -o b.wasm --measure heap", "instrument"),
            ("wasmscope report a.wscope --view wat --function 12", "report"),
            ("wasmscope report a.wscope --view source --file a.c --sources src --sources /a=/b", "report"),
            ("wasmscope pack a.wscope --symbols b.wasm --sources src -o b.wscope", "pack"),
            ("wasmscope push http://localhost:4040 a.wscope", "push"),
            (
                "wasmscope push http://h a.wscope --receiver parca --name a --label b=c --label d=e --now",
                "push",
            ),
            (
                "wasmscope push http://h a.wscope --metric time --between 1s end --retries 0 --timeout 5s",
                "push",
            ),
            ("wasmscope record a.wasm --pack --sources src", "record"),
            ("wasmscope diff a.wscope b.wscope --metric time --markdown --fail-over 5", "diff"),
            ("wasmscope diff folder --svg -o a.svg --old-symbols a --new-symbols b", "diff"),
            (
                "wasmscope compare a.wasm b.wasm --runs 3 --measure time --invoke f -o out --json -- -x",
                "compare",
            ),
            ("wasmscope info a.wasm --json", "info"),
            ("wasmscope allocators a.wasm --json --invoke run --arg i32:3 --timeout 2s", "allocators"),
            ("wasmscope allocators a.wasm --link env=b.wasm --stdin in -- -x --json", "allocators"),
            ("wasmscope symbolize a.wasm", "symbolize"),
            ("wasmscope record a.wasm --symbols b.wasm", "record"),
            ("wasmscope report a.wscope --symbols out", "report"),
            ("wasmscope export a.wscope -f svg --symbols out", "export"),
            (
                "wasmscope export a.wscope --view map -f png --at peak --range 0x400-0x10000 -o a.png",
                "export",
            ),
            ("wasmscope info a.wasm --symbols a.symbols", "info"),
            ("wasmscope symbolize a.wasm 12 --symbols b.wasm", "symbolize"),
            ("wasmscope symbolize a.wasm 12 0x1f --json --file-offsets", "symbolize"),
        ] {
            assert_eq!(parsed(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn wrong_lines_are_refused_with_the_reason() {
        for (line, reason) in [
            ("wasmscope record", "<MODULE>"),
            ("wasmscope record a.wasm --measure heat", "`heat` is not a measure"),
            ("wasmscope record a.wasm --invoke f --arg 30", "write TYPE:VALUE"),
            ("wasmscope record a.wasm --arg i32:30", "--invoke"),
            ("wasmscope record a.wasm --sources src", "--pack"),
            ("wasmscope record a.wasm --rate 0", "0 is not in 1..=10000"),
            ("wasmscope record a.wasm --timeout 5y", "`5y` is not a duration"),
            ("wasmscope record a.wasm --max-memory lots", "`lots` is not a size"),
            ("wasmscope record a.wasm --env A", "`A` is not NAME=VALUE"),
            ("wasmscope report a.wscope --view flames", "possible values"),
            ("wasmscope export a.wscope", "--format"),
            ("wasmscope export a.wscope --format svg --metric heat", "`heat` is not a metric"),
            ("wasmscope export a.wscope -f svg --view map --range 16", "`16` is not a range"),
            ("wasmscope export a.wscope -f svg --view map --columns 0", "0 is not in 1..=1024"),
            ("wasmscope push http://h", "<FILE>"),
            ("wasmscope push http://h a.wscope --label a-b=c", "`a-b` is no key of a label"),
            ("wasmscope push http://h a.wscope --receiver carrier", "possible values"),
            ("wasmscope instrument a.wasm", "--output"),
            ("wasmscope report a.wscope --view wat", "--function"),
            ("wasmscope info a.wasm b.wasm", "b.wasm"),
            ("wasmscope diff a b c", "unexpected argument"),
            ("wasmscope diff a b --json --svg", "cannot be used with"),
            ("wasmscope diff a b --fail-over much", "`much` is not a share"),
            ("wasmscope compare a.wasm", "<NEW>"),
            ("wasmscope compare a.wasm b.wasm --runs 0", "0 is not in 1..=1000"),
            ("wasmscope symbolize a.wasm 0xfg", "`0xfg` is not an offset"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
