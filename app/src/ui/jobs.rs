//! Long work on threads of its own: opening files, and runs.

use super::command::{Again, Command, Commands};
use super::documents::{Document, DocumentId, ProfileId};
use super::module::ModuleFacts;
use super::picture::Picture;
use super::run_dialog::{Known, RunForm};
use super::watch::Watch;
use crate::analysis::{CallTreeQuery, CompareQuery, Comparison, Side};
use crate::builds::BuildsError;
use crate::export::{CompareFormat, Format};
use crate::pack::Packed;
use crate::pipeline::PipelineError;
use crate::profile::Profile;
use crate::sources::Sources;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmscope_instrument::{MeasureSet, RunOptions, Trial};

/// Names one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobId(u64);

/// What a job is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Opens a file.
    Open(PathBuf),
    /// Reads the module of a recording, which is to be run again.
    Module {
        /// Its name.
        name: String,
        /// The file of the recording.
        of: PathBuf,
        /// The symbols that the recording is shown with.
        symbols: Option<PathBuf>,
        /// How it is to be run, and what was measured the last time.
        again: (Again, MeasureSet),
    },
    /// Runs a module.
    Run {
        /// Its name.
        name: String,
        /// The file of the recording.
        to: PathBuf,
    },
    /// Makes a recording of the module of this name without running it.
    LookInside(String),
    /// Compares two builds, under this title.
    Compare(String),
    /// Runs two builds by turns and compares them, under this title.
    Turns(String),
    /// Looks for the allocators of the module of this name.
    Allocators(String),
    /// Reads names and lines.
    Symbols(SymbolsWish),
    /// Saves a recording.
    Save(PathBuf),
    /// Exports what is shown.
    Export(PathBuf),
}

/// Which names and lines an open recording is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolsWish {
    /// What it will be with them.
    pub profile: ProfileId,
    /// Where they are from.
    pub choice: SymbolsChoice,
}

/// Where names and lines are from, besides the recording and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymbolsChoice {
    /// Nowhere else.
    None,
    /// A file or folder that the user points to.
    Given(PathBuf),
    /// What the user pointed to when the recording was open before.
    Remembered(PathBuf),
}

impl SymbolsChoice {
    /// The file or folder.
    pub fn path(&self) -> Option<&Path> {
        match self {
            SymbolsChoice::None => None,
            SymbolsChoice::Given(path) | SymbolsChoice::Remembered(path) => Some(path),
        }
    }
}

/// A job that is under way.
pub struct Job {
    id: JobId,
    /// What it is for.
    pub kind: JobKind,
    /// How far it is.
    pub watch: Arc<Watch>,
}

impl Job {
    /// Does it look for allocators? The run dialog shows it.
    pub fn is_trial(&self) -> bool {
        matches!(self.kind, JobKind::Allocators(_))
    }
}

/// What came of a job.
pub struct Finished {
    id: JobId,
    /// What it was for.
    pub kind: JobKind,
    /// What it made, or why it made nothing.
    pub result: Result<Made, Failure>,
}

/// What a job makes.
pub enum Made {
    /// A module that can be run.
    Module(Arc<ModuleFacts>),
    /// A recording that can be looked at.
    Recording {
        /// It, with its symbols.
        profile: Arc<Profile>,
        /// Its file.
        path: PathBuf,
        /// The symbols that were given to it.
        symbols: Option<PathBuf>,
        /// Does it speak of the same functions and call paths by the same ids as what was shown while it was made?
        goes_on: bool,
    },
    /// What came of a trial run.
    Trial(Trial),
    /// An open recording with other names and lines.
    Symbols(Arc<Profile>),
    /// A recording was saved.
    Saved {
        /// Which one.
        document: DocumentId,
        /// Its new file.
        path: PathBuf,
        /// What was put into it, if it was packed.
        packed: Option<Packed>,
    },
    /// What was shown was exported to this file.
    Exported(PathBuf),
    /// Two builds were compared.
    Comparison {
        /// What came of it.
        comparison: Arc<Comparison>,
        /// The folder of the recordings that were made for it.
        folder: Option<PathBuf>,
    },
}

/// Why a job made nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One sentence for people.
    pub text: String,
    /// For a report; may be empty.
    pub details: String,
}

impl Failure {
    /// A failure that its sentence says all of.
    pub fn of(text: String) -> Failure {
        Failure { text, details: String::new() }
    }

    /// What `error` says, with its causes as details.
    pub fn from_error(error: &anyhow::Error) -> Failure {
        let causes: Vec<_> = error.chain().skip(1).map(ToString::to_string).collect();
        Failure { text: error.to_string(), details: causes.join("\n") }
    }
}

impl From<BuildsError> for Failure {
    fn from(error: BuildsError) -> Self {
        Failure::of(error.to_string())
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Failure {
        Failure::from_error(&anyhow::Error::new(error))
    }
}

/// The jobs that are under way. One run at a time; files may be opened meanwhile.
#[derive(Default)]
pub struct Jobs {
    running: Vec<Job>,
    last: u64,
}

impl Jobs {
    /// The jobs, oldest first.
    pub fn running(&self) -> &[Job] {
        &self.running
    }

