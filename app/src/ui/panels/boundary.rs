//! The table of calls between guest and host, and who made them.

use super::{PanelCtx, call_path_ui, path_text, short_file};
use crate::analysis::{
    AdviceKind, AdviceReport, BoundaryCaller, BoundaryRow, BoundaryTable, TimePart, TimeSplit,
};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::needle::Needle;
use crate::ui::panels::PanelKind;
use crate::ui::theme::Palette;
use crate::ui::widgets::table::{self, ColumnSpec, RowOrder, Sorting, Table};
use crate::ui::widgets::{Part, empty_state, search_field, split_bar};
use crate::units;
use egui::{Label, Panel, RichText, Sense, Ui};
use std::cmp::Ordering;
use std::sync::Arc;
use wasmscope_instrument::recording::Direction;
use wasmscope_symbolize::FuncIndex;

/// The columns of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Direction,
    Name,
    Calls,
    Total,
    Own,
    Crossing,
    Mean,
    P50,
    P99,
    BytesOut,
    BytesIn,
    Rate,
    First,
    Last,
}

/// The columns of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallerBy {
    Calls,
    Total,
    Bytes,
    Name,
    Place,
}

/// What the panel remembers.
pub struct BoundaryState {
    filter: String,
    sorting: Sorting<By>,
    order: RowOrder<BoundaryTable, By>,
    /// The function whose callers are shown.
    chosen: Option<Chosen>,
    callers: CallersState,
}

/// A function by what stays when rows change places, as in another part of the run and while it goes on.
type Chosen = (Direction, FuncIndex, Arc<str>);

fn key_of(row: &BoundaryRow) -> Chosen {
    (row.direction, row.func, Arc::clone(&row.name))
}

struct CallersState {
    sorting: Sorting<CallerBy>,
    filter: String,
    order: RowOrder<BoundaryTable, CallerBy>,
    /// The function whose callers are in order.
    of: Option<Chosen>,
}

impl Default for BoundaryState {
    fn default() -> Self {
        let (filter, order) = Default::default();
        let (sorting, caller_order, of) = (Sorting::falling(CallerBy::Calls), RowOrder::default(), None);
        let callers = CallersState { sorting, filter: String::new(), order: caller_order, of };
        BoundaryState { filter, sorting: Sorting::falling(By::Total), order, chosen: None, callers }
    }
}

const COLUMNS: [ColumnSpec<By>; 14] = [
    table::text(
        By::Direction,
        "Way",
        "Into the host: the program called an import. Into the program: the host called an export.",
        62.0,
    ),
    table::name(By::Name, "Function", "The import or export."),
    table::number(By::Calls, "Calls", "How often it was called.", 74.0),
    table::number(By::Total, "Total", "Time from the calls to their returns.", 76.0),
    table::number(By::Own, "Self", "The same without the calls that crossed back meanwhile.", 76.0),
    table::number(
        By::Crossing,
        "Crossing",
        "The part of it on the way there and back, by calibration.",
        76.0,
    ),
    table::number(By::Mean, "Mean", "Total / calls.", 70.0),
    table::number(By::P50, "P50", "Half of the calls took less. Right to 9 %.", 70.0),
    table::number(By::P99, "P99", "99 % of the calls took less. Right to 9 %.", 70.0),
    table::number(By::BytesOut, "Bytes out", "From the program to the host, where the ABI tells.", 76.0),
    table::number(By::BytesIn, "Bytes in", "From the host to the program, where the ABI tells.", 76.0),
    table::number(By::Rate, "Calls/s", "Calls / the time from the first call to the end of the last.", 66.0),
    table::number(By::First, "First", "When the first one began, since the recording began.", 72.0),
    table::number(By::Last, "Last", "When the last one ended, since the recording began.", 72.0),
];

