//! `wasmscope symbolize`: the functions and source lines of places in a module's code.

use super::table::clean;
use super::values::SymbolArgs;
use super::{print, values};
use crate::export::SourceFrameJson;
use crate::pipeline;
use anyhow::Context;
use serde::Serialize;
use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use wasmscope_symbolize::{CodeOffset, FileOffset, Frame, Symbols};

/// The exit code for wrong arguments, which lines of the standard input stand for here.
const WRONG_ARGUMENTS: u8 = 2;

/// Tell the functions and source lines of places in a module's code
///
/// For each offset its functions and lines, those that are inlined into others first.
#[derive(Debug, clap::Args)]
pub struct SymbolizeArgs {
    /// The module (.wasm)
    module: PathBuf,
    #[command(flatten)]
    symbols: SymbolArgs,
    /// Places in the code, decimal or hexadecimal (0x4d2), in bytes from the start of the code section's contents, as
    /// DWARF counts; without any, they are read from the standard input, one a line
    #[arg(value_name = "OFFSET", value_parser = values::offset)]
    offsets: Vec<u64>,
    /// The offsets count from the start of the file, as those that engines print when a program traps
    #[arg(long)]
    file_offsets: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &SymbolizeArgs) -> anyhow::Result<ExitCode> {
    let guest = pipeline::open_module(&args.module)?;
    let symbols = pipeline::symbols(&guest, args.symbols.path())?;
    symbols.warnings().iter().for_each(|warning| print::note(&warning.to_string()));
    let mut places = Vec::new();
    let mut tell = |offset| {
        let place = Place::of(&symbols, offset, args.file_offsets);
        if args.json {
            places.push(PlaceJson::of(&symbols, place));
            return Ok(());
        }
        // At once, for who asks by a pipe and waits for the answer.
        print::text(place.text().as_bytes())
    };
    if !args.offsets.is_empty() {
        args.offsets.iter().try_for_each(|offset| tell(*offset))?;
    } else {
        for line in io::stdin().lines() {
            let line = line.context("the standard input can't be read")?;
            match values::offset(line.trim()) {
                Ok(offset) => tell(offset)?,
                Err(_) if line.trim().is_empty() => {}
                Err(sentence) => {
                    print::note(&sentence);
                    return Ok(ExitCode::from(WRONG_ARGUMENTS));
                }
            }
        }
    }
    if args.json {
        print::json(&SymbolizeJson { module: guest.name, places })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A place that was asked for.
struct Place {
    asked: u64,
    /// `None` where it isn't in the code section.
    offset: Option<CodeOffset>,
    /// None where it is in no function.
    frames: Vec<Frame>,
}

impl Place {
    fn of(symbols: &Symbols, asked: u64, is_file_offset: bool) -> Place {
        let offset = match is_file_offset {
            true => symbols.module().code_offset(FileOffset(asked)),
            false => u32::try_from(asked).ok().map(CodeOffset),
        };
        let offset = offset.filter(|offset| symbols.module().file_offset(*offset).is_some());
        let frames = offset.map(|offset| symbols.frames(offset)).unwrap_or_default();
        Place { asked, offset, frames }
    }

    fn text(&self) -> String {
        let mut text = format!("{:#x}:", self.asked);
        if self.frames.is_empty() {
            text.push_str(" in no function\n");
        }
        for (at, frame) in self.frames.iter().enumerate() {
            let inlined = if at > 0 { " (inlined by)" } else { "" };
            // Writing to a string can't fail.
            let _ = writeln!(text, "{inlined} {} at {}", clean(&frame.name.full), location(frame));
        }
        text
    }
}

fn location(frame: &Frame) -> String {
    match &frame.location {
        Some(at) => format!("{}:{}:{}", clean(&at.file), at.line, at.column),
        // As other symbolizers write it.
        None => "??:0:0".to_owned(),
    }
}

#[derive(Serialize)]
struct SymbolizeJson {
    module: String,
    places: Vec<PlaceJson>,
}

#[derive(Serialize)]
struct PlaceJson {
    /// As it was asked for.
    offset: u64,
    code_offset: Option<u32>,
    file_offset: Option<u64>,
    index: Option<u32>,
    frames: Vec<SourceFrameJson>,
}

impl PlaceJson {
    fn of(symbols: &Symbols, place: Place) -> PlaceJson {
        let Place { asked, offset, frames } = place;
        let module = symbols.module();
        PlaceJson {
            offset: asked,
            code_offset: offset.map(|offset| offset.0),
            file_offset: offset.and_then(|offset| module.file_offset(offset)).map(|offset| offset.0),
            index: offset.and_then(|offset| module.function_at(offset)).map(|function| function.0),
            frames: frames.iter().map(SourceFrameJson::of).collect(),
        }
    }
}