    /// Is a module being run? Another one beside it would spoil what is measured.
    pub fn is_recording(&self) -> bool {
        self.running.iter().any(|job| matches!(job.kind, JobKind::Run { .. } | JobKind::Turns(_)))
    }

    /// Asks every job to stop. A run stays until what it has recorded is there; what comes of others is wanted no more.
    pub fn stop_all(&mut self) {
        self.running.iter().for_each(|job| job.watch.cancel());
        self.running.retain(|job| matches!(job.kind, JobKind::Run { .. }));
    }

    /// The trial run that looks for allocators.
    pub fn trial(&self) -> Option<&Job> {
        self.running.iter().find(|job| job.is_trial())
    }

    /// Stops it: nobody waits for it any more.
    pub fn stop_trial(&mut self) {
        self.trial().inspect(|job| job.watch.cancel());
        self.running.retain(|job| !job.is_trial());
    }

    /// Takes a finished job off the list. Says whether it was still wanted: what others made is to be thrown away.
    pub fn finish(&mut self, finished: &Finished) -> bool {
        let before = self.running.len();
        self.running.retain(|job| job.id != finished.id);
        self.running.len() < before
    }

    /// Opens the module or recording at `path`.
    pub fn open(&mut self, path: &Path, desk: &JobDesk<'_>) {
        let owned = path.to_owned();
        self.start(JobKind::Open(path.to_owned()), desk, move |_| super::work::open(&owned));
    }

    /// Makes the module of a recording ready to be run again.
    pub fn read_module(&mut self, document: &Document, again: Again, desk: &JobDesk<'_>) {
        let profile = Arc::clone(&document.profile);
        let meta = &profile.recording().meta;
        let (name, again) = (meta.module_name.clone(), (again, meta.measures));
        let (of, symbols) = (document.origin.path().to_owned(), document.symbols.clone());
        let kind = JobKind::Module { name, of, symbols, again };
        self.start(kind, desk, move |_| super::work::module_of(profile.recording()));
    }

    /// Runs a module and writes the recording to `to`.
    pub fn run(&mut self, run: Run, to: PathBuf, desk: &JobDesk<'_>) {
        let kind = JobKind::Run { name: run.module.guest.name.clone(), to: to.clone() };
        let (commands, path, symbols) = (desk.commands.clone(), to.clone(), run.symbols.clone());
        let mut is_first = true;
        let show = move |profile| {
            let (path, symbols) = (path.clone(), symbols.clone());
            let is_first = std::mem::take(&mut is_first);
            commands.send(Command::ShowSoFar(Box::new(SoFar { profile, path, symbols, is_first })));
        };
        self.start(kind, desk, move |watch| super::work::record(run, watch, to, show));
    }

    /// Makes a recording in `to` of a module that is not run.
    pub fn look_inside(
        &mut self,
        module: Arc<ModuleFacts>,
        symbols: Option<PathBuf>,
        to: PathBuf,
        desk: &JobDesk<'_>,
    ) {
        let kind = JobKind::LookInside(module.guest.name.clone());
        self.start(kind, desk, move |_| super::work::look_inside(&module, symbols, to));
    }

    /// Compares two builds.
    pub fn compare(&mut self, title: String, compare: Compare, desk: &JobDesk<'_>) {
        let kind = match &compare.other {
            OtherBuild::Run(_) => JobKind::Turns(title),
            OtherBuild::Profile(_) | OtherBuild::File(_) | OtherBuild::Both(_) => JobKind::Compare(title),
        };
        self.start(kind, desk, move |watch| super::work::compare(compare, &watch));
    }

    /// The run whose recording is going to be at `path`.
    pub fn run_to(&self, path: &Path) -> Option<&Job> {
        self.running.iter().find(|job| matches!(&job.kind, JobKind::Run { to, .. } if to == path))
    }

    /// Looks for the allocators of a module.
    pub fn find_allocators(&mut self, run: Run, desk: &JobDesk<'_>) {
        let kind = JobKind::Allocators(run.module.guest.name.clone());
        self.start(kind, desk, move |watch| super::work::find_allocators(run, watch));
    }

    /// Reads a recording that is open once more, with other symbols.
    pub fn read_symbols(&mut self, read: ReadSymbols, desk: &JobDesk<'_>) {
        let kind = JobKind::Symbols(read.wish.clone());
        self.start(kind, desk, move |_| super::work::read_symbols(&read));
    }

    /// Saves a recording.
    pub fn save(&mut self, save: Save, desk: &JobDesk<'_>) {
        self.start(JobKind::Save(save.to.clone()), desk, move |watch| super::work::save(save, &watch));
    }

    /// Exports what is shown.
    pub fn export(&mut self, export: Export, desk: &JobDesk<'_>) {
        let kind = JobKind::Export(export.to.clone());
        self.start(kind, desk, move |watch| super::work::export(&export, &watch));
    }

