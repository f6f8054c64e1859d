//! `wasmscope pack`: put what explains a recording into it.

use super::print;
use super::values::{SourceArgs, SymbolArgs, sources_at};
use crate::pack::{Packed, pack};
use crate::pipeline;
use crate::save::save;
use crate::sources::SourcePlace;
use crate::units;
use std::path::{Path, PathBuf};

/// Put the files with names and lines, and the text of the source files, into a recording
///
/// Such a recording reads the same on a machine that has none of these files.
#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// The recording (.wscope), or a profile of another tool
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
    let packed =
        save(&args.file, profile.imported(), target, |file| pack(file, &profile, &sources.of(&profile)))?;
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

/// Says what was put in, what was not found, and what was left out.
pub(super) fn tell(file: &Path, packed: &Packed) {
    let Packed { symbol_files, sources, missing, refused } = packed;
    let symbol_files = units::counted(*symbol_files, "symbol file");
    let source_files = |count| units::counted(count, "source file");
    print::note(&format!("{}: packed {symbol_files} and {}", file.display(), source_files(*sources)));
    if let Some(first) = missing.first() {
        let count = source_files(missing.len());
        print::note(&format!("not found: {count}, such as {first}; --sources says where they are"));
    }
    if let Some(first) = refused.first() {
        let count = units::counted(refused.len(), "file");
        print::note(&format!(
            "left out: {count} that the module names but that do not look like sources or symbols, such as {first}"
        ));
    }
}
