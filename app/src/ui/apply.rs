//! Does what commands ask for: the one place that changes what is open.

mod compare;
pub(super) mod preferences;
mod table;

use super::app::App;
use super::command::{Again, Command, ExportKind, GrantKind, Purpose, SaveKind};
use super::documents::{Document, DocumentId, Origin, Selection};
use super::jobs::{
    Export, ExportedView, Failure, Finished, JobDesk, JobKind, Made, ReadSymbols, Run, Save, SoFar,
    SymbolsChoice, SymbolsWish,
};
use super::module::{ModuleFacts, file_name};
use super::notes::Note;
use super::panels::PanelKind;
use super::path_dialog::PathDialog;
use super::pick;
use super::run_dialog::{RunDialog, RunForm, StdinForm};
use super::shell::{Dock, Page};
use super::sources_dialog::SourcesDialog;
use crate::pack::Packed;
use crate::profile::Profile;
use crate::samples::SampleModule;
use crate::sources::SourcePlace;
use crate::units::counted;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::{MeasureSet, Trial};

/// Does one command.
pub fn apply(app: &mut App, command: Command, ctx: &egui::Context) {
    match command {
        Command::AskOpen => pick::pick(Purpose::Open, String::new(), &app.commands),
        Command::Open(path) => open(app, path, ctx),
        Command::OpenSample(sample) => open_sample(app, sample),
        Command::Forget(path) => app.state.history.recent.retain(|known| *known != path),
        Command::ForgetAll => app.state.history.recent.clear(),
        Command::Show(id) => app.state.documents.show(Some(id)),
        Command::ShowNext(places) => app.state.documents.show_next(places),
        Command::Close(id) => app.state.documents.close(id),
        Command::ShowWelcome => compare::show_neither(app),
        Command::RunAgain(again) => run_again(app, again, ctx),
        Command::Run(order) => run(app, *order, ctx),
        Command::AskCompare => compare::ask(app),
        Command::AskCompareFile => pick::pick(Purpose::Compare, String::new(), &app.commands),
        Command::Compare(order) => compare::compare(app, *order, ctx),
        Command::ShowComparison(id) => compare::show(app, id),
        Command::CloseComparison(id) => compare::close(app, id),
        Command::AskExportComparison(format) => compare::ask_export(app, format),
        Command::LookInside(module, symbols) => look_inside(app, module, symbols, ctx),
        Command::ShowSoFar(so_far) => show_so_far(app, *so_far),
        Command::FindAllocators(order) => find_allocators(app, *order, ctx),
        Command::Stop => app.state.jobs.stop_all(),
        Command::Finished(finished) => finish(app, *finished),
        Command::AskSave(kind) => ask_save(app, kind),
        Command::AskExport(kind) => ask_export(app, kind),
        Command::Pixels(image) => picture::pixels(app, image, ctx),
        Command::AskPath(purpose, suggested) => {
            app.screen.path_dialog = Some(PathDialog::new(purpose, &suggested));
        }
        Command::Picked(purpose, path) => picked(app, purpose, path, ctx),
        Command::AskGrant(kind) => pick::pick(Purpose::Grant(kind), String::new(), &app.commands),
        Command::AskSymbols(id, kind) => pick::pick(Purpose::Symbols(id, kind), String::new(), &app.commands),
        Command::UseSymbols(id, choice) => use_symbols(app, id, choice, ctx),
        Command::HideStripped(id) => hide_stripped(app, id),
        Command::ShowSources => app.screen.sources_dialog = Some(SourcesDialog::default()),
        Command::SetSources(places) => preferences::set_sources(app, places, ctx),
        Command::AskSources => pick::pick(Purpose::Sources, String::new(), &app.commands),
        Command::AskSourceFile(file) => pick::pick(Purpose::SourceFile(file), String::new(), &app.commands),
        Command::LookAgain => look_again(app),
        Command::UseRustSources(sources) => app.state.rust_sources = sources,
        Command::Select(selection) => select(app, selection),
        Command::ShowPanel(kind) => app.screen.dock.show(kind),
        Command::TogglePanel(kind) => app.screen.dock.toggle(kind),
        Command::Arrange(arrangement) => app.screen.dock = Dock::arranged(arrangement),
        Command::Undo => in_front(app, Document::undo),
        Command::Redo => in_front(app, Document::redo),
        Command::ChangeSettings(settings) => preferences::change(app, &settings, ctx),
        Command::ReadSettings => preferences::read_again(app, ctx),
        Command::TogglePage(page) => toggle_page(app, page),
        Command::HideHints => app.state.history.knows_hints = true,
        Command::AskSaveTable(name, csv) => table::ask(app, name, csv),
        Command::TogglePalette => toggle_palette(app),
        Command::Dismiss(note) => app.screen.notes.dismiss(note),
        Command::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
    }
}

