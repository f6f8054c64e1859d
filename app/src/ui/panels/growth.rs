//! The growth of the memories over time, what was live in the heap meanwhile, and each `memory.grow`.

use super::{PanelCtx, call_path_ui, path_text, short_file};
use crate::analysis::{GrowthRow, GrowthView, MemoryGrowth, Unit};
use crate::profile::{PathId, Profile};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::needle::Needle;
use crate::ui::theme::Palette;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{empty_state, search_field, swatch};
use crate::units;
use egui::{Panel, RichText, Role, Ui, Vec2, WidgetInfo};
use egui_plot::{AxisHints, GridMark, HoverPosition, Line, MarkerShape, Plot, PlotPoint, PlotUi, Points};
use std::cmp::Ordering;
use std::ops::Range;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Time,
    Grown,
    Size,
    Name,
    Place,
}

/// What the panel remembers.
pub struct GrowthState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<GrowthView, By>,
    chosen: Option<usize>,
    /// The part of the run that the chosen row is of.
    time: Option<Range<u64>>,
}

impl Default for GrowthState {
    fn default() -> Self {
        let sorting = Sorting { column: By::Time, direction: table::SortDirection::Rising };
        GrowthState { filter: String::new(), sorting, order: RowOrder::default(), chosen: None, time: None }
    }
}

const COLUMNS: [ColumnSpec<By>; 5] = [
    table::number(By::Time, "When", "Since the recording began.", 82.0),
    table::number(By::Grown, "Asked for", "Pages of 64 KiB that the program asked for.", 96.0),
    table::number(By::Size, "Size after", "Size of the memory afterwards.", 92.0),
    table::name(
        By::Name,
        "Asked for by",
        "The function with the memory.grow, and who called it. Hover shows the whole call path.",
    ),
    table::text(By::Place, "Line", "Its line.", 130.0),
];

const GREW: &str = "memory.grow";
const REFUSED: &str = "refused";

/// Draws the panel.
pub fn growth_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<GrowthView>, state: &mut GrowthState) {
    if view.memories.is_empty() {
        return empty_state(ui, "No memory", "This module has no linear memory.");
    }
    if state.time != ctx.selection.time_nanos {
        (state.chosen, state.time) = (None, ctx.selection.time_nanos.clone());
    }
    ui.horizontal_wrapped(|ui| legend_ui(ui, view));
    for memory in &view.memories {
        let about = "Size when the run began and at its end. A step is a memory.grow that was granted.";
        ui.add(egui::Label::new(RichText::new(sentence(memory)).weak()).truncate()).on_hover_text(about);
    }
    if !view.events.is_empty() {
        let most = ui.available_height() * 0.7;
        let table = Panel::bottom("growth events").resizable(true).default_size(ui.available_height() * 0.34);
        let table = table.size_range(60.0..=most.max(61.0)).frame(egui::Frame::new());
        table.show(ui, |ui| events_ui(ui, ctx, view, state));
    }
    egui::CentralPanel::no_frame().show(ui, |ui| plot_ui(ui, ctx, view, state));
}

fn legend_ui(ui: &mut Ui, view: &GrowthView) {
    let palette = Palette::of(ui);
    swatch(ui, palette.memory.pages, "size of the memory")
        .on_hover_text("Pages × their size. It never shrinks.");
    if view.heap.is_empty() {
        ui.label(RichText::new("heap not measured").weak().small());
    } else {
        let about = "The sizes asked for of all blocks that are in use.";
        swatch(ui, palette.memory.live, "live in the heap").on_hover_text(about);
    }
    if view.memories.iter().any(|memory| memory.refused > 0) {
        let about = "A memory.grow that failed: the program got −1.";
        swatch(ui, palette.error, "growth refused").on_hover_text(about);
    }
}

fn sentence(memory: &MemoryGrowth) -> String {
    let MemoryGrowth {
        name, page_bytes, initial_pages, final_pages, maximum_pages, granted, refused, ..
    } = memory;
    let name = name.as_deref().map(|name| format!(" “{name}”")).unwrap_or_default();
    let size = |pages: u64| units::bytes(pages.saturating_mul(*page_bytes));
    let grown = match (granted, refused) {
        (0, 0) => format!("stayed at {} ({} pages)", size(*final_pages), units::exact(*final_pages)),
        _ => format!(
            "from {} to {} ({} to {} pages) in {} steps",
            size(*initial_pages),
            size(*final_pages),
            units::exact(*initial_pages),
            units::exact(*final_pages),
            units::exact(*granted)
        ),
    };
    let refused = if *refused > 0 { format!(", {refused} refused") } else { String::new() };
    let limit = maximum_pages.map(|pages| format!(", limit {}", size(pages))).unwrap_or_default();
    format!("Memory {}{name}: {grown}{refused}{limit}", memory.memory.0)
}

