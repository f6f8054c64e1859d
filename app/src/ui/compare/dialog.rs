//! Asks what a recording is to be compared with.

use crate::analysis::Side;
use crate::ui::command::{Command, Commands, CompareOrder, CompareWith};
use crate::ui::documents::{DocumentId, Documents};
use crate::ui::module::middle_cut;
use crate::ui::run_dialog::Dialog;
use crate::ui::theme::Palette;
use crate::ui::widgets::primary_button;
use egui::{Align, DragValue, Frame, Id, Key, Layout, Margin, Modal, RichText, ScrollArea, TextEdit, Ui};
use std::path::Path;

/// The dialog while it is open.
pub struct CompareDialog {
    /// The recording that is compared.
    pub document: DocumentId,
    /// A recording, a folder of recordings, or a module.
    pub path: String,
    mine: Side,
    runs: u16,
}

const WIDTH: f32 = 560.0;
const ABOUT: &str = "With another recording, with a folder of recordings of one build, or with another build of the \
                     module, which is then run by turns with this one: the more runs, the smaller the differences that can \
                     be told from chance.";

impl CompareDialog {
    /// Asks for `document`, the old build unless its user says otherwise.
    pub fn new(document: DocumentId) -> CompareDialog {
        CompareDialog { document, path: String::new(), mine: Side::Old, runs: 5 }
    }

    fn order(&self, with: CompareWith) -> Command {
        Command::Compare(Box::new(CompareOrder { document: self.document, mine: self.mine, with }))
    }

    /// Is the path that of a module?
    fn is_module(&self) -> bool {
        Path::new(self.path.trim()).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wasm"))
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
        ui.horizontal(|ui| {
            ui.label("This recording is of the");
            ui.radio_value(&mut dialog.mine, Side::Old, "old build");
            ui.radio_value(&mut dialog.mine, Side::New, "new build");
        });
        let chosen = open_ui(ui, dialog, documents, screen.height());
        ui.add_space(6.0);
        file_ui(ui, dialog, commands);
        ui.add_space(10.0);
        chosen.map_or_else(
            || footer(ui, dialog, commands),
            |with| {
                commands.send(dialog.order(with));
                Dialog::Closed
            },
        )
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
    if dialog.is_module() {
        ui.horizontal(|ui| {
            let label = ui.label("Run each build");
            ui.add(DragValue::new(&mut dialog.runs).range(1..=1000)).labelled_by(label.id);
            ui.label("times, by turns, as this recording was run");
        });
    }
}

fn footer(ui: &mut Ui, dialog: &CompareDialog, commands: &Commands) -> Dialog {
    let mut outcome = Dialog::Open;
    let path = Path::new(dialog.path.trim());
    let (is_there, is_empty) = (path.exists(), path.as_os_str().is_empty());
    if !is_empty && !is_there {
        ui.colored_label(Palette::of(ui).error, "There is no such file or folder.");
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let compare = ui.add_enabled_ui(is_there, |ui| primary_button(ui, "Compare")).inner;
        if compare.clicked() || (entered && is_there) {
            let path = path.to_owned();
            let with = match dialog.is_module() {
                true => CompareWith::Build { module: path, runs: usize::from(dialog.runs) },
                false => CompareWith::File(path),
            };
            commands.send(dialog.order(with));
            outcome = Dialog::Closed;
        }
        if ui.button("Cancel").clicked() {
            outcome = Dialog::Closed;
        }
    });
    outcome
}