fn open(app: &mut App, path: PathBuf, ctx: &egui::Context) {
    let absolute = std::path::absolute(&path).unwrap_or(path);
    if app.state.documents.show_path(&absolute) {
        return;
    }
    if app.state.jobs.run_to(&absolute).is_some() {
        return app
            .screen
            .notes
            .add(Note::failure("This recording is still being made; it opens when the run is over."));
    }
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.open(&absolute, &desk);
}

fn open_sample(app: &mut App, sample: &SampleModule) {
    match ModuleFacts::read(sample.guest()) {
        Ok(facts) => {
            let form = RunForm::from_options(&sample.options());
            let remembered = app.state.history.last_run(&facts.key());
            ask(app, RunDialog::new(Arc::new(facts), Some(remembered.unwrap_or(form))));
        }
        Err(error) => app.screen.notes.add(Note::failure(format!("The sample can't be read: {error}"))),
    }
}

/// The run dialog as it was answered for the run that is recorded in `of` or, where that is not known, for the last one of
/// the module; with `symbols` rather than those. Says whether it was answered before.
fn how_to_run(
    app: &App,
    module: Arc<ModuleFacts>,
    symbols: Option<PathBuf>,
    of: Option<&Path>,
) -> (RunDialog, bool) {
    let history = &app.state.history;
    let remembered = of.and_then(|path| history.last_run(&key_of(path)));
    let remembered = remembered.or_else(|| history.last_run(&module.key()));
    let was_answered = remembered.is_some();
    let mut dialog = RunDialog::new(module, remembered);
    if let Some(symbols) = symbols {
        dialog.form.symbols = symbols.display().to_string();
    }
    (dialog, was_answered)
}

/// Shows a run dialog, when those are answered that are open already.
fn ask(app: &mut App, dialog: RunDialog) {
    match &app.screen.dialog {
        Some(_) => app.screen.next_dialogs.push_back(dialog),
        None => app.screen.dialog = Some(dialog),
    }
}

/// The module is in the recording, so that it can be run again wherever its file has gone.
fn run_again(app: &mut App, again: Again, ctx: &egui::Context) {
    if is_refused(app) {
        return;
    }
    let Some(document) = app.state.documents.front() else { return };
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.read_module(document, again, &desk);
}

fn run(app: &mut App, mut run: Run, ctx: &egui::Context) {
    if is_refused(app) {
        return;
    }
    run.options.cache_dir = Some(app.state.places.machine_code.clone());
    let to = unsaved(app, &run.module);
    app.state.history.ran(key_of(&to), run.form.clone());
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.run(run, to, &desk);
}

fn look_inside(app: &mut App, module: Arc<ModuleFacts>, symbols: Option<PathBuf>, ctx: &egui::Context) {
    let to = unsaved(app, &module);
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.look_inside(module, symbols, to, &desk);
}

/// A file for a recording of `module`.
fn unsaved(app: &App, module: &ModuleFacts) -> PathBuf {
    app.state.places.unsaved_recording(&module.guest.name, &open_files(app))
}

/// The files of the recordings that are open.
fn open_files(app: &App) -> Vec<PathBuf> {
    app.state.documents.iter().map(|open| open.origin.path().to_owned()).collect()
}

/// Under which it is remembered how the run was made that is recorded in `path`.
fn key_of(path: &Path) -> String {
    path.display().to_string()
}

/// One module is run at a time.
fn is_refused(app: &mut App) -> bool {
    let is_refused = app.state.jobs.is_recording();
    if is_refused {
        app.screen.notes.add(Note::failure("A module is being run. Stop it first."));
    }
    is_refused
}

fn find_allocators(app: &mut App, mut run: Run, ctx: &egui::Context) {
    if is_refused(app) {
        return;
    }
    run.options.cache_dir = Some(app.state.places.machine_code.clone());
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.find_allocators(run, &desk);
}

/// The dialog that asked is still open: the trial of one that was closed is stopped.
fn show_trial(app: &mut App, trial: Result<Trial, Failure>) {
    if let Some(dialog) = &mut app.screen.dialog {
        dialog.trial = Some(trial.map_err(|failure| failure.text));
    }
}

