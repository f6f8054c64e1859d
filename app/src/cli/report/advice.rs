//! What an expert would say of the run.

use super::super::table::clean;
use crate::analysis::{Advice, AdviceReport, AdviceView, Figure, GainOf, Place};
use crate::export::unit_word;
use crate::profile::{FrameKind, Profile};
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

pub(super) fn text(profile: &Profile, report: &AdviceReport) -> String {
    let lines: String = report.lines.iter().map(|line| line_text(profile, line)).collect();
    lines + &report.remark().join("\n") + "\n"
}

fn line_text(profile: &Profile, line: &Advice) -> String {
    let Advice { what, why, remedy, gain, place, .. } = line;
    let rows = [
        ("gain", gain.to_string()),
        ("why", clean(why)),
        ("do", clean(remedy)),
        ("shown", view_text(profile, place)),
    ];
    let rows = rows.iter().map(|(head, text)| format!("  {:<6} {text}\n", format!("{head}:")));
    format!("{}\n{}\n", clean(what), rows.collect::<String>())
}

/// The option that shows the evidence: `--view wat --function 8`.
fn view_text(profile: &Profile, place: &Place) -> String {
    let view = place.view.name();
    let kind = place.function.map(|frame| profile.frames().get(frame).kind);
    match (place.view, kind) {
        (AdviceView::Instructions, Some(FrameKind::Wasm(function))) => {
            format!("--view {view} --function {}", function.0)
        }
        _ => format!("--view {view}"),
    }
}
