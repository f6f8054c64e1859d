//! Tables: sorted by a click on a column, filtered as one types, copied and saved as CSV.

use crate::export::csv_line;
use crate::ui::command::{Command, Commands};
use crate::ui::theme::{MONO, Palette, ROW_HEIGHT};
use egui::{Align, Color32, Label, Layout, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};
use std::cmp::Ordering;
use std::sync::Arc;

/// By which column a table is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting<C> {
    /// The column.
    pub column: C,
    /// Which end comes first.
    pub direction: SortDirection,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortDirection {
    /// The smallest.
    Rising,
    /// The largest.
    Falling,
}

impl<C: PartialEq> Sorting<C> {
    /// The largest value of `column` first.
    pub const fn falling(column: C) -> Self {
        Sorting { column, direction: SortDirection::Falling }
    }

    /// The ordering of two rows, given that of their values in the column.
    pub fn apply(&self, ordering: Ordering) -> Ordering {
        match self.direction {
            SortDirection::Rising => ordering,
            SortDirection::Falling => ordering.reverse(),
        }
    }

    fn press(&mut self, column: C, kind: CellKind) {
        use SortDirection::{Falling, Rising};
        self.direction = match (self.column == column, self.direction, kind) {
            (true, Falling, _) => Rising,
            (true, Rising, _) => Falling,
            (false, _, CellKind::Number) => Falling,
            (false, _, CellKind::Text) => Rising,
        };
        self.column = column;
    }
}

/// The rows of a view in the order in which they are shown; worked out again when anything of it changes.
pub struct RowOrder<V, C> {
    done: Option<(Arc<V>, Sorting<C>, String)>,
    rows: Vec<usize>,
}

impl<V, C> Default for RowOrder<V, C> {
    fn default() -> Self {
        RowOrder { done: None, rows: Vec::new() }
    }
}

impl<V, C: Copy + PartialEq> RowOrder<V, C> {
    /// The rows of `view` that `keep` says belong to the filter, ordered by `compare`.
    pub fn rows(
        &mut self,
        view: &Arc<V>,
        (sorting, filter): (Sorting<C>, &str),
        count: usize,
        keep: impl Fn(&V, usize, &str) -> bool,
        compare: impl Fn(&V, C, usize, usize) -> Ordering,
    ) -> &[usize] {
        let needle = filter.trim().to_lowercase();
        let is_done = self.done.as_ref().is_some_and(|(done_view, done_sorting, done_filter)| {
            Arc::ptr_eq(done_view, view) && *done_sorting == sorting && *done_filter == needle
        });
        if !is_done {
            self.rows = (0..count).filter(|row| keep(view, *row, &needle)).collect();
            self.rows.sort_by(|a, b| sorting.apply(compare(view, sorting.column, *a, *b)));
            self.done = Some((Arc::clone(view), sorting, needle));
        }
        &self.rows
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Names, from the left.
    Text,
    /// Figures, from the right.
    Number,
}

/// One column.
pub struct ColumnSpec<C> {
    /// Its name in the program.
    pub column: C,
    /// Its name on screen.
    pub title: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its width in points; `None` takes what is left.
    pub width: Option<f32>,
    /// What it holds.
    pub kind: CellKind,
}

/// A column of figures.
pub const fn number<C>(column: C, title: &'static str, about: &'static str, width: f32) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: Some(width), kind: CellKind::Number }
}

/// The column of names, which takes what the others leave.
pub const fn name<C>(column: C, title: &'static str, about: &'static str) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: None, kind: CellKind::Text }
}

/// A column of text of a fixed first width.
pub const fn text<C>(column: C, title: &'static str, about: &'static str, width: f32) -> ColumnSpec<C> {
    ColumnSpec { column, title, about, width: Some(width), kind: CellKind::Text }
}

