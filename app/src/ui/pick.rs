//! File dialogs. Each blocks until it is answered, so each has a thread.

use super::command::{Command, Commands, GrantKind, Purpose};
use crate::export::Format;
use rfd::FileDialog;
use std::path::PathBuf;

/// Asks for a file or folder; the answer comes as [`Command::Picked`]. `suggested` is a file name to save under.
pub fn pick(purpose: Purpose, suggested: String, commands: &Commands) {
    let commands = commands.clone();
    let ask = move || {
        if let Some(path) = answer(purpose, suggested) {
            commands.send(Command::Picked(purpose, path));
        }
    };
    // Where there is no thread there is no dialog either; the path field remains.
    let _ = std::thread::Builder::new().name("file dialog".to_owned()).spawn(ask);
}

fn answer(purpose: Purpose, suggested: String) -> Option<PathBuf> {
    let dialog = FileDialog::new();
    match purpose {
        Purpose::Open => openable(dialog).pick_file(),
        Purpose::Save => dialog.add_filter("Recording", &["wscope"]).set_file_name(suggested).save_file(),
        Purpose::Export(format) => exported(dialog, format).set_file_name(suggested).save_file(),
        Purpose::Grant(GrantKind::Stdin) => dialog.pick_file(),
        Purpose::Grant(GrantKind::Folder) | Purpose::Sources => dialog.pick_folder(),
    }
}

fn openable(dialog: FileDialog) -> FileDialog {
    dialog
        .add_filter("WebAssembly modules and recordings", &["wasm", "wat", "wscope"])
        .add_filter("All files", &["*"])
}

fn exported(dialog: FileDialog, format: Format) -> FileDialog {
    dialog.add_filter(format.name(), &[format.name()])
}
