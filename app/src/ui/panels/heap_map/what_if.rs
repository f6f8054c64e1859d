//! What other allocators would have needed.

use crate::ui::theme::MONO;
use crate::ui::views::HeapMapView;
use crate::units;
use egui::{Grid, RichText, Ui};

/// Draws the table.
pub fn what_if_ui(ui: &mut Ui, view: &HeapMapView) {
    let Some(what_if) = &view.what_if else {
        ui.label(RichText::new("Computing…").weak());
        return;
    };
    if what_if.rows.is_empty() {
        ui.label(RichText::new("Nothing was handed out.").weak());
        return;
    }
    let number = |ui: &mut Ui, text: String| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(text).font(MONO));
        });
    };
    Grid::new("what if").num_columns(3).min_col_width(60.0).spacing([10.0, 2.0]).show(ui, |ui| {
        ui.label(RichText::new("model").weak());
        number(ui, "pages".to_owned());
        number(ui, "waste".to_owned());
        ui.end_row();
        let recorded = ui.label(RichText::new("as recorded").strong());
        recorded.on_hover_text("The pages that the memory really had in the end.");
        number(ui, units::exact(what_if.recorded_pages));
        number(ui, units::bytes(what_if.recorded_bytes.saturating_sub(what_if.least_bytes)));
        ui.end_row();
        for row in &what_if.rows {
            ui.label(row.model.name()).on_hover_text(row.model.description());
            number(ui, units::exact(row.pages));
            number(ui, units::bytes(row.waste_bytes));
            ui.end_row();
        }
        let least = ui.label(RichText::new("at least").weak());
        least.on_hover_text(
            "What the blocks took when most bytes were live: no allocator that leaves them where they \
            are needs less.",
        );
        number(ui, units::exact(what_if.least_pages));
        number(ui, String::new());
        ui.end_row();
    });
    let text = "The recorded blocks, in their order, given to models of other allocators: pages of the whole memory \
        that each would have needed.";
    ui.add(egui::Label::new(RichText::new(text).weak().small()).wrap());
}
