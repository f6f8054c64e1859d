//! The panels. Each draws one view; what it wants done goes out as a command. None imports another.

mod advice;
mod boundary;
mod code;
mod colours;
mod flame;
mod functions;
mod growth;
mod heap_map;
mod module;
mod output;
mod sites;
mod summary;
mod timeline;

pub use code::{Column, Figure, Grid, GridState, Ground, Ink, Row};
pub use flame::{Act, Graph, Grows, Look, Meaning, Part, Scene, Search, Way, canvas_ui, crumbs_ui, next_hit};
pub use growth::{bytes_over_time, wheel as plot_wheel};
pub use heap_map::{ColourBy as MapColourBy, Colours as MapColours};

use super::command::Commands;
use super::documents::{Document, Selection};
use super::watch::Watch;
use super::widgets::empty_state;
use super::worker::{Asker, Slot, Worker};
use crate::analysis::{self, Metric};
use crate::profile::{FrameId, PathId, Profile};
use crate::sources::Sources;
use crate::ui::views::{
    AdviceQuery, BlockLifeQuery, BoundaryQuery, CallDurationsQuery, CodeHitsQuery, CodeText, CompressedQuery,
    ExportCallsQuery, FirstFileQuery, FlameHitsQuery, FlameQuery, FunctionsQuery, GrowthPinsQuery,
    GrowthQuery, HeapBlocksQuery, HeapMapView, HeapMapViewQuery, HeapNumbersQuery, HeapQuery, HeapRangeQuery,
    HeapSitesQuery, HeapUsesQuery, HeapVerdictQuery, InstructionsQuery, LinesQuery, ListingQuery, SharedHeap,
    SizeQuery, SummaryQuery, TimelineLanesQuery, TimelineRowsQuery, TimelineView, WhatIfQuery,
};
use crate::units;
use egui::{RichText, Ui};
use serde::{Deserialize, Serialize};
use sites::{SitesOf, SitesView};
use std::sync::Arc;

/// The panels by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "their titles say it")]
pub enum PanelKind {
    Flame,
    Timeline,
    Advice,
    Boundary,
    Growth,
    HeapMap,
    Module,
    Summary,
    Functions,
    Sites,
    Source,
    Instructions,
    Output,
}

impl PanelKind {
    /// The views of the whole run.
    pub const VIEWS: [PanelKind; 8] = [
        PanelKind::Flame,
        PanelKind::Advice,
        PanelKind::Timeline,
        PanelKind::Boundary,
        PanelKind::Growth,
        PanelKind::HeapMap,
        PanelKind::Module,
        PanelKind::Summary,
    ];

    /// All of them, in the order of the menu.
    pub const ALL: [PanelKind; 13] = [
        PanelKind::Flame,
        PanelKind::Advice,
        PanelKind::Timeline,
        PanelKind::Boundary,
        PanelKind::Growth,
        PanelKind::HeapMap,
        PanelKind::Module,
        PanelKind::Summary,
        PanelKind::Functions,
        PanelKind::Sites,
        PanelKind::Source,
        PanelKind::Instructions,
        PanelKind::Output,
    ];

    /// What its tab says.
    pub const fn title(self) -> &'static str {
        match self {
            PanelKind::Flame => "Flame graph",
            PanelKind::Timeline => "Timeline",
            PanelKind::Boundary => "Boundary",
            PanelKind::Growth => "Memory growth",
            PanelKind::HeapMap => "Fragmentation",
            PanelKind::Module => "Module",
            PanelKind::Summary => "Summary",
            PanelKind::Advice => "Advice",
            PanelKind::Functions => "Functions",
            PanelKind::Sites => "Allocation sites",
            PanelKind::Source => "Source",
            PanelKind::Instructions => "Instructions",
            PanelKind::Output => "Output",
        }
    }
}