fn finish(app: &mut App, finished: Finished) {
    if !app.state.jobs.finish(&finished) {
        return;
    }
    let Finished { kind, result, .. } = finished;
    match result {
        Ok(Made::Module(module)) => show_module(app, module, kind),
        Ok(Made::Recording { profile, path, symbols, goes_on }) => {
            if matches!(kind, JobKind::LookInside(_)) {
                app.screen.dock.show(PanelKind::Module);
            }
            let was_run = matches!(kind, JobKind::Run { .. } | JobKind::LookInside(_));
            if was_run && show_end(app, &profile, &path, symbols.clone(), goes_on) {
                return;
            }
            let id = show_recording(app, profile, path.clone(), symbols);
            if !was_run {
                use_known_symbols(app, id, &path);
            }
        }
        Ok(Made::Trial(trial)) => show_trial(app, Ok(trial)),
        Ok(Made::Comparison { comparison, folder }) => compare::opened(app, kind, comparison, folder),
        Ok(Made::Symbols(profile)) => show_symbols(app, kind, profile),
        Ok(Made::Saved { document, path, packed }) => saved(app, document, path, packed.as_ref()),
        Ok(Made::Exported(path)) => {
            app.screen.notes.add(Note::done(format!("Exported to {}", path.display())));
        }
        Err(failure) if matches!(kind, JobKind::Allocators(_)) => show_trial(app, Err(failure)),
        Err(failure) => failed(app, kind, failure),
    }
}

fn failed(app: &mut App, kind: JobKind, failure: Failure) {
    // What can't be used any more is told once, not whenever the recording is opened.
    if let JobKind::Symbols(SymbolsWish { profile, choice: SymbolsChoice::Remembered(_) }) = kind
        && let Some(document) = app.state.documents.get_mut(profile.document)
    {
        app.state.history.forget_symbols(document.origin.path());
    }
    // What was seen of it stays to be looked at.
    if let JobKind::Run { to, .. } = &kind
        && let Some(document) = app.state.documents.at_mut(to)
    {
        document.is_growing = false;
    }
    app.screen.notes.add(Note::failure(failure.text).with_details(failure.details));
}

/// Shows what there is of a recording that is being made, unless its user has closed it.
fn show_so_far(app: &mut App, so_far: SoFar) {
    let SoFar { profile, path, symbols, is_first } = so_far;
    if app.state.jobs.run_to(&path).is_none() {
        return;
    }
    if let Some(document) = app.state.documents.at_mut(&path) {
        if document.is_growing {
            document.grow(profile);
        }
    } else if is_first {
        let id = show_recording(app, profile, path, symbols);
        if let Some(document) = app.state.documents.get_mut(id) {
            document.is_growing = true;
        }
    }
}

/// Shows the whole of a recording that was shown while it was made. Says whether it is still open.
fn show_end(
    app: &mut App,
    profile: &Arc<Profile>,
    path: &Path,
    symbols: Option<PathBuf>,
    goes_on: bool,
) -> bool {
    let Some(document) = app.state.documents.at_mut(path) else { return false };
    document.is_growing = false;
    if goes_on {
        document.grow(Arc::clone(profile));
        return true;
    }
    let id = document.ask_symbols();
    document.use_symbols(id, Arc::clone(profile), symbols)
}

fn show_module(app: &mut App, module: Arc<ModuleFacts>, kind: JobKind) {
    let all = app.state.symbols.clone();
    match kind {
        JobKind::Module { of, symbols, again, .. } => {
            match how_to_run(app, module, symbols.or(all), Some(&of)) {
                (dialog, true) => run_again_as_told(app, dialog, again),
                (dialog, false) => ask(app, dialog),
            }
        }
        JobKind::Open(path) => {
            remember(app, &path);
            ask(app, how_to_run(app, module, all, None).0);
        }
        _ => ask(app, how_to_run(app, module, all, None).0),
    }
}

/// Shows a run dialog that was answered before, or answers it the same way again.
fn run_again_as_told(app: &mut App, mut dialog: RunDialog, (again, measured): (Again, MeasureSet)) {
    match again {
        Again::Asking => return ask(app, dialog),
        Again::AsBefore => {}
        Again::Also(measure) => dialog.form.measures = measured.with(measure),
    }
    match dialog.answer() {
        None => ask(app, dialog),
        Some(order) => {
            app.state.history.ran(dialog.module.key(), dialog.form);
            app.commands.send(Command::Run(Box::new(order)));
        }
    }
}

