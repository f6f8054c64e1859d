//! What is copied and saved of a table.

use super::{ColumnSpec, Table};
use crate::export::csv_line;
use crate::ui::command::{Command, Commands};
use egui::{Response, Ui};

impl<C: Copy + PartialEq> Table<'_, C> {
    fn csv(&self) -> String {
        let titles = self.columns.iter().map(|column| column.title);
        let rows = self.rows.iter().map(|row| self.line(*row));
        std::iter::once(csv_line(titles)).chain(rows).collect()
    }

    fn line(&self, row: usize) -> String {
        let cells: Vec<_> = self.columns.iter().map(|column| (self.cell)(row, column.column)).collect();
        csv_line(cells.iter().map(String::as_str))
    }

    /// What can be copied from a row, and from `column` where the pointer is on one.
    pub(super) fn menu_ui(&self, ui: &mut Ui, row: Option<usize>, column: Option<&ColumnSpec<C>>) {
        let copy = |text: String| Some(text).filter(|text| !text.is_empty());
        let cell = row.zip(column).and_then(|(row, column)| copy((self.cell)(row, column.column)));
        let items = [("Copy cell", cell), ("Copy row", row.map(|row| self.line(row)))];
        for (title, text) in items.into_iter().filter_map(|(title, text)| Some((title, text?))) {
            if ui.button(title).clicked() {
                ui.ctx().copy_text(text.trim_end().to_owned());
                ui.close();
            }
        }
        csv_items(ui, self.id, self.commands, || self.csv());
    }

    /// Ctrl+C copies the selected row of the table under the pointer or with the focus, unless a text is being typed.
    pub(super) fn copy_ui(&self, ui: &Ui, keyboard: &Response) {
        let is_free = ui.memory(|memory| memory.top_modal_layer().is_none());
        let is_asked = |input: &egui::InputState| input.events.contains(&egui::Event::Copy);
        let is_meant = keyboard.has_focus() || ui.rect_contains_pointer(keyboard.rect);
        if !is_free || ui.text_edit_focused() || !is_meant || !ui.input(is_asked) {
            return;
        }
        let chosen = self.rows.iter().filter(|row| (self.is_selected)(**row));
        let text: String = chosen.map(|row| self.line(*row)).collect();
        if !text.is_empty() {
            ui.ctx().copy_text(text.trim_end().to_owned());
        }
    }
}

/// What copies and saves a whole table, in a menu.
pub fn csv_items(ui: &mut Ui, name: &str, commands: &Commands, csv: impl Fn() -> String) {
    if ui.button("Copy table as CSV").clicked() {
        ui.ctx().copy_text(csv());
        ui.close();
    }
    if ui.button("Save table as CSV…").clicked() {
        commands.send(Command::AskSaveTable(name.to_owned(), csv().into()));
        ui.close();
    }
}