/// What every panel gets.
pub struct PanelCtx<'a> {
    /// The recording.
    pub profile: &'a Arc<Profile>,
    /// What is selected in it.
    pub selection: &'a Selection,
    /// Who does what the panel wants done.
    pub commands: &'a Commands,
    /// Is the recording still being made?
    pub is_growing: bool,
    /// What a call may take where nothing else was said, in milliseconds.
    pub budget_millis: f64,
}

/// What the panels of one recording remember, and the views that they draw.
#[derive(Default)]
pub struct PanelStates {
    flame: flame::FlameState,
    functions: functions::FunctionsState,
    timeline: timeline::TimelineState,
    boundary: boundary::BoundaryState,
    growth: growth::GrowthState,
    heap_map: heap_map::HeapMapState,
    module: module::ModuleState,
    sites: sites::SitesState,
    source: code::SourceState,
    instructions: code::InstructionsState,
    /// Whose instructions both of them show.
    subject: code::Subject,
    slots: Slots,
}

#[derive(Default)]
struct Slots {
    flame: Slot<FlameQuery>,
    callers: Slot<FlameQuery>,
    callees: Slot<FlameQuery>,
    flame_hits: Slot<FlameHitsQuery>,
    functions: Slot<FunctionsQuery>,
    boundary: Slot<BoundaryQuery>,
    growth: Slot<GrowthQuery>,
    /// That of the part of the run that is chosen: two questions in turn would overtake each other in one slot.
    growth_in: Slot<GrowthQuery>,
    timeline: Slot<TimelineRowsQuery>,
    timeline_overview: Slot<TimelineLanesQuery>,
    lanes: Slot<TimelineLanesQuery>,
    durations: Slot<CallDurationsQuery>,
    heap: Slot<HeapQuery>,
    heap_map: Slot<HeapMapViewQuery>,
    overview: Slot<HeapMapViewQuery>,
    export_calls: Slot<ExportCallsQuery>,
    pins: Slot<GrowthPinsQuery>,
    heap_range: Slot<HeapRangeQuery>,
    heap_sites: Slot<HeapSitesQuery>,
    verdict: Slot<HeapVerdictQuery>,
    numbers: Slot<HeapNumbersQuery>,
    blocks: Slot<HeapBlocksQuery>,
    what_if: Slot<WhatIfQuery>,
    heap_uses: Slot<HeapUsesQuery>,
    block: Slot<BlockLifeQuery>,
    lines: Slot<LinesQuery>,
    first_file: Slot<FirstFileQuery>,
    listing: Slot<ListingQuery>,
    line_hits: Slot<CodeHitsQuery>,
    instructions: Slot<InstructionsQuery>,
    instruction_hits: Slot<CodeHitsQuery>,
    summary: Slot<SummaryQuery>,
    advice: Slot<AdviceQuery>,
    size: Slot<SizeQuery>,
    compressed: Slot<CompressedQuery>,
}

/// What the panels draw with besides the recording.
pub struct PanelDesk<'a> {
    /// Who computes views.
    pub worker: &'a Worker,
    /// Who does what panels want done.
    pub commands: &'a Commands,
    /// Where source files are.
    pub sources: &'a Sources,
    /// How often they were looked for once more.
    pub looks: u64,
    /// The run that the recording is being made of.
    pub run: Option<&'a Watch>,
    /// What a call may take where nothing else was said, in milliseconds.
    pub budget_millis: f64,
}

