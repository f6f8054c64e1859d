//! A comparison for a pull request: one line, a table, and the rest folded.

use super::{CompareReport, words};
use crate::analysis::{Change, CompareRow, Pair, Side, Unit};
use crate::export::xml::plain;
use crate::units;

/// So many functions are told.
const MOST_FUNCTIONS: usize = 10;

pub(super) fn markdown(report: &CompareReport<'_>) -> String {
    let CompareReport { comparison, table, summary, .. } = report;
    let mut text = format!("**{}**\n\n", words::verdict_sentence(table.metric, &report.total));
    let builds = Pair::of(|side| escaped(&words::build(summary, side)));
    text += &format!("{} against {}.\n\n", builds.new, builds.old);
    text += "| | old | new | change | | |\n| --- | ---: | ---: | ---: | ---: | --- |\n";
    text += &total("run", Unit::Nanos, &summary.run_nanos);
    for metric in &summary.metrics {
        text += &total(metric.metric.title(), metric.metric.unit(), &metric.total);
    }
    text += &total("module", Unit::Bytes, &Change::exact(summary.module_bytes.old, summary.module_bytes.new));
    text += &functions(report);
    for remark in comparison.remarks() {
        text += &format!("\n> {}\n", escaped(&remark.to_string()));
    }
    text
}

fn total(name: &str, unit: Unit, change: &Change) -> String {
    let value = |side| units::number(unit, change.of(side));
    let (relative, sure) = (words::relative(change.mean), words::sure_and_span(unit, change));
    let relative = if change.is_clear() { format!("**{relative}**") } else { relative };
    format!(
        "| {name} | {} | {} | {} | {relative} | {sure} |\n",
        value(Side::Old),
        value(Side::New),
        words::difference(unit, change.mean)
    )
}

fn functions(report: &CompareReport<'_>) -> String {
    let unit = report.table.metric.unit();
    let count = report.clear_rows().count();
    let unclear = report.unclear_rows().count();
    let mut text = format!("\n<details><summary>{}", heading(count, unclear, report));
    text += "</summary>\n\n";
    if count > 0 {
        text += "| function | old | new | change | | |\n| --- | ---: | ---: | ---: | ---: | --- |\n";
    }
    text.extend(report.clear_rows().take(MOST_FUNCTIONS).map(|row| function(report, row, unit)));
    if count > MOST_FUNCTIONS {
        text += &format!("\n{} more are not shown.\n", units::exact((count - MOST_FUNCTIONS) as u64));
    }
    text + "\n</details>\n"
}

fn heading(count: usize, unclear: usize, report: &CompareReport<'_>) -> String {
    let metric = report.table.metric.title();
    let changed = format!("{metric}: {} surely changed", units::counted(count, "function"));
    if unclear == 0 { changed } else { format!("{changed}; {} may be chance", units::exact(unclear as u64)) }
}

fn function(report: &CompareReport<'_>, row: &CompareRow, unit: Unit) -> String {
    let value = |side| units::number(unit, row.self_value.of(side));
    let sure = words::sure_row(row);
    let mark = if row.certainty.is_matched() {
        sure.to_owned()
    } else {
        format!("{sure}, {}", row.certainty.title())
    };
    format!(
        "| {} | {} | {} | {} | {} | {mark} |\n",
        escaped(&report.name(row.frame)),
        value(Side::Old),
        value(Side::New),
        words::difference(unit, row.self_value.mean),
        words::relative(row.self_value.mean)
    )
}

/// Text of others: no markup, no mention, no row's end.
fn escaped(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    for c in plain(&text.replace(['\n', '\r'], " ")).chars() {
        match c {
            '<' => markdown.push_str("&lt;"),
            '>' => markdown.push_str("&gt;"),
            '&' => markdown.push_str("&amp;"),
            '@' => markdown.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => markdown.extend(['\\', c]),
            c => markdown.push(c),
        }
    }
    markdown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_say_anything() {
        let name = "a|b`*_<img src=x>\n# @team [x](y)\u{202e}";
        assert_eq!(escaped(name), "a\\|b\\`\\*\\_&lt;img src=x&gt; \\# &#64;team \\[x\\](y)\u{fffd}");
    }
}