const CALLER_COLUMNS: [ColumnSpec<CallerBy>; 5] = [
    table::number(CallerBy::Calls, "Calls", "How often it was called from here.", 90.0),
    table::number(CallerBy::Total, "Time", "Time in the host, with what it called back.", 90.0),
    table::number(CallerBy::Bytes, "Bytes", "Both ways, where the ABI tells.", 90.0),
    table::name(
        CallerBy::Name,
        "Caller",
        "The function that called, and who called it. Hover shows the whole call path.",
    ),
    table::text(CallerBy::Place, "Line", "The line of the call.", 150.0),
];

/// Draws the panel.
pub fn boundary_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &Arc<BoundaryTable>,
    advice: Option<&AdviceReport>,
    state: &mut BoundaryState,
) {
    if view.rows.is_empty() {
        let hint = match ctx.selection.time_nanos {
            Some(_) => "No call between program and host began in the part of the run that is chosen.",
            None => "The program never called its host, or the measure “Boundary” was off in this run.",
        };
        return empty_state(ui, "No crossings", hint);
    }
    ui.horizontal_wrapped(|ui| {
        search_field(ui, &mut state.filter, "Filter imports and exports", 180.0);
        ui.label(RichText::new(headline(view)).weak()).on_hover_text(nesting(view));
    });
    if let Some(time) = &view.time {
        split_ui(ui, time);
    }
    chatty_ui(ui, ctx, advice);
    let first_import =
        || view.rows.iter().position(|row| row.direction == Direction::GuestToHost).unwrap_or(0);
    let chosen = view.rows.iter().position(|row| state.chosen.as_ref() == Some(&key_of(row)));
    let chosen = chosen.unwrap_or_else(first_import);
    let height = (ui.available_height() * 0.36).max(110.0);
    let callers = Panel::bottom("boundary callers").resizable(true).default_size(height);
    let callers = callers.size_range(80.0..=ui.available_height() * 0.7).frame(egui::Frame::new());
    callers.show(ui, |ui| callers_ui(ui, ctx, view, chosen, &mut state.callers));
    egui::CentralPanel::no_frame().show(ui, |ui| rows_ui(ui, ctx, view, chosen, state));
}

/// Where the time of the run went.
fn split_ui(ui: &mut Ui, time: &TimeSplit) {
    let palette = Palette::of(ui);
    let part = |(part, nanos): (TimePart, u64)| {
        let share = units::share(nanos, time.run_nanos);
        let text = format!("{} {}, {}", part.name(), units::nanos(nanos), units::percent(share));
        let colour = match part {
            TimePart::Program => palette.canvas.into_guest,
            TimePart::Host => palette.canvas.into_host,
            TimePart::Crossing => palette.canvas.over,
            TimePart::Engine => palette.canvas.engine,
            TimePart::Recorder => palette.canvas.merged,
            TimePart::Between => palette.border,
        };
        let about = match part {
            TimePart::Crossing => format!("{}\n{}", part.about(), time.crossing),
            _ => part.about().to_owned(),
        };
        Part { text, about, share, colour }
    };
    let parts: Vec<_> = time.parts().map(part).collect();
    split_bar(ui, "Time of the run", &parts);
}

/// Calls that do so little that they are better made together.
fn chatty_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, advice: Option<&AdviceReport>) {
    let lines = advice.into_iter().flat_map(|advice| &advice.lines);
    for line in lines.filter(|line| line.kind == AdviceKind::Chatty) {
        let text = RichText::new(format!("⚠ {}", line.what)).color(Palette::of(ui).warning);
        let told = ui.add(Label::new(text).wrap().sense(Sense::click()));
        let told = told.on_hover_text(format!("{}\n{}\n\nClick shows the advice.", line.why, line.remedy));
        if told.clicked() {
            ctx.commands.send(Command::ShowPanel(PanelKind::Advice));
        }
    }
}

fn headline(view: &BoundaryTable) -> String {
    let calls = |count| format!("{} {}", units::count(count), if count == 1 { "call" } else { "calls" });
    format!(
        "{} into the host, {} there · {} into the program",
        calls(view.guest_to_host_calls),
        units::nanos(view.host_nanos),
        calls(view.host_to_guest_calls),
    )
}

fn nesting(view: &BoundaryTable) -> String {
    format!("Deepest nesting of host in program in host: {}.", view.reentry_depth)
}

