//! The window as a whole: who is drawn where, and which state belongs to whom.

use super::apply::{self, preferences};
use super::command::{Command, Commands};
use super::compare::{CompareDesk, CompareDialog, Comparisons, compare_dialog_ui, compared_ui};
use super::documents::Documents;
use super::edges::EdgeNames;
use super::history::History;
use super::jobs::{JobKind, JobThreads, Jobs};
use super::notes::Notes;
use super::panels::{self, PanelDesk};
use super::path_dialog::{PathDialog, path_dialog_ui};
use super::picture::{PictureWish, Shot};
use super::places::Places;
use super::run_dialog::{Dialog, RunDialog, run_dialog_ui};
use super::settings::{Settings, SettingsFile};
use super::shell::{self, CommandPalette, Dock, Page, Part, Situation, WelcomeState};
use super::sources_dialog::{SourcesDialog, sources_dialog_ui};
use super::start::TITLE;
use super::theme::{self, Palette};
use super::worker::Worker;
use crate::profile::Profile;
use crate::sources::{RustSources, Sources};
use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

/// The window.
pub struct App {
    /// What is open and going on.
    pub(super) state: State,
    /// What is shown around it.
    pub(super) screen: Screen,
    pub(super) commands: Commands,
    pub(super) receiver: mpsc::Receiver<Command>,
    worker: Worker,
}

/// What is open and going on.
pub(super) struct State {
    pub documents: Documents,
    /// Two builds each, in front while no recording is.
    pub comparisons: Comparisons,
    pub jobs: Jobs,
    pub threads: JobThreads,
    pub settings: Settings,
    pub settings_file: SettingsFile,
    pub history: History,
    pub places: Places,
    pub rust_sources: Arc<RustSources>,
    /// How often source files that were not found were looked for once more.
    pub looks: u64,
    /// Where names and lines are, unless something else was chosen.
    pub symbols: Option<PathBuf>,
}

/// What is shown around the recordings.
pub(super) struct Screen {
    pub dock: Dock,
    pub notes: Notes,
    pub welcome: WelcomeState,
    pub dialog: Option<RunDialog>,
    /// Those that are to be answered behind it, as of modules that were dropped together.
    pub next_dialogs: VecDeque<RunDialog>,
    pub compare: Option<CompareDialog>,
    pub path_dialog: Option<PathDialog>,
    pub sources_dialog: Option<SourcesDialog>,
    /// What lies over everything else.
    pub page: Option<Page>,
    /// What the window is called.
    pub title: String,
    /// What is typed to search the help.
    pub help_search: String,
    /// The table that is to be saved where the user says.
    pub table: Option<Arc<str>>,
    /// While there is one, nothing is drawn over the panels.
    pub picture: Option<PictureWish>,
    pub palette: Option<CommandPalette>,
    /// The titles of the commands that were chosen from the list, the last one first.
    pub latest: Vec<String>,
}

/// Three threads: a scrubbed heap map does not wait for a large call tree and a long timeline.
const VIEW_THREADS: usize = 3;

impl App {
    /// The window with the files at `paths` being opened, with names and lines out of what is at `symbols`.
    pub fn new(cc: &eframe::CreationContext<'_>, paths: Vec<PathBuf>, symbols: Option<PathBuf>) -> App {
        let worker = Worker::threads(VIEW_THREADS);
        let mut app = App::with(&cc.egui_ctx, Places::default(), worker, JobThreads::Own);
        app.state.history = History::load(cc.storage);
        app.screen.dock = Dock::load(cc.storage);
        app.give_symbols(symbols);
        app.look_for_rust();
        for path in paths {
            app.commands.send(Command::Open(path));
        }
        app
    }

    /// A window for tests: it remembers no history, writes only to `places`, and has computed everything that a frame
    /// shows when the frame is over.
    pub fn for_test(ctx: &egui::Context, places: Places) -> App {
        let mut app = App::with(ctx, places, Worker::Inline, JobThreads::Inline);
        app.state.history.knows_hints = true;
        app
    }

    /// Shows the hints for the first time again.
    pub fn show_hints(&mut self) {
        self.state.history.knows_hints = false;
    }

    fn with(ctx: &egui::Context, places: Places, worker: Worker, threads: JobThreads) -> App {
        let settings = Settings::default();
        theme::install(ctx, settings.colours);
        // The keys for it are commands, so that the size is remembered.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        ctx.add_plugin(EdgeNames);
        let (commands, receiver) = Commands::channel(ctx);
        let state = State {
            documents: Documents::default(),
            comparisons: Comparisons::default(),
            jobs: Jobs::default(),
            threads,
            settings,
            settings_file: SettingsFile::at(places.settings.clone()),
            history: History::default(),
            places,
            rust_sources: Arc::default(),
            looks: 0,
            symbols: None,
        };
        let screen = Screen {
            dock: Dock::default(),
            notes: Notes::default(),
            welcome: WelcomeState::default(),
            dialog: None,
            next_dialogs: VecDeque::new(),
            compare: None,
            path_dialog: None,
            sources_dialog: None,
            page: None,
            title: TITLE.to_owned(),
            help_search: String::new(),
            table: None,
            picture: None,
            palette: None,
            latest: Vec::new(),
        };
        let mut app = App { state, screen, commands, receiver, worker };
        preferences::take(&mut app, Settings::default(), ctx);
        preferences::read_again(&mut app, ctx);
        app
    }

