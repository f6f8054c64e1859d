//! The table of functions.

use super::{PanelCtx, short_file, value_text};
use crate::analysis::{FunctionRow, FunctionTable};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::needle::Needle;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{empty_state, search_field};
use crate::units;
use egui::{RichText, Ui};
use std::cmp::Ordering;
use std::sync::Arc;
use wasmscope_symbolize::Group;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Own,
    Total,
    Name,
    Group,
    Place,
}

/// What the panel remembers.
pub struct FunctionsState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<FunctionTable, By>,
    shown: Option<crate::profile::FrameId>,
}

impl Default for FunctionsState {
    fn default() -> Self {
        let (filter, order) = Default::default();
        FunctionsState { filter, sorting: Sorting::falling(By::Own), order, shown: None }
    }
}

const COLUMNS: [ColumnSpec<By>; 5] = [
    table::number(By::Own, "Self", "What the function's own code weighs, without what it calls.", 122.0),
    table::number(By::Total, "Total", "The same with all that it calls; recursion counts once.", 122.0),
    table::name(By::Name, "Function", "Click selects the function in all panels."),
    table::text(
        By::Group,
        "Group",
        "The crate, namespace, package or file that it belongs to, or where it is imported from.",
        90.0,
    ),
    table::text(By::Place, "Declared in", "The file and line of its declaration.", 110.0),
];

/// The columns where there is no room for more than shares.
const NARROW_COLUMNS: [ColumnSpec<By>; 4] = [
    table::number(By::Own, "Self", COLUMNS[0].about, 64.0),
    table::number(By::Total, "Total", COLUMNS[1].about, 64.0),
    table::name(By::Name, "Function", COLUMNS[2].about),
    table::text(By::Place, "Declared in", COLUMNS[4].about, 110.0),
];

/// Below this width, in points, figures give way to names.
const NARROW: f32 = 400.0;

/// Draws the panel.
pub fn functions_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<FunctionTable>, state: &mut FunctionsState) {
    ui.horizontal(|ui| {
        search_field(ui, &mut state.filter, "Filter functions", 180.0);
        let text =
            format!("{} by {}", units::exact(view.rows.len() as u64), view.metric.title().to_lowercase());
        let about = view.metric.description();
        ui.add(egui::Label::new(RichText::new(text).weak()).truncate()).on_hover_text(about);
    });
    if view.rows.is_empty() {
        return empty_state(ui, "No functions", "Nothing of this metric was measured.");
    }
    let key = (state.sorting, state.filter.as_str());
    let rows = state.order.rows(view, key, view.rows.len(), keep, compare);
    // A function that was selected elsewhere is brought into sight, once.
    let news = ctx.selection.function.filter(|function| state.shown != Some(*function));
    state.shown = ctx.selection.function;
    let scroll_to = news.and_then(|function| rows.iter().position(|row| view.rows[*row].frame == function));
    let figures = if ui.available_width() < NARROW { Figures::Shares } else { Figures::Values };
    let (id, columns) = match figures {
        Figures::Values => ("functions", COLUMNS.as_slice()),
        Figures::Shares => ("functions narrow", NARROW_COLUMNS.as_slice()),
    };
    let table = Table {
        id,
        columns,
        rows,
        cell: &|row, column| cell(view, row, column, figures),
        share: &|row, column| share(&view.rows[row], column),
        is_weak: &|_| false,
        is_selected: &|row| ctx.selection.function == Some(view.rows[row].frame),
        hover: &|ui, row| hover_ui(ui, view, &view.rows[row]),
        scroll_to,
        commands: ctx.commands,
        least_name: 190.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        let frame = view.rows[row].frame;
        let function = Some(frame).filter(|frame| ctx.selection.function != Some(*frame));
        state.shown = function;
        ctx.commands.send(Command::Select(Selection { function, line: None, ..ctx.selection.clone() }));
    }
}

fn keep(view: &FunctionTable, row: usize, needle: &Needle) -> bool {
    let row = &view.rows[row];
    let in_file = || row.file.as_ref().is_some_and(|file| needle.is_in(file));
    let in_group = || row.group.as_ref().is_some_and(|group| needle.is_in(&group.name));
    needle.is_in(&row.name) || in_file() || in_group()
}

fn compare(view: &FunctionTable, by: By, a: usize, b: usize) -> Ordering {
    let (a, b) = (&view.rows[a], &view.rows[b]);
    match by {
        By::Own => (a.self_value, a.total_value).cmp(&(b.self_value, b.total_value)),
        By::Total => (a.total_value, a.self_value).cmp(&(b.total_value, b.self_value)),
        By::Name => a.short.cmp(&b.short),
        By::Group => {
            a.group.as_ref().map(|group| &group.name).cmp(&b.group.as_ref().map(|group| &group.name))
        }
        By::Place => (&a.file, a.line).cmp(&(&b.file, b.line)),
    }
}

/// What is said of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figures {
    Values,
    Shares,
}

fn cell(view: &FunctionTable, row: usize, by: By, figures: Figures) -> String {
    let row = &view.rows[row];
    let figure = |value, share| match figures {
        Figures::Values => format!("{} {:>7}", value_text(view.metric, value), units::percent(share)),
        Figures::Shares => units::percent(share),
    };
    match by {
        By::Own => figure(row.self_value, row.self_share),
        By::Total => figure(row.total_value, row.total_share),
        By::Name => row.short.to_string(),
        By::Group => row.group.as_ref().map_or_else(String::new, Group::to_string),
        By::Place => place(row).unwrap_or_default(),
    }
}

fn place(row: &FunctionRow) -> Option<String> {
    let file = short_file(row.file.as_deref()?);
    Some(row.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}")))
}

fn share(row: &FunctionRow, by: By) -> Option<f64> {
    match by {
        By::Own => Some(row.self_share),
        By::Total => Some(row.total_share),
        By::Name | By::Group | By::Place => None,
    }
}

fn hover_ui(ui: &mut Ui, view: &FunctionTable, row: &FunctionRow) {
    ui.label(RichText::new(&*row.name).strong());
    if let Some(file) = &row.file {
        let line = row.line.map(|line| format!(":{line}")).unwrap_or_default();
        ui.label(RichText::new(format!("{file}{line}")).weak());
    }
    let own = value_text(view.metric, row.self_value);
    let total = value_text(view.metric, row.total_value);
    ui.label(format!("self {own} · total {total}"));
}
