//! The table of allocation sites: who asked for the blocks that are live at the moment shown.

use super::{PanelCtx, asker_text, call_path_ui};
use crate::analysis::{HeapAt, HeapSite};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{empty_state, search_field};
use crate::units;
use egui::{RichText, Ui};
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

/// What the panel remembers.
pub struct SitesState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<HeapAt, By>,
}

impl Default for SitesState {
    fn default() -> Self {
        let (filter, order) = Default::default();
        SitesState { filter, sorting: Sorting::falling(By::Bytes), order }
    }
}

const COLUMNS: [ColumnSpec<By>; 4] = [
    table::number(By::Bytes, "Live", "Bytes of the site's blocks that are in use at this moment.", 84.0),
    table::number(By::Blocks, "Blocks", "How many they are.", 66.0),
    table::number(
        By::Leaked,
        "Never freed",
        "Bytes of those that are never freed until the end of the recording.",
        88.0,
    ),
    table::name(
        By::Name,
        "Asked for by",
        "The function that called the allocator, and who called it. Hover shows the whole call path.",
    ),
];

/// Draws the panel.
pub fn sites_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<HeapAt>, state: &mut SitesState) {
    if ctx.profile.recording().heap.is_empty() {
        let hint = "No allocator is known in this module, or the measure “Heap” was off in this run.";
        return empty_state(ui, "No heap operations", hint);
    }
    ui.horizontal(|ui| {
        search_field(ui, &mut state.filter, "Filter sites", 150.0);
        ui.add(egui::Label::new(RichText::new(headline(ctx, view)).weak()).truncate());
    });
    if view.sites.is_empty() {
        return empty_state(ui, "Nothing is live", "At this moment no block of the heap is in use.");
    }
    let keep = |view: &HeapAt, row: usize, needle: &str| {
        let mut frames = ctx.profile.paths().frames(view.sites[row].path);
        needle.is_empty() || frames.any(|(frame, _)| named(ctx, frame).to_lowercase().contains(needle))
    };
    let key = (state.sorting, state.filter.as_str());
    let compare = |view: &HeapAt, by, a: usize, b: usize| compare(ctx, by, &view.sites[a], &view.sites[b]);
    let rows = state.order.rows(view, key, view.sites.len(), keep, compare);
    let table = Table {
        id: "sites",
        columns: &COLUMNS,
        rows,
        cell: &|row, column| cell(ctx, &view.sites[row], column),
        share: &|row, column| share(view, &view.sites[row], column),
        is_selected: &|row| ctx.selection.site == Some(view.sites[row].path),
        hover: &|ui, row| call_path_ui(ui, ctx.profile, view.sites[row].path),
        scroll_to: None,
        least_name: 150.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        let path = view.sites[row].path;
        let site = Some(path).filter(|path| ctx.selection.site != Some(*path));
        ctx.commands.send(Command::Select(Selection { site, ..ctx.selection.clone() }));
    }
}

fn headline(ctx: &PanelCtx<'_>, view: &HeapAt) -> String {
    let when = ctx
        .selection
        .moment_nanos
        .map_or_else(|| "at the end".to_owned(), |at| format!("at {}", units::nanos(at)));
    format!("{} live {when}", units::bytes(view.live_bytes))
}

fn named(ctx: &PanelCtx<'_>, frame: crate::profile::FrameId) -> String {
    ctx.profile.frames().get(frame).short.to_string()
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

fn share(view: &HeapAt, site: &HeapSite, by: By) -> Option<f64> {
    match by {
        By::Bytes => Some(units::share(site.bytes, view.live_bytes)),
        By::Leaked => Some(units::share(site.leaked_bytes, view.live_bytes)),
        By::Blocks | By::Name => None,
    }
}
