//! The table of sections.

use super::super::PanelCtx;
use super::packed::Packing;
use super::{ModuleState, tooltip};
use crate::analysis::SizeId;
use crate::compressed::CompressedSize;
use crate::ui::needle::Needle;
use crate::ui::views::SizeView;
use crate::ui::widgets::search_field;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::units;
use egui::Ui;
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Bytes,
    Share,
    Gzip,
    Brotli,
}

/// A section with what is known of it by now.
struct Row {
    id: SizeId,
    name: String,
    bytes: u64,
    packed: Option<CompressedSize>,
}

/// All sections.
struct Rows(Vec<Row>);

/// What the page remembers.
pub struct SectionsState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<Rows, By>,
    /// The rows, and how many sizes were known when they were made.
    rows: Option<(usize, Arc<Rows>)>,
}

impl Default for SectionsState {
    fn default() -> Self {
        let (filter, order) = Default::default();
        SectionsState { filter, sorting: Sorting::falling(By::Bytes), order, rows: None }
    }
}

const COLUMNS: [ColumnSpec<By>; 5] = [
    table::name(By::Name, "Section", "Click shows it in the treemap."),
    table::number(By::Bytes, "Bytes", "Its bytes in the file, with its header.", 64.0),
    table::number(By::Share, "Share", "Of the file.", 52.0),
    table::number(By::Gzip, "gzip", "Compressed by itself, by gzip -9.", 64.0),
    table::number(By::Brotli, "brotli", "Compressed by itself, by brotli -9.", 64.0),
];

/// Draws the page.
pub fn sections_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    let sections = &mut state.side.sections;
    search_field(ui, &mut sections.filter, "Filter sections", 160.0);
    let known = state.packed.len();
    let rows = match &sections.rows {
        Some((done, rows)) if *done == known => Arc::clone(rows),
        _ => {
            let packed = |id| state.packed.get(Packing::Section(id));
            let row = |id: &SizeId| Row {
                id: *id,
                name: view.size.section_name(*id),
                bytes: view.size.get(*id).bytes,
                packed: packed(*id),
            };
            let rows = Arc::new(Rows(view.sections.iter().map(row).collect()));
            sections.rows = Some((known, Arc::clone(&rows)));
            rows
        }
    };
    let key = (sections.sorting, sections.filter.as_str());
    let all = view.size.get(SizeId::ROOT).bytes;
    let share = |row: usize| units::share(rows.0[row].bytes, all);
    let table = Table {
        id: "sections",
        columns: &COLUMNS,
        rows: sections.order.rows(&rows, key, rows.0.len(), keep, compare),
        cell: &|row, column| cell(&rows.0[row], column, share(row)),
        share: &|row, column| (column == By::Share).then(|| share(row)),
        is_weak: &|_| false,
        is_selected: &|row| state.chosen == Some(rows.0[row].id),
        hover: &|ui, row| tooltip::part_ui(ui, ctx.profile, view, rows.0[row].id),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 80.0,
    };
    if let Some(row) = table.show(ui, &mut sections.sorting) {
        state.reveal(ctx, view, rows.0[row].id);
    }
}

fn keep(Rows(rows): &Rows, row: usize, needle: &Needle) -> bool {
    needle.is_in(&rows[row].name)
}

fn compare(Rows(rows): &Rows, by: By, a: usize, b: usize) -> Ordering {
    let (a, b) = (&rows[a], &rows[b]);
    let packed = |size: fn(CompressedSize) -> u64| a.packed.map(size).cmp(&b.packed.map(size));
    match by {
        By::Name => a.name.cmp(&b.name),
        By::Bytes | By::Share => a.bytes.cmp(&b.bytes),
        By::Gzip => packed(|size| size.gzip),
        By::Brotli => packed(|size| size.brotli),
    }
}

fn cell(row: &Row, by: By, share: f64) -> String {
    let packed =
        |size: fn(CompressedSize) -> u64| row.packed.map_or("…".to_owned(), |s| units::bytes(size(s)));
    match by {
        By::Name => row.name.clone(),
        By::Bytes => units::bytes(row.bytes),
        By::Share => units::percent(share),
        By::Gzip => packed(|size| size.gzip),
        By::Brotli => packed(|size| size.brotli),
    }
}
