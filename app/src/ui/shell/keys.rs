//! Keys that work everywhere, and the window that lists them.

use crate::ui::command::{Command, Commands, SaveKind};
use egui::{Grid, Id, Key, KeyboardShortcut, Modal, Modifiers, RichText, Ui};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Sends the commands whose keys were pressed.
pub fn shortcuts(ui: &Ui, commands: &Commands) {
    let keys: [(KeyboardShortcut, fn() -> Command); 7] = [
        (KeyboardShortcut::new(CTRL_SHIFT, Key::Tab), || Command::ShowNext(-1)),
        (KeyboardShortcut::new(Modifiers::COMMAND, Key::Tab), || Command::ShowNext(1)),
        (KeyboardShortcut::new(Modifiers::COMMAND, Key::O), || Command::AskOpen),
        (KeyboardShortcut::new(Modifiers::COMMAND, Key::S), || Command::AskSave(SaveKind::Plain)),
        (KeyboardShortcut::new(Modifiers::COMMAND, Key::R), || Command::RunAgain),
        (KeyboardShortcut::new(Modifiers::COMMAND, Key::Q), || Command::Quit),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F1), || Command::ToggleKeys),
    ];
    for (shortcut, command) in keys {
        if ui.input_mut(|input| input.consume_shortcut(&shortcut)) {
            commands.send(command());
        }
    }
    let asks = |input: &egui::InputState| {
        input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "?"))
    };
    if !ui.ctx().text_edit_focused() && ui.input(asks) {
        commands.send(Command::ToggleKeys);
    }
}

/// What stops jobs, also where a dialog is open.
pub fn stop_shortcut(ui: &Ui, commands: &Commands) {
    let stop = KeyboardShortcut::new(Modifiers::COMMAND, Key::Period);
    if ui.input_mut(|input| input.consume_shortcut(&stop)) {
        commands.send(Command::Stop);
    }
}

const LIST: [(&str, &[(&str, &str)]); 6] = [
    (
        "Everywhere",
        &[
            ("Ctrl+O", "Open a module or recording"),
            ("Ctrl+R", "Run again"),
            ("Ctrl+.", "Stop; a run keeps what was recorded"),
            ("Ctrl+S", "Save the recording"),
            ("Ctrl+Tab", "Next recording"),
            ("?", "These keys"),
        ],
    ),
    (
        "Flame graph",
        &[
            ("Click", "Zoom to a box and select its function"),
            ("Double click", "Show everything"),
            ("Esc", "Back to the zoom before"),
            ("Wheel, W, S, +, −", "Zoom at the pointer"),
            ("Drag, A, D", "Move"),
            ("Arrows", "From box to box; move where none has the focus"),
            ("Enter", "Zoom to the box with the focus, or give it to the first"),
            ("Shift+wheel", "Scroll deep stacks"),
            ("Ctrl+F", "Search"),
            ("N, Shift+N", "The next hit, the one before"),
            ("Right click, Shift+F10", "What can be done with a box"),
            ("F, Shift+S", "Focus on a function, on one box"),
            ("M, Shift+D", "Merge a function into its callers, drop it"),
            ("C, R, Shift+C", "Collapse a function, its recursion, its group"),
            ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo any of these"),
        ],
    ),
    (
        "Call tree",
        &[
            ("Arrows", "From row to row; unfold and fold"),
            ("*", "Unfold all below a row"),
            ("Double click", "Unfold or fold"),
        ],
    ),
    (
        "Memory growth",
        &[("Drag", "Move"), ("Wheel", "Zoom at the pointer"), ("Double click", "Show everything")],
    ),
    (
        "Fragmentation map",
        &[
            ("Wheel, +, −", "Zoom, down to single bytes"),
            ("Drag", "Move"),
            ("Shift+drag, right drag", "Choose addresses: sums over them"),
            ("Arrows, Home, End", "From cell to cell; with Shift they choose"),
            ("Click, Enter", "Choose a block, and all of its site"),
            ("Double click", "Zoom to a block"),
            ("Esc", "Choose nothing, then the whole memory"),
            ("Space", "Play, pause"),
            (", .", "To the growth before or after"),
            ("M", "Set or remove a mark in time"),
        ],
    ),
    (
        "Source and instructions",
        &[
            ("Click", "Select a line and its instructions"),
            ("Double click", "From a line to its instructions, and back"),
        ],
    ),
];

/// Draws the list of keys. Says whether it stays open.
pub fn keys_ui(ui: &Ui) -> bool {
    let shown = Modal::new(Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.set_max_width((ui.ctx().content_rect().width() - 48.0).min(520.0));
        ui.heading("Keys");
        let height = (ui.ctx().content_rect().height() - 160.0).max(120.0);
        egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
            for (title, keys) in LIST {
                section(ui, title, keys);
            }
        });
        ui.add_space(4.0);
        ui.button("Close").clicked()
    });
    !(shown.should_close() || shown.inner)
}

fn section(ui: &mut Ui, title: &str, keys: &[(&str, &str)]) {
    ui.add_space(8.0);
    ui.label(RichText::new(title).strong());
    Grid::new(title).num_columns(2).min_col_width(150.0).show(ui, |ui| {
        for (key, about) in keys {
            ui.label(RichText::new(*key).monospace());
            ui.label(RichText::new(*about).weak());
            ui.end_row();
        }
    });
}
