//! `wasmscope pack`: put what explains a recording into it.

use super::print;
use super::values::{SourceArgs, SymbolArgs, sources_at};
use crate::pack::{Packed, pack};
use crate::pipeline;
use crate::save::save;
use crate::sources::SourcePlace;
use std::path::{Path, PathBuf};

/// Put the files with names and lines, and the text of the source files, into a recording
///
/// Such a recording reads the same on a machine that has none of these files.
#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// The recording (.wscope)
    file: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    #[command(flatten)]
    sources: SourceArgs,
    /// Where the packed recording goes [default: FILE itself]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &PackArgs) -> anyhow::Result<()> {
    // Nothing is copied before it is known to be a recording with these symbols.
    let profile = pipeline::open_recording(&args.file, args.symbols.path())?;
    print::damage(&args.file, &profile);
    let target = args.output.as_ref().unwrap_or(&args.file);
    let sources = args.sources.sources();
    let packed = save(&args.file, target, |file| pack(file, &profile, &sources.of(&profile)))?;
    tell(target, &packed);
    Ok(())
}

/// Packs the recording that was just made at `file`.
pub(super) fn recorded(
    file: &Path,
    symbols: &SymbolArgs,
    places: Vec<SourcePlace>,
) -> anyhow::Result<Packed> {
    let profile = pipeline::open_recording(file, symbols.path())?;
    Ok(pack(file, &profile, &sources_at(places).of(&profile))?)
}

/// Says what was put in, and what was not found.
pub(super) fn tell(file: &Path, packed: &Packed) {
    let Packed { symbol_files, sources, missing } = packed;
    print::note(&format!(
        "{}: packed {symbol_files} symbol files and {sources} source files",
        file.display()
    ));
    if let Some(first) = missing.first() {
        let count = missing.len();
        print::note(&format!(
            "{count} source files were not found, such as {first}; --sources says where they are"
        ));
    }
}
