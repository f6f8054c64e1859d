//! What each site did with the heap in the part of the run that is shown: who allocates, who keeps, who allocates only
//! to free.

use super::super::{PanelCtx, asker_text, call_path_ui};
use super::{names, select};
use crate::analysis::{Amount, HeapUses, PathUse};
use crate::ui::needle::Needle;
use crate::ui::widgets::empty_state;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::units;
use egui::Ui;
use std::cmp::Ordering;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Allocated,
    Kept,
    Freed,
    ShortLived,
    AtPeak,
    Lived,
    Name,
}

/// What the table remembers.
pub struct UsesState {
    sorting: Sorting<By>,
    order: RowOrder<HeapUses, By>,
}

impl Default for UsesState {
    fn default() -> Self {
        UsesState { sorting: Sorting::falling(By::Kept), order: RowOrder::default() }
    }
}

const COLUMNS: [ColumnSpec<By>; 7] = [
    table::name(
        By::Name,
        "Asked for by",
        "The function that called the allocator, and who called it. Hover shows the whole call path.",
    ),
    table::number(
        By::Kept,
        "Kept",
        "Bytes of the blocks handed out in this time that were not freed in it.",
        68.0,
    ),
    table::number(By::Allocated, "Allocated", "Bytes of all blocks handed out in this time.", 74.0),
    table::number(
        By::Freed,
        "Freed",
        "Bytes of the blocks freed in this time, whenever they were handed out.",
        64.0,
    ),
    table::number(By::ShortLived, "Short", "Bytes of those that lived for less than the time above.", 66.0),
    table::number(By::AtPeak, "At peak", "Bytes live when the whole heap was largest in this time.", 66.0),
    table::number(By::Lived, "Lived", "How long its blocks lived on average, within this time.", 64.0),
];

/// Draws the table.
pub fn uses_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<HeapUses>, filter: &str, state: &mut UsesState) {
    if view.paths.is_empty() {
        return empty_state(ui, "Nothing happened", "In this part of the run the heap was not used.");
    }
    let keep = |view: &HeapUses, row: usize, needle: &Needle| names(ctx, view.paths[row].path, needle);
    let compare = |view: &HeapUses, by, a: usize, b: usize| compare(ctx, by, &view.paths[a], &view.paths[b]);
    let rows = state.order.rows(view, (state.sorting, filter), view.paths.len(), keep, compare);
    let sums = By::SHARED
        .map(|by| view.paths.iter().map(|path| amount(path, by).bytes).fold(0, u64::saturating_add));
    let share = |row: usize, by: By| {
        let place = By::SHARED.iter().position(|shared| *shared == by)?;
        Some(units::share(amount(&view.paths[row], by).bytes, sums[place]))
    };
    let table = Table {
        id: "uses",
        columns: &COLUMNS,
        rows,
        cell: &|row, column| cell(ctx, &view.paths[row], column),
        share: &share,
        is_weak: &|_| false,
        is_selected: &|row| ctx.selection.site == Some(view.paths[row].path),
        hover: &|ui, row| call_path_ui(ui, ctx.profile, view.paths[row].path),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 130.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        select(ctx, view.paths[row].path);
    }
}

impl By {
    /// The columns of which each row has a share.
    const SHARED: [By; 5] = [By::Allocated, By::Kept, By::Freed, By::ShortLived, By::AtPeak];
}

fn amount(uses: &PathUse, by: By) -> Amount {
    match by {
        By::Kept => uses.kept,
        By::Freed => uses.freed,
        By::ShortLived => uses.short_lived,
        By::AtPeak => uses.at_peak,
        By::Allocated | By::Lived | By::Name => uses.allocated,
    }
}

fn lived_nanos(uses: &PathUse) -> u64 {
    uses.lifetime_nanos.checked_div(uses.allocated.blocks).unwrap_or(0)
}

fn compare(ctx: &PanelCtx<'_>, by: By, a: &PathUse, b: &PathUse) -> Ordering {
    match by {
        By::Lived => lived_nanos(a).cmp(&lived_nanos(b)),
        By::Name => asker_text(ctx.profile, a.path).cmp(&asker_text(ctx.profile, b.path)),
        // Those that keep nothing, too, have an order.
        by => {
            let key = |uses| (amount(uses, by).bytes, uses.allocated.bytes);
            key(a).cmp(&key(b))
        }
    }
}

fn cell(ctx: &PanelCtx<'_>, uses: &PathUse, by: By) -> String {
    match by {
        By::Lived => units::nanos(lived_nanos(uses)),
        By::Name => asker_text(ctx.profile, uses.path),
        by if amount(uses, by).blocks == 0 => "–".to_owned(),
        by => units::bytes(amount(uses, by).bytes),
    }
}

/// What stands above the table.
pub fn headline(ctx: &PanelCtx<'_>, view: &HeapUses) -> String {
    let sum = |part: fn(&PathUse) -> Amount| {
        units::bytes(view.paths.iter().map(|path| part(path).bytes).fold(0, u64::saturating_add))
    };
    let when = ctx.selection.time_nanos.as_ref().map_or_else(
        || "in the whole run".to_owned(),
        |time| format!("from {} to {}", units::nanos(time.start), units::nanos(time.end)),
    );
    format!("{} allocated, {} kept {when}", sum(|uses| uses.allocated), sum(|uses| uses.kept))
}
