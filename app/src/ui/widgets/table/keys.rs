//! The keyboard on the rows of a table.

use super::Table;
use crate::ui::theme::Palette;
use egui::{EventFilter, Id, Key, Modifiers, Response, Stroke, StrokeKind, Ui};

impl<C: Copy + PartialEq> Table<'_, C> {
    /// Where it is kept that a row is to be brought into sight.
    pub(super) fn scroll_id(&self) -> Id {
        Id::unique("rows of").with(self.id)
    }

    /// Tells screen readers which row is selected, while the rows have the keyboard.
    pub(super) fn tell_row(&self, keyboard: &Response) {
        let selected = || self.rows.iter().find(|row| (self.is_selected)(**row));
        if let Some(row) = keyboard.has_focus().then(selected).flatten() {
            let cells = self.columns.iter().map(|column| (self.cell)(*row, column.column));
            let text = cells.collect::<Vec<_>>().join(", ");
            keyboard.ctx.accesskit_node_builder(keyboard.id, |node| node.set_value(text));
        }
    }

    /// The keyboard on the rows: arrows go from one to the next, as a click would. Gives the row.
    pub(super) fn keys_ui(&self, ui: &Ui, keyboard: &Response) -> Option<usize> {
        const PAGE: usize = 20;
        if !keyboard.has_focus() {
            return None;
        }
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(keyboard.id, filter));
        let stroke = Stroke::new(1.0, Palette::of(ui).accent);
        ui.painter().rect_stroke(keyboard.rect, 0.0, stroke, StrokeKind::Inside);
        let last = self.rows.len().checked_sub(1)?;
        let hit = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let at = self.rows.iter().position(|row| (self.is_selected)(*row));
        let to = match at {
            _ if hit(Key::Home) => 0,
            _ if hit(Key::End) => last,
            None if hit(Key::ArrowDown) || hit(Key::ArrowUp) => 0,
            Some(at) if hit(Key::ArrowDown) => at + 1,
            Some(at) if hit(Key::ArrowUp) => at.saturating_sub(1),
            Some(at) if hit(Key::PageDown) => at + PAGE,
            Some(at) if hit(Key::PageUp) => at.saturating_sub(PAGE),
            _ => return None,
        };
        let to = Some(to.min(last)).filter(|to| Some(*to) != at)?;
        ui.data_mut(|data| data.insert_temp(self.scroll_id(), to));
        self.rows.get(to).copied()
    }
}