/// Draws the panel `kind` of `document`.
pub fn panel_ui(ui: &mut Ui, kind: PanelKind, document: &mut Document, desk: &PanelDesk<'_>) {
    let Document { profile, selection, panels, is_growing, .. } = document;
    let egui_ctx = ui.ctx().clone();
    let asker = Asker { subject: profile, worker: desk.worker, ctx: &egui_ctx, is_growing: *is_growing };
    let PanelDesk { commands, budget_millis, .. } = *desk;
    let ctx = PanelCtx { profile, selection, commands, is_growing: *is_growing, budget_millis };
    if let Some(sentence) = unfiltered(kind, selection) {
        ui.label(RichText::new(sentence).color(super::theme::Palette::of(ui).warning).small());
    }
    if matches!(kind, PanelKind::Source | PanelKind::Instructions) {
        // A click is for the line.
        ui.style_mut().interaction.selectable_labels = false;
    }
    match kind {
        PanelKind::Flame => flame(ui, &ctx, &asker, panels),
        PanelKind::Timeline => timeline(ui, &ctx, &asker, panels),
        PanelKind::Boundary => boundary(ui, &ctx, &asker, panels),
        PanelKind::Growth => growth(ui, &ctx, &asker, panels),
        PanelKind::HeapMap => heap_map(ui, &ctx, &asker, panels),
        PanelKind::Module => module(ui, &ctx, &asker, panels),
        PanelKind::Summary => summary(ui, &ctx, &asker, panels),
        PanelKind::Advice => advice(ui, &ctx, &asker, panels),
        PanelKind::Functions => functions(ui, &ctx, &asker, panels),
        PanelKind::Sites => sites(ui, &ctx, &asker, panels),
        PanelKind::Source => source(ui, &ctx, &asker, panels, desk),
        PanelKind::Instructions => instructions(ui, &ctx, &asker, panels),
        PanelKind::Output => output::output_ui(ui, &ctx, desk.run),
    }
}

fn flame(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let PanelStates { flame: state, slots, .. } = panels;
    let whole = slots.flame.view(asker, FlameQuery(state.query(ctx.selection)));
    let Some(whole) = whole else { return computing_ui(ui) };
    let sides = state.side_queries(ctx.selection).and_then(|(function, [callers, callees])| {
        // Those of another function would stand under this one's name.
        let callers = slots.callers.exact(asker, FlameQuery(callers));
        let callees = slots.callees.exact(asker, FlameQuery(callees));
        Some(flame::Sides { function, callers: callers?, callees: callees? })
    });
    let hits = state.search_query(&whole).and_then(|query| slots.flame_hits.exact(asker, query));
    flame::flame_ui(ui, ctx, &flame::FlameViews { whole, sides, hits }, state);
    stale_ui(ui, slots.flame.is_waiting() || slots.callers.is_waiting() || slots.callees.is_waiting());
}

fn functions(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    match panels.slots.functions.view(asker, FunctionsQuery(ctx.selection.call_tree())) {
        Some(view) => functions::functions_ui(ui, ctx, &view, &mut panels.functions),
        None => computing_ui(ui),
    }
    stale_ui(ui, panels.slots.functions.is_waiting());
}

/// What a panel shows of the whole run though a part of it is chosen, as a sentence.
fn unfiltered(kind: PanelKind, selection: &Selection) -> Option<String> {
    selection.time_nanos.as_ref()?;
    let metric = selection.metric;
    match kind {
        PanelKind::Flame | PanelKind::Functions | PanelKind::Source if !metric.is_timed() => {
            Some(format!("{} are sums over the whole run: when is not known.", metric.title()))
        }
        PanelKind::Instructions => {
            Some("Counts are sums over the whole run; only the time is that of its part.".to_owned())
        }
        PanelKind::Boundary => Some(
            "Calls that began in the part of the run. Bytes are known for the whole run alone.".to_owned(),
        ),
        PanelKind::Output => Some("All that was printed: when is not known.".to_owned()),
        _ => None,
    }
}

