//! The moment that is shown: play, marks, and the axis that it is dragged along.

use super::super::{PanelCtx, path_text};
use super::HeapMapState;
use crate::analysis::HeapPoint;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::MONO;
use crate::ui::views::HeapMapView;
use crate::ui::widgets::scrubber::Scrubber;
use crate::units;
use egui::{Button, ComboBox, Key, RichText, Ui};
use std::ops::Range;

/// Does time run by itself?
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Playback {
    #[default]
    Paused,
    Running,
}

/// How fast time runs: how long the whole run takes, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed(f64);

impl Default for Speed {
    fn default() -> Self {
        Speed(8.0)
    }
}

const SPEEDS: [(Speed, &str); 4] =
    [(Speed(32.0), "¼×"), (Speed(16.0), "½×"), (Speed(8.0), "1×"), (Speed(2.0), "4×")];

/// What the axis remembers.
#[derive(Default)]
pub struct TimeState {
    playback: Playback,
    speed: Speed,
    /// Moments that the user marked, ascending, in nanoseconds since the recording began.
    marks: Vec<u64>,
}

/// Draws the row, and moves time.
pub fn time_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    let duration = view.growth.duration_nanos;
    let now = ctx.selection.moment_nanos.unwrap_or(duration).min(duration);
    let state = &mut state.time;
    let mut wanted = play(ui, state, now, duration);
    ui.horizontal(|ui| {
        wanted = play_button(ui, state, now, duration).or(wanted);
        speed_ui(ui, state);
        let text = format!("{:>9}", units::nanos(now));
        ui.label(RichText::new(text).font(MONO)).on_hover_text("The moment that is shown.");
        wanted = steps(ui, view, now).or(wanted);
        marks_ui(ui, ctx, view, state, now);
        let history = ctx.profile.heap_timeline().of_memory(view.heap.memory);
        let curve: Vec<(u64, u64)> =
            history.series.iter().map(|point: &HeapPoint| (point.time_nanos, point.live_bytes)).collect();
        let pins = growths(view);
        let pin_text = |at: usize| growth_text(ctx, view, at);
        let scrubber = Scrubber {
            duration_nanos: duration,
            curve: &curve,
            pins,
            pin_text: &pin_text,
            marks: &state.marks,
            range: ctx.selection.time_nanos.as_ref(),
        };
        wanted = scrubber.show(ui, now, ui.available_width()).or(wanted);
    });
    if let Some(moment) = wanted {
        let moment_nanos = (moment < duration).then_some(moment);
        ctx.commands.send(Command::Select(Selection { moment_nanos, ..ctx.selection.clone() }));
    }
}

/// When the memory that is shown grew.
fn growths(view: &HeapMapView) -> &[u64] {
    view.pins.as_ref().map_or(&[], |pins| &pins.times)
}

fn growth_text(ctx: &PanelCtx<'_>, view: &HeapMapView, at: usize) -> String {
    let row = view.pins.as_ref().and_then(|pins| pins.rows.get(at));
    let row = row.and_then(|row| view.growth.events.get(*row));
    row.map_or_else(String::new, |row| {
        let event = &row.event;
        let refused = if event.granted { "" } else { " refused" };
        let pages = units::exact(event.asked_pages);
        let path = path_text(ctx.profile, row.path);
        format!("{}  +{pages} pages{refused}\n{path}", units::nanos(event.time_nanos))
    })
}

fn pressed(ui: &Ui, key: Key) -> bool {
    ui.rect_contains_pointer(ui.clip_rect())
        && !ui.ctx().text_edit_focused()
        && ui.input(|input| input.modifiers.is_none() && input.key_pressed(key))
}

fn play_button(ui: &mut Ui, state: &mut TimeState, now: u64, duration: u64) -> Option<u64> {
    let (sign, name) = match state.playback {
        Playback::Paused => ("▶", "Play"),
        Playback::Running => ("⏸", "Pause"),
    };
    let button = ui.add_sized([34.0, 30.0], Button::new(sign)).accessible_name(name);
    let clicked = button.on_hover_text(format!("{name} (Space)")).clicked();
    if clicked || pressed(ui, Key::Space) { toggle(state, now, duration) } else { None }
}

fn speed_ui(ui: &mut Ui, state: &mut TimeState) {
    let named = SPEEDS.iter().find(|(speed, _)| *speed == state.speed).map_or("", |(_, name)| name);
    let combo = ComboBox::from_id_salt("speed").width(46.0).selected_text(named);
    let combo = combo.show_ui(ui, |ui| {
        for (speed, name) in SPEEDS {
            ui.selectable_value(&mut state.speed, speed, name);
        }
    });
    combo
        .response
        .accessible_name("Speed")
        .on_hover_text("How fast it plays: at 1× the whole run takes 8 seconds.");
}