fn plot_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &GrowthView, state: &mut GrowthState) {
    let end = view.duration_nanos as f64;
    // Each part of the run that is chosen has a zoom of its own.
    let plot = bytes_over_time(("growth", ctx.selection.time_nanos.clone()), ui)
        .include_x(view.start_nanos as f64)
        .include_x(end)
        .label_formatter(|at| label(ctx.profile, view, at));
    let palette = Palette::of(ui);
    let shown = plot.show(ui, |plot| {
        wheel(plot);
        for memory in &view.memories {
            plot.line(steps_line(memory, end, palette));
        }
        plot.line(heap_line(view, end, palette));
        for points in event_points(view, palette) {
            plot.points(points);
        }
        if let Some(row) = state.chosen.and_then(|chosen| view.events.get(chosen)) {
            let at = row.event.time_nanos as f64;
            plot.vline(egui_plot::VLine::new("", at).color(palette.accent).width(1.0));
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Memory over time"));
    if shown.response.clicked()
        && let Some(pointer) = shown.response.interact_pointer_pos()
    {
        state.chosen = nearest(view, |at| shown.transform.position_from_point(&at).distance(pointer));
        select(ctx, view, state.chosen);
    }
}

/// A plot of bytes over nanoseconds that is moved and zoomed along its time.
pub fn bytes_over_time<'a>(id: impl egui::AsIdSalt, ui: &Ui) -> Plot<'a> {
    let (x_axis, y_axis) = axes();
    Plot::new(id)
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .include_y(0.0)
        .x_grid_spacer(|input| grid(input.bounds, decimal_step))
        .y_grid_spacer(|input| grid(input.bounds, binary_step))
        .grid_color(Palette::of(ui).border)
        .allow_scroll(false)
        .allow_drag([true, false])
        .allow_zoom([true, false])
        .allow_boxed_zoom(false)
        .show_crosshair(false)
}

fn axes<'a>() -> (AxisHints<'a>, AxisHints<'a>) {
    let time = |mark: GridMark, _: &RangeInclusive<f64>| moment_text(mark.value);
    let size = |mark: GridMark, _: &RangeInclusive<f64>| units::bytes(mark.value.max(0.0) as u64);
    (AxisHints::new_x().formatter(time), AxisHints::new_y().formatter(size).min_thickness(64.0))
}

/// About so many lines across the plot.
const GRID_LINES: f64 = 6.0;

fn grid((from, to): (f64, f64), step: fn(f64) -> f64) -> Vec<GridMark> {
    let step_size = step((to - from) / GRID_LINES);
    let first = (from / step_size).ceil() as i64;
    let last = (to / step_size).floor() as i64;
    (first..=last.min(first + 100)).map(|at| GridMark { value: at as f64 * step_size, step_size }).collect()
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn decimal_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= least).unwrap_or(power)
}

/// A power of two, at least `least`.
fn binary_step(least: f64) -> f64 {
    2f64.powf(least.max(1.0).log2().ceil())
}

fn moment_text(nanos: f64) -> String {
    if nanos < 0.0 { String::new() } else { units::nanos(nanos as u64) }
}

/// The wheel zooms the time axis at the pointer, as it does in the other canvases.
pub fn wheel(plot: &mut PlotUi<'_>) {
    let delta = plot.ctx().input(|input| input.smooth_scroll_delta().y);
    if plot.response().contains_pointer() && delta != 0.0 {
        plot.zoom_bounds_around_hovered(Vec2::new((delta * 0.006).exp(), 1.0));
    }
}

fn steps_line<'a>(memory: &MemoryGrowth, end: f64, palette: &Palette) -> Line<'a> {
    let mut points: Vec<[f64; 2]> = Vec::with_capacity(memory.steps.len() * 2 + 1);
    for step in &memory.steps {
        let at = step.time_nanos as f64;
        points.extend(points.last().map(|last| [at, last[1]]));
        points.push([at, bytes_of(memory, step.pages)]);
    }
    points.extend(points.last().map(|last| [end, last[1]]));
    let name = format!("memory {}", memory.memory.0);
    // Steps stand upright; drawn as a band they would become a slope.
    let line = Line::new(name, points).color(palette.memory.pages).width(2.0).allow_band(false);
    line.fill(0.0).fill_alpha(0.05).allow_hover(false)
}

fn bytes_of(memory: &MemoryGrowth, pages: u64) -> f64 {
    pages.saturating_mul(memory.page_bytes) as f64
}

fn heap_line<'a>(view: &GrowthView, end: f64, palette: &Palette) -> Line<'a> {
    let mut points: Vec<[f64; 2]> =
        view.heap.iter().map(|point| [point.time_nanos as f64, point.live_bytes as f64]).collect();
    points.extend(points.last().map(|last| [end, last[1]]));
    Line::new("heap", points)
        .allow_band(false)
        .color(palette.memory.live)
        .width(1.5)
        .fill(0.0)
        .fill_alpha(0.12)
        .allow_hover(false)
}

/// Where an event is pinned: at the size that it led to.
fn pin(view: &GrowthView, row: &GrowthRow) -> [f64; 2] {
    let memory = view.memories.iter().find(|memory| memory.memory == row.event.memory);
    let page = memory.map_or(65_536, |memory| memory.page_bytes);
    [row.event.time_nanos as f64, row.event.after_pages().saturating_mul(page) as f64]
}

const MANY_EVENTS: usize = 80;

fn event_points<'a>(view: &GrowthView, palette: &Palette) -> [Points<'a>; 2] {
    let of = |granted: bool| -> Vec<[f64; 2]> {
        view.events.iter().filter(|row| row.event.granted == granted).map(|row| pin(view, row)).collect()
    };
    // Many pins close together would hide the curve.
    let radius = if view.events.len() > MANY_EVENTS { 1.8 } else { 3.5 };
    [
        Points::new(GREW, of(true)).radius(radius).color(palette.memory.pages).shape(MarkerShape::Circle),
        Points::new(REFUSED, of(false)).radius(5.0).color(palette.error).shape(MarkerShape::Cross),
    ]
}