fn show_recording(
    app: &mut App,
    profile: Arc<Profile>,
    path: PathBuf,
    symbols: Option<PathBuf>,
) -> DocumentId {
    remember(app, &path);
    let unsaved = app.state.places.is_unsaved(&path);
    let title = if unsaved { profile.recording().meta.module_name.clone() } else { file_name(&path) };
    if let Some(symbols) = symbols.clone() {
        app.state.history.used_symbols(&path, symbols);
    }
    let origin = if unsaved { Origin::Unsaved(path) } else { Origin::Saved(path) };
    let id = app.state.documents.add(title, profile, origin);
    if let Some(document) = app.state.documents.get_mut(id) {
        document.symbols = symbols;
    }
    id
}

/// Who runs a module says whether it has symbols; who opens a recording means those of the command line, or of the last
/// time.
fn use_known_symbols(app: &App, id: DocumentId, path: &Path) {
    let given = app.state.symbols.clone().map(SymbolsChoice::Given);
    let remembered = || app.state.history.symbols_of(path).map(SymbolsChoice::Remembered);
    if let Some(choice) = given.or_else(remembered) {
        app.commands.send(Command::UseSymbols(id, choice));
    }
}

/// What is still being made is neither saved nor read once more.
fn is_growing(app: &mut App, id: DocumentId) -> bool {
    let is_growing = app.state.documents.get_mut(id).is_some_and(|document| document.is_growing);
    if is_growing {
        app.screen.notes.add(Note::failure(
            "This recording is still being made. Stop the run first, or wait for its end.",
        ));
    }
    is_growing
}

fn use_symbols(app: &mut App, id: DocumentId, choice: SymbolsChoice, ctx: &egui::Context) {
    if is_growing(app, id) {
        return;
    }
    let Some(document) = app.state.documents.get_mut(id) else { return };
    let wish = SymbolsWish { profile: document.ask_symbols(), choice };
    let (shown, path) = (Arc::clone(&document.profile), document.origin.path().to_owned());
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.read_symbols(ReadSymbols { shown, path, wish }, &desk);
}

/// The recording may have been closed meanwhile.
fn show_symbols(app: &mut App, kind: JobKind, profile: Arc<Profile>) {
    let JobKind::Symbols(SymbolsWish { profile: id, choice }) = kind else { return };
    let Some(document) = app.state.documents.get_mut(id.document) else { return };
    let symbols = choice.path().map(Path::to_owned);
    if document.use_symbols(id, profile, symbols.clone()) {
        app.state.history.show_with(document.origin.path(), symbols);
    }
}

fn hide_stripped(app: &mut App, id: DocumentId) {
    if let Some(document) = app.state.documents.get_mut(id) {
        document.hides_stripped = true;
    }
}

fn ask_save(app: &App, kind: SaveKind) {
    if let Some(document) = app.state.documents.front() {
        let purpose = Purpose::Save(document.id, kind);
        pick::pick(purpose, suggested(&document.title, "wscope"), &app.commands);
    }
}

fn ask_export(app: &mut App, kind: ExportKind) {
    if let ExportKind::Picture(panel, _) = kind {
        // While its user says where to, its view is worked out.
        app.screen.dock.show(panel);
    }
    let Some(document) = app.state.documents.front() else { return };
    let extension = match kind {
        ExportKind::Profile(format) => format.ending().to_owned(),
        // Beside other exports of the same recording.
        ExportKind::Picture(panel, format) => {
            format!("{}.{}", panel.title().to_lowercase().replace(' ', "-"), format.extension())
        }
    };
    pick::pick(Purpose::Export(document.id, kind), suggested(&document.title, &extension), &app.commands);
}

fn suggested(title: &str, extension: &str) -> String {
    Path::new(title).with_extension(extension).display().to_string()
}

fn picked(app: &mut App, purpose: Purpose, path: PathBuf, ctx: &egui::Context) {
    match purpose {
        Purpose::Open => app.commands.send(Command::Open(path)),
        Purpose::Compare => compare::picked(app, &path),
        Purpose::ExportComparison(id, format) => compare::export_to(app, (id, format), path, ctx),
        Purpose::Save(id, kind) => save(app, id, kind, path, ctx),
        Purpose::Symbols(id, _) => use_symbols(app, id, SymbolsChoice::Given(path), ctx),
        Purpose::Export(id, kind) => export_to(app, id, kind, path, ctx),
        Purpose::Grant(kind) => grant(app, kind, path),
        Purpose::Table => table::save(app, &path),
        Purpose::Sources => preferences::add_sources(app, SourcePlace::Folder(path), ctx),
        Purpose::SourceFile(file) => {
            preferences::add_sources(app, SourcePlace::pointed_out(&file, &path), ctx);
        }
    }
}

