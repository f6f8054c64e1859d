//! How large both modules are: by section, and by function.

use super::{Choose, Ctx};
use crate::analysis::{CompareFrame, CompareSummary, Pair};
use crate::export::compare_words as words;
use crate::profile::FrameId;
use crate::ui::needle::Needle;
use crate::ui::widgets::search_field;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::units;
use egui::{Label, Panel, RichText, Ui};
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns of both tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Change,
    Relative,
    Old,
    New,
}

/// What is remembered of it.
pub struct SizesState {
    filter: String,
    sections: (Sorting<By>, RowOrder<Rows, By>),
    functions: (Sorting<By>, RowOrder<Rows, By>),
    rows: Option<(Arc<Rows>, Arc<Rows>)>,
}

impl Default for SizesState {
    fn default() -> Self {
        let first = || (Sorting::falling(By::Change), RowOrder::default());
        SizesState { filter: String::new(), sections: first(), functions: first(), rows: None }
    }
}

/// What has a size in both builds.
struct Rows(Vec<Part>);

struct Part {
    name: Arc<str>,
    frame: Option<CompareFrame>,
    bytes: Pair<u64>,
}

const fn columns(name: &'static str, about: &'static str) -> [ColumnSpec<By>; 5] {
    [
        table::name(By::Name, name, about),
        table::number(By::Change, "Change", "New minus old, in bytes.", 92.0),
        table::number(By::Relative, "%", "The same as a share of what it was.", 70.0),
        table::number(By::Old, "Old", "Bytes in the old build.", 88.0),
        table::number(By::New, "New", "Bytes in the new build.", 88.0),
    ]
}

const SECTIONS: [ColumnSpec<By>; 5] = columns("Section", "A section of the module's file.");
const FUNCTIONS: [ColumnSpec<By>; 5] =
    columns("Function", "A function with code of its own in either build.");

/// Draws both tables. Gives what was clicked.
pub fn sizes_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    summary: &CompareSummary,
    state: &mut SizesState,
) -> Option<Choose> {
    let SizesState { filter, sections, functions, rows } = state;
    let (section_rows, function_rows) = rows.get_or_insert_with(|| gathered(ctx, summary)).clone();
    let Pair { old, new } = summary.module_bytes;
    let text = format!(
        "The module: {} before, {} now, {}",
        units::bytes(old),
        units::bytes(new),
        words::relative(summary.module_bytes)
    );
    ui.add(Label::new(RichText::new(text).weak()).wrap());
    let height = ui.available_height() * 0.4;
    let most = (ui.available_height() - 80.0).max(81.0);
    let top = Panel::top("compared sections").resizable(true).default_size(height).frame(egui::Frame::new());
    top.size_range(60.0..=most).show(ui, |ui| {
        rows_ui(ui, ctx, ("compared sections", &SECTIONS), &section_rows, (sections, ""));
    });
    let inner = egui::CentralPanel::no_frame().show(ui, |ui| {
        search_field(ui, filter, "Filter sizes", 170.0);
        rows_ui(ui, ctx, ("compared sizes", &FUNCTIONS), &function_rows, (functions, filter))
    });
    inner.inner.map(Choose)
}

fn gathered(ctx: &Ctx<'_>, summary: &CompareSummary) -> (Arc<Rows>, Arc<Rows>) {
    let sections = summary.sections.iter();
    let sections =
        sections.map(|row| Part { name: Arc::clone(&row.name), frame: None, bytes: row.bytes }).collect();
    let sizes = summary.function_bytes.iter().enumerate();
    let functions = sizes.filter(|(_, bytes)| bytes.old > 0 || bytes.new > 0).map(|(at, &bytes)| {
        let name = Arc::clone(&ctx.functions.frames().get(FrameId(at as u32)).short);
        Part { name, frame: Some(CompareFrame(at as u32)), bytes }
    });
    (Arc::new(Rows(sections)), Arc::new(Rows(functions.collect())))
}

fn rows_ui(
    ui: &mut Ui,
    ctx: &Ctx<'_>,
    (id, columns): (&'static str, &[ColumnSpec<By>]),
    view: &Arc<Rows>,
    ((sorting, order), filter): (&mut (Sorting<By>, RowOrder<Rows, By>), &str),
) -> Option<Option<CompareFrame>> {
    let keep = |Rows(rows): &Rows, at: usize, needle: &Needle| needle.is_in(&rows[at].name);
    let rows = order.rows(view, (*sorting, filter), view.0.len(), keep, compare);
    let of = |row: usize| &view.0[row];
    let table = Table {
        id,
        columns,
        rows,
        cell: &|row, by| cell(of(row), by),
        share: &|_, _| None,
        is_selected: &|row| of(row).frame.is_some() && of(row).frame == ctx.chosen,
        is_weak: &|row| of(row).bytes.are_equal(),
        hover: &|ui, row| {
            ui.label(&*of(row).name);
        },
        scroll_to: None,
        commands: ctx.desk.commands,
        least_name: 150.0,
    };
    let clicked = table.show(ui, sorting)?;
    let frame = of(clicked).frame?;
    Some(Some(frame).filter(|frame| ctx.chosen != Some(*frame)))
}

fn compare(Rows(rows): &Rows, by: By, a: usize, b: usize) -> Ordering {
    let (a, b) = (&rows[a], &rows[b]);
    let share = |row: &Part| match row.bytes.old {
        0 => f64::INFINITY,
        old => row.bytes.new as f64 / old as f64,
    };
    match by {
        By::Name => a.name.cmp(&b.name),
        By::Change => a.bytes.new.abs_diff(a.bytes.old).cmp(&b.bytes.new.abs_diff(b.bytes.old)),
        By::Relative => share(a).total_cmp(&share(b)),
        By::Old => a.bytes.old.cmp(&b.bytes.old),
        By::New => a.bytes.new.cmp(&b.bytes.new),
    }
}

fn cell(row: &Part, by: By) -> String {
    match by {
        By::Name => row.name.to_string(),
        By::Change if row.bytes.are_equal() => String::new(),
        By::Change => words::difference(crate::analysis::Unit::Bytes, row.bytes),
        By::Relative if row.bytes.are_equal() => String::new(),
        By::Relative => words::relative(row.bytes),
        By::Old => units::bytes(row.bytes.old),
        By::New => units::bytes(row.bytes.new),
    }
}
