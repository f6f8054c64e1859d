//! What colours tell, and where in the file the treemap is.

use super::ModuleState;
use super::colours::ColourBy;
use super::packed::Packing;
use crate::analysis::SizeId;
use crate::compressed::{BROTLI_QUALITY, GZIP_LEVEL};
use crate::ui::theme::Palette;
use crate::ui::views::SizeView;
use crate::ui::widgets::swatch;
use crate::units;
use egui::{Button, ComboBox, RichText, Ui};

/// Draws the row above everything: colours and sizes.
pub fn toolbar_ui(ui: &mut Ui, view: &SizeView, state: &mut ModuleState) {
    ui.horizontal_wrapped(|ui| {
        colour_ui(ui, view, state);
        let about = format!("Compressed by gzip -{GZIP_LEVEL} and by brotli -{BROTLI_QUALITY}.");
        let whole = view.size.get(SizeId::ROOT).bytes;
        ui.label(sizes_text(whole, state, Packing::Whole)).on_hover_text(&about);
        if let Some(gone) = view.size.strippable() {
            let left = whole.saturating_sub(view.size.strippable_bytes());
            let text = format!("stripped {}", sizes_text(left, state, Packing::Stripped));
            ui.label(RichText::new(text).weak()).on_hover_text(format!("Without {gone}. {about}"));
        }
    });
}

fn sizes_text(bytes: u64, state: &ModuleState, packing: Packing) -> String {
    let packed = state.packed.get(packing);
    let [gzip, brotli] = [packed.map(|size| size.gzip), packed.map(|size| size.brotli)]
        .map(|bytes| bytes.map_or("…".to_owned(), units::bytes));
    format!("{}, {gzip} gzip, {brotli} brotli", units::bytes(bytes))
}

fn colour_ui(ui: &mut Ui, view: &SizeView, state: &mut ModuleState) {
    let now = state.colour(view);
    let combo = ComboBox::from_id_salt("size colour").selected_text(now.title(view)).width(130.0);
    let response = combo.show_ui(ui, |ui| {
        for colour in ColourBy::ALL {
            let choice = Button::selectable(colour == now, colour.title(view));
            let choice = ui.add_enabled(colour.is_known(view), choice);
            if choice.on_disabled_hover_text("This was not measured in this run.").clicked() {
                state.colour = Some(colour);
            }
        }
    });
    let about = "What the colours tell. Heat follows the metric of the flame graph, if it is time, calls or instructions.";
    response.response.on_hover_text(about).accessible_name("Colour by");
}

/// The way from the file to the part that is shown, and what the colours mean.
pub fn legend_ui(ui: &mut Ui, view: &SizeView, state: &mut ModuleState) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let mut way: Vec<SizeId> = view.size.up(state.root).collect();
        way.reverse();
        for (at, id) in way.iter().enumerate() {
            if at > 0 {
                ui.label(RichText::new("›").weak());
            }
            let name = &*view.size.get(*id).name;
            let name = if name.is_empty() { "module" } else { name };
            let is_last = at + 1 == way.len();
            let button = Button::new(RichText::new(name).small()).small().truncate();
            if ui.add_enabled(!is_last, button).on_hover_text("Show all of it (Esc zooms out)").clicked() {
                state.root = *id;
            }
        }
        ui.add_space(10.0);
        ui.spacing_mut().item_spacing.x = 10.0;
        for (colour, text) in state.colour(view).legend(view, Palette::of(ui)) {
            swatch(ui, colour, &text);
        }
    });
}
