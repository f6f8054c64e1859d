//! Code that was not run and data that was not read.

use super::super::PanelCtx;
use super::{ModuleState, tooltip};
use crate::analysis::{RunEvidence, SectionClass, SizeId};
use crate::ui::views::SizeView;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{empty_state, search_field};
use crate::units;
use egui::{Label, RichText, Ui};
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Group,
    Idle,
    Bytes,
}

/// What one of the pages remembers.
struct List {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<SizeView, By>,
}

impl Default for List {
    fn default() -> Self {
        let (filter, order) = Default::default();
        List { filter, sorting: Sorting::falling(By::Idle), order }
    }
}

/// What the pages remember.
#[derive(Default)]
pub struct IdleState {
    code: List,
    data: List,
}

const CODE: [ColumnSpec<By>; 3] = [
    table::number(By::Idle, "Bytes", "Its bytes in the file.", 76.0),
    table::name(By::Name, "Function", "Click shows it in the treemap."),
    table::text(By::Group, "Group", "The crate, namespace, package or file that it belongs to.", 90.0),
];

const DATA: [ColumnSpec<By>; 3] = [
    table::number(By::Idle, "Not read", "Bytes in lines of 64 bytes that were never read.", 80.0),
    table::number(By::Bytes, "Of", "All of its bytes.", 80.0),
    table::name(By::Name, "Segment", "Click shows it in the treemap."),
];

/// Draws the page of functions.
pub fn code_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    match view.size.run {
        RunEvidence::Nothing => {
            let hint =
                "Nothing that tells which functions ran was measured. The measure “calls” tells exactly.";
            return empty_state(ui, "Not known", hint);
        }
        RunEvidence::Seen => {
            note(ui, "Others may have run between samples. The measure “calls” tells exactly.")
        }
        RunEvidence::Counted => {}
    }
    let code = view.size.class_bytes(SectionClass::Code);
    let share = units::percent(units::share(view.idle_function_bytes, code));
    let (idle, all) =
        (units::exact(view.idle_functions.len() as u64), units::things(view.functions, "function"));
    let bytes = units::bytes(view.idle_function_bytes);
    ui.add(Label::new(format!("{idle} of {all}: {bytes}, {share} of the code")).wrap());
    let list = (&mut state.side.idle.code, state.chosen);
    let clicked = list_ui(ui, ctx, view, list, ("idle functions", "Filter functions"), &CODE, |view| {
        &view.idle_functions
    });
    if let Some(id) = clicked {
        state.reveal(ctx, view, id);
    }
}

/// Draws the page of data segments.
pub fn data_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    if !view.size.reads_known {
        let hint = "Reads of memory were not measured. Run again with the measure “access”.";
        return empty_state(ui, "Not known", hint);
    }
    note(ui, "Reads by the program itself: what the host reads, as text that is printed, is not seen.");
    let data = view.size.class_bytes(SectionClass::Data);
    let share = units::percent(units::share(view.idle_segment_bytes, data));
    ui.label(format!("{} never read, {share} of the data", units::bytes(view.idle_segment_bytes)));
    let list = (&mut state.side.idle.data, state.chosen);
    let clicked =
        list_ui(ui, ctx, view, list, ("idle segments", "Filter segments"), &DATA, |view| &view.idle_segments);
    if let Some(id) = clicked {
        state.reveal(ctx, view, id);
    }
}

fn note(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).weak().small()).wrap());
}

/// Draws a list. Gives the part that was clicked.
fn list_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &Arc<SizeView>,
    (list, chosen): (&mut List, Option<SizeId>),
    (id, hint): (&'static str, &'static str),
    columns: &[ColumnSpec<By>],
    parts: fn(&SizeView) -> &[SizeId],
) -> Option<SizeId> {
    search_field(ui, &mut list.filter, hint, 160.0);
    let key = (list.sorting, list.filter.as_str());
    let node = |row: usize| view.size.get(parts(view)[row]);
    let table = Table {
        id,
        columns,
        rows: list.order.rows(
            view,
            key,
            parts(view).len(),
            |view, row, needle| needle.is_in(&view.size.get(parts(view)[row]).name),
            |view, by, a, b| compare(view, by, parts(view)[a], parts(view)[b]),
        ),
        cell: &|row, column| match column {
            By::Name => node(row).name.to_string(),
            By::Group => view.size.get(node(row).parent).name.to_string(),
            By::Idle => units::bytes(node(row).idle_bytes),
            By::Bytes => units::bytes(node(row).judged_bytes),
        },
        share: &|_, _| None,
        is_weak: &|_| false,
        is_selected: &|row| chosen.is_some() && parts(view).get(row).copied() == chosen,
        hover: &|ui, row| tooltip::part_ui(ui, ctx.profile, view, parts(view)[row]),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 120.0,
    };
    table.show(ui, &mut list.sorting).map(|row| parts(view)[row])
}

fn compare(view: &SizeView, by: By, a: SizeId, b: SizeId) -> Ordering {
    let (a, b) = (view.size.get(a), view.size.get(b));
    match by {
        By::Name => a.name.cmp(&b.name),
        By::Group => view.size.get(a.parent).name.cmp(&view.size.get(b.parent).name),
        By::Idle => a.idle_bytes.cmp(&b.idle_bytes),
        By::Bytes => a.judged_bytes.cmp(&b.judged_bytes),
    }
}
