//! All that can be done from anywhere, in one table: menus, keys and the list of commands show what stands here.

use super::{Arrangement, Dock, Page};
use crate::export::{CompareFormat, Format};
use crate::samples;
use crate::ui::command::{Again, Command, Commands, ExportKind, PathKind, SaveKind};
use crate::ui::compare::Comparisons;
use crate::ui::documents::{Document, Documents};
use crate::ui::history::History;
use crate::ui::jobs::SymbolsChoice;
use crate::ui::measures::in_words;
use crate::ui::module::short_path;
use crate::ui::panels::PanelKind;
use crate::ui::picture::PictureFormat;
use crate::ui::settings::Settings;
use crate::ui::theme::ColourSet;
use egui::{Button, Key, KeyboardShortcut, Modifiers, ThemePreference, Ui};
use std::path::{Path, PathBuf};
use wasmscope_instrument::Measure;

/// What there is to be chosen depends on this.
pub struct Situation<'a> {
    /// The open recordings.
    pub documents: &'a Documents,
    /// The open comparisons.
    pub comparisons: &'a Comparisons,
    /// Theme, colours and the like.
    pub settings: &'a Settings,
    /// Their file.
    pub settings_path: &'a Path,
    /// The recent files.
    pub history: &'a History,
    /// Which panels are shown.
    pub dock: &'a Dock,
    /// Is a module being run?
    pub is_recording: bool,
    /// Is anything under way that can be stopped?
    pub is_busy: bool,
    /// Who does what is chosen.
    pub commands: &'a Commands,
}

/// Where an action stands in menus and in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Open a file.
    Open,
    /// Open one of the files that were opened last.
    Recent,
    /// Run a sample.
    Sample,
    /// Run and stop.
    Run,
    /// Run the module of the recording in front again, and measure more.
    RunAlso,
    /// Save the recording in front.
    Save,
    /// Export what is shown.
    Export,
    /// Names and lines of the recording in front.
    Symbols,
    /// Where source files are.
    Sources,
    /// Go to another recording.
    Recording,
    /// Close and quit.
    Close,
    /// Show a panel.
    Panel,
    /// The layout of the panels.
    Layout,
    /// Undo and redo.
    Edit,
    /// Light or dark.
    Theme,
    /// Which colours tell things apart.
    Colours,
    /// How large texts are.
    Text,
    /// All settings.
    Settings,
    /// What helps.
    Help,
}

impl Group {
    /// All of them, in the order of the list.
    pub const ALL: [Group; 19] = [
        Group::Open,
        Group::Run,
        Group::RunAlso,
        Group::Panel,
        Group::Edit,
        Group::Save,
        Group::Export,
        Group::Symbols,
        Group::Sources,
        Group::Recording,
        Group::Recent,
        Group::Sample,
        Group::Layout,
        Group::Theme,
        Group::Colours,
        Group::Text,
        Group::Settings,
        Group::Help,
        Group::Close,
    ];

    /// What the list says before the action; nothing where that says enough.
    pub const fn prefix(self) -> &'static str {
        match self {
            Group::Recent => "Open recent: ",
            Group::Sample => "Sample: ",
            Group::RunAlso => "Run again, also measuring ",
            Group::Export => "Export: ",
            Group::Symbols => "Symbols: ",
            Group::Recording => "Go to: ",
            Group::Panel => "Show: ",
            Group::Layout => "Layout: ",
            Group::Colours => "Colours: ",
            Group::Theme => "Theme: ",
            _ => "",
        }
    }
}

/// Something that can be done.
pub struct Action {
    /// What menus say.
    pub title: String,
    /// More about it, to be shown beside it.
    pub about: Option<String>,
    /// The keys that do it.
    pub keys: Option<KeyboardShortcut>,
    /// Other keys that do it, for those who are used to them.
    pub also: Option<KeyboardShortcut>,
    /// Can it be done now?
    pub is_there: bool,
    /// What does it.
    pub command: Command,
}

impl Action {
    fn new(title: impl Into<String>, command: Command) -> Action {
        Action { title: title.into(), about: None, keys: None, also: None, is_there: true, command }
    }

    fn keys(self, modifiers: Modifiers, key: Key) -> Action {
        Action { keys: Some(KeyboardShortcut::new(modifiers, key)), ..self }
    }

    fn also(self, modifiers: Modifiers, key: Key) -> Action {
        Action { also: Some(KeyboardShortcut::new(modifiers, key)), ..self }
    }

    fn about(self, about: impl Into<String>) -> Action {
        Action { about: Some(about.into()), ..self }
    }

    fn only_if(self, is_there: bool) -> Action {
        Action { is_there, ..self }
    }
}

/// A button that tells the keys which do the same.
pub fn keyed<'a>(ui: &Ui, button: Button<'a>, keys: Option<KeyboardShortcut>) -> Button<'a> {
    match keys {
        Some(keys) => button.shortcut_text(ui.ctx().format_shortcut(&keys)),
        None => button,
    }
}

