//! What an expert would say of the run.

use super::super::table::clean;
use crate::analysis::{Advice, AdviceReport, Figure, GainOf};
use crate::export::unit_word;
use crate::profile::Profile;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct AdviceJson<'a> {
    advice: Vec<LineJson<'a>>,
    looked_for: Vec<&'static str>,
    not_looked_for: Vec<&'static str>,
    missing_measures: Vec<&'static str>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    kind: &'static str,
    what: &'a str,
    why: &'a str,
    remedy: &'a str,
    gain: f64,
    gain_of: &'static str,
    figures: Vec<FigureJson>,
    view: &'static str,
    function: Option<&'a str>,
    moment_nanos: Option<u64>,
}

#[derive(Serialize)]
struct FigureJson {
    name: &'static str,
    value: u64,
    unit: &'static str,
}

pub(super) fn json<'a>(profile: &'a Profile, report: &'a AdviceReport) -> AdviceJson<'a> {
    AdviceJson {
        advice: report.lines.iter().map(|line| line_json(profile, line)).collect(),
        looked_for: report.looked_for().map(|kind| kind.name()).collect(),
        not_looked_for: report.unknown.iter().map(|kind| kind.name()).collect(),
        missing_measures: report.missing().iter().map(|measure| measure.name()).collect(),
    }
}

fn line_json<'a>(profile: &'a Profile, line: &'a Advice) -> LineJson<'a> {
    let figure =
        |Figure { name, value, unit }: &Figure| FigureJson { name, value: *value, unit: unit_word(*unit) };
    LineJson {
        kind: line.kind.name(),
        what: &line.what,
        why: &line.why,
        remedy: &line.remedy,
        gain: line.gain.share,
        gain_of: gain_word(line.gain.of),
        figures: line.figures.iter().map(figure).collect(),
        view: line.place.view.name(),
        function: line.place.function.map(|frame| &*profile.frames().get(frame).name),
        moment_nanos: line.place.moment_nanos,
    }
}

const fn gain_word(of: GainOf) -> &'static str {
    match of {
        GainOf::Time => "time",
        GainOf::StartAndRun => "start-and-run",
        GainOf::Memory => "memory",
        GainOf::Live => "live",
        GainOf::File => "file",
    }
}

pub(super) fn text(report: &AdviceReport) -> String {
    let lines = report.lines.iter().map(|line| {
        let Advice { what, why, remedy, gain, place, .. } = line;
        let view = place.view.name();
        format!(
            "{}\n  gain:  {gain}\n  why:   {}\n  do:    {}\n  shown: --view {view}\n\n",
            clean(what),
            clean(why),
            clean(remedy)
        )
    });
    lines.collect::<String>() + &report.remark().join("\n") + "\n"
}
