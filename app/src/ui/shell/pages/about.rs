//! What this program is.

use egui::{Label, RichText, Ui};

/// Draws the page.
pub fn about_ui(ui: &mut Ui) {
    ui.heading("Wasmscope");
    let text = |text: &str| Label::new(text.to_owned()).wrap().selectable(true);
    ui.add(text(concat!("Version ", env!("CARGO_PKG_VERSION"))));
    ui.add_space(6.0);
    ui.add(text(env!("CARGO_PKG_DESCRIPTION")));
    ui.add_space(6.0);
    let licence = concat!("Licence: ", env!("CARGO_PKG_LICENSE"), ", whichever you prefer.");
    ui.add(text(licence));
    let built_on = "Runs modules in Wasmtime, draws with egui. The window opens no network connection.";
    ui.add(Label::new(RichText::new(built_on).weak()).wrap());
}
