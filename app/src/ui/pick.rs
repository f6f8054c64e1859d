//! File dialogs. Each blocks until it is answered, so each has a thread.
//!
//! A desktop without any answers at once, with the same nothing as a press of Cancel. Nobody cancels that quickly, so
//! then the window asks for the path itself.

use super::command::{Command, Commands, ExportKind, GrantKind, PathKind, Purpose};
use rfd::FileDialog;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Asks for a file or folder; the answer comes as [`Command::Picked`]. `suggested` is a file name to save under.
pub fn pick(purpose: Purpose, suggested: String, commands: &Commands) {
    let for_thread = (purpose.clone(), commands.clone(), suggested.clone());
    let ask = move || {
        let (purpose, commands, suggested) = for_thread;
        let asked = Instant::now();
        match answer(&purpose, &suggested) {
            Some(path) => commands.send(Command::Picked(purpose, path)),
            None if asked.elapsed() < QUICKEST_CANCEL => commands.send(Command::AskPath(purpose, suggested)),
            None => {}
        }
    };
    if std::thread::Builder::new().name("file dialog".to_owned()).spawn(ask).is_err() {
        commands.send(Command::AskPath(purpose, suggested));
    }
}

/// Sooner than this no dialog can have been drawn, read and cancelled.
const QUICKEST_CANCEL: Duration = Duration::from_millis(250);

fn answer(purpose: &Purpose, suggested: &str) -> Option<PathBuf> {
    let dialog = FileDialog::new();
    match purpose {
        Purpose::Open | Purpose::Compare => openable(dialog).pick_file(),
        Purpose::ExportComparison(_, format) => {
            let ending = format.extension();
            dialog.add_filter(ending, &[ending]).set_file_name(suggested).save_file()
        }
        Purpose::Save(..) => dialog.add_filter("Recording", &["wscope"]).set_file_name(suggested).save_file(),
        Purpose::Export(_, kind) => exported(dialog, *kind).set_file_name(suggested).save_file(),
        Purpose::Table => dialog.add_filter("Table", &["csv"]).set_file_name(suggested).save_file(),
        Purpose::Grant(GrantKind::Stdin) | Purpose::SourceFile(_) => dialog.pick_file(),
        Purpose::Grant(GrantKind::Link) => dialog.add_filter("WebAssembly modules", &["wasm"]).pick_file(),
        Purpose::Grant(GrantKind::Folder) | Purpose::Sources => dialog.pick_folder(),
        Purpose::Symbols(_, kind) | Purpose::Grant(GrantKind::Symbols(kind)) => match kind {
            PathKind::File => symbols(dialog).pick_file(),
            PathKind::Folder => dialog.pick_folder(),
        },
    }
}

/// How the names end of what can be opened. Profiles of other tools are known by what is in them: these are usual.
const OPENABLE: [&str; 12] = [
    "wasm",
    "wscope",
    "cpuprofile",
    "json",
    "gz",
    "pb",
    "pprof",
    "prof",
    "speedscope",
    "folded",
    "collapsed",
    "txt",
];

fn openable(dialog: FileDialog) -> FileDialog {
    dialog.add_filter("Modules, recordings and profiles", &OPENABLE).add_filter("All files", &["*"])
}

fn symbols(dialog: FileDialog) -> FileDialog {
    dialog
        .add_filter("Names and lines", &["wasm", "map", "symbols", "dwo", "dwp"])
        .add_filter("All files", &["*"])
}

fn exported(dialog: FileDialog, kind: ExportKind) -> FileDialog {
    // Dialogs know endings of one part alone.
    let (_, ending) = kind.extension().rsplit_once('.').unwrap_or(("", kind.extension()));
    dialog.add_filter(kind.extension(), &[ending])
}
