//! The fragmentation map: the whole linear memory at any moment of the run, with the figures that say how it is.

mod canvas;
mod figures;
mod view_range;

use super::PanelCtx;
use crate::analysis::HeapMapQuery;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::HeapMapView;
use crate::ui::widgets::scrubber::Scrubber;
use crate::ui::widgets::{empty_state, swatch};
use crate::units;
use canvas::{Canvas, Grid};
use egui::{Key, RichText, Ui};
use view_range::ViewRange;

/// What the panel remembers.
#[derive(Default)]
pub struct HeapMapState {
    range: ViewRange,
    grid: Grid,
    canvas: Canvas,
    playback: Playback,
}

/// Does time run by itself?
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Playback {
    #[default]
    Paused,
    Running,
}

/// How long the whole run takes when it is played, in seconds.
const PLAY_SECONDS: f64 = 8.0;
const FIGURES_WIDTH: f32 = 236.0;
const NARROW: f32 = 560.0;

impl HeapMapState {
    /// The map that is to be drawn, as large as the canvas was in the last frame.
    pub fn query(&self, ctx: &PanelCtx<'_>, at_nanos: u64) -> HeapMapQuery {
        let whole = 0..ctx.profile.address_space().largest_size();
        let wanted = self.range.of(&whole);
        let cells = self.grid.cells() as u64;
        let cell_bytes = round_size(wanted.end.saturating_sub(wanted.start).div_ceil(cells));
        let start = wanted.start / cell_bytes * cell_bytes;
        HeapMapQuery { at_nanos, range: start..start + cell_bytes * cells, cells: self.grid.cells() }
    }
}

/// 1, 1½ times, or twice a power of two, so that rows of cells begin at round addresses.
fn round_size(bytes: u64) -> u64 {
    let power = bytes.max(1).next_power_of_two();
    let between = power / 4 * 3;
    if between >= bytes && between > 0 { between } else { power }
}

/// Draws the panel.
pub fn heap_map_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    if ctx.profile.address_space().largest_size() == 0 {
        return empty_state(ui, "No memory", "This module has no linear memory.");
    }
    time_ui(ui, ctx, view, state);
    if ctx.profile.recording().heap.is_empty() {
        let text = "The heap was not measured: no allocator is known in this module, or “Heap” was off. Only data and pages are shown.";
        ui.add(egui::Label::new(RichText::new(text).color(Palette::of(ui).warning)).wrap());
    }
    legend_ui(ui, ctx);
    if ui.available_width() < NARROW {
        let height = (ui.available_height() * 0.6).max(80.0);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            canvas::canvas_ui(ui, ctx, view, &mut state.range, &mut state.grid, &mut state.canvas);
        });
        figures::figures_ui(ui, &view.heap);
        return;
    }
    let figures = egui::Panel::right("heap figures").resizable(false).exact_size(FIGURES_WIDTH);
    let margin = egui::Margin { left: 12, ..egui::Margin::ZERO };
    figures.frame(egui::Frame::new().inner_margin(margin)).show(ui, |ui| figures::figures_ui(ui, &view.heap));
    egui::CentralPanel::no_frame().show(ui, |ui| {
        canvas::canvas_ui(ui, ctx, view, &mut state.range, &mut state.grid, &mut state.canvas);
    });
}

fn time_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &HeapMapView, state: &mut HeapMapState) {
    let duration = view.growth.duration_nanos;
    let now = ctx.selection.moment_nanos.unwrap_or(duration).min(duration);
    let mut wanted = play(ui, state, now, duration);
    ui.horizontal(|ui| {
        let (sign, name) = match state.playback {
            Playback::Paused => ("▶", "Play"),
            Playback::Running => ("⏸", "Pause"),
        };
        let button = ui.add_sized([34.0, 30.0], egui::Button::new(sign)).accessible_name(name);
        let space = ui.rect_contains_pointer(ui.clip_rect())
            && !ui.ctx().text_edit_focused()
            && ui.input(|input| input.key_pressed(Key::Space));
        if button.on_hover_text(format!("{name} (Space)")).clicked() || space {
            wanted = toggle(state, now, duration).or(wanted);
        }
        let text = format!("{:>9}", units::nanos(now));
        ui.label(RichText::new(text).font(MONO)).on_hover_text("The moment that is shown.");
        let curve: Vec<(u64, u64)> =
            view.growth.heap.iter().map(|point| (point.time_nanos, point.live_bytes)).collect();
        let marks: Vec<u64> = view.growth.events.iter().map(|row| row.event.time_nanos).collect();
        let scrubber = Scrubber { duration_nanos: duration, curve: &curve, marks: &marks };
        wanted = scrubber.show(ui, now, ui.available_width()).or(wanted);
    });
    if let Some(moment) = wanted {
        let moment_nanos = (moment < duration).then_some(moment);
        ctx.commands.send(Command::Select(Selection { moment_nanos, ..ctx.selection.clone() }));
    }
}

/// Starts or stops. Starting at the end goes back to the beginning, which is given.
fn toggle(state: &mut HeapMapState, now: u64, duration: u64) -> Option<u64> {
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
fn play(ui: &Ui, state: &mut HeapMapState, now: u64, duration: u64) -> Option<u64> {
    if state.playback == Playback::Paused {
        return None;
    }
    ui.ctx().request_repaint();
    let passed = f64::from(ui.input(|input| input.stable_dt)).min(0.1);
    let moment = now.saturating_add((passed / PLAY_SECONDS * duration as f64) as u64).min(duration);
    if moment >= duration {
        state.playback = Playback::Paused;
    }
    Some(moment)
}

fn legend_ui(ui: &mut Ui, ctx: &PanelCtx<'_>) {
    let colours = &Palette::of(ui).memory;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        swatch(ui, colours.live, "live blocks").on_hover_text("Blocks that the program holds.");
        swatch(ui, colours.free, "free")
            .on_hover_text("In the heap, in no live block, below the highest byte ever handed out.");
        swatch(ui, colours.data, "static data").on_hover_text("In a data segment of the module.");
        swatch(ui, colours.stack, "stack and zeroed data")
            .on_hover_text("Below the heap and in no data segment.");
        swatch(ui, colours.untouched, "untouched").on_hover_text("In the heap, never handed out until now.");
        swatch(ui, colours.outside, "not yet grown")
            .on_hover_text("Behind the end of the memory at this moment.");
        if ctx.selection.site.is_some() {
            swatch(ui, colours.chosen, "selected site");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::round_size;

    #[test]
    fn cells_are_of_round_sizes() {
        for (bytes, rounded) in [(0, 1), (1, 1), (2, 2), (3, 3), (5, 6), (7, 8), (200, 256), (150, 192)] {
            assert_eq!(round_size(bytes), rounded, "{bytes}");
        }
    }
}