/// A table that is to be drawn.
pub struct Table<'a, C> {
    /// Tells its state from that of other tables.
    pub id: &'a str,
    /// The columns, from the left.
    pub columns: &'a [ColumnSpec<C>],
    /// The rows in the order in which they are shown.
    pub rows: &'a [usize],
    /// The text of a cell.
    pub cell: &'a dyn Fn(usize, C) -> String,
    /// How much of all a cell's value is, from 0 to 1, where a bar is to show it.
    pub share: &'a dyn Fn(usize, C) -> Option<f64>,
    /// Is the row selected?
    pub is_selected: &'a dyn Fn(usize) -> bool,
    /// What the tooltip of a row says.
    pub hover: &'a dyn Fn(&mut Ui, usize),
    /// The row to bring into sight, as a place in `rows`.
    pub scroll_to: Option<usize>,
    /// Who has the table saved.
    pub commands: &'a Commands,
    /// How narrow the column of names may become before the table scrolls sideways, in points.
    pub least_name: f32,
}

const HEADER_HEIGHT: f32 = 22.0;

impl<C: Copy + PartialEq> Table<'_, C> {
    /// Draws it. Gives the row that was clicked.
    pub fn show(&self, ui: &mut Ui, sorting: &mut Sorting<C>) -> Option<usize> {
        let fixed: f32 = self.columns.iter().filter_map(|column| column.width).sum();
        let gaps = ui.spacing().item_spacing.x * self.columns.len() as f32;
        let names = self.columns.iter().filter(|column| column.width.is_none()).count() as f32;
        let least = fixed + gaps + names * self.least_name;
        let mut clicked = None;
        let (bar, area) = (Palette::of(ui).accent, ui.available_rect_before_wrap());
        egui::ScrollArea::horizontal().id_salt(self.id).auto_shrink(false).show(ui, |ui| {
            ui.set_min_width(least);
            ui.spacing_mut().item_spacing.y = 0.0;
            // A click is for the row.
            ui.style_mut().interaction.selectable_labels = false;
            clicked = self.show_wide(ui, sorting, bar);
        });
        self.copy_ui(ui, area);
        clicked
    }

    fn show_wide(&self, ui: &mut Ui, sorting: &mut Sorting<C>, bar: Color32) -> Option<usize> {
        let mut builder = TableBuilder::new(ui).id_salt(self.id).striped(true).sense(Sense::click());
        builder = builder.auto_shrink(false).cell_layout(Layout::left_to_right(Align::Center));
        for column in self.columns {
            builder = builder.column(width_of(column, self.least_name));
        }
        if let Some(row) = self.scroll_to {
            builder = builder.scroll_to_row(row, None);
        }
        let mut clicked = None;
        let table = builder.header(HEADER_HEIGHT, |mut header| {
            for column in self.columns {
                header.col(|ui| self.header_ui(ui, column, sorting));
            }
        });
        table.body(|body| {
            body.rows(ROW_HEIGHT, self.rows.len(), |mut line| {
                let Some(row) = self.rows.get(line.index()).copied() else { return };
                line.set_selected((self.is_selected)(row));
                let mut places = Vec::with_capacity(self.columns.len());
                for column in self.columns {
                    places.push(line.col(|ui| self.cell_ui(ui, row, column, bar)).0);
                }
                let response = line.response().on_hover_ui(|ui| (self.hover)(ui, row));
                self.name_row(&response, row);
                if response.clicked() {
                    clicked = Some(row);
                }
                let column = pressed_column(&response, &places);
                let column = column.and_then(|column| self.columns.get(column));
                response.context_menu(|ui| self.menu_ui(ui, Some(row), column));
            });
        });
        clicked
    }

    /// What is said of a row to those who don't see it.
    fn name_row(&self, response: &Response, row: usize) {
        let name = || {
            let named = self.columns.iter().find(|column| column.kind == CellKind::Text);
            named.or(self.columns.first()).map_or_else(String::new, |column| (self.cell)(row, column.column))
        };
        let selected = (self.is_selected)(row);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, name()));
    }

    fn header_ui(&self, ui: &mut Ui, column: &ColumnSpec<C>, sorting: &mut Sorting<C>) {
        let arrow = match (sorting.column == column.column, sorting.direction) {
            (false, _) => "",
            (true, SortDirection::Rising) => " ⏶",
            (true, SortDirection::Falling) => " ⏷",
        };
        let text = RichText::new(format!("{}{arrow}", column.title)).color(Palette::of(ui).weak);
        let response = aligned(ui, column.kind, |ui| {
            ui.add(egui::Button::new(text).frame(false).truncate()).on_hover_text(column.about)
        });
        if response.clicked() {
            sorting.press(column.column, column.kind);
        }
        response.context_menu(|ui| self.menu_ui(ui, None, None));
    }

    fn cell_ui(&self, ui: &mut Ui, row: usize, column: &ColumnSpec<C>, bar: Color32) {
        let share = (self.share)(row, column.column).filter(|share| *share > 0.0);
        if let Some(share) = share {
            paint_bar(ui, share, bar);
        }
        let text = RichText::new((self.cell)(row, column.column));
        let text = if column.kind == CellKind::Number { text.font(MONO) } else { text };
        aligned(ui, column.kind, |ui| ui.add(Label::new(text).truncate().show_tooltip_when_elided(false)));
    }

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
    fn menu_ui(&self, ui: &mut Ui, row: Option<usize>, column: Option<&ColumnSpec<C>>) {
        let copy = |text: String| Some(text).filter(|text| !text.is_empty());
        let cell = row.zip(column).and_then(|(row, column)| copy((self.cell)(row, column.column)));
        let items = [("Copy cell", cell), ("Copy row", row.map(|row| self.line(row)))];
        for (title, text) in items.into_iter().filter_map(|(title, text)| Some((title, text?))) {
            if ui.button(title).clicked() {
                ui.ctx().copy_text(text.trim_end().to_owned());
                ui.close();
            }
        }
        if ui.button("Copy table as CSV").clicked() {
            ui.ctx().copy_text(self.csv());
            ui.close();
        }
        if ui.button("Save table as CSV…").clicked() {
            self.commands.send(Command::AskSaveTable(self.id.to_owned(), self.csv().into()));
            ui.close();
        }
    }

    /// Ctrl+C copies the selected row of the table under the pointer, unless a text is chosen.
    fn copy_ui(&self, ui: &Ui, area: Rect) {
        let is_free = ui.memory(|memory| memory.top_modal_layer().is_none());
        let is_asked = |input: &egui::InputState| input.events.contains(&egui::Event::Copy);
        if !is_free || ui.text_edit_focused() || !ui.rect_contains_pointer(area) || !ui.input(is_asked) {
            return;
        }
        let chosen = self.rows.iter().filter(|row| (self.is_selected)(**row));
        let text: String = chosen.map(|row| self.line(*row)).collect();
        if !text.is_empty() {
            ui.ctx().copy_text(text.trim_end().to_owned());
        }
    }
}

