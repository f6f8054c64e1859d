//! Profiles of other tools become recordings. What they are is told by their contents, never by their names.
//!
//! Each format has a file, which reads it into a [`draft::Draft`]; that makes the recording. None has a module: what
//! they tell of functions goes along as an attachment ([`Foreign`]). [`resolve`] puts a module in, once the user points
//! to it.

mod chrome;
mod chrome_trace;
mod draft;
mod error;
mod firefox;
mod firefox_json;
mod folded;
mod json;
mod pprof;
mod pprof_values;
mod protobuf;
mod resolve;
mod shapes;
mod speedscope;
mod wasm;

pub use error::ImportError;
pub(crate) use resolve::{Mismatch, resolve};

use crate::units;
use draft::Draft;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use wasmscope_instrument::recording::{MAGIC, Recording};

/// More is not read: each byte of what is made up to hurt takes up to sixteen in tables, and so much JSON still holds
/// twenty-five million samples.
const MOST_BYTES: u64 = 1 << 29;
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
const MODULE_MAGIC: &[u8] = b"\0asm";

/// What tools write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.cpuprofile`, of Chrome and Node.js.
    Chrome,
    /// What Chrome's panel Performance saves.
    ChromeTrace,
    /// What profiler.firefox.com, samply and Wasmtime's guest profiler save.
    Firefox,
    /// The protocol buffers of Go and of many others.
    Pprof,
    /// speedscope's own.
    Speedscope,
    /// `main;parse 12`.
    Folded,
}

/// For a sentence: `a pprof profile`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Chrome => "a Chrome CPU profile",
            Format::ChromeTrace => "a Chrome performance trace",
            Format::Firefox => "a Firefox profile",
            Format::Pprof => "a pprof profile",
            Format::Speedscope => "a speedscope profile",
            Format::Folded => "a file of folded stacks",
        })
    }
}

/// Makes a recording of another tool's profile in `bytes`, named as its file is; `None` where it is no such thing.
///
/// # Errors
/// When it is one and can't be read, or nothing is in it.
pub(crate) fn import(bytes: &[u8], name: &str) -> Result<Option<Recording>, ImportError> {
    let is_packed = bytes.starts_with(GZIP_MAGIC);
    let bytes = unpacked(bytes, MOST_BYTES)?;
    let Some(format) = format_of(&bytes) else {
        let is_ours = bytes.starts_with(&MAGIC) || bytes.starts_with(MODULE_MAGIC);
        return if is_packed && !is_ours { Err(ImportError::PackedUnknown) } else { Ok(None) };
    };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ImportError::TooLarge { limit: MOST_BYTES });
    }
    let mut draft = Draft::new(format);
    match format {
        Format::Chrome => chrome::read(&bytes, &mut draft)?,
        Format::ChromeTrace => chrome_trace::read(&bytes, &mut draft)?,
        Format::Firefox => firefox::read(&bytes, &mut draft)?,
        Format::Pprof => pprof::read(&bytes, &mut draft)?,
        Format::Speedscope => speedscope::read(&bytes, &mut draft)?,
        Format::Folded => folded::read(&bytes, &mut draft)?,
    }
    draft.finish(name).map(Some)
}

fn format_of(bytes: &[u8]) -> Option<Format> {
    firefox::is_json_slabs(bytes)
        .then_some(Format::Firefox)
        .or_else(|| json::format_of(bytes))
        .or_else(|| pprof::is_one(bytes).then_some(Format::Pprof))
        .or_else(|| folded::is_one(bytes).then_some(Format::Folded))
}

/// What is in `bytes`, if that is compressed, and no more than `limit` bytes.
fn unpacked(bytes: &[u8], limit: u64) -> Result<Cow<'_, [u8]>, ImportError> {
    if !bytes.starts_with(GZIP_MAGIC) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut contents = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut contents);
    match read {
        Ok(read) if read as u64 > limit => Err(ImportError::TooLarge { limit }),
        Ok(_) => Ok(Cow::Owned(contents)),
        Err(source) => Err(ImportError::Packed { unpacked: contents.len(), source }),
    }
}

/// For profiles that are sums.
const NO_ORDER: &str = "the profile does not tell when samples were taken; they stand one behind the other";
/// For weights of an unknown kind.
const NO_UNIT: &str = "it does not tell what its numbers are: each is shown as a nanosecond";
/// So many of those left out are named.
const NAMED: usize = 3;

/// One of several threads or profiles.
struct Candidate {
    name: String,
    samples: usize,
    /// Those of its samples that were taken in WebAssembly.
    in_wasm: usize,
}

/// Which of several threads or profiles is shown: the first of those with the most samples in WebAssembly and, among
/// these, at all. What is left out is told. `None` where there are no samples.
fn most(draft: &mut Draft, noun: &str, all: &[Candidate]) -> Option<usize> {
    let sampled = all.iter().enumerate().filter(|(_, of)| of.samples > 0);
    let rank = |(at, of): &(usize, &Candidate)| (of.in_wasm, of.samples, std::cmp::Reverse(*at));
    let (chosen, Candidate { name, .. }) = sampled.clone().max_by_key(rank)?;
    let others = sampled.filter(|(at, _)| *at != chosen);
    let others: Vec<_> =
        others.map(|(_, of)| format!("{} ({})", of.name, units::counted(of.samples, "sample"))).collect();
    if let Some(named) = others.chunks(NAMED).next() {
        let (named, more) = (named.join(", "), if others.len() > NAMED { " and others" } else { "" });
        let left_out = units::counted(others.len(), noun);
        draft.warn(format!("only the {noun} {name} is shown; left out: {left_out}, {named}{more}"));
    }
    Some(chosen)
}

#[cfg(test)]
mod tests;