    /// Opens the file at `path`, as if it had been dropped on the window.
    pub fn open(&self, path: PathBuf) {
        self.commands.send(Command::Open(path));
    }

    /// What is opened from now on has names and lines out of what is at `symbols`.
    pub fn give_symbols(&mut self, symbols: Option<PathBuf>) {
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        self.state.symbols = symbols.map(absolute);
    }

    /// Shows a profile that is in no file yet.
    pub fn show_profile(&mut self, title: &str, profile: Arc<Profile>) {
        let origin = super::documents::Origin::Unsaved(self.state.places.unsaved.join(title));
        self.state.documents.add(title.to_owned(), profile, origin);
    }

    /// Where source files are looked for.
    pub(super) fn sources(&self) -> Sources {
        let State { settings, rust_sources, .. } = &self.state;
        Sources { places: settings.source_places.clone(), rust: Arc::clone(rust_sources) }
    }

    /// Finds out where Rust keeps its own sources; that reads a file of each toolchain.
    pub(super) fn look_for_rust(&self) {
        let commands = self.commands.clone();
        let look = move || commands.send(Command::UseRustSources(Arc::new(RustSources::of_user())));
        // Without a thread they are not found, and pointed to as others are.
        let _ = self.state.threads.start(look);
    }

    /// Does all that was asked for, also what that asks for in turn.
    pub(super) fn apply_all(&mut self, ctx: &egui::Context) {
        while let Ok(command) = self.receiver.try_recv() {
            apply::apply(self, command, ctx);
        }
    }

