//! The functions of both builds in a table, with how sure each difference is.

use super::{Choose, Ctx};
use crate::analysis::{CompareRow, CompareTable, Pair, Side};
use crate::export::compare_words as words;
use crate::ui::needle::Needle;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{empty_state, search_field};
use crate::units;
use egui::{RichText, Ui};
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Change,
    Relative,
    Sure,
    Old,
    New,
    Calls,
    Code,
    Name,
}

/// What the table remembers.
pub struct TableState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<CompareTable, By>,
}

impl Default for TableState {
    fn default() -> Self {
        TableState {
            filter: String::new(),
            sorting: Sorting::falling(By::Change),
            order: RowOrder::default(),
        }
    }
}

const COLUMNS: [ColumnSpec<By>; 8] = [
    table::number(
        By::Change,
        "Change",
        "New minus old, of the function's own code. What is more than chance comes first.",
        86.0,
    ),
    table::number(By::Relative, "%", "The same as a share of what it was.", 66.0),
    table::text(
        By::Sure,
        "Sure",
        "exact: it was counted. clear: more than chance. unclear: it may be chance, and is drawn weak.",
        58.0,
    ),
    table::name(By::Name, "Function", "Click selects the function in all views."),
    table::number(By::Old, "Old", "What it weighed by itself in the old build, the mean of its runs.", 80.0),
    table::number(By::New, "New", "What it weighs by itself in the new build, the mean of its runs.", 80.0),
    table::number(By::Calls, "Calls", "How many more or fewer calls there are.", 76.0),
    table::number(By::Code, "Code", "How many more or fewer bytes of code it has of its own.", 70.0),
];

/// Draws it. Gives what was clicked.
pub fn table_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    view: &Arc<CompareTable>,
    state: &mut TableState,
) -> Option<Choose> {
    ui.horizontal(|ui| {
        search_field(ui, &mut state.filter, "Filter compared functions", 170.0);
        let clear = view.rows.iter().filter(|row| is_change(row)).count() as u64;
        let text = format!("{} differ of {}", units::exact(clear), units::exact(view.rows.len() as u64));
        ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
    });
    if view.rows.is_empty() {
        empty_state(ui, "No functions", "Nothing of this metric was measured in both builds.");
        return None;
    }
    let key = (state.sorting, state.filter.as_str());
    let name = |row: usize| ctx.functions.frames().get(crate::profile::FrameId(view.rows[row].frame.0));
    let keep = |_: &CompareTable, row: usize, needle: &Needle| needle.is_in(&name(row).short);
    let compare = |view: &CompareTable, by, a, b| compare(ctx, view, by, (a, b));
    let rows = state.order.rows(view, key, view.rows.len(), keep, compare);
    let table = Table {
        id: "compared functions",
        columns: &COLUMNS,
        rows,
        cell: &|row, by| match by {
            By::Name => name(row).short.to_string(),
            by => figure(view, &view.rows[row], by),
        },
        share: &|row, by| share(view, &view.rows[row], by),
        is_selected: &|row| ctx.chosen == Some(view.rows[row].frame),
        is_weak: &|row| !is_change(&view.rows[row]),
        hover: &|ui, row| hover_ui(ui, ctx, view, &view.rows[row]),
        scroll_to: None,
        commands: ctx.desk.commands,
        least_name: 160.0,
    };
    let row = table.show(ui, &mut state.sorting)?;
    let frame = view.rows[row].frame;
    Some(Choose(Some(frame).filter(|frame| ctx.chosen != Some(*frame))))
}

/// Is there a difference that is more than chance?
fn is_change(row: &CompareRow) -> bool {
    row.self_value.is_clear()
}

fn compare(ctx: &Ctx<'_>, view: &CompareTable, by: By, (a, b): (usize, usize)) -> Ordering {
    let (one, other) = (&view.rows[a], &view.rows[b]);
    let apart = |row: &CompareRow| (is_change(row), row.self_value.difference().unsigned_abs());
    let relative = |row: &CompareRow| row.self_value.relative().unwrap_or(f64::INFINITY);
    let more = |values: Pair<u64>| i128::from(values.new) - i128::from(values.old);
    let calls = |row: &CompareRow| row.calls.map(more);
    let name = |row: &CompareRow| {
        Arc::clone(&ctx.functions.frames().get(crate::profile::FrameId(row.frame.0)).short)
    };
    match by {
        By::Change => apart(one).cmp(&apart(other)),
        By::Relative => relative(one).total_cmp(&relative(other)),
        By::Sure => words::sure(&one.self_value).cmp(words::sure(&other.self_value)),
        By::Old => one.self_value.of(Side::Old).cmp(&other.self_value.of(Side::Old)),
        By::New => one.self_value.of(Side::New).cmp(&other.self_value.of(Side::New)),
        By::Calls => calls(one).cmp(&calls(other)),
        By::Code => more(one.code_bytes).cmp(&more(other.code_bytes)),
        By::Name => name(one).cmp(&name(other)),
    }
}

fn figure(view: &CompareTable, row: &CompareRow, by: By) -> String {
    let unit = view.metric.unit();
    let signed = |values: Pair<u64>| match values.new.cmp(&values.old) {
        Ordering::Equal => String::new(),
        Ordering::Greater => format!("+{}", units::count(values.new - values.old)),
        Ordering::Less => format!("-{}", units::count(values.old - values.new)),
    };
    match by {
        By::Change => words::difference(unit, row.self_value.mean),
        By::Relative => words::relative(row.self_value.mean),
        By::Sure => words::sure(&row.self_value).to_owned(),
        By::Old => units::number(unit, row.self_value.mean.old),
        By::New => units::number(unit, row.self_value.mean.new),
        By::Calls => row.calls.map(signed).unwrap_or_default(),
        By::Code => signed(row.code_bytes),
        By::Name => String::new(),
    }
}

/// How much of the larger whole a change is.
fn share(view: &CompareTable, row: &CompareRow, by: By) -> Option<f64> {
    let whole = view.total.old.max(view.total.new);
    (by == By::Change).then(|| units::share(row.self_value.difference().unsigned_abs(), whole))
}

fn hover_ui(ui: &mut Ui, ctx: &Ctx<'_>, view: &CompareTable, row: &CompareRow) {
    let unit = view.metric.unit();
    let info = ctx.comparison.frames().get(row.frame);
    ui.set_max_width(460.0);
    if let Some(shown) = info.shown() {
        ui.label(RichText::new(&*shown.name).strong());
    }
    ui.label(RichText::new(row.certainty.title()).weak());
    for (what, change) in [("Self", &row.self_value), ("Total", &row.total_value)] {
        let Pair { old, new } = change.mean.map(|value| units::value(unit, value));
        let (relative, sure) = (words::relative(change.mean), words::sure_and_span(unit, change));
        ui.label(format!("{what}: {old} before, {new} now, {relative}, {sure}"));
    }
    if let Some(calls) = row.calls {
        let Pair { old, new } = calls.map(units::count);
        ui.label(format!("Calls: {old} before, {new} now"));
    }
    if let Some(cause) = row.cause {
        let part = |value| units::difference(unit, value);
        let (calls, cost) = (part(cause.by_calls), part(cause.by_cost));
        ui.label(format!(
            "Of the difference {calls} by being called more or less often, {cost} by what a call costs"
        ));
    }
}
