//! What settings do to the window, and how they come to their file.

use crate::sources::SourcePlace;
use crate::ui::app::App;
use crate::ui::notes::Note;
use crate::ui::settings::{Settings, SettingsError};
use crate::ui::theme;

/// Has the window as `settings` say, and writes down what is new in them.
pub fn change(app: &mut App, settings: &Settings, ctx: &egui::Context) {
    let change = app.state.settings_file.change(&app.state.settings, settings);
    // What can't be written holds until the window is closed.
    let settings = change.unwrap_or_else(|error| {
        tell(app, &error);
        settings.clone()
    });
    take(app, settings, ctx);
}

/// Takes to the settings file as somebody left it. What is wrong with it is told, and changes nothing.
pub fn read_again(app: &mut App, ctx: &egui::Context) {
    match app.state.settings_file.read_if_changed() {
        Some(Ok(settings)) => take(app, settings, ctx),
        Some(Err(error)) => tell(app, &error),
        None => {}
    }
}

/// Has a file that can be edited.
pub fn make_file(app: &mut App) {
    if let Err(error) = app.state.settings_file.make() {
        tell(app, &error);
    }
}

/// Looks for source files in these places.
pub fn set_sources(app: &mut App, source_places: Vec<SourcePlace>, ctx: &egui::Context) {
    let settings = Settings { source_places, ..app.state.settings.clone() };
    change(app, &settings, ctx);
}

/// Looks for source files first in one more place.
pub fn add_sources(app: &mut App, new: SourcePlace, ctx: &egui::Context) {
    let known = app.state.settings.source_places.iter().filter(|known| **known != new);
    let places = [new.clone()].into_iter().chain(known.cloned()).collect();
    set_sources(app, places, ctx);
}

/// Has the window as `settings` say.
pub fn take(app: &mut App, settings: Settings, ctx: &egui::Context) {
    ctx.set_theme(settings.theme);
    ctx.set_zoom_factor(f32::from(settings.text_percent) / 100.0);
    if settings.colours != app.state.settings.colours {
        theme::install(ctx, settings.colours);
    }
    app.state.settings = settings;
}

fn tell(app: &mut App, error: &SettingsError) {
    app.screen.notes.add(Note::failure(error.to_string()));
}
