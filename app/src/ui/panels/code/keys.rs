//! The keyboard on a text: from line to line, and to the other text.

use super::grid::{GridState, ROW};
use egui::{Event, EventFilter, InputState, Key, Popup, Response, Ui};

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Down.
    On,
    /// Up.
    Back,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The next row that costs something.
    Costly(Way),
    /// The next hot row.
    Hot(Way),
    /// The next hit of the search or, without any, the next hot row.
    Hit(Way),
    /// Go to what belongs to the row in the other text.
    Enter,
    /// Go back.
    Escape,
}

/// What was asked for by keys, which work while the keyboard's focus is on the text or, where it is nowhere, the
/// pointer over it. Those that only scroll are done here.
pub fn wishes(ui: &Ui, response: &Response, state: &mut GridState) -> Vec<Wish> {
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: true, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    let (is_free, has_focus) =
        ui.memory(|memory| (memory.top_modal_layer().is_none(), memory.focused().is_some()));
    let listens = response.has_focus() || response.contains_pointer() && !has_focus;
    if !listens || !is_free || Popup::is_any_open(ui.ctx()) {
        return Vec::new();
    }
    scroll(ui, response, state);
    ui.input(pressed)
}

fn pressed(input: &InputState) -> Vec<Wish> {
    let wish = |event: &Event| {
        let Event::Key { key, pressed: true, modifiers, .. } = event else { return None };
        let way = if modifiers.shift { Way::Back } else { Way::On };
        match (key, modifiers.command) {
            (Key::ArrowDown, false) => Some(Wish::Costly(Way::On)),
            (Key::ArrowUp, false) => Some(Wish::Costly(Way::Back)),
            (Key::ArrowDown, true) => Some(Wish::Hot(Way::On)),
            (Key::ArrowUp, true) => Some(Wish::Hot(Way::Back)),
            (Key::N, false) if !modifiers.alt => Some(Wish::Hit(way)),
            (Key::Enter, false) => Some(Wish::Enter),
            (Key::Escape, _) => Some(Wish::Escape),
            _ => None,
        }
    };
    input.events.iter().filter_map(wish).collect()
}

fn scroll(ui: &Ui, response: &Response, state: &mut GridState) {
    let top = state.shown.start as f32 * ROW;
    let page = (response.rect.height() - 3.0 * ROW).max(ROW);
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let to = [(Key::PageUp, top - page), (Key::PageDown, top + page), (Key::Home, 0.0), (Key::End, f32::MAX)];
    if let Some((_, to)) = to.into_iter().find(|(key, _)| pressed(*key)) {
        state.offset = Some(to);
        ui.ctx().request_repaint();
    }
}

/// The one of `rows`, which are ascending, that comes next after `from`, round and round; the first where there is no
/// `from`.
pub fn next_of(rows: &[usize], from: Option<usize>, way: Way) -> Option<usize> {
    let count = rows.len();
    let next = match (from, way) {
        (None, Way::On) => 0,
        (None, Way::Back) => count.checked_sub(1)?,
        (Some(from), Way::On) => rows.partition_point(|row| *row <= from),
        (Some(from), Way::Back) => (rows.partition_point(|row| *row < from) + count).checked_sub(1)?,
    };
    rows.get(next.checked_rem(count)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_one_after_the_other_round_and_round() {
        for (from, on, back) in [(None, 3, 9), (Some(3), 7, 9), (Some(5), 7, 3), (Some(9), 3, 7)] {
            assert_eq!(next_of(&[3, 7, 9], from, Way::On), Some(on), "{from:?}");
            assert_eq!(next_of(&[3, 7, 9], from, Way::Back), Some(back), "{from:?}");
        }
        assert_eq!(next_of(&[], Some(1), Way::Back), None);
    }
}