fn timeline(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let PanelStates { timeline: state, slots, .. } = panels;
    let rows = slots.timeline.view(asker, TimelineRowsQuery);
    let growth = slots.growth.view(asker, GrowthQuery(None));
    // What a long recording shows coarsely at once becomes fine while one looks.
    let [first, fine] = [state.overview(ctx).coarse(), state.overview(ctx)].map(TimelineLanesQuery);
    let overview = slots.timeline_overview.view_after(asker, first, fine);
    let [first, fine] = [state.query(ctx).coarse(), state.query(ctx)].map(TimelineLanesQuery);
    let lanes = slots.lanes.view_after(asker, first, fine);
    let (Some(rows), Some(growth), Some(overview), Some(lanes)) = (rows, growth, overview, lanes) else {
        return computing_ui(ui);
    };
    let calls =
        state.calls_query(ctx).and_then(|query| slots.durations.exact(asker, CallDurationsQuery(query)));
    let view = TimelineView { rows, growth, overview, lanes, calls };
    timeline::timeline_ui(ui, ctx, &view, state);
    let waits = slots.lanes.is_waiting() || slots.timeline_overview.is_waiting();
    stale_ui(ui, waits || slots.durations.is_waiting());
}

fn boundary(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let advice = panels.slots.advice.view(asker, AdviceQuery);
    match panels.slots.boundary.view(asker, BoundaryQuery(ctx.selection.time_nanos.clone())) {
        Some(view) => boundary::boundary_ui(ui, ctx, &view, advice.as_deref(), &mut panels.boundary),
        None => computing_ui(ui),
    }
}

fn growth(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let view = match ctx.selection.time_nanos.clone() {
        Some(time) => panels.slots.growth_in.view(asker, GrowthQuery(Some(time))),
        None => panels.slots.growth.view(asker, GrowthQuery(None)),
    };
    match view {
        Some(view) => growth::growth_ui(ui, ctx, &view, &mut panels.growth),
        None => computing_ui(ui),
    }
    stale_ui(ui, panels.slots.growth_in.is_waiting());
}

fn heap_map(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let at_nanos = ctx.selection.moment_nanos.unwrap_or(u64::MAX);
    let memory = ctx.selection.memory;
    let PanelStates { heap_map: state, slots, .. } = panels;
    let growth = slots.growth.view(asker, GrowthQuery(None));
    let heap = slots.heap.view(asker, HeapQuery { memory, at_nanos });
    let (Some(growth), Some(heap)) = (growth, heap) else { return computing_ui(ui) };
    // Until the heap of another memory is there, all is of the one before.
    let memory = heap.memory;
    state.follow(memory);
    let shared = SharedHeap(Arc::clone(&heap));
    let of = |map| HeapMapViewQuery { heap: shared.clone(), map };
    let overview = slots.overview.view(asker, of(state.overview(ctx)));
    let map = slots.heap_map.view(asker, of(state.query(ctx)));
    let (Some(overview), Some(map)) = (overview, map) else { return computing_ui(ui) };
    let pins = slots.pins.exact(asker, GrowthPinsQuery(memory));
    let calls = slots.export_calls.view(asker, ExportCallsQuery);
    let verdict = slots.verdict.exact(asker, HeapVerdictQuery(memory));
    let shown = state.shown;
    let numbers = shown.over_time.then(|| slots.numbers.exact(asker, HeapNumbersQuery(memory))).flatten();
    let blocks = shown.blocks.then(|| slots.blocks.view(asker, HeapBlocksQuery(shared.clone()))).flatten();
    let what_if = shown.what_if.then(|| slots.what_if.exact(asker, WhatIfQuery(memory))).flatten();
    let sites = state.wants_sites().then(|| slots.heap_sites.view(asker, HeapSitesQuery(shared.clone())));
    let sites = sites.flatten();
    let range = state.chosen_range().map(|range| HeapRangeQuery { heap: shared.clone(), range });
    let chosen = range.and_then(|query| slots.heap_range.view(asker, query));
    let block = state.chosen_block().and_then(|row| slots.block.exact(asker, BlockLifeQuery(row)));
    let view = HeapMapView {
        growth,
        heap,
        overview,
        map,
        sites,
        chosen,
        block,
        verdict,
        numbers,
        blocks,
        what_if,
        pins,
        calls,
    };
    heap_map::heap_map_ui(ui, ctx, &view, state);
    stale_ui(ui, slots.heap.is_waiting() || slots.heap_map.is_waiting());
}

