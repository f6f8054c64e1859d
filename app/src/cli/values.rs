//! Values as people write them on a command line.

use crate::sources::{RustSources, SourcePlace, Sources};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmscope_instrument::{GrantedDir, Unprovided};

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct SymbolArgs {
    /// Names and lines for a stripped module: another build of it, its .debug.wasm, source map or symbol map, or a
    /// folder with any of these; for a profile of another tool the module that ran
    #[arg(long = "symbols", value_name = "PATH")]
    path: Option<PathBuf>,
}

impl SymbolArgs {
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// Where source files are: a folder in which ends of their paths are looked for, or FROM=TO where what was compiled
    /// in the folder FROM lies in TO here
    #[arg(long = "sources", value_name = "FOLDER|FROM=TO")]
    places: Vec<SourcePlace>,
}

impl SourceArgs {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn sources(&self) -> Sources {
        sources_at(self.places.clone())
    }
}

/// Source files at `places`, and where Rust keeps its own.
pub(super) fn sources_at(places: Vec<SourcePlace>) -> Sources {
    Sources { places, rust: Arc::new(RustSources::of_user()) }
}

/// `500ms`, `5s`, `1.5m`, `1h`; a bare number is seconds, as `timeout` takes it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let bad =
        || format!("`{text}` is not a duration; write a number with ms, s, m or h, such as 500ms or 5s");
    let (number, unit) = split_unit(text);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(bad()),
    };
    let number: f64 = number.parse().map_err(|_| bad())?;
    Duration::try_from_secs_f64(number * seconds).ok().filter(|time| !time.is_zero()).ok_or_else(bad)
}

/// `16.6`: milliseconds as nanoseconds.
pub(super) fn millis(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is not a number of milliseconds, such as 16.6");
    let millis: f64 = text.parse().map_err(|_| bad())?;
    let nanos = millis * 1e6;
    if (1.0..1e18).contains(&nanos) { Ok(nanos as u64) } else { Err(bad()) }
}

/// `65536`, `64K`, `64MiB`, `1.5G`: K, M and G are powers of 1,024, as memory is counted; KB, MB and GB are powers of
/// 1,000.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is not a size; write a number with K, M or G, such as 64M or 64MiB");
    let (number, unit) = split_unit(text);
    let bytes: f64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        _ => return Err(bad()),
    };
    let number: f64 = number.parse().map_err(|_| bad())?;
    let size = number * bytes;
    // Beyond 2^53 a float is no longer exact, and no memory is as large.
    (0.0..9e15).contains(&size).then_some(size as u64).ok_or_else(bad)
}

/// `NAME=VALUE`.
pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

/// `NAME=FILE`.
pub(super) fn link(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err(format!("`{text}` is not NAME=FILE")),
    }
}

/// What becomes of imports that nobody provides: of all that are not named, and of single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ImportChoices {
    pub all: Unprovided,
    pub single: Vec<(String, Unprovided)>,
}

/// A comma list of `CHOICE`, for all, and `MODULE.NAME=CHOICE`, for one.
pub(super) fn import_choices(text: &str) -> Result<ImportChoices, String> {
    let mut choices = ImportChoices::default();
    for part in text.split(',') {
        match part.rsplit_once('=') {
            None => choices.all = import_choice(part)?,
            Some((name, choice)) => choices.single.push((name.to_owned(), import_choice(choice)?)),
        }
    }
    Ok(choices)
}

fn import_choice(text: &str) -> Result<Unprovided, String> {
    match text {
        "refuse" => Ok(Unprovided::Refuse),
        "stub" => Ok(Unprovided::Stub),
        "trap" => Ok(Unprovided::Trap),
        other => Err(format!("`{other}` is none of refuse, stub and trap")),
    }
}

/// `HOST` or `HOST::GUEST`; the guest sees the folder by the same name unless it is given another.
pub(super) fn folder(text: &str) -> Result<GrantedDir, String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err(format!("`{text}` is not HOST or HOST::GUEST"));
    }
    Ok(GrantedDir { host: PathBuf::from(host), guest: guest.to_owned() })
}

/// `1234` or `0x4d2`, in bytes.
pub(super) fn offset(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is not an offset; write a number such as 1234 or 0x4d2");
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // A sign, which the parser would take, is none of an offset's.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| is_number).ok_or_else(bad)
}

/// `0x400-0x10000`: from the first address to that before the last, each as [`offset`] reads it.
pub(super) fn range(text: &str) -> Result<Range<u64>, String> {
    let bad = || format!("`{text}` is not a range; write FROM-TO, such as 0x400-0x10000");
    let (from, to) = text.split_once('-').ok_or_else(bad)?;
    let (start, end) = (offset(from).map_err(|_| bad())?, offset(to).map_err(|_| bad())?);
    if start >= end {
        return Err(format!("`{text}` has no byte in it: the lower address goes first"));
    }
    Ok(start..end)
}

fn split_unit(text: &str) -> (&str, &str) {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (digits, &text[digits.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("500ms", 500), ("5s", 5_000), ("5", 5_000), ("2m", 120_000), ("1.5s", 1_500), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "5 s", "5d", "0s", "1e400s", "nan", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn milliseconds() {
        assert_eq!(millis("16.6"), Ok(16_600_000));
        for text in ["", "16ms", "0", "-1", "nan", "inf", "1e300"] {
            assert!(millis(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("65536", 65_536),
            ("64K", 65_536),
            ("64M", 64 << 20),
            ("64MiB", 64 << 20),
            ("64mb", 64_000_000),
            ("1.5g", 3 << 29),
            ("0", 0),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "-1", "64X", "1e30", "64 M", "nan"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn offsets() {
        for (text, bytes) in [("0", 0), ("1234", 1234), ("0x4d2", 1234), ("0XFF", 255)] {
            assert_eq!(offset(text), Ok(bytes), "{text}");
        }
        for text in ["", "0x", "4d2", "-1", "+1", "0x+1", "1 2", "0xffffffffffffffff0"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ranges() {
        for (text, addresses) in [("0-1", 0..1), ("0x400-0x10000", 1_024..65_536), ("16-0x20", 16..32)] {
            assert_eq!(range(text), Ok(addresses), "{text}");
        }
        for text in ["", "5", "-", "1-", "-1", "1-1", "2-1", "1-2-3", "1 - 2"] {
            assert!(range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn variables_and_folders() {
        assert_eq!(variable("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(variable("A="), Ok(("A".into(), String::new())));
        assert!(variable("=b").is_err() && variable("A").is_err());
        assert_eq!(folder("/a::/b"), Ok(GrantedDir { host: "/a".into(), guest: "/b".into() }));
        assert_eq!(folder("x"), Ok(GrantedDir { host: "x".into(), guest: "x".into() }));
        assert!(folder("::/b").is_err() && folder("a::").is_err() && folder("").is_err());
    }
}
