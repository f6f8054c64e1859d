//! What panels and dialogs want done. It is applied in one place, [`super::apply`].

use super::compare::ComparisonId;
use super::documents::{DocumentId, Selection};
use super::jobs::{Finished, Run, SoFar, SymbolsChoice};
use super::module::ModuleFacts;
use super::notes::NoteId;
use super::panels::PanelKind;
use super::picture::PictureFormat;
use super::settings::Settings;
use super::shell::{Arrangement, Page};
use crate::analysis::Side;
use crate::export::{CompareFormat, Format};
use crate::samples::SampleModule;
use crate::sources::{RustSources, SourcePlace};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use wasmscope_instrument::Measure;

/// One thing to be done.
pub enum Command {
    /// Ask for a file, then open it.
    AskOpen,
    /// Open a module or a recording.
    Open(PathBuf),
    /// Ask how to run a sample.
    OpenSample(&'static SampleModule),
    /// Take a file from the list of recent ones.
    Forget(PathBuf),
    /// Take all files from that list.
    ForgetAll,
    /// Bring an open recording to the front.
    Show(DocumentId),
    /// Bring the recording so many places further to the front.
    ShowNext(isize),
    /// Close a recording.
    Close(DocumentId),
    /// Show the welcome screen, with the recordings left open.
    ShowWelcome,
    /// Run the module of the recording in front once more.
    RunAgain(Again),
    /// Run a module.
    Run(Box<Run>),
    /// Show a recording as far as it is made.
    ShowSoFar(Box<SoFar>),
    /// Look for allocators of the module in the run dialog, by a trial run.
    FindAllocators(Box<Run>),
    /// Stop all jobs; a run keeps what it has recorded, others leave everything as it is.
    Stop,
    /// A job on another thread is done.
    Finished(Box<Finished>),
    /// Ask where to, then save the recording in front.
    AskSave(SaveKind),
    /// Ask where to, then export what the recording in front shows.
    AskExport(ExportKind),
    /// The pixels of the window are there, which a picture was waited for with.
    Pixels(Arc<egui::ColorImage>),
    /// Ask for a path in the window itself; the file name is a suggestion.
    AskPath(Purpose, String),
    /// A file dialog was answered.
    Picked(Purpose, PathBuf),
    /// Ask for a folder or file for a field of the run dialog.
    AskGrant(GrantKind),
    /// Ask what the recording in front is to be compared with.
    AskCompare,
    /// Ask for the file of another build or its recording.
    AskCompareFile,
    /// Compare two builds.
    Compare(Box<CompareOrder>),
    /// Bring a comparison to the front.
    ShowComparison(ComparisonId),
    /// Close a comparison.
    CloseComparison(ComparisonId),
    /// Ask where to, then write the comparison in front.
    AskExportComparison(CompareFormat),
    /// Look at a module, with these symbols, without running it.
    LookInside(Arc<ModuleFacts>, Option<PathBuf>),
    /// Ask for the symbols of a recording's module.
    AskSymbols(DocumentId, PathKind),
    /// Read names and lines of a recording's module from here.
    UseSymbols(DocumentId, SymbolsChoice),
    /// Say no more that a recording has neither names nor lines.
    HideStripped(DocumentId),
    /// Show where source files are looked for.
    ShowSources,
    /// Look for source files in these places.
    SetSources(Vec<SourcePlace>),
    /// Ask for a folder that holds source files.
    AskSources,
    /// Ask which file is the source that the compiler recorded under this path.
    AskSourceFile(Arc<str>),
    /// Look once more for source files that were not found.
    LookAgain,
    /// Rust keeps its own source files here.
    UseRustSources(Arc<RustSources>),
    /// Change what all panels show as selected.
    Select(Selection),
    /// Bring a panel to the front of its group.
    ShowPanel(PanelKind),
    /// Show or hide a panel.
    TogglePanel(PanelKind),
    /// Arrange all panels.
    Arrange(Arrangement),
    /// Take the last change of transforms or of the part of the run back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Have the window as these settings say.
    ChangeSettings(Box<Settings>),
    /// Read the settings file if somebody changed it.
    ReadSettings,
    /// Show a page over the window, or hide it.
    TogglePage(Page),
    /// Say the first hints no more.
    HideHints,
    /// Ask where to, then save a table under the suggested name.
    AskSaveTable(String, Arc<str>),
    /// Show or hide the list of commands.
    TogglePalette,
    /// Take a note away.
    Dismiss(NoteId),
    /// End the program.
    Quit,
}

/// Two builds that are to be compared.
pub struct CompareOrder {
    /// A recording of one of them.
    pub document: DocumentId,
    /// Which one that is.
    pub mine: Side,
    /// The other one.
    pub with: CompareWith,
}

/// What a recording is compared with.
pub enum CompareWith {
    /// Another one that is open.
    Open(DocumentId),
    /// A recording, or a folder of recordings of one build.
    File(PathBuf),
    /// Nothing of its own: both builds are in this folder, and are compared with each other.
    Both(PathBuf),
    /// Another build, which is run by turns with that of the recording.
    Build {
        /// Its file.
        module: PathBuf,
        /// How often each is run.
        runs: usize,
    },
}

/// How a module is run once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// As its user says in the run dialog.
    Asking,
    /// As the last time.
    AsBefore,
    /// As the last time, and this is measured, too.
    Also(Measure),
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// The profile, as the flame graph shows it.
    Profile(Format),
    /// A panel as it is seen.
    Picture(PanelKind, PictureFormat),
}