    fn start(&mut self, kind: JobKind, desk: &JobDesk<'_>, work: impl Work) {
        self.last += 1;
        let id = JobId(self.last);
        let watch = Arc::new(Watch::new(desk.ctx));
        self.running.push(Job { id, kind: kind.clone(), watch: Arc::clone(&watch) });
        let commands = desk.commands.clone();
        let (failed, of) = (desk.commands.clone(), kind.clone());
        let task = move || {
            let result = guarded(|| work(watch));
            commands.send(Command::Finished(Box::new(Finished { id, kind, result })));
        };
        if let Err(error) = desk.threads.start(task) {
            let result = Err(Failure::of(format!("the system gives no thread for it: {error}")));
            failed.send(Command::Finished(Box::new(Finished { id, kind: of, result })));
        }
    }
}

/// What is to be run.
pub struct Run {
    /// The module.
    pub module: Arc<ModuleFacts>,
    /// How it is run.
    pub options: RunOptions,
    /// Names and lines that lie elsewhere.
    pub symbols: Option<PathBuf>,
    /// The same in the words of whoever wants it, to be asked for again.
    pub form: RunForm,
    /// When is it shown?
    pub shown: Shown,
}

/// When a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// From the moment on at which there is something to be seen.
    WhileItRuns,
    /// When it is over, so that nothing of ours takes time from it.
    InTheEnd,
}

/// A recording as far as it is made.
pub struct SoFar {
    /// It, with its symbols.
    pub profile: Arc<Profile>,
    /// Its file.
    pub path: PathBuf,
    /// The symbols that were given to it.
    pub symbols: Option<PathBuf>,
    /// Nothing was shown of it before.
    pub is_first: bool,
}

/// What is to be read with other symbols.
pub struct ReadSymbols {
    /// What is shown of the recording now.
    pub shown: Arc<Profile>,
    /// Its file.
    pub path: PathBuf,
    /// Which symbols.
    pub wish: SymbolsWish,
}

/// What is to be compared.
pub struct Compare {
    /// A recording of one build.
    pub mine: Arc<Profile>,
    /// Which build that is.
    pub side: Side,
    /// The symbols that it is shown with, which explain other recordings of its module, too.
    pub symbols: Option<PathBuf>,
    /// The other one.
    pub other: OtherBuild,
}

/// Another build.
pub enum OtherBuild {
    /// A recording of it.
    Profile(Arc<Profile>),
    /// A recording of it, or a folder of some.
    File(PathBuf),
    /// Both are in this folder, as turns leave them: they are compared with each other.
    Both(PathBuf),
    /// It is run by turns with the first one.
    Run(Box<Turns>),
}

/// Two builds that are run by turns.
pub struct Turns {
    /// The file of the other one.
    pub other: PathBuf,
    /// How both are run: as the first one's recording was made.
    pub known: Known,
    /// How often each is.
    pub runs: usize,
    /// Where the recordings go: a new folder.
    pub folder: PathBuf,
    /// Where machine code is kept.
    pub machine_code: PathBuf,
}

/// What is to be exported.
pub struct Export {
    /// Which view, in which form.
    pub view: ExportedView,
    /// Its file.
    pub to: PathBuf,
}

/// A view and its form.
pub enum ExportedView {
    /// A part of a profile, by a metric.
    Profile(Arc<Profile>, CallTreeQuery, Format),
    /// Two builds beside each other.
    Comparison(Arc<Comparison>, CompareQuery, CompareFormat),
    /// What was painted of a panel.
    Picture(Picture),
}

/// What is to be saved.
pub struct Save {
    /// The recording.
    pub document: DocumentId,
    /// What was read of it.
    pub profile: Arc<Profile>,
    /// Its file.
    pub from: PathBuf,
    /// Its new file.
    pub to: PathBuf,
    /// The files of the other recordings that are open, which must stay.
    pub others: Vec<PathBuf>,
    /// Where the sources are that are to be put into it; `None` saves it as it is.
    pub packed_with: Option<Sources>,
}

trait Work: FnOnce(Arc<Watch>) -> Result<Made, Failure> + Send + 'static {}
impl<F: FnOnce(Arc<Watch>) -> Result<Made, Failure> + Send + 'static> Work for F {}

/// What a job needs to be started.
pub struct JobDesk<'a> {
    /// Who is told when it is done.
    pub commands: &'a Commands,
    /// The window that shows how far it is.
    pub ctx: &'a egui::Context,
    /// Where it runs.
    pub threads: JobThreads,
}

/// Where jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobThreads {
    /// Each on a thread of its own.
    Own,
    /// Where they are started: for tests, which then need not wait.
    Inline,
}

impl JobThreads {
    /// Does `task`.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(self, task: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        match self {
            JobThreads::Inline => {
                task();
                Ok(())
            }
            JobThreads::Own => std::thread::Builder::new().name("job".to_owned()).spawn(task).map(drop),
        }
    }
}

/// Runs `work` so that a fault of ours becomes a failure that can be shown.
fn guarded(work: impl FnOnce() -> Result<Made, Failure>) -> Result<Made, Failure> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let text = "Wasmscope itself failed at this; the other recordings are unharmed".to_owned();
        Err(Failure { text, details: words.to_owned() })
    })
}
