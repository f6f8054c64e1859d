//! The run in time: phases, memory, heap, calls and stack over one axis, on which a part of the run is chosen.

mod axis;
mod calls;
mod canvas;
mod keys;
mod layout;
mod marks;
mod names;
mod overview;
mod paint;
mod steps;
mod tooltip;
mod viewport;

use super::PanelCtx;
use super::colours::FrameColours;
use crate::analysis::{CallsQuery, LanesQuery};
use crate::profile::FrameId;
use crate::ui::command::Command;
use crate::ui::views::TimelineView;
use crate::ui::widgets::{Labels, empty_state};
use egui::{Panel, RichText, Ui};
use paint::Picture;
use std::ops::Range;
use viewport::Viewport;
use wasmscope_instrument::recording::Direction;
use wasmscope_symbolize::FuncIndex;

/// What the panel remembers.
pub struct TimelineState {
    /// The part on screen; all of the run before it was moved.
    viewport: Option<Viewport>,
    /// How many pixels the canvas was wide.
    pixels: f64,
    /// The function whose calls are looked at.
    chosen: Option<(Direction, FuncIndex)>,
    /// The calls of the chosen function that take so long are marked, in nanoseconds.
    bar: Option<Range<u64>>,
    /// The event that was stepped to, in nanoseconds since the recording began.
    event: Option<u64>,
    /// What a call may take, in milliseconds.
    budget_millis: f64,
    /// Was that said here? Otherwise it is the usual one.
    has_own_budget: bool,
    shows_all_calls: bool,
    /// Where the range that is being dragged begins and has come to.
    selecting: Option<(u64, u64)>,
    colours: FrameColours,
    labels: Labels<FrameId>,
    picture: Option<Picture>,
}

impl Default for TimelineState {
    fn default() -> Self {
        let (viewport, chosen, bar, event, shows_all_calls, selecting) = Default::default();
        let (colours, labels, picture) = Default::default();
        TimelineState {
            viewport,
            pixels: 1_024.0,
            chosen,
            bar,
            event,
            budget_millis: 0.0,
            has_own_budget: false,
            shows_all_calls,
            selecting,
            colours,
            labels,
            picture,
        }
    }
}

/// So many columns beside those on screen are asked for, and not again until they are used up.
const ALIGNED_COLUMNS: u64 = 512;
const OVERVIEW_COLUMNS: u64 = 1_024;

impl TimelineState {
    /// The part on screen.
    fn viewport(&self, ctx: &PanelCtx<'_>) -> Viewport {
        self.viewport.unwrap_or_else(|| Viewport::whole(ctx.profile.duration_nanos()))
    }

    /// What is asked of the whole run.
    pub fn overview(&self, ctx: &PanelCtx<'_>) -> LanesQuery {
        let duration = ctx.profile.duration_nanos();
        LanesQuery {
            time: 0..duration.saturating_add(1),
            column_nanos: duration.div_ceil(OVERVIEW_COLUMNS),
            inline_frames: ctx.selection.inline_frames,
        }
    }

    /// What is asked of the part on screen. Columns are powers of two and the part begins and ends at a multiple of
    /// them, so that moving asks for something new only now and then.
    pub fn query(&self, ctx: &PanelCtx<'_>) -> LanesQuery {
        let viewport = self.viewport(ctx);
        let column_nanos = 1u64 << ((viewport.span() / self.pixels.max(1.0)).max(1.0) as u64).ilog2();
        let tile = column_nanos.saturating_mul(ALIGNED_COLUMNS);
        let from = (viewport.from as u64) / tile * tile;
        let to = (viewport.to.ceil() as u64).div_ceil(tile).saturating_mul(tile).saturating_add(1);
        LanesQuery { time: from..to, column_nanos, inline_frames: ctx.selection.inline_frames }
    }

    /// What is asked of the calls that are looked at.
    pub fn calls_query(&self, ctx: &PanelCtx<'_>) -> Option<CallsQuery> {
        let (direction, func) = self.chosen?;
        Some(CallsQuery { direction, func, time: ctx.selection.time_nanos.clone() })
    }

    /// Looks at the calls of a function, or no longer.
    fn choose(&mut self, function: Option<(Direction, FuncIndex)>) {
        if self.chosen != function {
            (self.chosen, self.bar, self.event) = (function, None, None);
        }
    }

    /// Shows the range that is chosen, or all of the run.
    fn fit(&mut self, ctx: &PanelCtx<'_>) {
        let now = self.viewport(ctx);
        let duration = ctx.profile.duration_nanos();
        self.viewport = ctx.selection.time_nanos.as_ref().map(|range| now.fitted(range, duration));
    }

    /// Has a moment on screen.
    fn show_event(&mut self, ctx: &PanelCtx<'_>, nanos: u64) {
        self.event = Some(nanos);
        self.viewport = Some(self.viewport(ctx).showing(nanos, ctx.profile.duration_nanos()));
    }
}

/// All views show a part of the run, or all of it.
fn select_range(ctx: &PanelCtx<'_>, range: Option<Range<u64>>) {
    ctx.commands.send(Command::Select(ctx.selection.within(range, ctx.profile)));
}

/// Draws the panel.
pub fn timeline_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &TimelineView, state: &mut TimelineState) {
    if ctx.profile.duration_nanos() == 0 || layout::places(view, false).is_empty() {
        return empty_state(
            ui,
            "Nothing happened",
            "This recording holds nothing of which the time is known.",
        );
    }
    if !state.has_own_budget {
        state.budget_millis = ctx.budget_millis;
    }
    // Keys are for all of the panel: who clicked a bar goes from call to call with the pointer where it is.
    let is_pointed_at = ui.rect_contains_pointer(ui.max_rect());
    toolbar_ui(ui, ctx, view, state);
    if let Some(calls) = view.calls.as_ref() {
        let most = (ui.available_height() * 0.6).max(110.0);
        let pane = Panel::bottom("calls").resizable(true).default_size(180.0_f32.min(most));
        let pane = pane.size_range(100.0..=most).frame(egui::Frame::new());
        pane.show(ui, |ui| calls::calls_ui(ui, ctx, view, calls, state));
    }
    egui::CentralPanel::no_frame().show(ui, |ui| canvas::canvas_ui(ui, ctx, view, state, is_pointed_at));
}

fn toolbar_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &TimelineView, state: &mut TimelineState) {
    ui.horizontal_wrapped(|ui| {
        let steps = steps::Steps::of(view, state);
        let (back, on) = (format!("Previous {}", steps.noun()), format!("Next {}", steps.noun()));
        let button = |sign: &str| egui::Button::new(sign.to_owned());
        let previous = ui.add_enabled(!steps.is_empty(), button("⏮")).accessible_name(back.as_str());
        if previous.on_hover_text(format!("{back} (,)")).clicked() {
            steps.go(ctx, state, steps::Way::Back);
        }
        let next = ui.add_enabled(!steps.is_empty(), button("⏭")).accessible_name(on.as_str());
        if next.on_hover_text(format!("{on} (.)")).clicked() {
            steps.go(ctx, state, steps::Way::On);
        }
        let fit = if ctx.selection.time_nanos.is_some() { "Fit selection" } else { "Show all" };
        if ui.button(fit).on_hover_text("F").clicked() {
            state.fit(ctx);
        }
        let hint =
            steps.text(state).unwrap_or_else(|| "Drag on the axis chooses a part of the run".to_owned());
        ui.label(RichText::new(hint).weak());
    });
}
