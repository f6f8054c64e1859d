//! The allocation sites: who asked for the blocks that are live at a moment, and what became of blocks over time.

mod live;
mod uses;

use super::PanelCtx;
use crate::analysis::{HeapUses, SHORT_NANOS};
use crate::profile::PathId;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::needle::Needle;
use crate::ui::views::LiveSites;
use crate::ui::widgets::{empty_state, search_field};
use egui::{RichText, Ui};
use live::LiveState;
use std::sync::Arc;
use uses::UsesState;

/// What is asked of the sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SitesOf {
    /// The blocks of a moment.
    #[default]
    Moment,
    /// What happened in a part of the run.
    Time,
}

/// What the panel remembers.
pub struct SitesState {
    /// What is asked.
    pub of: SitesOf,
    /// Blocks that live for less are short-lived, in milliseconds: the clock of heap operations is no finer.
    short_millis: u64,
    filter: String,
    live: LiveState,
    uses: UsesState,
}

impl Default for SitesState {
    fn default() -> Self {
        let short_millis = SHORT_NANOS / MILLI;
        let (of, filter, live, uses) = Default::default();
        SitesState { of, short_millis, filter, live, uses }
    }
}

impl SitesState {
    /// Blocks that live for less are short-lived, in nanoseconds.
    pub fn short_nanos(&self) -> u64 {
        self.short_millis.saturating_mul(MILLI)
    }
}

/// Nanoseconds.
const MILLI: u64 = 1_000_000;

/// What the panel draws.
pub enum SitesView {
    /// For [`SitesOf::Moment`].
    Moment(Arc<LiveSites>),
    /// For [`SitesOf::Time`].
    Time(Arc<HeapUses>),
}

/// Draws the panel; `view` is `None` until it is computed.
pub fn sites_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: Option<SitesView>, state: &mut SitesState) {
    if ctx.profile.recording().heap.is_empty() {
        let hint = "No allocator is known in this module, or the measure “Heap” was off in this run.";
        return empty_state(ui, "No heap operations", hint);
    }
    ui.horizontal(|ui| {
        ui.selectable_value(&mut state.of, SitesOf::Moment, "Live")
            .on_hover_text("The blocks that are live at the moment shown in the fragmentation map.");
        ui.selectable_value(&mut state.of, SitesOf::Time, "Over time")
            .on_hover_text("What was allocated, kept and freed between two marks, or in the whole run.");
        if state.of == SitesOf::Time {
            let short =
                egui::DragValue::new(&mut state.short_millis).range(1..=600_000).prefix("< ").suffix(" ms");
            let about = "Blocks that live for less than this are short-lived. Drag, or click and type.";
            ui.add(short).accessible_name("Short-lived under").on_hover_text(about);
        }
        search_field(ui, &mut state.filter, "Filter sites", 110.0);
        let headline = match &view {
            Some(SitesView::Moment(view)) => live::headline(ctx, view),
            Some(SitesView::Time(view)) => uses::headline(ctx, view),
            None => String::new(),
        };
        ui.add(egui::Label::new(RichText::new(&headline).weak()).truncate()).on_hover_text(headline);
    });
    match view {
        Some(SitesView::Moment(view)) => live::live_ui(ui, ctx, &view, &state.filter, &mut state.live),
        Some(SitesView::Time(view)) => uses::uses_ui(ui, ctx, &view, &state.filter, &mut state.uses),
        None => empty_state(ui, "Computing…", "The first look at a long recording takes a moment."),
    }
}

/// Does a function on the path have `needle` in its name?
fn names(ctx: &PanelCtx<'_>, path: PathId, needle: &Needle) -> bool {
    let named = |frame| needle.is_in(&ctx.profile.frames().get(frame).short);
    needle.is_empty() || ctx.profile.paths().frames(path).any(|(frame, _)| named(frame))
}

/// All blocks of the site; again, none.
fn select(ctx: &PanelCtx<'_>, path: PathId) {
    let site = Some(path).filter(|path| ctx.selection.site != Some(*path));
    ctx.commands.send(Command::Select(Selection { site, ..ctx.selection.clone() }));
}
