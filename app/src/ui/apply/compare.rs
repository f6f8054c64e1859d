//! Two builds: what is compared with what, and where it goes.

use super::super::app::App;
use super::super::command::{CompareOrder, CompareWith, Purpose};
use super::super::compare::{CompareDialog, ComparisonId};
use super::super::documents::Document;
use super::super::jobs::{Compare, Export, ExportedView, JobDesk, JobKind, OtherBuild, Turns};
use super::super::module::{ModuleFacts, file_name};
use super::super::notes::Note;
use super::super::pick;
use super::super::run_dialog::RunForm;
use super::{is_refused, key_of, suggested, with_extension};
use crate::analysis::Comparison;
use crate::export::CompareFormat;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::Guest;

/// Asks what the recording in front is to be compared with.
pub(super) fn ask(app: &mut App) {
    let front = app.state.documents.front().filter(|front| !front.is_growing);
    app.screen.compare = front.map(|front| CompareDialog::new(front.id));
}

/// A file was chosen for the dialog that is open.
pub(super) fn picked(app: &mut App, path: &Path) {
    if let Some(dialog) = &mut app.screen.compare {
        dialog.path = path.display().to_string();
    }
}

/// Begins to compare. A recording that was closed meanwhile is compared with nothing.
pub(super) fn compare(app: &mut App, order: CompareOrder, ctx: &egui::Context) {
    let CompareOrder { document, mine: side, with } = order;
    if matches!(with, CompareWith::Build { .. }) && is_refused(app) {
        return;
    }
    let of = |id| app.state.documents.iter().find(move |open| open.id == id);
    let Some(document) = of(document) else { return };
    let (mine, title) = (Arc::clone(&document.profile), document.title.clone());
    let (other, with_title) = match with {
        CompareWith::Open(id) => match of(id) {
            Some(other) => (OtherBuild::Profile(Arc::clone(&other.profile)), other.title.clone()),
            None => return,
        },
        CompareWith::File(path) => {
            let title = file_name(&path);
            (OtherBuild::File(path), title)
        }
        CompareWith::Build { module, runs } => {
            let title = file_name(&module);
            match turns(app, document, module, runs) {
                Ok(turns) => (OtherBuild::Run(Box::new(turns)), title),
                Err(problem) => return app.screen.notes.add(Note::failure(problem)),
            }
        }
    };
    let title = match side {
        crate::analysis::Side::Old => format!("{title} to {with_title}"),
        crate::analysis::Side::New => format!("{with_title} to {title}"),
    };
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.compare(title, Compare { mine, side, other }, &desk);
}

/// Both builds are run as the recording was, or as its module was the last time.
fn turns(app: &App, document: &Document, other: PathBuf, runs: usize) -> Result<Turns, String> {
    let recording = document.profile.recording();
    let (name, path) = (recording.meta.module_name.clone(), recording.meta.module_path.clone());
    let guest = Guest { bytes: Arc::clone(&recording.module), name, path };
    let mine = ModuleFacts::read(guest).map_err(|error| format!("{}: {error}", document.title))?;
    let history = &app.state.history;
    let known = history.last_run(&key_of(document.origin.path())).or_else(|| history.last_run(&mine.key()));
    let form = known.unwrap_or_else(|| RunForm::for_module(&mine));
    let folder = app.state.places.unsaved.join("compare");
    let machine_code = app.state.places.machine_code.clone();
    Ok(Turns { mine: Arc::new(mine), other, form, runs, folder, machine_code })
}

/// Shows what was compared.
pub(super) fn opened(app: &mut App, kind: JobKind, comparison: Arc<Comparison>, folder: Option<PathBuf>) {
    let JobKind::Compare(title) = kind else { return };
    app.state.documents.show(None);
    app.state.comparisons.add(title, comparison);
    if let Some(folder) = folder {
        let text = format!("The recordings of both builds are in {} until the next ones", folder.display());
        app.screen.notes.add(Note::done(text));
    }
}

/// Brings a comparison to the front.
pub(super) fn show(app: &mut App, id: ComparisonId) {
    app.state.documents.show(None);
    app.state.comparisons.show(Some(id));
}

/// Closes a comparison; where it was in front, a recording comes there.
pub(super) fn close(app: &mut App, id: ComparisonId) {
    app.state.comparisons.close(id);
    if app.state.documents.front().is_none() && app.state.comparisons.front().is_none() {
        app.state.documents.show_next(0);
    }
}

/// Brings the start page to the front.
pub(super) fn show_neither(app: &mut App) {
    app.state.documents.show(None);
    app.state.comparisons.show(None);
}

/// Asks where the comparison in front is to be written to.
pub(super) fn ask_export(app: &App, format: CompareFormat) {
    if let Some(front) = app.state.comparisons.front() {
        let name = suggested("comparison", format.extension());
        pick::pick(Purpose::ExportComparison(front.id, format), name, &app.commands);
    }
}

/// Writes a comparison, as it is weighed now.
pub(super) fn export_to(
    app: &mut App,
    (id, format): (ComparisonId, CompareFormat),
    path: PathBuf,
    ctx: &egui::Context,
) {
    let Some(compared) = app.state.comparisons.iter().find(|open| open.id == id) else { return };
    let view = ExportedView::Comparison(Arc::clone(compared.comparison()), compared.costs().clone(), format);
    let to = with_extension(path, format.extension());
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.export(Export { view, to }, &desk);
}