fn rows_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &Arc<BoundaryTable>,
    chosen: usize,
    state: &mut BoundaryState,
) {
    let key = (state.sorting, state.filter.as_str());
    let rows = state.order.rows(view, key, view.rows.len(), keep, compare);
    let all = view.rows.iter().map(|row| row.total_nanos).max().unwrap_or(0);
    let table = Table {
        id: "boundary",
        columns: &COLUMNS,
        rows,
        cell: &|row, column| cell(&view.rows[row], column),
        share: &|row, column| (column == By::Total).then(|| units::share(view.rows[row].total_nanos, all)),
        is_weak: &|_| false,
        is_selected: &|row| row == chosen,
        hover: &|ui, row| hover_ui(ui, &view.rows[row]),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 210.0,
    };
    if let Some(row) = table.show(ui, &mut state.sorting) {
        state.chosen = view.rows.get(row).map(key_of);
    }
}

fn full_name(row: &BoundaryRow) -> String {
    row.module.as_ref().map_or_else(|| row.name.to_string(), |module| format!("{module}.{}", row.name))
}

fn keep(view: &BoundaryTable, row: usize, needle: &Needle) -> bool {
    needle.is_in(&full_name(&view.rows[row]))
}

fn compare(view: &BoundaryTable, by: By, a: usize, b: usize) -> Ordering {
    let (a, b) = (&view.rows[a], &view.rows[b]);
    match by {
        By::Direction => a.direction.cmp(&b.direction),
        By::Name => full_name(a).cmp(&full_name(b)),
        By::Calls => a.calls.cmp(&b.calls),
        By::Total => a.total_nanos.cmp(&b.total_nanos),
        By::Own => a.self_nanos.cmp(&b.self_nanos),
        By::Crossing => a.crossing_nanos.cmp(&b.crossing_nanos),
        By::Mean => a.mean_nanos.cmp(&b.mean_nanos),
        By::P50 => a.p50_nanos.cmp(&b.p50_nanos),
        By::P99 => a.p99_nanos.cmp(&b.p99_nanos),
        By::BytesOut => a.bytes_out.cmp(&b.bytes_out),
        By::BytesIn => a.bytes_in.cmp(&b.bytes_in),
        By::Rate => a.calls_per_second.unwrap_or(0.0).total_cmp(&b.calls_per_second.unwrap_or(0.0)),
        By::First => a.first_nanos.cmp(&b.first_nanos),
        By::Last => a.last_nanos.cmp(&b.last_nanos),
    }
}

fn cell(row: &BoundaryRow, by: By) -> String {
    let known = |value: Option<u64>, text: fn(u64) -> String| value.map_or_else(|| "–".to_owned(), text);
    match by {
        By::Direction if row.direction == Direction::GuestToHost => "to host".to_owned(),
        By::Direction => "to guest".to_owned(),
        By::Name => full_name(row),
        By::Calls => units::count(row.calls),
        By::Total => units::nanos(row.total_nanos),
        By::Own => units::nanos(row.self_nanos),
        By::Crossing => units::nanos(row.crossing_nanos),
        By::Mean => units::nanos(row.mean_nanos),
        By::P50 => known(row.p50_nanos, units::nanos),
        By::P99 => known(row.p99_nanos, units::nanos),
        By::BytesOut => known(row.bytes_out, units::bytes),
        By::BytesIn => known(row.bytes_in, units::bytes),
        By::Rate => row.calls_per_second.map_or_else(|| "–".to_owned(), |rate| units::count(rate as u64)),
        By::First => units::nanos(row.first_nanos),
        By::Last => units::nanos(row.last_nanos),
    }
}

fn hover_ui(ui: &mut Ui, row: &BoundaryRow) {
    ui.label(RichText::new(full_name(row)).strong());
    let each = row.bytes_out.zip(Some(row.calls)).filter(|(_, calls)| *calls > 0);
    let each = each.map(|(bytes, calls)| format!(", {} out each", units::bytes(bytes / calls)));
    ui.label(format!("{} calls{}", units::exact(row.calls), each.unwrap_or_default()));
    let known = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), units::nanos);
    ui.label(
        RichText::new(format!(
            "P50 {} · P90 {} · P99 {} · P99.9 {}",
            known(row.p50_nanos),
            known(row.p90_nanos),
            known(row.p99_nanos),
            known(row.p999_nanos)
        ))
        .weak(),
    );
}