fn label(profile: &Profile, view: &GrowthView, at: &HoverPosition<'_>) -> Option<String> {
    match at {
        HoverPosition::NearDataPoint { plot_name, index, .. } => {
            let granted = *plot_name == GREW;
            let row = view.events.iter().filter(|row| row.event.granted == granted).nth(*index)?;
            Some(event_text(profile, row))
        }
        HoverPosition::Elsewhere { position } => elsewhere(view, position),
    }
}

fn elsewhere(view: &GrowthView, position: &PlotPoint) -> Option<String> {
    let axis = view.start_nanos as f64..=view.duration_nanos as f64;
    let at = axis.contains(&position.x).then_some(position.x as u64)?;
    let memories = view.memories.iter().map(|memory| {
        let pages = memory.pages_at(at);
        let size = units::bytes(pages.saturating_mul(memory.page_bytes));
        format!("\nmemory {}: {size} ({} pages)", memory.memory.0, units::exact(pages))
    });
    let behind = view.heap.partition_point(|point| point.time_nanos <= at);
    let live = behind.checked_sub(1).and_then(|at| view.heap.get(at));
    let live = live.map(|point| {
        format!("\nlive: {} in {} blocks", units::bytes(point.live_bytes), units::count(point.live_blocks))
    });
    Some(format!("{}{}{}", units::nanos(at), memories.collect::<String>(), live.unwrap_or_default()))
}

fn event_text(profile: &Profile, row: &GrowthRow) -> String {
    const MOST: usize = 10;
    let event = &row.event;
    let pages = units::exact(event.asked_pages);
    let outcome = if event.granted { format!("+{pages} pages") } else { format!("+{pages} pages refused") };
    let mut text = format!("{}  {outcome}", units::nanos(event.time_nanos));
    for (frame, line) in profile.paths().frames(row.path).take(MOST) {
        text.push_str("\n  ");
        text.push_str(&profile.frames().get(frame).short);
        if let Some(line) = profile.lines().get(line).filter(|line| line.line > 0) {
            text.push_str(&format!("  {}:{}", short_file(&line.file), line.line));
        }
    }
    text
}

