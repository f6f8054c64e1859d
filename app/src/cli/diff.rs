//! `wasmscope diff`: compare the recordings of two builds.

use super::print;
use crate::analysis::{CompareQuery, Comparison, Metric, Pair};
use crate::builds;
use crate::export::{CompareFormat, CompareReport};
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The new build is worse by more than it may be.
const WORSE: u8 = 1;
/// Something could not be done. Another code than that of a worse build, which scripts go by.
const FAILED: u8 = 2;

/// Compare the recordings of two builds of a program
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// A recording of the old build, or a folder with several; or, without NEW, a folder that `compare` left
    old: PathBuf,
    /// A recording of the new build, or a folder with several
    new: Option<PathBuf>,
    #[command(flatten)]
    symbols: BuildSymbolArgs,
    #[command(flatten)]
    form: DiffFormArgs,
    /// Where it goes [default: the standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct BuildSymbolArgs {
    /// Names and lines for the old build, where it is stripped: see `wasmscope record --help`
    #[arg(long, value_name = "PATH")]
    old_symbols: Option<PathBuf>,
    /// Names and lines for the new build, where it is stripped
    #[arg(long, value_name = "PATH")]
    new_symbols: Option<PathBuf>,
}

impl BuildSymbolArgs {
    pub(super) fn paths(&self) -> Pair<Option<&Path>> {
        Pair { old: self.old_symbols.as_deref(), new: self.new_symbols.as_deref() }
    }
}

/// What is compared, and how it is written.
#[derive(Debug, clap::Args)]
pub(super) struct DiffFormArgs {
    /// What to compare by: time, crossings, host-time, pages, allocations, allocated, live, peak, short-lived, calls,
    /// instructions, moved [default: instructions if both have them, or else time]
    #[arg(short, long)]
    metric: Option<Metric>,
    /// As JSON, with all functions
    #[arg(long, group = "form")]
    json: bool,
    /// As Markdown, short enough for a pull request
    #[arg(long, group = "form")]
    markdown: bool,
    /// As a flame graph of both builds
    #[arg(long, group = "form")]
    svg: bool,
    /// Exit with code 1 where the whole costs more by over so many percent, and that is more than chance
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_over: Option<f64>,
}

impl DiffFormArgs {
    fn format(&self) -> CompareFormat {
        match self {
            DiffFormArgs { json: true, .. } => CompareFormat::Json,
            DiffFormArgs { markdown: true, .. } => CompareFormat::Markdown,
            DiffFormArgs { svg: true, .. } => CompareFormat::Svg,
            _ => CompareFormat::Text,
        }
    }

    /// Writes the comparison to `output`, and says whether the new build may pass.
    pub(super) fn write(
        &self,
        comparison: &Comparison,
        output: Option<&Path>,
        inputs: &[PathBuf],
    ) -> anyhow::Result<ExitCode> {
        let metric = self.metric(comparison)?;
        let report = CompareReport::of(comparison, CompareQuery::by(metric));
        print::file_or_text(output, inputs, &report.write(self.format()))?;
        let Some(percent) = self.fail_over else { return Ok(ExitCode::SUCCESS) };
        if !report.can_tell() {
            bail!(
                "--fail-over can't be told of one recording of a build: {metric} differs from run to run; record each \
                 several times, as `wasmscope compare` does, or with `--measure instructions`, which are exact"
            );
        }
        let is_worse = report.total().is_worse_by(percent / 100.0);
        Ok(if is_worse { WORSE.into() } else { ExitCode::SUCCESS })
    }

    /// What was asked for, if all recordings have it; else what is compared otherwise.
    pub(super) fn metric(&self, comparison: &Comparison) -> anyhow::Result<Metric> {
        let there: Vec<&str> = comparison.metrics().map(Metric::name).collect();
        match self.metric {
            _ if there.is_empty() => bail!("these recordings have nothing in common that was measured"),
            Some(metric) if !comparison.has(metric) => {
                bail!(
                    "{metric} was not recorded of both builds, or never happened; there is: {}",
                    there.join(", ")
                )
            }
            Some(metric) => Ok(metric),
            None => Ok(comparison.default_metric()),
        }
    }
}

/// `5`, `2.5` or `5%`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| format!("`{text}` is not a share; write a number of percent, such as 5 or 2.5"))
}

pub(super) fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let files = builds::recordings(&args.old, args.new.as_deref())?;
    let comparison = builds::open(&files, args.symbols.paths())?;
    let Pair { old, new } = files;
    args.form.write(&comparison, args.output.as_deref(), &[old, new].concat())
}

/// What `result` is for whoever goes by exit codes. Says what could not be done.
pub(super) fn or_failed(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        print::note(&super::sentence(&error));
        FAILED.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_numbers_of_percent() {
        assert_eq!([percent("5"), percent("2.5 %"), percent("0%")], [Ok(5.0), Ok(2.5), Ok(0.0)]);
        for text in ["", "-1", "nan", "inf", "five"] {
            assert!(percent(text).is_err(), "{text}");
        }
    }
}
