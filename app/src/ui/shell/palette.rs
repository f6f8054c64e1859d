//! The list of all commands, from which one is chosen by typing a part of it.

use super::actions::{Action, Group, Situation, actions, keyed};
use crate::ui::theme::Palette;
use egui::{Align, Align2, Button, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

/// What is typed and what is marked, while the list is open.
#[derive(Default)]
pub struct CommandPalette {
    typed: String,
    marked: usize,
}

const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 340.0;
/// Below the top of the window.
const TOP: f32 = 48.0;

/// Draws the list and sends what is chosen. `latest` are the titles of what was chosen before, the last one first. Says
/// whether the list stays open.
pub fn palette_ui(
    ui: &Ui,
    now: &Situation<'_>,
    palette: &mut CommandPalette,
    latest: &mut Vec<String>,
) -> bool {
    let mut found = found(now, &palette.typed, latest);
    let (moved, enters) = ui.ctx().input_mut(|input| {
        let down = input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown);
        let up = input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp);
        (down as isize - up as isize, input.consume_key(Modifiers::NONE, Key::Enter))
    });
    let last = found.len().saturating_sub(1);
    palette.marked = palette.marked.saturating_add_signed(moved).min(last);
    let area = Modal::default_area(Id::unique("commands")).anchor(Align2::CENTER_TOP, vec2(0.0, TOP));
    let shown = Modal::new(Id::unique("commands")).area(area).show(ui.ctx(), |ui| {
        ui.set_width((ui.ctx().content_rect().width() - 48.0).min(WIDTH));
        field_ui(ui, palette);
        ui.separator();
        list_ui(ui, &found, palette.marked, moved != 0)
    });
    let chosen = if enters { Some(palette.marked) } else { shown.inner };
    let Some(at) = chosen.filter(|at| *at < found.len()) else { return !shown.should_close() };
    let (title, action) = found.swap_remove(at);
    latest.retain(|known| *known != title);
    latest.insert(0, title);
    now.commands.send(action.command);
    false
}

fn field_ui(ui: &mut Ui, palette: &mut CommandPalette) {
    let field =
        TextEdit::singleline(&mut palette.typed).hint_text("Type a command, a panel, a file or a sample");
    let field = ui.add(field.desired_width(f32::INFINITY)).accessible_name("Command");
    field.request_focus();
    if field.changed() {
        palette.marked = 0;
    }
}

/// Gives what was clicked.
fn list_ui(ui: &mut Ui, found: &[(String, Action)], marked: usize, has_moved: bool) -> Option<usize> {
    let height = (ui.ctx().content_rect().height() - TOP - 120.0).clamp(60.0, HEIGHT);
    let mut clicked = None;
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        if found.is_empty() {
            ui.label(RichText::new("No command has these words.").color(Palette::of(ui).weak));
        }
        for (at, (title, action)) in found.iter().enumerate() {
            let row = keyed(ui, Button::selectable(at == marked, title.as_str()), action.keys);
            let mut row = ui.add(row.min_size(vec2(ui.available_width(), 0.0)));
            if let Some(about) = &action.about {
                row = row.on_hover_text(about);
            }
            if at == marked && has_moved {
                row.scroll_to_me(Some(Align::Center));
            }
            if row.clicked() {
                clicked = Some(at);
            }
        }
    });
    clicked
}

/// What can be done and has all words that are typed, with its title in the list: first what was chosen last, then what
/// begins with the words.
fn found(now: &Situation<'_>, typed: &str, latest: &[String]) -> Vec<(String, Action)> {
    let words: Vec<_> = typed.split_whitespace().map(str::to_lowercase).collect();
    let all = Group::ALL.into_iter().flat_map(|group| {
        let titled = move |action: Action| (format!("{}{}", group.prefix(), action.title), action);
        actions(now, group).into_iter().filter(|action| action.is_there).map(titled)
    });
    let mut found: Vec<_> = all.filter(|(title, _)| rank(title, &words).is_some()).collect();
    let age = |title: &str| latest.iter().position(|known| known == title).unwrap_or(usize::MAX);
    found.sort_by_cached_key(|(title, _)| (rank(title, &words), age(title)));
    found
}

/// How far the words are from the begin of a word in the title, the less the better; `None` where one is missing.
fn rank(title: &str, words: &[String]) -> Option<usize> {
    let title = title.to_lowercase();
    let begins = |at: usize| !title[..at].ends_with(|before: char| before.is_alphanumeric());
    let inside = |word: &String| {
        let mut places = title.match_indices(word.as_str()).map(|(at, _)| at).peekable();
        places.peek()?;
        Some(usize::from(!places.any(begins)))
    };
    words.iter().map(inside).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_at_begins_first() {
        let rank = |title: &str, typed: &str| {
            let words: Vec<_> = typed.split_whitespace().map(str::to_lowercase).collect();
            rank(title, &words)
        };
        assert_eq!(rank("Show: Flame graph", "GRAPH sh"), Some(0));
        assert_eq!(rank("Show: Flame graph", "lame"), Some(1));
        assert_eq!(rank("Show: Flame graph", "flame svg"), None);
        assert_eq!(rank("Thème Théo", "é"), Some(1));
        assert_eq!(rank("anything", ""), Some(0));
    }
}
