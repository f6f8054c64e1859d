//! What colours tell, and where in the file the treemap is.

use super::ModuleState;
use super::colours::ColourBy;
use super::packed::Packing;
use crate::analysis::{SectionClass, SizeId};
use crate::compressed::{BROTLI_QUALITY, GZIP_LEVEL};
use crate::ui::theme::Palette;
use crate::ui::views::SizeView;
use crate::ui::widgets::swatch;
use crate::units;
use egui::{Button, ComboBox, Label, RichText, Ui};

/// Draws the rows above everything: colours and sizes.
pub fn toolbar_ui(ui: &mut Ui, view: &SizeView, state: &mut ModuleState) {
    ui.horizontal_wrapped(|ui| {
        colour_ui(ui, view, state);
        let about = format!("Compressed by gzip -{GZIP_LEVEL} and by brotli -{BROTLI_QUALITY}.");
        let whole = sizes_text(view.size.get(SizeId::ROOT).bytes, state, Packing::Whole);
        ui.label(RichText::new(whole)).on_hover_text(&about);
        let stripped = [SectionClass::Debug, SectionClass::Names].map(|class| view.size.class_bytes(class));
        let gone: u64 = stripped.iter().sum();
        if gone > 0 {
            let left = view.size.get(SizeId::ROOT).bytes.saturating_sub(gone);
            let text = format!("stripped {}", sizes_text(left, state, Packing::Stripped));
            let [debug, names] = stripped.map(units::bytes);
            let about = format!("Without {debug} of debug information and {names} of names. {about}");
            ui.add(Label::new(RichText::new(text).weak())).on_hover_text(about);
        }
        if state.packed.is_waiting() {
            ui.spinner();
        }
    });
}

fn sizes_text(bytes: u64, state: &ModuleState, packing: Packing) -> String {
    let packed = state
        .packed
        .get(packing)
        .map(|size| format!(", {} gzip, {} brotli", units::bytes(size.gzip), units::bytes(size.brotli)));
    units::bytes(bytes) + &packed.unwrap_or_default()
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
    });
    ui.horizontal_wrapped(|ui| {
        for (colour, text) in state.colour(view).legend(view, Palette::of(ui)) {
            swatch(ui, colour, &text);
        }
    });
}