/// What was said last is tried first.
fn save(app: &mut App, id: DocumentId, kind: SaveKind, path: PathBuf, ctx: &egui::Context) {
    if is_growing(app, id) {
        return;
    }
    let to = with_extension(path, "wscope");
    let packed_with = (kind == SaveKind::Packed).then(|| app.sources());
    let others = app.state.documents.iter().filter(|other| other.id != id);
    let others = others.map(|other| other.origin.path().to_owned()).collect();
    let Some(document) = app.state.documents.get_mut(id) else { return };
    let (profile, from) = (Arc::clone(&document.profile), document.origin.path().to_owned());
    let save = Save { document: id, profile, from, to, others, packed_with };
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.save(save, &desk);
}

fn saved(app: &mut App, id: DocumentId, path: PathBuf, packed: Option<&Packed>) {
    let note = match packed {
        Some(packed) => format!("Saved as {}, {}", path.display(), packed_text(packed)),
        None => format!("Saved as {}", path.display()),
    };
    app.screen.notes.add(Note::done(note));
    remember(app, &path);
    let Some(document) = app.state.documents.get_mut(id) else { return };
    // What is packed has its symbols in itself; those of what the file was before are not its own.
    app.state.history.show_with(&path, document.symbols.clone().filter(|_| packed.is_none()));
    if let Some(form) = app.state.history.last_run(&key_of(document.origin.path())) {
        app.state.history.ran(key_of(&path), form);
    }
    document.title = file_name(&path);
    document.origin = Origin::Saved(path);
}

/// `with 1 symbol file and 12 source files; 3 source files not found`.
fn packed_text(packed: &Packed) -> String {
    let Packed { symbol_files, sources, missing, refused } = packed;
    let mut text =
        format!("with {} and {}", counted(*symbol_files, "symbol file"), counted(*sources, "source file"));
    if !missing.is_empty() {
        text.push_str(&format!("; {} not found", counted(missing.len(), "source file")));
    }
    if !refused.is_empty() {
        text.push_str(&format!(
            "; {} left out that look like something else",
            counted(refused.len(), "file")
        ));
    }
    text
}

fn export_to(app: &mut App, id: DocumentId, kind: ExportKind, path: PathBuf, ctx: &egui::Context) {
    let Some(document) = app.state.documents.get_mut(id) else { return };
    let to = with_extension(path, kind.extension());
    let view = match kind {
        ExportKind::Profile(format) => {
            ExportedView::Profile(Arc::clone(&document.profile), document.selection.call_tree(), format)
        }
        ExportKind::Picture(panel, format) => return picture::want(app, id, (panel, format), to),
    };
    let desk = JobDesk { commands: &app.commands, ctx, threads: app.state.threads };
    app.state.jobs.export(Export { view, to }, &desk);
}

fn with_extension(path: PathBuf, usual: &str) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension(usual) }
}

fn grant(app: &mut App, kind: GrantKind, path: PathBuf) {
    let Some(dialog) = &mut app.screen.dialog else { return };
    let text = path.display().to_string();
    match kind {
        GrantKind::Folder => dialog.form.dirs.push((text, String::new())),
        GrantKind::Symbols(_) => dialog.form.symbols = text,
        GrantKind::Link => dialog.form.add_link(&dialog.module, &text),
        GrantKind::Stdin => {
            dialog.form.stdin = StdinForm::File;
            dialog.form.stdin_path = text;
        }
    }
}

fn look_again(app: &mut App) {
    app.state.looks += 1;
    app.look_for_rust();
}

fn select(app: &mut App, selection: Selection) {
    if let Some(document) = app.state.documents.get_mut(selection.profile.document) {
        document.select(selection);
    }
}

fn in_front(app: &mut App, change: impl FnOnce(&mut Document)) {
    if let Some(document) = app.state.documents.front_mut() {
        change(document);
    }
}

fn remember(app: &mut App, path: &Path) {
    app.state.history.opened(path, app.state.settings.recent_files);
}

fn toggle_palette(app: &mut App) {
    app.screen.palette = app.screen.palette.is_none().then(Default::default);
}

fn toggle_page(app: &mut App, page: Page) {
    if page == Page::Settings {
        preferences::make_file(app);
    }
    app.screen.page = Some(page).filter(|page| app.screen.page != Some(*page));
}

pub(super) mod picture;
#[cfg(test)]
mod tests;