fn module(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let PanelStates { module: state, slots, .. } = panels;
    let Some(view) = slots.size.view(asker, SizeQuery(module::query(ctx.selection))) else {
        return computing_ui(ui);
    };
    state.packed.go_on(&view, |ranges| slots.compressed.exact(asker, CompressedQuery(ranges)));
    module::module_ui(ui, ctx, &view, state);
    stale_ui(ui, slots.size.is_waiting());
}

fn sites(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let at_nanos = ctx.selection.moment_nanos.unwrap_or(u64::MAX);
    let memory = ctx.selection.memory;
    let PanelStates { sites: state, slots, .. } = panels;
    let (view, is_waiting) = match state.of {
        SitesOf::Moment => {
            let heap = slots.heap.view(asker, HeapQuery { memory, at_nanos });
            let sites = heap.and_then(|heap| slots.heap_sites.view(asker, HeapSitesQuery(SharedHeap(heap))));
            let is_waiting = slots.heap.is_waiting() || slots.heap_sites.is_waiting();
            (sites.map(SitesView::Moment), is_waiting)
        }
        SitesOf::Time => {
            let uses = slots.heap_uses.view(
                asker,
                HeapUsesQuery { time: ctx.selection.time_nanos.clone(), short_nanos: state.short_nanos() },
            );
            (uses.map(SitesView::Time), slots.heap_uses.is_waiting())
        }
    };
    sites::sites_ui(ui, ctx, view, state);
    stale_ui(ui, is_waiting);
}

fn source(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    asker: &Asker<'_>,
    panels: &mut PanelStates,
    desk: &PanelDesk<'_>,
) {
    let PanelStates { source: state, subject, slots, .. } = panels;
    let lines = slots.lines.view(asker, LinesQuery(ctx.selection.call_tree()));
    let Some(lines) = lines else { return computing_ui(ui) };
    if !state.has_chosen() {
        let query = FirstFileQuery { lines: Arc::clone(&lines), sources: desk.sources.clone() };
        let Some(first) = slots.first_file.view(asker, query) else { return computing_ui(ui) };
        state.begin_with(first.as_ref().as_deref(), &lines);
    }
    state.follow(ctx, &lines);
    let listing = state.file(&lines).and_then(|file| {
        let (sources, looks) = (desk.sources.clone(), desk.looks);
        slots.listing.view(asker, ListingQuery { lines: Arc::clone(&lines), file, sources, looks })
    });
    let query = listing.as_ref().and_then(|listing| state.search_query(listing));
    let hits = query.and_then(|query| slots.line_hits.exact(asker, query));
    let wat = state.wants_wat(ctx).then(|| {
        let functions = slots.functions.view(asker, FunctionsQuery(ctx.selection.call_tree()));
        let frame = state.wat_frame(ctx, functions.as_deref())?;
        slots.instructions.view(asker, subject.query(ctx, frame))
    });
    let wat = wat.flatten();
    wat.iter().for_each(|wat| subject.saw(wat));
    code::source_ui(ui, ctx, &code::SourceView { lines, listing, hits, wat }, state);
    stale_ui(ui, slots.lines.is_waiting() || slots.listing.is_waiting());
}

fn instructions(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let PanelStates { instructions: state, subject, slots, .. } = panels;
    let Some(frame) = ctx.selection.function else { return code::nothing_ui(ui) };
    match slots.instructions.view(asker, subject.query(ctx, frame)) {
        Some(view) => {
            subject.saw(&view);
            let query = state.find.query(CodeText::Wat(Arc::clone(&view)));
            let hits = query.and_then(|query| slots.instruction_hits.exact(asker, query));
            code::instructions_ui(ui, ctx, &view, hits.as_deref().map(Vec::as_slice), state);
        }
        None => computing_ui(ui),
    }
    stale_ui(ui, slots.instructions.is_waiting());
}