/// To the growth before or after the moment.
fn steps(ui: &mut Ui, view: &HeapMapView, now: u64) -> Option<u64> {
    let pins = growths(view);
    let back = ui.add_enabled(!pins.is_empty(), Button::new("⏮")).accessible_name("Previous growth");
    let on = ui.add_enabled(!pins.is_empty(), Button::new("⏭")).accessible_name("Next growth");
    let back = back.on_hover_text("To the growth before (,)").clicked() || pressed(ui, Key::Comma);
    let on = on.on_hover_text("To the next growth (.)").clicked() || pressed(ui, Key::Period);
    match (back, on) {
        (true, _) => pins.iter().rev().find(|at| **at < now).copied(),
        (_, true) => pins.iter().find(|at| **at > now).copied(),
        _ => None,
    }
}

/// Marks, and what lies between two of them.
fn marks_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut TimeState, now: u64) {
    let menu = ui.menu_button("⚑ Marks", |ui| menu_ui(ui, ctx, view, state, now));
    menu.response
        .on_hover_text("Marks in time: what was allocated, freed and kept between two of them. M sets one.");
    if pressed(ui, Key::M) {
        toggle_mark(state, now);
    }
}

fn menu_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut TimeState, now: u64) {
    ui.set_min_width(230.0);
    if ui.button("Set a mark here  (M)").clicked() {
        toggle_mark(state, now);
    }
    for export in view.calls.iter().flat_map(|calls| calls.iter()) {
        let text = format!("Mark each call of {} ({})", export.name, units::count(export.calls.len() as u64));
        if ui.button(text).on_hover_text("At the beginning of each, up to the first thousand.").clicked() {
            state.marks.extend(export.calls.iter().map(|call| call.start_nanos));
            state.marks.sort_unstable();
            state.marks.dedup();
        }
    }
    ui.separator();
    if state.marks.is_empty() {
        ui.label(RichText::new("No marks yet.").weak());
    }
    let duration = ctx.profile.duration_nanos();
    let edges: Vec<u64> = std::iter::once(0).chain(state.marks.iter().copied()).chain([duration]).collect();
    egui::ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        for pair in edges.windows(2).filter(|_| !state.marks.is_empty()) {
            let [from, until] = pair else { continue };
            let range = *from..*until;
            let is_chosen = ctx.selection.time_nanos.as_ref() == Some(&range);
            let text = format!("{} to {}", units::nanos(*from), units::nanos(*until));
            if ui.selectable_label(is_chosen, text).clicked() {
                select_range(ctx, Some(range).filter(|_| !is_chosen));
            }
        }
    });
    if ctx.selection.time_nanos.is_some() && ui.button("The whole run again").clicked() {
        select_range(ctx, None);
    }
    if !state.marks.is_empty() && ui.button("Remove all marks").clicked() {
        state.marks.clear();
    }
}

/// All panels show this part of the run, and the map its end.
fn select_range(ctx: &PanelCtx<'_>, time_nanos: Option<Range<u64>>) {
    ctx.commands.send(Command::Select(ctx.selection.within(time_nanos, ctx.profile)));
}

fn toggle_mark(state: &mut TimeState, now: u64) {
    match state.marks.binary_search(&now) {
        Ok(at) => {
            state.marks.remove(at);
        }
        Err(at) => state.marks.insert(at, now),
    }
}

/// Starts or stops. Starting at the end goes back to the beginning, which is given.
fn toggle(state: &mut TimeState, now: u64, duration: u64) -> Option<u64> {
    match state.playback {
        Playback::Running => {
            state.playback = Playback::Paused;
            None
        }
        Playback::Paused => {
            state.playback = Playback::Running;
            (now >= duration).then_some(0)
        }
    }
}

/// The moment that time has run on to.
fn play(ui: &Ui, state: &mut TimeState, now: u64, duration: u64) -> Option<u64> {
    if state.playback == Playback::Paused {
        return None;
    }
    ui.ctx().request_repaint();
    let passed = f64::from(ui.input(|input| input.stable_dt)).min(0.1);
    let moment = now.saturating_add((passed / state.speed.0 * duration as f64) as u64).min(duration);
    if moment >= duration {
        state.playback = Playback::Paused;
    }
    Some(moment)
}
