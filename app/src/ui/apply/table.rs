//! Saves a table that a panel shows.

use super::with_extension;
use crate::save;
use crate::ui::app::App;
use crate::ui::command::Purpose;
use crate::ui::notes::Note;
use crate::ui::pick;
use std::path::Path;
use std::sync::Arc;

/// Asks where to save `csv`, under `name` without its ending.
pub fn ask(app: &mut App, name: String, csv: Arc<str>) {
    app.screen.table = Some(csv);
    pick::pick(Purpose::Table, format!("{name}.csv"), &app.commands);
}

/// Saves the table that was asked for last. It is as small as what a clipboard takes, so that nobody waits.
pub fn save(app: &mut App, path: &Path) {
    let Some(csv) = app.screen.table.take() else { return };
    let to = with_extension(path.to_owned(), "csv");
    app.screen.notes.add(match save::write_file(&to, csv.as_bytes()) {
        Ok(()) => Note::done(format!("Saved as {}", to.display())),
        Err(error) => Note::failure(error.to_string()),
    });
}
