//! Asks what a recording is to be compared with.

use crate::analysis::Side;
use crate::builds;
use crate::ui::command::{Command, Commands, CompareOrder, CompareWith};
use crate::ui::documents::{DocumentId, Documents};
use crate::ui::module::middle_cut;
use crate::ui::run_dialog::{Dialog, Known};
use crate::ui::theme::Palette;
use crate::ui::widgets::primary_button;
use egui::{Align, DragValue, Frame, Id, Key, Layout, Margin, Modal, RichText, ScrollArea, TextEdit, Ui};
use std::path::{Path, PathBuf};

/// The dialog while it is open.
pub struct CompareDialog {
    /// The recording that is compared.
    pub document: DocumentId,
    /// A recording, a folder of recordings, or a module.
    pub path: String,
    mine: Side,
    runs: u16,
    /// What is not known of how the recording was made.
    gap: Option<&'static str>,
    /// The path that was looked at, and what is there.
    found: (String, Found),
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// No path is given.
    Unasked,
    Nothing,
    Module,
    /// A recording, or a folder with some of one build.
    Build,
    /// A folder with recordings of two builds, as turns leave them.
    BothBuilds,
}

impl Found {
    fn at(path: &Path) -> Found {
        let is_module = || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wasm"));
        match path {
            _ if path.as_os_str().is_empty() => Found::Unasked,
            _ if !path.exists() => Found::Nothing,
            _ if is_module() => Found::Module,
            _ if builds::recordings(path, None).is_ok() => Found::BothBuilds,
            _ => Found::Build,
        }
    }
}

const WIDTH: f32 = 560.0;
const ABOUT: &str = "With another recording, with a folder of recordings of one build, or with another build of the \
                     module, which is then run by turns with this one: the more runs, the smaller the differences that can \
                     be told from chance.";

impl CompareDialog {
    /// Asks for `document`, the old build unless its user says otherwise; `known` is how it was made.
    pub fn new(document: DocumentId, known: &Known) -> CompareDialog {
        let found = (String::new(), Found::Unasked);
        CompareDialog { document, path: String::new(), mine: Side::Old, runs: 5, gap: known.gap(), found }
    }

    fn order(&self, with: CompareWith) -> Command {
        Command::Compare(Box::new(CompareOrder { document: self.document, mine: self.mine, with }))
    }

    /// Looks what is at the path. Not in each frame: a disk over the network may take its time.
    fn look(&mut self) -> Found {
        if self.found.0 != self.path {
            self.found = (self.path.clone(), Found::at(Path::new(self.path.trim())));
        }
        self.found.1
    }

    /// What is at the path, to be compared with.
    fn with(&mut self) -> Option<CompareWith> {
        let path = PathBuf::from(self.path.trim());
        match self.look() {
            Found::Unasked | Found::Nothing => None,
            Found::Module => Some(CompareWith::Build { module: path, runs: usize::from(self.runs) }),
            Found::Build => Some(CompareWith::File(path)),
            Found::BothBuilds => Some(CompareWith::Both(path)),
        }
    }
}

/// Draws the dialog.
pub fn compare_dialog_ui(
    ui: &mut Ui,
    dialog: &mut CompareDialog,
    documents: &Documents,
    commands: &Commands,
) -> Dialog {
    let screen = ui.ctx().content_rect();
    let title = documents.iter().find(|open| open.id == dialog.document).map(|open| open.title.clone());
    let Some(title) = title else { return Dialog::Closed };
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
    let shown = Modal::new(Id::unique("compare dialog")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(WIDTH.min(screen.width() - 64.0));
        ui.heading(format!("Compare {}", middle_cut(&title, 44)));
        ui.label(RichText::new(ABOUT).weak());
        ui.add_space(6.0);
        let is_asked = dialog.look() != Found::BothBuilds;
        ui.add_enabled_ui(is_asked, |ui| {
            ui.horizontal(|ui| {
                ui.label("This recording is of the");
                ui.radio_value(&mut dialog.mine, Side::Old, "old build");
                ui.radio_value(&mut dialog.mine, Side::New, "new build");
            });
        });
        let chosen = open_ui(ui, dialog, documents, screen.height());
        ui.add_space(6.0);
        file_ui(ui, dialog, commands);
        ui.add_space(10.0);
        match chosen {
            None => footer(ui, dialog, commands),
            Some(with) => {
                commands.send(dialog.order(with));
                Dialog::Closed
            }
        }
    });
    if shown.should_close() { Dialog::Closed } else { shown.inner }
}

/// The other recordings that are open.
fn open_ui(ui: &mut Ui, dialog: &CompareDialog, documents: &Documents, height: f32) -> Option<CompareWith> {
    let mut chosen = None;
    let others: Vec<_> =
        documents.iter().filter(|open| open.id != dialog.document && !open.is_growing).collect();
    if others.is_empty() {
        return None;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("Open recordings").weak());
    let list = ScrollArea::vertical().max_height((height - 380.0).max(60.0)).auto_shrink([false, true]);
    list.show(ui, |ui| {
        for (number, other) in others.iter().enumerate() {
            let text = format!("{}. {}", number + 1, middle_cut(&other.title, 60));
            let button = ui.button(text).on_hover_text(other.origin.path().display().to_string());
            if button.clicked() {
                chosen = Some(CompareWith::Open(other.id));
            }
        }
    });
    chosen
}

fn file_ui(ui: &mut Ui, dialog: &mut CompareDialog, commands: &Commands) {
    ui.label(RichText::new("A file or folder").weak());
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Browse…").clicked() {
                commands.send(Command::AskCompareFile);
            }
            let field =
                TextEdit::singleline(&mut dialog.path).hint_text("a .wscope or .wasm file, or a folder");
            let field = field.desired_width(f32::INFINITY).margin(Margin::symmetric(6, 4));
            ui.add(field).accessible_name("File or folder to compare with");
        });
    });
    match dialog.look() {
        Found::Unasked | Found::Build => {}
        Found::Nothing => {
            ui.colored_label(Palette::of(ui).error, "There is no such file or folder.");
        }
        Found::Module => turns_ui(ui, dialog),
        Found::BothBuilds => {
            ui.label("This folder has recordings of both builds: they are compared with each other.");
        }
    }
}

fn turns_ui(ui: &mut Ui, dialog: &mut CompareDialog) {
    ui.horizontal(|ui| {
        let label = ui.label("Run each build");
        ui.add(DragValue::new(&mut dialog.runs).range(1..=1000)).labelled_by(label.id);
        ui.label("times, by turns, as this recording was run");
    });
    if let Some(gap) = dialog.gap {
        ui.label(RichText::new(gap).weak());
    }
}

fn footer(ui: &mut Ui, dialog: &mut CompareDialog, commands: &Commands) -> Dialog {
    let mut outcome = Dialog::Open;
    let with = dialog.with();
    // Within a row: else the buttons take all the height that the dialog had before.
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            let compare = ui.add_enabled_ui(with.is_some(), |ui| primary_button(ui, "Compare")).inner;
            if let Some(with) = with.filter(|_| compare.clicked() || entered) {
                commands.send(dialog.order(with));
                outcome = Dialog::Closed;
            }
            if ui.button("Cancel").clicked() {
                outcome = Dialog::Closed;
            }
        })
    });
    outcome
}
