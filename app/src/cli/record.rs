//! `wasmscope record`: run a module and record what it does.

use super::console::Console;
use super::measure::MeasureArgs;
use super::program::ProgramArgs;
use super::{interrupt, pack, print};
use crate::pipeline::{self, PipelineError};
use crate::sources::SourcePlace;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{Guest, RunOptions, Stdin};

const TRAP_EXIT_CODE: u8 = 134;
const LIMIT_EXIT_CODE: u8 = 124;

/// Run a module and record what it does
#[derive(Debug, clap::Args)]
pub struct RecordArgs {
    /// Where the recording goes [default: the module's name with .wscope, in the current folder]
    #[arg(short, long, value_name = "OUT.wscope")]
    output: Option<PathBuf>,
    #[command(flatten)]
    measure: MeasureArgs,
    #[command(flatten)]
    program: ProgramArgs,
    /// A file as the program's standard input [default: ours]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// Put the symbols and the text of the source files into the recording, for a machine that has none of them
    #[arg(long)]
    pack: bool,
    /// Where source files are: a folder, or FROM=TO where what was compiled in the folder FROM lies in TO here
    #[arg(long, value_name = "FOLDER|FROM=TO", requires = "pack")]
    sources: Vec<SourcePlace>,
    /// Don't say at the end where the recording is and how the program ended
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: RecordArgs) -> anyhow::Result<ExitCode> {
    let guest = pipeline::open_module(&args.program.module)?;
    let output = args.output.clone().unwrap_or_else(|| default_output(&args.program.module));
    let quiet = args.quiet;
    let options = options(&args, &guest)?;
    interrupt::watch();
    let outcome = pipeline::record_to(&output, &guest, &options, Arc::new(Console::passing_output()))?;
    if !quiet {
        print::note(&format!("{}: {outcome}", output.display()));
    }
    if args.pack {
        let packed = pack::recorded(&output, &args.program.symbols, args.sources)?;
        if !quiet {
            pack::tell(&output, &packed);
        }
    }
    Ok(exit_code(&outcome).into())
}

fn options(args: &RecordArgs, guest: &Guest) -> Result<RunOptions, PipelineError> {
    let stdin = args.stdin.clone().map_or(Stdin::Inherit, Stdin::File);
    Ok(args.measure.measured(args.program.options(guest, stdin)?))
}

fn default_output(module: &Path) -> PathBuf {
    let stem = module.file_stem().unwrap_or(OsStr::new("module"));
    let mut name = PathBuf::from(stem);
    name.as_mut_os_string().push(".wscope");
    name
}

/// What the program did, as a shell would see it.
fn exit_code(outcome: &Outcome) -> u8 {
    match outcome {
        // Only the low byte reaches whoever waits for us; a failure must not look like a success.
        Outcome::Exited { code } => {
            if *code != 0 && code & 0xff == 0 {
                1
            } else {
                (code & 0xff) as u8
            }
        }
        Outcome::Returned { .. } => 0,
        Outcome::Trapped { .. } => TRAP_EXIT_CODE,
        Outcome::LimitReached { .. } => LIMIT_EXIT_CODE,
        Outcome::Cancelled => interrupt::EXIT_CODE,
        Outcome::Unknown | Outcome::NotRun => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_exit_codes() {
        let trapped = Outcome::Trapped { message: "unreachable".into(), frames: Vec::new() };
        for (outcome, code) in [
            (Outcome::Exited { code: 0 }, 0),
            (Outcome::Exited { code: 3 }, 3),
            (Outcome::Exited { code: 256 }, 1),
            (Outcome::Exited { code: -1 }, 255),
            (Outcome::Returned { values: vec!["5".into()] }, 0),
            (trapped, 134),
            (Outcome::LimitReached { message: "5 s".into() }, 124),
            (Outcome::Cancelled, 130),
        ] {
            assert_eq!(exit_code(&outcome), code, "{outcome}");
        }
    }

    #[test]
    fn the_recording_goes_to_the_current_folder() {
        for (module, output) in [("/a/b.wasm", "b.wscope"), ("b", "b.wscope"), ("a.b.wasm", "a.b.wscope")] {
            assert_eq!(default_output(Path::new(module)), Path::new(output));
        }
    }
}