/// Stops jobs, also where a dialog is open.
pub const STOP: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::Period);
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// The actions of a group.
pub fn actions(now: &Situation<'_>, group: Group) -> Vec<Action> {
    let front = now.documents.front();
    match group {
        Group::Open => vec![
            Action::new("Open…", Command::AskOpen).keys(CTRL, Key::O),
            Action::new("Start page", Command::ShowWelcome),
        ],
        Group::Recent => recent(now),
        Group::Sample => sample_actions(),
        Group::Run => run(now),
        Group::RunAlso => run_also(now),
        Group::Save => save(front),
        Group::Export if front.is_none() => export_comparison(now.comparisons),
        Group::Export => export(front, now.dock),
        Group::Symbols => front.map(symbols).unwrap_or_default(),
        Group::Sources => vec![Action::new("Where sources are…", Command::ShowSources)],
        Group::Recording => recordings(now),
        Group::Close => close(front),
        Group::Panel => PanelKind::ALL.into_iter().map(|kind| panel(kind, front.is_some())).collect(),
        Group::Layout => Arrangement::ALL.map(arrange).into(),
        Group::Edit => edit(front),
        Group::Theme => themes().map(|(theme, title)| theme_action(now, theme, title)).into(),
        Group::Colours => ColourSet::ALL.map(|(set, title)| colours_action(now, set, title)).into(),
        Group::Text => text(now.settings).into(),
        Group::Settings => {
            vec![Action::new("Settings…", Command::TogglePage(Page::Settings)).keys(CTRL, Key::Comma)]
        }
        Group::Help => vec![
            Action::new("Help", Command::TogglePage(Page::Help)).keys(Modifiers::NONE, Key::F1),
            Action::new("Commands…", Command::TogglePalette).keys(CTRL_SHIFT, Key::P),
            Action::new("Keys", Command::TogglePage(Page::Keys)).about("? shows them, too."),
            Action::new("About Wasmscope", Command::TogglePage(Page::About)),
        ],
    }
}