fn nearest(view: &GrowthView, distance: impl Fn(PlotPoint) -> f32) -> Option<usize> {
    const REACH: f32 = 12.0;
    let near = view.events.iter().enumerate().map(|(at, row)| {
        let [x, y] = pin(view, row);
        (at, distance(PlotPoint::new(x, y)))
    });
    let near = near.filter(|(_, distance)| *distance < REACH);
    near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

fn select(ctx: &PanelCtx<'_>, view: &GrowthView, chosen: Option<usize>) {
    let Some(row) = chosen.and_then(|chosen| view.events.get(chosen)) else { return };
    let function = Some(ctx.profile.paths().frame(row.path)).filter(|_| row.path != PathId::ROOT);
    let moment_nanos = Some(row.event.time_nanos);
    ctx.commands.send(Command::Select(Selection {
        function,
        line: None,
        moment_nanos,
        ..ctx.selection.clone()
    }));
}

fn events_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<GrowthView>, state: &mut GrowthState) {
    ui.add_space(4.0);
    search_field(ui, &mut state.filter, "Filter growths", 160.0);
    let keep = |view: &GrowthView, row: usize, needle: &Needle| {
        let row = &view.events[row];
        needle.is_in(&name(ctx, row)) || place(ctx, row).is_some_and(|place| needle.is_in(&place))
    };
    let compare =
        |view: &GrowthView, by, a: usize, b: usize| compare(ctx, by, &view.events[a], &view.events[b]);
    let rows = state.order.rows(view, (state.sorting, &state.filter), view.events.len(), keep, compare);
    let table = Table {
        id: "growth",
        columns: &COLUMNS,
        rows,
        cell: &|row, column| cell(ctx, view, &view.events[row], column),
        share: &|_, _| None,
        is_weak: &|_| false,
        is_selected: &|row| state.chosen == Some(row),
        hover: &|ui, row| call_path_ui(ui, ctx.profile, view.events[row].path),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 150.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        state.chosen = Some(row);
        select(ctx, view, state.chosen);
    }
}

fn compare(ctx: &PanelCtx<'_>, by: By, a: &GrowthRow, b: &GrowthRow) -> Ordering {
    match by {
        By::Time => a.event.time_nanos.cmp(&b.event.time_nanos),
        By::Grown => a.event.asked_pages.cmp(&b.event.asked_pages),
        By::Size => a.event.after_pages().cmp(&b.event.after_pages()),
        By::Name => name(ctx, a).cmp(&name(ctx, b)),
        By::Place => place(ctx, a).cmp(&place(ctx, b)),
    }
}

fn cell(ctx: &PanelCtx<'_>, view: &GrowthView, row: &GrowthRow, by: By) -> String {
    match by {
        By::Time => units::nanos(row.event.time_nanos),
        By::Grown if row.event.granted => units::value(Unit::Pages, row.event.asked_pages),
        By::Grown => format!("{} refused", units::exact(row.event.asked_pages)),
        By::Size => units::bytes(pin(view, row)[1] as u64),
        By::Name => name(ctx, row),
        By::Place => place(ctx, row).unwrap_or_default(),
    }
}

fn name(ctx: &PanelCtx<'_>, row: &GrowthRow) -> String {
    path_text(ctx.profile, row.path)
}

fn place(ctx: &PanelCtx<'_>, row: &GrowthRow) -> Option<String> {
    let line = ctx.profile.lines().get(ctx.profile.paths().line(row.path))?;
    Some(format!("{}:{}", short_file(&line.file), line.line))
}

#[cfg(test)]
mod tests {
    use super::{binary_step, decimal_step, grid};

    #[test]
    fn axes_have_round_steps() {
        for (least, decimal, binary) in [(0.3, 1.0, 1.0), (30.0, 50.0, 32.0), (100.0, 100.0, 128.0)] {
            assert_eq!((decimal_step(least), binary_step(least)), (decimal, binary), "{least}");
        }
    }

    #[test]
    fn lines_stand_within_the_plot() {
        let marks: Vec<f64> = grid((-3.0, 61.0), decimal_step).iter().map(|mark| mark.value).collect();
        assert_eq!(marks, [0.0, 20.0, 40.0, 60.0]);
    }
}