/// The column in which the row's menu was asked for.
fn pressed_column(row: &Response, places: &[Rect]) -> Option<usize> {
    let id = row.id.with("column of the menu");
    if row.secondary_clicked() {
        let at = row.interact_pointer_pos();
        let column = at.and_then(|at| places.iter().position(|place| place.x_range().contains(at.x)));
        row.ctx.data_mut(|data| data.insert_temp(id, column));
    }
    row.ctx.data(|data| data.get_temp(id)).flatten()
}

fn width_of<C>(column: &ColumnSpec<C>, least_name: f32) -> Column {
    match column.width {
        Some(width) => Column::initial(width).at_least(36.0).clip(true).resizable(true),
        None => Column::remainder().at_least(least_name).clip(true),
    }
}

fn aligned(ui: &mut Ui, kind: CellKind, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    match kind {
        CellKind::Text => add(ui),
        CellKind::Number => ui.with_layout(Layout::right_to_left(Align::Center), add).inner,
    }
}

/// A bar behind a cell's text, from the right, where figures stand.
fn paint_bar(ui: &Ui, share: f64, colour: Color32) {
    let cell = ui.max_rect().shrink2(egui::vec2(0.0, 2.0));
    let width = cell.width() * share.clamp(0.0, 1.0) as f32;
    let bar = Rect::from_x_y_ranges(cell.right() - width..=cell.right(), cell.y_range());
    ui.painter().rect_filled(bar, 2.0, colour.gamma_multiply(0.22));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_begin_with_the_largest_and_names_with_the_first() {
        let mut sorting = Sorting::falling('a');
        sorting.press('a', CellKind::Number);
        assert_eq!(sorting, Sorting { column: 'a', direction: SortDirection::Rising });
        sorting.press('b', CellKind::Number);
        assert_eq!(sorting, Sorting::falling('b'));
        sorting.press('c', CellKind::Text);
        assert_eq!(sorting.direction, SortDirection::Rising);
    }
}
