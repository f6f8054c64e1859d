//! The module's file: a treemap of its parts, its sections, what of it was not made use of, and how it started.

mod canvas;
mod colours;
mod idle;
mod packed;
mod paint;
mod sections;
mod side;
mod start;
mod toolbar;
mod tooltip;

use super::PanelCtx;
use crate::analysis::{Metric, ModuleSizeQuery, SizeId};
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::views::SizeView;
use crate::ui::widgets::{Labels, empty_state};
use colours::ColourBy;
use egui::{CentralPanel, Frame, Margin, Panel, Ui};
pub use packed::PackedSizes;
use paint::Picture;
use std::sync::Arc;

/// What the panel remembers.
#[derive(Default)]
pub struct ModuleState {
    /// What compression makes of the sections, as far as that is known.
    pub packed: PackedSizes,
    /// The part that fills the treemap.
    root: SizeId,
    /// The part that was clicked, or that the arrows have come to.
    chosen: Option<SizeId>,
    /// `None` until the user says: heat, where there is any.
    colour: Option<ColourBy>,
    picture: Option<Picture>,
    /// By part, and whether they tell of the parts within it that are merged.
    labels: Labels<(SizeId, bool)>,
    side: side::SideState,
}

/// Below this width, in points, tables stand below the treemap.
const NARROW: f32 = 640.0;
/// As wide as all columns of the sections' table.
const SIDE_WIDTH: f32 = 380.0;

/// What is asked for, with the heat that is selected if it is any.
pub fn query(selection: &Selection) -> ModuleSizeQuery {
    match selection.metric {
        metric @ (Metric::Time | Metric::Calls | Metric::Instructions) => {
            let time = selection.time_nanos.clone().filter(|_| metric.is_timed());
            ModuleSizeQuery { metric, time }
        }
        _ => ModuleSizeQuery { metric: Metric::Time, time: selection.time_nanos.clone() },
    }
}

/// Draws the panel.
pub fn module_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    if view.size.is_empty() {
        let hint = match ctx.profile.foreign() {
            Some(_) => {
                "The profile was imported, and has no module. Symbols in the menu File points to the one that ran."
            }
            None => "The recording holds no module: it broke off before that was written.",
        };
        return empty_state(ui, "No module", hint);
    }
    toolbar::toolbar_ui(ui, view, state);
    if ui.available_width() < NARROW {
        let height = (ui.available_height() * 0.55).max(80.0);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| map_ui(ui, ctx, view, state));
        return side::side_ui(ui, ctx, view, state);
    }
    let side = Panel::right("module figures").resizable(false).exact_size(SIDE_WIDTH);
    let margin = Margin { left: 12, ..Margin::ZERO };
    side.frame(Frame::new().inner_margin(margin)).show(ui, |ui| side::side_ui(ui, ctx, view, state));
    CentralPanel::no_frame().show(ui, |ui| map_ui(ui, ctx, view, state));
}

fn map_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    toolbar::legend_ui(ui, view, state);
    canvas::canvas_ui(ui, ctx, view, state);
}

impl ModuleState {
    fn colour(&self, view: &SizeView) -> ColourBy {
        let usual = if view.size.metric.is_some() { ColourBy::Heat } else { ColourBy::Kind };
        self.colour.unwrap_or(usual)
    }

    /// Chooses a part, and selects the function that it is in all panels.
    fn choose(&mut self, ctx: &PanelCtx<'_>, view: &SizeView, id: SizeId) {
        self.chosen = Some(id);
        let function = view.frame(id);
        ctx.commands.send(Command::Select(Selection { function, line: None, ..ctx.selection.clone() }));
    }

    /// Fills the treemap with the innermost part around `id`, itself included, that has others within it.
    fn zoom_to(&mut self, view: &SizeView, id: SizeId) {
        let mut around = view.size.up(id);
        self.root = around.find(|id| view.size.get(*id).has_children()).unwrap_or_default();
    }

    fn zoom_out(&mut self, view: &SizeView) {
        self.chosen = Some(self.root);
        self.root = view.size.get(self.root).parent;
    }

    /// Shows a part in the treemap: zooms out as far as it takes, and chooses it.
    fn reveal(&mut self, ctx: &PanelCtx<'_>, view: &SizeView, id: SizeId) {
        if !view.size.up(id).any(|above| above == self.root) {
            self.root = SizeId::ROOT;
        }
        self.choose(ctx, view, id);
    }
}