fn summary(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    let time = ctx.selection.time_nanos.clone();
    let advice = panels.slots.advice.view(asker, AdviceQuery);
    match panels.slots.summary.view(asker, SummaryQuery(time)) {
        Some(view) => summary::summary_ui(ui, ctx, &view, advice.as_deref()),
        None => computing_ui(ui),
    }
}

fn advice(ui: &mut Ui, ctx: &PanelCtx<'_>, asker: &Asker<'_>, panels: &mut PanelStates) {
    match panels.slots.advice.view(asker, AdviceQuery) {
        Some(view) => advice::advice_ui(ui, ctx, &view),
        None => computing_ui(ui),
    }
}

pub fn computing_ui(ui: &mut Ui) {
    empty_state(ui, "Computing…", "The first look at a long recording takes a moment.");
}

/// A thin sign that a newer view is on its way.
fn stale_ui(ui: &Ui, is_waiting: bool) {
    if is_waiting {
        let rect = ui.max_rect();
        let bar = egui::Rect::from_min_size(rect.left_top(), egui::vec2(rect.width(), 2.0));
        ui.painter().rect_filled(bar, 0.0, super::theme::Palette::of(ui).accent);
    }
}

/// A value of `metric` for people.
fn value_text(metric: Metric, value: u64) -> String {
    units::value(metric.unit(), value)
}

/// A call path as lines of text, innermost first.
fn call_path_ui(ui: &mut Ui, profile: &Profile, path: PathId) {
    const MOST: usize = 24;
    if path == PathId::ROOT {
        ui.label(RichText::new("The call path is not known.").weak());
        return;
    }
    for (frame, line) in profile.paths().frames(path).take(MOST) {
        let place = profile.lines().get(line).filter(|line| line.line > 0);
        let place =
            place.map(|line| format!("  {}:{}", short_file(&line.file), line.line)).unwrap_or_default();
        let mut job = egui::text::LayoutJob::default();
        let palette = super::theme::Palette::of(ui);
        let plain = |color| egui::TextFormat { color, font_id: super::theme::MONO, ..Default::default() };
        job.append(&profile.frames().get(frame).short, 0.0, plain(palette.text));
        job.append(&place, 0.0, plain(palette.weak));
        ui.label(job);
    }
    if profile.paths().frames(path).nth(MOST).is_some() {
        ui.label(RichText::new("…").weak());
    }
}

/// Who asked for a block: the function of the program's own above the allocator.
fn asker_of(profile: &Profile, path: PathId) -> FrameId {
    let asker = analysis::asker_path(profile, path);
    profile.paths().frame(if asker == PathId::ROOT { path } else { asker })
}

/// A call path in one line, innermost first: `sbrk ‹ malloc ‹ load`.
fn path_text(profile: &Profile, path: PathId) -> String {
    // The innermost are often the allocator's or the library's own, and what follows them tells more.
    const MOST: usize = 8;
    let frames = profile.paths().frames(path).take(MOST);
    let names: Vec<_> = frames.map(|(frame, _)| &*profile.frames().get(frame).short).collect();
    if names.is_empty() { "not known".to_owned() } else { names.join(" ‹ ") }
}

/// As [`path_text`], of a block: without the allocator's own function.
fn asker_text(profile: &Profile, path: PathId) -> String {
    let above = profile.paths().parent(path);
    path_text(profile, if above == PathId::ROOT { path } else { above })
}

/// The last two parts of a source path.
fn short_file(file: &str) -> &str {
    let is_separator = |c| c == '/' || c == '\\';
    let mut cuts = file.rmatch_indices(is_separator).map(|(at, _)| at + 1);
    cuts.nth(1).and_then(|at| file.get(at..)).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::short_file;

    #[test]
    fn source_paths_keep_their_end() {
        for (path, short) in [("/a/b/c.rs", "b/c.rs"), ("c.rs", "c.rs"), ("b\\c.rs", "b\\c.rs")] {
            assert_eq!(short_file(path), short);
        }
    }
}