/// Light, dark, or what the system has, with their names.
pub const fn themes() -> [(ThemePreference, &'static str); 3] {
    [
        (ThemePreference::System, "Theme of the system"),
        (ThemePreference::Light, "Light"),
        (ThemePreference::Dark, "Dark"),
    ]
}

fn theme_action(now: &Situation<'_>, theme: ThemePreference, title: &str) -> Action {
    change(title, Settings { theme, ..now.settings.clone() })
}

fn colours_action(now: &Situation<'_>, colours: ColourSet, title: &str) -> Action {
    let about = match colours {
        ColourSet::Standard => "Warm colours for the program, cold ones for its host.",
        ColourSet::ColourBlind => "Colours that people with colour blindness tell apart as well.",
    };
    change(title, Settings { colours, ..now.settings.clone() }).about(about)
}

fn change(title: &str, settings: Settings) -> Action {
    Action::new(title, Command::ChangeSettings(Box::new(settings)))
}

fn text(settings: &Settings) -> [Action; 3] {
    let usual = Settings { text_percent: Settings::default().text_percent, ..settings.clone() };
    [
        change("Larger text", settings.with_text(1)).keys(CTRL, Key::Plus).also(CTRL, Key::Equals),
        change("Smaller text", settings.with_text(-1)).keys(CTRL, Key::Minus),
        change("Usual size of text", usual).keys(CTRL, Key::Num0),
    ]
}

fn edit(front: Option<&Document>) -> Vec<Action> {
    let has = |what: fn(&Document) -> bool| front.is_some_and(what);
    let about = "A transform of call paths, or the part of the run that is chosen.";
    let undo = Action::new("Undo filter", Command::Undo).keys(CTRL, Key::Z).about(about);
    let redo = Action::new("Redo filter", Command::Redo).keys(CTRL_SHIFT, Key::Z).also(CTRL, Key::Y);
    vec![
        undo.only_if(has(|document| document.filters().has_past())),
        redo.about(about).only_if(has(|document| document.filters().has_future())),
    ]
}

fn arrange(arrangement: Arrangement) -> Action {
    Action::new(arrangement.title(), Command::Arrange(arrangement)).about(arrangement.about())
}

fn run(now: &Situation<'_>) -> Vec<Action> {
    let can_run =
        now.documents.front().is_some_and(|front| !front.profile.needs_module()) && !now.is_recording;
    let again = |title: &str, again| Action::new(title, Command::RunAgain(again)).only_if(can_run);
    vec![
        again("Run again…", Again::Asking).keys(CTRL, Key::R),
        again("Run again as before", Again::AsBefore).keys(CTRL_SHIFT, Key::R),
        Action::new("Compare with…", Command::AskCompare)
            .keys(CTRL_SHIFT, Key::D)
            .about("Another recording, or another build of the module.")
            .only_if(now.documents.front().is_some_and(|front| !front.is_growing)),
        Action { keys: Some(STOP), ..Action::new("Stop", Command::Stop) }
            .about("A run keeps what was recorded.")
            .only_if(now.is_busy),
    ]
}

/// What was not measured the last time can be the next time.
fn run_also(now: &Situation<'_>) -> Vec<Action> {
    let front = now.documents.front().filter(|front| !front.profile.needs_module());
    let Some(front) = front else { return Vec::new() };
    let measured = front.profile.recording().meta.measures;
    let others = Measure::ALL.into_iter().filter(|measure| !measured.has(*measure));
    let action = |measure: Measure| {
        let (title, about) = in_words(measure);
        Action::new(title, Command::RunAgain(Again::Also(measure))).about(about).only_if(!now.is_recording)
    };
    others.map(action).collect()
}

fn save(front: Option<&Document>) -> Vec<Action> {
    let plain = Action::new("Save recording as…", Command::AskSave(SaveKind::Plain)).keys(CTRL, Key::S);
    let packed = Action::new("Save with symbols and sources…", Command::AskSave(SaveKind::Packed));
    let is_whole = front.is_some_and(|document| !document.is_growing);
    vec![plain.only_if(is_whole), packed.only_if(is_whole)]
}

fn export(front: Option<&Document>, dock: &Dock) -> Vec<Action> {
    let profile = |format: Format| {
        // A report tells how the run ended.
        let is_whole = |document: &Document| format != Format::Html || !document.is_growing;
        let is_there = |document: &Document| is_whole(document) && format.available_in(&document.profile);
        let is_there = front.is_some_and(is_there);
        (ExportKind::Profile(format), is_there)
    };
    let panel = dock.front();
    let pictures = pictures(panel).into_iter().map(|kind| (kind, front.is_some() && dock.is_seen(panel)));
    let action = |(kind, is_there): (ExportKind, bool)| {
        Action::new(kind.title(), Command::AskExport(kind)).only_if(is_there)
    };
    Format::ALL.into_iter().map(profile).chain(pictures).map(action).collect()
}

/// The comparison in front, in all forms.
fn export_comparison(comparisons: &Comparisons) -> Vec<Action> {
    let action = |format: CompareFormat| {
        let title = format!("Comparison ({})…", format.title());
        Action::new(title, Command::AskExportComparison(format))
    };
    let has_front = comparisons.front().is_some();
    CompareFormat::ALL.into_iter().filter(|_| has_front).map(action).collect()
}

/// A panel as a picture, in all forms.
pub fn pictures(panel: PanelKind) -> [ExportKind; 2] {
    PictureFormat::ALL.map(|format| ExportKind::Picture(panel, format))
}

fn symbols(front: &Document) -> Vec<Action> {
    if front.is_growing {
        return Vec::new();
    }
    let ask = |kind| Command::AskSymbols(front.id, kind);
    let folder = Action::new("From a folder…", ask(PathKind::Folder));
    let mut actions =
        vec![Action::new("From a file…", ask(PathKind::File)), folder.only_if(!front.profile.needs_module())];
    if front.symbols.is_some() {
        actions.push(Action::new("None", Command::UseSymbols(front.id, SymbolsChoice::None)));
    }
    actions
}

fn recordings(now: &Situation<'_>) -> Vec<Action> {
    // From the start page also to the only one.
    let others = if now.documents.front().is_some() { 1 } else { 0 };
    let can_go = now.documents.iter().nth(others).is_some();
    let next = Action::new("Next recording", Command::ShowNext(1)).keys(CTRL, Key::Tab);
    let before = Action::new("Recording before", Command::ShowNext(-1)).keys(CTRL_SHIFT, Key::Tab);
    let open = now.documents.iter().map(|document| Action::new(&document.title, Command::Show(document.id)));
    [next.only_if(can_go), before.only_if(can_go)].into_iter().chain(open).collect()
}

fn recent(now: &Situation<'_>) -> Vec<Action> {
    let open = |path: &PathBuf| {
        Action::new(short_path(path, 60), Command::Open(path.clone())).about(path.display().to_string())
    };
    let recent = &now.history.recent;
    let clear = Action::new("Clear list", Command::ForgetAll).about("The files stay where they are.");
    recent.iter().map(open).chain(Some(clear).filter(|_| !recent.is_empty())).collect()
}

fn sample_actions() -> Vec<Action> {
    let modules = samples::all().iter().flat_map(|sample| {
        sample.modules.iter().map(move |module| {
            let title = [sample.title.as_str(), module.label.as_str()].join(" ");
            Action::new(title.trim_end(), Command::OpenSample(module)).about(&sample.about)
        })
    });
    modules.collect()
}

fn close(front: Option<&Document>) -> Vec<Action> {
    let close =
        front.map(|document| Action::new("Close recording", Command::Close(document.id)).keys(CTRL, Key::W));
    close.into_iter().chain([Action::new("Quit", Command::Quit).keys(CTRL, Key::Q)]).collect()
}

fn panel(kind: PanelKind, is_there: bool) -> Action {
    Action::new(kind.title(), Command::ShowPanel(kind)).only_if(is_there)
}
