//! All that can be done from anywhere, in one table: menus, keys and the list of commands show what stands here.

use super::Dock;
use crate::export::Format;
use crate::samples;
use crate::ui::command::{Command, Commands, ExportKind, PathKind, SaveKind};
use crate::ui::documents::{Document, Documents};
use crate::ui::jobs::SymbolsChoice;
use crate::ui::module::short_path;
use crate::ui::panels::PanelKind;
use crate::ui::picture::PictureFormat;
use crate::ui::settings::Settings;
use egui::{Button, Key, KeyboardShortcut, Modifiers, ThemePreference, Ui};
use std::path::PathBuf;

/// What there is to be chosen depends on this.
pub struct Situation<'a> {
    /// The open recordings.
    pub documents: &'a Documents,
    /// The recent files and the theme.
    pub settings: &'a Settings,
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
    /// Light or dark.
    Theme,
    /// What helps.
    Help,
}

impl Group {
    /// All of them, in the order of the list.
    pub const ALL: [Group; 14] = [
        Group::Open,
        Group::Run,
        Group::Panel,
        Group::Save,
        Group::Export,
        Group::Symbols,
        Group::Sources,
        Group::Recording,
        Group::Recent,
        Group::Sample,
        Group::Layout,
        Group::Theme,
        Group::Help,
        Group::Close,
    ];

    /// What the list says before the action; nothing where that says enough.
    pub const fn prefix(self) -> &'static str {
        match self {
            Group::Recent => "Open recent: ",
            Group::Sample => "Sample: ",
            Group::Export => "Export: ",
            Group::Symbols => "Symbols: ",
            Group::Recording => "Go to: ",
            Group::Panel => "Show: ",
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
    /// Can it be done now?
    pub is_there: bool,
    /// What does it.
    pub command: Command,
}

impl Action {
    fn new(title: impl Into<String>, command: Command) -> Action {
        Action { title: title.into(), about: None, keys: None, is_there: true, command }
    }

    fn keys(self, modifiers: Modifiers, key: Key) -> Action {
        Action { keys: Some(KeyboardShortcut::new(modifiers, key)), ..self }
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
        Group::Save => save(front.is_some()),
        Group::Export => export(front, now.dock),
        Group::Symbols => front.map(symbols).unwrap_or_default(),
        Group::Sources => vec![Action::new("Where sources are…", Command::ShowSources)],
        Group::Recording => recordings(now),
        Group::Close => close(front),
        Group::Panel => PanelKind::ALL.into_iter().map(|kind| panel(kind, front.is_some())).collect(),
        Group::Layout => vec![Action::new("Reset layout", Command::ResetLayout)],
        Group::Theme => themes().map(|(theme, title)| Action::new(title, Command::SetTheme(theme))).into(),
        Group::Help => vec![
            Action::new("Commands…", Command::TogglePalette).keys(CTRL_SHIFT, Key::P),
            Action::new("Keys", Command::ToggleKeys).keys(Modifiers::NONE, Key::F1),
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

fn run(now: &Situation<'_>) -> Vec<Action> {
    let has_front = now.documents.front().is_some();
    vec![
        Action::new("Run again…", Command::RunAgain)
            .keys(CTRL, Key::R)
            .only_if(has_front && !now.is_recording),
        Action { keys: Some(STOP), ..Action::new("Stop", Command::Stop) }
            .about("A run keeps what was recorded.")
            .only_if(now.is_busy),
    ]
}

fn save(has_front: bool) -> Vec<Action> {
    let plain = Action::new("Save recording as…", Command::AskSave(SaveKind::Plain)).keys(CTRL, Key::S);
    let packed = Action::new("Save with symbols and sources…", Command::AskSave(SaveKind::Packed));
    vec![plain.only_if(has_front), packed.only_if(has_front)]
}

fn export(front: Option<&Document>, dock: &Dock) -> Vec<Action> {
    let has_heap = front.is_some_and(|document| !document.profile.recording().heap.is_empty());
    let profile = |format: Format| {
        let is_there = front.is_some() && (has_heap || !format.is_of_heap());
        (ExportKind::Profile(format), is_there)
    };
    let panel = dock.front();
    let pictures = pictures(panel).into_iter().map(|kind| (kind, front.is_some() && dock.is_seen(panel)));
    let action = |(kind, is_there): (ExportKind, bool)| {
        Action::new(kind.title(), Command::AskExport(kind)).only_if(is_there)
    };
    Format::ALL.into_iter().map(profile).chain(pictures).map(action).collect()
}

/// A panel as a picture, in all forms.
pub fn pictures(panel: PanelKind) -> [ExportKind; 2] {
    PictureFormat::ALL.map(|format| ExportKind::Picture(panel, format))
}

fn symbols(front: &Document) -> Vec<Action> {
    let ask = |kind| Command::AskSymbols(front.id, kind);
    let mut actions = vec![
        Action::new("From a file…", ask(PathKind::File)),
        Action::new("From a folder…", ask(PathKind::Folder)),
    ];
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
    now.settings.recent.iter().map(open).collect()
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
