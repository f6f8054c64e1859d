//! Keys that work everywhere, and the window that lists them.

use super::Page;
use super::actions::{Group, STOP, Situation, actions};
use crate::ui::command::{Command, Commands};
use egui::{Grid, Key, KeyboardShortcut, RichText, ScrollArea, Ui};

/// Sends the commands whose keys were pressed. Where a dialog is open, which is when the window is not free, only those
/// that make texts larger or smaller.
pub fn shortcuts(ui: &Ui, now: &Situation<'_>, is_free: bool) {
    let groups: &[Group] = if is_free { &Group::ALL } else { &[Group::Text] };
    let all = groups.iter().flat_map(|group| actions(now, *group));
    let mut keyed: Vec<_> = all.filter(|action| action.keys.is_some()).collect();
    // Keys without Shift are also taken for pressed with it: what can't be done now takes its own all the same.
    keyed.sort_by_key(|action| !action.keys.is_some_and(|keys| keys.modifiers.shift));
    for action in keyed {
        let mut keys = action.keys.into_iter().chain(action.also);
        // In a text they delete a word, and undo and redo what was typed.
        let is_of_text = |keys: &KeyboardShortcut| matches!(keys.logical_key, Key::W | Key::Z | Key::Y);
        let is_free = |keys: &KeyboardShortcut| !(is_of_text(keys) && ui.ctx().text_edit_focused());
        if keys.any(|keys| is_free(&keys) && ui.input_mut(|input| input.consume_shortcut(&keys)))
            && action.is_there
        {
            now.commands.send(action.command);
        }
    }
    let asks = |input: &egui::InputState| {
        input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "?"))
    };
    if is_free && !ui.ctx().text_edit_focused() && ui.input(asks) {
        now.commands.send(Command::TogglePage(Page::Keys));
    }
}

/// What stops jobs, also where a dialog is open.
pub fn stop_shortcut(ui: &Ui, commands: &Commands) {
    if ui.input_mut(|input| input.consume_shortcut(&STOP)) {
        commands.send(Command::Stop);
    }
}

const LIST: [(&str, &[(&str, &str)]); 7] = [
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
        "Timeline",
        &[
            ("Drag on the axis", "Choose a part of the run, for all views"),
            ("Shift+drag", "The same on the lanes"),
            ("Drag, A, D, arrows", "Move"),
            ("Wheel, W, S", "Zoom at the pointer"),
            ("Shift+wheel", "Scroll lanes"),
            ("F", "Show the chosen part, or everything"),
            (", .", "To the call or growth before or after"),
            ("Click", "Select a function, or look at calls"),
            ("Double click", "Zoom to a box"),
            ("Esc", "Choose nothing, one thing after the other"),
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
        "Module",
        &[
            ("Click, arrows", "Choose a box and select its function"),
            ("Double click, Enter", "Zoom in"),
            ("Esc, Backspace", "Zoom out"),
        ],
    ),
    (
        "Source and instructions",
        &[
            ("Click", "Select a line and its instructions"),
            ("Arrows", "To the next line that costs something"),
            ("Ctrl+arrows", "To the next hot line"),
            ("N, Shift+N", "The next hit or hot line, the one before"),
            ("Enter, double click", "From a line to its instructions, and back"),
            ("Esc", "Back to the source; end the search, select no line"),
            ("Ctrl+F", "Search in the text"),
            ("Ctrl+G", "Go to a line of the source"),
            ("Page Up, Page Down, Home, End", "Scroll"),
            ("Right click", "Copy a line, its place, or the whole with costs"),
        ],
    ),
];

/// Draws the list of keys.
pub fn keys_ui(ui: &mut Ui, now: &Situation<'_>) {
    ui.heading("Keys");
    let height = (ui.ctx().content_rect().height() - 160.0).max(120.0);
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        let everywhere = everywhere(ui, now);
        let everywhere: Vec<_> = everywhere.iter().map(|(key, about)| (&**key, &**about)).collect();
        section(ui, "Everywhere", &everywhere);
        for (title, keys) in LIST {
            section(ui, title, keys);
        }
    });
}

/// What has keys, whether it can be done now or not.
fn everywhere(ui: &Ui, now: &Situation<'_>) -> Vec<(String, String)> {
    let all = Group::ALL.into_iter().flat_map(|group| actions(now, group));
    let keyed = all.filter_map(|action| Some((ui.ctx().format_shortcut(&action.keys?), action.title)));
    let others = [
        ("?", "Keys"),
        ("Tab, Shift+Tab", "To the next control, the one before"),
        ("Ctrl+C", "Copy the selected row of the table under the pointer"),
        ("Right click", "On a row of a table: copy it or the table, or save it"),
    ];
    keyed.chain(others.map(|(keys, about)| (keys.to_owned(), about.to_owned()))).collect()
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
