//! Two builds: what is compared with what, and where it goes.

use super::super::app::App;
use super::super::command::{CompareOrder, CompareWith, Purpose};
use super::super::compare::{CompareDialog, ComparisonId};
use super::super::documents::Document;
use super::super::jobs::{Compare, Export, ExportedView, JobDesk, JobKind, OtherBuild, Turns};
use super::super::module::{file_name, module_key};
use super::super::notes::Note;
use super::super::pick;
use super::super::run_dialog::Known;
use super::{is_refused, key_of, open_files, suggested, with_extension};
use crate::analysis::{Comparison, Side};
use crate::export::CompareFormat;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks what the recording in front is to be compared with.
pub(super) fn ask(app: &mut App) {
    let front = app.state.documents.front().filter(|front| !front.is_growing);
    app.screen.compare = front.map(|front| CompareDialog::new(front.id, &known(app, front)));
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
    let titled = |with: String| match side {
        Side::Old => format!("{} to {with}", document.title),
        Side::New => format!("{with} to {}", document.title),
    };
    let (other, title) = match with {
        CompareWith::Open(id) => match of(id) {
            Some(other) => (OtherBuild::Profile(Arc::clone(&other.profile)), titled(other.title.clone())),
            None => return,
        },
        CompareWith::File(path) => (OtherBuild::File(path.clone()), titled(file_name(&path))),
        CompareWith::Both(path) => (OtherBuild::Both(path.clone()), file_name(&path)),
        CompareWith::Build { module, runs } => {
            let title = titled(file_name(&module));
            (OtherBuild::Run(Box::new(turns(app, document, module, runs))), title)
        }
    };
    let (mine, symbols) = (Arc::clone(&document.profile), document.symbols.clone());
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.compare(title, Compare { mine, side, symbols, other }, &desk);
}

/// Both builds are run as the recording was.
fn turns(app: &App, document: &Document, other: PathBuf, runs: usize) -> Turns {
    let places = &app.state.places;
    let folder = places.turns(&document.profile.recording().meta.module_name);
    Turns { other, known: known(app, document), runs, folder, machine_code: places.machine_code.clone() }
}

/// What is known of how a recording was made.
fn known(app: &App, document: &Document) -> Known {
    let (history, recording) = (&app.state.history, document.profile.recording());
    let answers = history.last_run(&key_of(document.origin.path()));
    let last = history.last_run(module_key(&recording.meta.module_name, &recording.meta.module_path));
    Known::of(recording, answers, last)
}

/// Shows what was compared.
pub(super) fn opened(app: &mut App, kind: JobKind, comparison: Arc<Comparison>, folder: Option<PathBuf>) {
    let (JobKind::Compare(title) | JobKind::Turns(title)) = kind else { return };
    app.state.documents.show(None);
    app.state.comparisons.add(title, comparison);
    if let Some(folder) = folder {
        app.state.places.forget_turns(&open_files(app));
        let text = format!(
            "The recordings of both builds are in {}, where those of the last comparisons are kept",
            folder.display()
        );
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
