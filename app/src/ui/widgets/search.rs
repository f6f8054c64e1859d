//! A field that filters as one types.

use crate::ui::needle::Needle;
use crate::ui::theme::Palette;
use egui::{Key, Margin, Response, RichText, TextEdit, Ui};

/// A search field, for what [`Needle`] understands. Esc empties it and gives the keyboard back.
pub fn search_field(ui: &mut Ui, text: &mut String, name: &str, width: f32) -> Response {
    let field = TextEdit::singleline(text).hint_text(name).margin(Margin::symmetric(6, 3));
    let response = ui.add(field.desired_width(width)).accessible_name(name);
    if response.has_focus() && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        text.clear();
        response.surrender_focus();
    }
    if let Some(problem) = Needle::new(text).problem() {
        ui.label(RichText::new("⚠").color(Palette::of(ui).warning)).on_hover_text(problem);
    }
    if !text.is_empty() && ui.small_button("×").on_hover_text("Empty the field").clicked() {
        text.clear();
    }
    response
}
