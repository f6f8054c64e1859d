//! Asks for a path by keyboard, on machines whose desktop offers no file dialog.

use super::command::{Command, Commands, GrantKind, Purpose, SaveKind};
use super::run_dialog::Dialog;
use super::theme::Palette;
use super::widgets::primary_button;
use egui::{Align, Frame, Id, Key, Layout, Margin, Modal, RichText, TextEdit, Ui};
use std::path::{Path, PathBuf};

/// The dialog while it is open.
pub struct PathDialog {
    purpose: Purpose,
    path: String,
    /// Why the path can't be used, or what will happen to what is there.
    remark: Option<&'static str>,
    is_usable: bool,
}

/// What a path has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    NewFile,
    File,
    Folder,
    /// A file or a folder.
    Either,
}

const WIDTH: f32 = 560.0;

impl PathDialog {
    /// Asks for a path for `purpose`; a file is suggested in the folder that the program was started in.
    pub fn new(purpose: Purpose, suggested: &str) -> PathDialog {
        let folder = std::env::current_dir().unwrap_or_default();
        let path = folder.join(suggested).display().to_string();
        let mut dialog = PathDialog { purpose, path, remark: None, is_usable: false };
        dialog.look();
        dialog
    }

    fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::Open => "Open",
            Purpose::Compare => "Compare with",
            Purpose::ExportComparison(..) => "Write the comparison to",
            Purpose::Save(_, SaveKind::Plain) => "Save the recording as",
            Purpose::Save(_, SaveKind::Packed) => "Save the recording with its symbols and sources as",
            Purpose::Export(..) => "Export to",
            Purpose::Table => "Save the table as",
            Purpose::Grant(GrantKind::Folder) => "Folder that the program may use",
            Purpose::Grant(GrantKind::Stdin) => "File to read as standard input",
            Purpose::Grant(GrantKind::Link) => "Module that imports come from",
            Purpose::Sources => "Folder of source files",
            Purpose::SourceFile(_) => "Source file",
            Purpose::Symbols(..) | Purpose::Grant(GrantKind::Symbols(_)) => "Symbols of the module",
        }
    }

    /// What the path has to be.
    fn wanted(&self) -> Wanted {
        match self.purpose {
            Purpose::Save(..) | Purpose::Export(..) | Purpose::ExportComparison(..) | Purpose::Table => {
                Wanted::NewFile
            }
            Purpose::Open | Purpose::SourceFile(_) | Purpose::Grant(GrantKind::Stdin | GrantKind::Link) => {
                Wanted::File
            }
            Purpose::Sources | Purpose::Grant(GrantKind::Folder) => Wanted::Folder,
            Purpose::Compare | Purpose::Symbols(..) | Purpose::Grant(GrantKind::Symbols(_)) => Wanted::Either,
        }
    }

    fn is_written(&self) -> bool {
        self.wanted() == Wanted::NewFile
    }

    /// Looks what is there. Not in each frame: a disk over the network may take its time.
    fn look(&mut self) {
        self.remark = self.remark_on_path();
        let is_folder = || Path::new(self.path.trim()).is_dir();
        self.is_usable = if self.is_written() { !is_folder() } else { self.remark.is_none() };
    }

    fn remark_on_path(&self) -> Option<&'static str> {
        let path = Path::new(self.path.trim());
        let needs_name = path.is_dir() && matches!(self.wanted(), Wanted::NewFile | Wanted::File);
        match self.wanted() {
            _ if needs_name => Some("This is a folder: add a file name."),
            Wanted::File => (!path.is_file()).then_some("There is no such file."),
            Wanted::Folder => (!path.is_dir()).then_some("There is no such folder."),
            Wanted::Either => (!path.exists()).then_some("There is no such file or folder."),
            Wanted::NewFile => path.is_file().then_some("The file there will be replaced."),
        }
    }
}

/// Draws the dialog. An answer is sent as that of a file dialog would be.
pub fn path_dialog_ui(ui: &mut Ui, dialog: &mut PathDialog, commands: &Commands) -> Dialog {
    let width = WIDTH.min(ui.ctx().content_rect().width() - 64.0);
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
    let shown = Modal::new(Id::unique("path dialog")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(width);
        ui.heading(dialog.title());
        ui.label(RichText::new("This desktop offers no file dialog; type the path.").weak());
        ui.add_space(6.0);
        let field = TextEdit::singleline(&mut dialog.path).desired_width(width - 16.0);
        let field = ui.add(field.margin(Margin::symmetric(8, 5))).accessible_name("Path");
        if field.changed() {
            dialog.look();
        }
        // Asked before the focus comes back, which would hide that Enter took it away.
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        ui.add_space(8.0);
        footer(ui, dialog, entered, commands)
    });
    if shown.should_close() { Dialog::Closed } else { shown.inner }
}

fn footer(ui: &mut Ui, dialog: &mut PathDialog, entered: bool, commands: &Commands) -> Dialog {
    let mut outcome = Dialog::Open;
    ui.horizontal(|ui| {
        if let Some(remark) = dialog.remark {
            let palette = Palette::of(ui);
            ui.colored_label(if dialog.is_usable { palette.warning } else { palette.error }, remark);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let pressed = primary_button(ui, if dialog.is_written() { "Save" } else { "Use" }).clicked();
            if pressed || entered {
                dialog.look();
                if dialog.is_usable {
                    commands.send(Command::Picked(dialog.purpose.clone(), PathBuf::from(dialog.path.trim())));
                    outcome = Dialog::Closed;
                }
            }
            if ui.button("Cancel").clicked() {
                outcome = Dialog::Closed;
            }
        });
    });
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_usable_for_what_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "").unwrap();
        for (purpose, name, usable, remark) in [
            (Purpose::Open, "a", true, None),
            (Purpose::Open, "b", false, Some("There is no such file.")),
            (Purpose::Open, "", false, Some("This is a folder: add a file name.")),
            (Purpose::Sources, "", true, None),
            (Purpose::Sources, "a", false, Some("There is no such folder.")),
        ] {
            let path = folder.path().join(name).display().to_string();
            let dialog = PathDialog::new(purpose, &path);
            assert_eq!((dialog.is_usable, dialog.remark), (usable, remark), "{name}");
        }
    }
}
