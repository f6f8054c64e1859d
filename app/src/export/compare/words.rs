//! How changes read, for all forms.

use crate::analysis::{
    Certainty, Change, CompareFrame, CompareRow, CompareSummary, Comparison, Interval, Metric, Pair, Side,
    Unit, Verdict,
};
use crate::units;

/// `Instructions: 1.20 G before, 1.19 G now: 0.8 % (9.60 M) less, counted exactly`.
pub fn verdict_sentence(metric: Metric, total: &Change) -> String {
    let unit = metric.unit();
    let Pair { old, new } = total.mean.map(|value| units::number(unit, value));
    let less_or_more = if total.difference() < 0 { "less" } else { "more" };
    let difference = units::number(unit, total.difference().unsigned_abs());
    let how_much = match total.relative() {
        _ if total.mean.are_equal() => "no difference".to_owned(),
        Some(share) => {
            format!("{} ({difference}) {less_or_more}", units::relative(share).trim_start_matches(['+', '-']))
        }
        None => "there was nothing before".to_owned(),
    };
    let sure = match total.verdict {
        Verdict::Exact => "counted exactly".to_owned(),
        Verdict::Significant(_) => format!("more than chance{}", lies(": ", unit, total)),
        Verdict::Unclear(_) => format!("which may be chance{}", lies(": ", unit, total)),
    };
    format!("{}: {old} before, {new} now: {how_much}, {sure}", metric.title())
}

/// Where the difference lies, behind `lead`; nothing where it is exact, or where one run tells nothing of others.
fn lies(lead: &str, unit: Unit, change: &Change) -> String {
    let interval = change.verdict.interval().filter(|interval| interval.high > interval.low);
    interval.map(|interval| format!("{lead}{}", span(unit, change, interval))).unwrap_or_default()
}

/// `-4.1 % to +0.3 %`; in the unit where there was nothing before.
fn span(unit: Unit, change: &Change, interval: Interval) -> String {
    let old = change.mean.old as f64;
    // Less than nothing there can't be.
    let end = |end: f64| match change.mean.old {
        0 => units::difference(unit, end.max(0.0) as i64),
        _ => units::relative((end / old).max(-1.0)),
    };
    format!("{} to {}", end(interval.low), end(interval.high))
}

/// One word for how sure a change is.
pub fn sure(change: &Change) -> &'static str {
    match change.verdict {
        Verdict::Exact => "exact",
        Verdict::Significant(_) => "clear",
        Verdict::Unclear(_) => "unclear",
    }
}

/// How sure the change of a function is, by itself or with what it calls.
pub(super) fn sure_row(row: &CompareRow) -> &'static str {
    let is_clear_below = row.total_value.is_clear() && !row.self_value.is_clear();
    if is_clear_below { "clear with calls" } else { sure(&row.self_value) }
}

/// The same with where the difference lies, unless that is known.
pub fn sure_and_span(unit: Unit, change: &Change) -> String {
    format!("{}{}", sure(change), lies(", ", unit, change))
}

/// `+12.3 %`; `new` and `gone` where there is nothing to compare with.
pub fn relative(values: Pair<u64>) -> String {
    match values {
        Pair { old: 0, new: 0 } => "0.0 %".to_owned(),
        Pair { old: 0, .. } => "new".to_owned(),
        Pair { new: 0, .. } => "gone".to_owned(),
        Pair { old, new } => units::relative(new as f64 / old as f64 - 1.0),
    }
}

/// New − old in the unit.
pub fn difference(unit: Unit, values: Pair<u64>) -> String {
    let difference = i128::from(values.new) - i128::from(values.old);
    units::difference(unit, difference.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// The short name of a function; where it has another one now, both.
pub fn name(comparison: &Comparison, frame: CompareFrame) -> String {
    let row = comparison.frames().get(frame);
    let short = |side| row.of.get(side).as_ref().map(|info| info.short.to_string());
    match (short(Side::Old), short(Side::New)) {
        (Some(old), Some(new)) if row.is_renamed => format!("{old} -> {new}"),
        (old, new) => new.or(old).unwrap_or_default(),
    }
}

/// `chatty.wasm, 5 recordings`.
pub fn build(summary: &CompareSummary, side: Side) -> String {
    let recordings = units::counted(*summary.recordings.get(side), "recording");
    format!("{}, {recordings}", summary.modules.get(side))
}

/// `120 of the same name, 3 alike, 2 new`.
pub fn found_again(summary: &CompareSummary) -> String {
    let part = |(certainty, count): &(Certainty, usize)| {
        let of = if matches!(certainty, Certainty::New | Certainty::Gone | Certainty::Shape) {
            ""
        } else {
            "of the "
        };
        format!("{} {of}{}", units::exact(*count as u64), certainty.title())
    };
    summary.functions.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: u64, new: u64, low: f64, high: f64) -> Change {
        Change { verdict: Verdict::Unclear(Interval { low, high }), ..Change::exact(old, new) }
    }

    #[test]
    fn it_is_told_where_a_difference_lies_as_far_as_that_is_known() {
        let told = |change: &Change| sure_and_span(Unit::Nanos, change);
        assert_eq!(told(&change(1_000, 1_100, -100.0, 300.0)), "unclear, -10.0 % to +30.0 %");
        // Of what was not there there are no shares.
        assert_eq!(told(&change(0, 5_000_000, 4e6, 6e6)), "unclear, +4.00 ms to +6.00 ms");
        // One run by the clock tells nothing of the next.
        assert_eq!(told(&change(1_000, 1_100, 100.0, 100.0)), "unclear");
        assert_eq!(told(&Change::exact(1, 2)), "exact");
        let sentence = verdict_sentence(Metric::Time, &change(1_000_000, 1_100_000, 1e5, 1e5));
        assert!(sentence.ends_with("more, which may be chance"), "{sentence}");
    }
}