impl ExportKind {
    /// What the menu calls it.
    pub fn title(self) -> String {
        let title = match self {
            ExportKind::Picture(panel, format) => {
                return format!("Picture of {} ({})…", panel.title(), format.title());
            }
            ExportKind::Profile(Format::Svg) => "Flame graph (SVG)…",
            ExportKind::Profile(Format::Folded) => "Folded stacks…",
            ExportKind::Profile(Format::Json) => "Call tree (JSON)…",
            ExportKind::Profile(Format::Csv) => "Functions (CSV)…",
            ExportKind::Profile(Format::Html) => "Report for a browser (HTML)…",
            ExportKind::Profile(Format::Dhat) => "Heap for DHAT's viewer…",
            ExportKind::Profile(Format::Massif) => "Heap over time (massif)…",
            ExportKind::Profile(Format::Speedscope) => "Stacks for speedscope…",
            ExportKind::Profile(Format::SpeedscopeEvented) => "Stacks over time for speedscope…",
            ExportKind::Profile(Format::Firefox) => "Profile for the Firefox Profiler…",
            ExportKind::Profile(Format::Pprof) => "Profile for pprof…",
            ExportKind::Profile(Format::Chrome) => "Profile for Perfetto (Chrome trace)…",
            ExportKind::Profile(Format::Callgrind) => "Profile for KCachegrind (callgrind)…",
            ExportKind::Profile(Format::Arrow) => "Call paths as a table (Arrow)…",
        };
        title.to_owned()
    }

    /// The usual ending of the file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            ExportKind::Profile(format) => format.ending(),
            ExportKind::Picture(_, format) => format.extension(),
        }
    }
}

/// What a run is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// A folder.
    Folder,
    /// A file for standard input.
    Stdin,
    /// What tells names and lines.
    Symbols(PathKind),
    /// A module that imports come from.
    Link,
}

/// What a dialog asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// One file.
    File,
    /// A folder of files.
    Folder,
}

/// What is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveKind {
    /// The recording as it is.
    Plain,
    /// The recording with its symbols and the text of its sources.
    Packed,
}

/// What a file dialog was opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To open a module or recording.
    Open,
    /// To save a recording.
    Save(DocumentId, SaveKind),
    /// To export what is shown.
    Export(DocumentId, ExportKind),
    /// To give the program something.
    Grant(GrantKind),
    /// To save a table.
    Table,
    /// To find source files.
    Sources,
    /// To find the source file that the compiler recorded under this path.
    SourceFile(Arc<str>),
    /// To compare a recording with it.
    Compare,
    /// To write a comparison.
    ExportComparison(ComparisonId, CompareFormat),
    /// To find names and lines for a recording.
    Symbols(DocumentId, PathKind),
}

/// Where commands are sent to, from any thread. The window wakes up for each.
#[derive(Clone)]
pub struct Commands {
    sender: mpsc::Sender<Command>,
    ctx: egui::Context,
}

impl Commands {
    /// A sender and the end that [`super::App`] reads.
    pub fn channel(ctx: &egui::Context) -> (Commands, mpsc::Receiver<Command>) {
        let (sender, receiver) = mpsc::channel();
        (Commands { sender, ctx: ctx.clone() }, receiver)
    }

    /// Has `command` done before the next frame is drawn.
    pub fn send(&self, command: Command) {
        // The receiver is gone only when the window is; then nobody is left to be told.
        let _ = self.sender.send(command);
        self.wake();
    }

    /// Has the window draw a frame.
    pub fn wake(&self) {
        self.ctx.request_repaint();
    }
}
