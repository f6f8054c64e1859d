//! The top of the page: what was run, how it went, and what an expert would say of it.

use super::elements::{paragraph, rows, text};
use crate::analysis::{Advice, AdviceView, CallTreeQuery, Summary, advice as advice_of};
use crate::figures;
use crate::profile::{FrameKind, Profile};
use crate::units;

/// The module, how it was run, when, and how it ended.
pub(super) fn head(view: &Summary) -> String {
    let meta = &view.meta;
    let how = meta.invoked.clone().unwrap_or_else(|| meta.args.join(" "));
    let call = if how.is_empty() { String::new() } else { format!(" <code>{}</code>", text(&how)) };
    let when = match meta.created_unix_millis {
        0 => String::new(),
        millis => format!(" · {}", units::date(millis)),
    };
    let (class, outcome) = match &view.imported_from {
        Some(origin) => ("good", format!("imported from {origin}")),
        None if view.outcome.is_success() => ("good", view.outcome.to_string()),
        None => ("bad", view.outcome.to_string()),
    };
    format!(
        "<h1>{}{call}</h1>\n<p class=\"run\"><span class=\"{class}\">{}</span> · ran {}{when}</p>\n",
        text(&meta.module_name),
        text(&outcome),
        units::nanos(view.run_nanos),
    )
}

/// The figures of the run.
pub(super) fn figures(view: &Summary) -> String {
    rows(&figures::run(view, false))
}

/// What is broken, missing or was not measured.
pub(super) fn warnings(view: &Summary) -> String {
    if view.warnings.is_empty() {
        return String::new();
    }
    let items: String = view.warnings.iter().map(|warning| format!("<li>{}</li>", text(warning))).collect();
    format!("<ul class=\"warnings\" aria-label=\"Warnings\">{items}</ul>\n")
}

/// Which part of the run flame graph and functions are of, where that is not all.
pub(super) fn scope(query: &CallTreeQuery) -> String {
    let mut parts = Vec::new();
    if let Some(time) = &query.time {
        let end = if time.end == u64::MAX { "the end".to_owned() } else { units::nanos(time.end) };
        parts.push(format!(
            "from {} to {end} of the run, where the metric is known in time",
            units::nanos(time.start)
        ));
    }
    if query.inverted {
        parts.push("with callers below callees".to_owned());
    }
    if !query.inline_frames {
        parts.push("with inlined functions as part of those that they stand in".to_owned());
    }
    if !query.transforms.is_empty() {
        parts.push(format!("after {}", units::counted(query.transforms.len(), "change")));
    }
    match parts.is_empty() {
        true => String::new(),
        false => paragraph("note", &format!("Flame graph and functions are shown {}.", parts.join(", "))),
    }
}

/// What an expert would say, each line with its evidence.
pub(super) fn advice(profile: &Profile) -> String {
    let report = advice_of(profile);
    let lines: String = report.lines.iter().map(|line| card(profile, line)).collect();
    let nothing =
        if report.lines.is_empty() { paragraph("", "Nothing was found to be wrong.") } else { lines };
    nothing + &report.remark().iter().map(|sentence| paragraph("note", sentence)).collect::<String>()
}

fn card(profile: &Profile, line: &Advice) -> String {
    let Advice { what, why, remedy, gain, .. } = line;
    format!(
        "<article><h3>{}</h3><p class=\"gain\">{}</p><p>{}</p><p>{}</p>{}</article>\n",
        text(what),
        text(&gain.to_string()),
        text(why),
        text(remedy),
        link(profile, line),
    )
}

/// Where on the page the evidence is.
fn link(profile: &Profile, line: &Advice) -> String {
    let (place, words) = match line.place.view {
        AdviceView::Flame | AdviceView::Instructions => ("flame", "flame graph"),
        AdviceView::Boundary => ("boundary", "boundary"),
        AdviceView::Growth | AdviceView::HeapMap | AdviceView::Sites => ("memory", "memory"),
        AdviceView::Module => ("module", "module"),
    };
    let info = line.place.function.map(|frame| profile.frames().get(frame));
    let name =
        info.filter(|info| place == "flame" && info.kind != FrameKind::Root).map(|info| text(&info.name));
    let find = name.map_or(String::new(), |name| format!(" data-find=\"{name}\""));
    format!("<p><a href=\"#{place}\"{find}>Shown in: {words}</a></p>")
}
