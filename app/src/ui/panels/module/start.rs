//! How long the start took, phase by phase.

use crate::analysis::{StartPhase, Whose};
use crate::ui::theme::{MONO, Palette};
use crate::ui::views::SizeView;
use crate::ui::widgets::{empty_state, swatch};
use crate::units;
use egui::{Color32, Grid, Label, Rect, RichText, Sense, Ui, vec2};

const BAR_HEIGHT: f32 = 18.0;

/// Draws the page.
pub fn start_ui(ui: &mut Ui, view: &SizeView) {
    if view.start_up.is_empty() {
        return empty_state(ui, "Not known", "The recording does not tell how it was started.");
    }
    bar_ui(ui, &view.start_up);
    Grid::new("start").num_columns(2).spacing([16.0, 3.0]).show(ui, |ui| {
        for StartPhase { phase, nanos, whose } in &view.start_up {
            swatch(ui, colour(*whose, Palette::of(ui)), phase.name()).on_hover_text(whose.about());
            ui.label(RichText::new(units::nanos(*nanos)).font(MONO));
            ui.end_row();
        }
        ui.label(RichText::new("all").weak()).on_hover_text("The sum of the phases until the program runs.");
        ui.label(RichText::new(units::nanos(all(&view.start_up))).font(MONO));
        ui.end_row();
    });
    ui.add_space(6.0);
    for whose in [Whose::Recorder, Whose::Engine, Whose::Module] {
        let phases = view.start_up.iter().filter(|phase| phase.whose == whose);
        let names: Vec<_> = phases.map(|phase| phase.phase.name()).collect();
        if !names.is_empty() {
            let text = format!("{}: {}", names.join(", "), whose.about());
            ui.add(Label::new(RichText::new(text).weak()).wrap());
        }
    }
    let text = "Names and lines are read when the recording is opened; that is in none of these.";
    ui.add(Label::new(RichText::new(text).weak()).wrap());
}

fn all(phases: &[StartPhase]) -> u64 {
    phases.iter().fold(0, |sum, phase| sum.saturating_add(phase.nanos))
}

fn bar_ui(ui: &mut Ui, phases: &[StartPhase]) {
    let size = vec2(ui.available_width().min(460.0), BAR_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let palette = Palette::of(ui);
    let (all, mut left) = (all(phases), rect.left());
    for (at, phase) in phases.iter().enumerate() {
        let width = rect.width() * units::share(phase.nanos, all) as f32;
        let part =
            Rect::from_min_size(egui::pos2(left, rect.top()), vec2((width - 1.0).max(1.0), BAR_HEIGHT));
        left += width;
        ui.painter().rect_filled(part.intersect(rect), 2.0, colour(phase.whose, palette));
        let share = units::percent(units::share(phase.nanos, all));
        let text = format!("{}: {}, {share} of the start", phase.phase.name(), units::nanos(phase.nanos));
        ui.interact(part, ui.scope_id().with(at), Sense::hover()).on_hover_text(text);
    }
}

fn colour(whose: Whose, palette: &Palette) -> Color32 {
    match whose {
        Whose::Recorder => palette.memory.other,
        Whose::Engine => palette.memory.pages,
        Whose::Module => palette.memory.live,
    }
}