fn callers_ui(
    ui: &mut Ui,
    ctx: &PanelCtx<'_>,
    view: &Arc<BoundaryTable>,
    chosen: usize,
    state: &mut CallersState,
) {
    let Some(row) = view.rows.get(chosen) else { return };
    ui.add_space(4.0);
    let of = if ctx.selection.time_nanos.is_some() { ", over the whole run" } else { "" };
    ui.horizontal(|ui| {
        let title = RichText::new(format!("Callers of {}{of}", full_name(row))).strong();
        ui.add(Label::new(title).truncate());
        if !row.callers.is_empty() {
            search_field(ui, &mut state.filter, "Filter callers", 120.0);
        }
    });
    if row.callers.is_empty() {
        let hint = match row.direction {
            Direction::HostToGuest => "An export is called by the host itself.",
            Direction::GuestToHost => "Who called was not recorded.",
        };
        return empty_state(ui, "No callers", hint);
    }
    let of = key_of(row);
    if state.of.as_ref() != Some(&of) {
        state.of = Some(of);
        state.order = RowOrder::default();
    }
    let keep = |_: &BoundaryTable, at: usize, needle: &Needle| {
        needle.is_in(&path_text(ctx.profile, row.callers[at].path))
    };
    let compare = |_: &BoundaryTable, by, a: usize, b: usize| {
        compare_callers(ctx, by, &row.callers[a], &row.callers[b])
    };
    let rows = state.order.rows(view, (state.sorting, &state.filter), row.callers.len(), keep, compare);
    let table = Table {
        id: "callers",
        columns: &CALLER_COLUMNS,
        rows,
        cell: &|at, column| caller_cell(ctx, &row.callers[at], column),
        share: &|at, column| {
            (column == CallerBy::Calls).then(|| units::share(row.callers[at].calls, row.calls))
        },
        is_weak: &|_| false,
        is_selected: &|at| ctx.selection.function == Some(row.callers[at].frame),
        hover: &|ui, at| call_path_ui(ui, ctx.profile, row.callers[at].path),
        scroll_to: None,
        commands: ctx.commands,
        least_name: 210.0,
    };
    if let Some(at) = table.show(ui, &mut state.sorting) {
        let function = Some(row.callers[at].frame);
        ctx.commands.send(Command::Select(Selection { function, line: None, ..ctx.selection.clone() }));
    }
}

fn compare_callers(ctx: &PanelCtx<'_>, by: CallerBy, a: &BoundaryCaller, b: &BoundaryCaller) -> Ordering {
    let name = |caller: &BoundaryCaller| ctx.profile.frames().get(caller.frame).short.clone();
    match by {
        CallerBy::Calls => a.calls.cmp(&b.calls),
        CallerBy::Total => a.total_nanos.cmp(&b.total_nanos),
        CallerBy::Bytes => a.bytes.cmp(&b.bytes),
        CallerBy::Name => name(a).cmp(&name(b)),
        CallerBy::Place => ctx.profile.lines().get(a.line).cmp(&ctx.profile.lines().get(b.line)),
    }
}

fn caller_cell(ctx: &PanelCtx<'_>, caller: &BoundaryCaller, by: CallerBy) -> String {
    let place = || {
        let line = ctx.profile.lines().get(caller.line)?;
        Some(format!("{}:{}", short_file(&line.file), line.line))
    };
    match by {
        CallerBy::Calls => units::count(caller.calls),
        CallerBy::Total => units::nanos(caller.total_nanos),
        CallerBy::Bytes => caller.bytes.map_or_else(|| "–".to_owned(), units::bytes),
        CallerBy::Name => path_text(ctx.profile, caller.path),
        CallerBy::Place => place().unwrap_or_default(),
    }
}
