//! Who asked for the blocks that are live at the moment shown.

use super::super::{PanelCtx, asker_text, call_path_ui};
use super::{names, select};
use crate::analysis::HeapSite;
use crate::ui::needle::Needle;
use crate::ui::views::LiveSites;
use crate::ui::widgets::empty_state;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::units;
use egui::Ui;
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Bytes,
    Blocks,
    Leaked,
    Name,
}

/// What the table remembers.
pub struct LiveState {
    sorting: Sorting<By>,
    order: RowOrder<LiveSites, By>,
}

impl Default for LiveState {
    fn default() -> Self {
        LiveState { sorting: Sorting::falling(By::Bytes), order: RowOrder::default() }
    }
}

// The name first, as over time: where there is no room the last figures go.
const COLUMNS: [ColumnSpec<By>; 4] = [
    table::name(
        By::Name,
        "Asked for by",
        "The function that called the allocator, and who called it. Hover shows the whole call path.",
    ),
    table::number(By::Bytes, "Live", "Bytes of the site's blocks that are in use at this moment.", 84.0),
    table::number(By::Blocks, "Blocks", "How many they are.", 66.0),
    table::number(
        By::Leaked,
        "Never freed",
        "Bytes of those that are never freed until the end of the recording.",
        88.0,
    ),
];

/// Draws the table.
pub fn live_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<LiveSites>, filter: &str, state: &mut LiveState) {
    if view.sites.is_empty() {
        return empty_state(ui, "Nothing is live", "At this moment no block of the heap is in use.");
    }
    let keep = |view: &LiveSites, row: usize, needle: &Needle| names(ctx, view.sites[row].path, needle);
    let compare = |view: &LiveSites, by, a: usize, b: usize| compare(ctx, by, &view.sites[a], &view.sites[b]);
    let rows = state.order.rows(view, (state.sorting, filter), view.sites.len(), keep, compare);
    let table = Table {
        id: "sites",
        columns: &COLUMNS,
        rows,
        cell: &|row, column| cell(ctx, &view.sites[row], column),
        share: &|row, column| share(view, &view.sites[row], column),
        is_weak: &|_| false,
        is_selected: &|row| ctx.selection.site == Some(view.sites[row].path),
        hover: &|ui, row| call_path_ui(ui, ctx.profile, view.sites[row].path),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 150.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        select(ctx, view.sites[row].path);
    }
}

/// What stands above the table.
pub fn headline(ctx: &PanelCtx<'_>, view: &LiveSites) -> String {
    let when = ctx
        .selection
        .moment_nanos
        .map_or_else(|| "at the end".to_owned(), |at| format!("at {}", units::nanos(at)));
    format!("{} live {when}", units::bytes(view.heap.live_bytes))
}

fn compare(ctx: &PanelCtx<'_>, by: By, a: &HeapSite, b: &HeapSite) -> Ordering {
    match by {
        By::Bytes => a.bytes.cmp(&b.bytes),
        By::Blocks => a.blocks.cmp(&b.blocks),
        By::Leaked => a.leaked_bytes.cmp(&b.leaked_bytes),
        By::Name => asker_text(ctx.profile, a.path).cmp(&asker_text(ctx.profile, b.path)),
    }
}

fn cell(ctx: &PanelCtx<'_>, site: &HeapSite, by: By) -> String {
    match by {
        By::Bytes => units::bytes(site.bytes),
        By::Blocks => units::count(site.blocks),
        By::Leaked if site.leaked_blocks == 0 => "–".to_owned(),
        By::Leaked => units::bytes(site.leaked_bytes),
        By::Name => asker_text(ctx.profile, site.path),
    }
}

fn share(view: &LiveSites, site: &HeapSite, by: By) -> Option<f64> {
    match by {
        By::Bytes => Some(units::share(site.bytes, view.heap.live_bytes)),
        By::Leaked => Some(units::share(site.leaked_bytes, view.heap.live_bytes)),
        By::Blocks | By::Name => None,
    }
}