    /// The window is called like the recording in front.
    fn name_window(&mut self, ui: &Ui) {
        let State { documents, comparisons, .. } = &self.state;
        let compared = || comparisons.front().map(|front| front.title.as_str());
        let front = documents.front().map(|front| front.title.as_str()).or_else(compared);
        let title = front.map_or_else(|| TITLE.to_owned(), |front| format!("{front} – {TITLE}"));
        if self.screen.title != title {
            self.screen.title.clone_from(&title);
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Title(title));
        }
    }

    fn bars(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let bar = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(8, 4));
        Panel::top("top bar").frame(bar).show(ui, |ui| {
            shell::top_bar_ui(ui, &situation(&self.state, &self.screen.dock, &self.commands));
        });
        // The run dialog shows what it waits for.
        let jobs: Vec<_> = self.state.jobs.running().iter().filter(|job| !job.is_trial()).collect();
        for (number, job) in jobs.iter().enumerate() {
            let strip = Frame::new().fill(palette.raised).inner_margin(Margin::symmetric(10, 5));
            Panel::top(egui::Id::unique("job").with(number))
                .frame(strip)
                .show(ui, |ui| shell::progress_ui(ui, job, &self.commands));
        }
        if let Some(document) = self.state.documents.front()
            && jobs.is_empty()
            && shell::is_stripped(document)
        {
            let strip = Frame::new().fill(palette.raised).inner_margin(Margin::symmetric(10, 4));
            Panel::top("stripped")
                .frame(strip)
                .show(ui, |ui| shell::stripped_ui(ui, document, &self.commands));
        }
        let has_strip = self.state.documents.front().is_some() && jobs.is_empty();
        if has_strip && !self.state.history.knows_hints {
            let strip = Frame::new().fill(palette.raised).inner_margin(Margin::symmetric(10, 4));
            Panel::top("hints").frame(strip).show(ui, |ui| shell::hints_ui(ui, &self.commands));
        }
        let status = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(10, 2));
        Panel::bottom("status").exact_size(26.0).frame(status).show(ui, |ui| {
            shell::status_ui(ui, self.state.documents.front(), &self.commands);
        });
    }

    /// Draws what is open. The answer is what the panel painted that a picture is wanted of.
    fn centre(&mut self, ui: &mut Ui) -> Option<Shot> {
        let fill = Palette::of(ui).background;
        let sources = self.sources();
        let wanted = self.screen.picture.as_ref().map(|wish| wish.panel);
        let shown = CentralPanel::default().frame(Frame::new().fill(fill)).show(ui, |ui| {
            let running =
                self.state.jobs.running().iter().find(|job| matches!(job.kind, JobKind::Run { .. }));
            match (self.state.documents.front_mut(), running) {
                (Some(document), _) => {
                    let (worker, commands, looks) = (&self.worker, &self.commands, self.state.looks);
                    let run = self.state.jobs.run_to(document.origin.path()).map(|job| &*job.watch);
                    let budget_millis = self.state.settings.budget_millis;
                    let desk = PanelDesk { worker, commands, sources: &sources, looks, budget_millis, run };
                    return self.screen.dock.ui(ui, wanted, &mut |ui, kind, part| match part {
                        Part::Content => panels::panel_ui(ui, kind, document, &desk),
                        Part::Menu => shell::pictures_ui(ui, kind, commands),
                    });
                }
                (None, _) if let Some(compared) = self.state.comparisons.front_mut() => {
                    let (worker, commands, looks) = (&self.worker, &self.commands, self.state.looks);
                    let desk = CompareDesk { worker, commands, sources: &sources, looks };
                    compared_ui(ui, compared, &desk);
                }
                (None, Some(job)) => {
                    Frame::new().inner_margin(16.0).show(ui, |ui| shell::running_ui(ui, job));
                }
                (None, None) => {
                    let history = &self.state.history;
                    shell::welcome_ui(ui, &mut self.screen.welcome, history, &self.commands);
                }
            }
            None
        });
        shown.inner
    }

    fn over(&mut self, ui: &mut Ui) {
        if let Some(dialog) = &mut self.screen.dialog
            && run_dialog_ui(ui, dialog, self.state.jobs.trial(), &self.commands) == Dialog::Closed
        {
            self.state.jobs.stop_trial();
            self.state.history.ran(dialog.module.key(), dialog.form.clone());
            self.screen.dialog = self.screen.next_dialogs.pop_front();
        }
        if let Some(dialog) = &mut self.screen.compare
            && compare_dialog_ui(ui, dialog, &self.state.documents, &self.commands) == Dialog::Closed
        {
            self.screen.compare = None;
        }
        if let Some(dialog) = &mut self.screen.path_dialog
            && path_dialog_ui(ui, dialog, &self.commands) == Dialog::Closed
        {
            self.screen.path_dialog = None;
        }
        if let Some(dialog) = &mut self.screen.sources_dialog {
            let places = &self.state.settings.source_places;
            if sources_dialog_ui(ui, dialog, places, &self.commands) == Dialog::Closed {
                self.screen.sources_dialog = None;
            }
        }
        let now = situation(&self.state, &self.screen.dock, &self.commands);
        if let Some(page) = self.screen.page
            && shell::page_ui(ui, page, &now, &mut self.screen.help_search) == Dialog::Closed
        {
            self.screen.page = None;
        }
        if let Some(palette) = &mut self.screen.palette
            && !shell::palette_ui(ui, &now, palette, &mut self.screen.latest)
        {
            self.screen.palette = None;
        }
        shell::drop_ui(ui);
        self.screen.notes.ui(ui, &self.commands);
    }

    /// Draws a frame, and does what its user asked for.
    pub fn draw(&mut self, ui: &mut Ui) {
        shell::stop_shortcut(ui, &self.commands);
        let Screen { dialog, compare, path_dialog, sources_dialog, .. } = &self.screen;
        let is_free =
            dialog.is_none() && compare.is_none() && path_dialog.is_none() && sources_dialog.is_none();
        let is_free = is_free && self.screen.palette.is_none() && self.screen.page.is_none();
        shell::shortcuts(ui, &situation(&self.state, &self.screen.dock, &self.commands), is_free);
        self.name_window(ui);
        self.bars(ui);
        let (shot, ctx) = (self.centre(ui), ui.ctx().clone());
        match self.screen.picture {
            Some(_) => apply::picture::painted(self, shot, &ctx),
            None => self.over(ui),
        }
        self.apply_all(&ctx);
    }

    /// Whoever comes back may have edited the settings.
    fn returned(&self, ctx: &egui::Context) {
        let is_back = |input: &egui::InputState| {
            input.raw.events.iter().any(|event| matches!(event, egui::Event::WindowFocused(true)))
        };
        if ctx.input(is_back) {
            self.commands.send(Command::ReadSettings);
        }
    }

    fn dropped(&self, ctx: &egui::Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.commands.send(Command::Open(file.path().to_owned()));
        }
    }
}

fn situation<'a>(state: &'a State, dock: &'a Dock, commands: &'a Commands) -> Situation<'a> {
    let State { documents, comparisons, jobs, settings, settings_file, history, .. } = state;
    let (is_recording, is_busy) = (jobs.is_recording(), !jobs.running().is_empty());
    let settings_path = settings_file.path();
    Situation {
        documents,
        comparisons,
        settings,
        settings_path,
        history,
        dock,
        is_recording,
        is_busy,
        commands,
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.dropped(ctx);
        self.returned(ctx);
        self.apply_all(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.state.history.save(storage);
        self.screen.dock.save(storage);
    }
}
